/* A provider that a script defined: the tables of provider.h on the heap. They are filled in once and then never
 * change.
 *
 *   struct definition *made = definition_new();
 *   struct part *parts = definition_alloc(made, count, sizeof *parts);
 *   parts[0].name = definition_string(made, "card_id", 7);
 *   definition_unref(made);                       frees all of it, unless a client or a job holds it
 *
 * Clients and jobs hold references, on any thread. What allocates returns NULL when memory is used up. */
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

/* An empty definition with one reference. */
struct definition *definition_new(void);
void definition_ref(struct definition *definition);
/* Frees the definition with its last reference. NULL is allowed. */
void definition_unref(struct definition *definition);
/* Zeroed memory for `count` things of `size` bytes each, freed with the definition. */
void *definition_alloc(struct definition *definition, size_t count, size_t size);
/* A copy of the bytes as a C string, freed with the definition. */
const char *definition_string(struct definition *definition, const char *bytes, size_t len);

#endif
