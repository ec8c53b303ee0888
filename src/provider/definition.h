/* A provider that a script defined: the same tables as a built-in one, on the heap, immutable once they are filled in. Clients and jobs hold references, on any
 * thread; all of it is freed with the last one. */
#ifndef CARDS_PROVIDER_DEFINITION_H
#define CARDS_PROVIDER_DEFINITION_H

#include <stdatomic.h>

#include "provider/provider.h"
#include "secret/blocks.h"

struct definition {
  atomic_int references;
  struct provider provider; /* its owner is this definition */
  struct blocks blocks;
};

/* An empty one, with one reference; NULL when memory is used up. */
struct definition *definition_new(void);
void definition_ref(struct definition *definition);
/* Frees with the last reference. NULL is allowed. */
void definition_unref(struct definition *definition);
/* Zeroed memory for `count` things of `size` bytes each, freed with the definition; NULL when memory is used up. */
void *definition_alloc(struct definition *definition, size_t count, size_t size);
/* A copy of the bytes as a C string, freed with the definition; NULL when memory is used up. */
const char *definition_string(struct definition *definition, const char *bytes, size_t len);

#endif
