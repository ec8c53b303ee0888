#include "provider/definition.h"

#include <stdint.h>
#include <string.h>

#include "secret/pool.h"

#define BLOCK_BYTES 4000

struct definition *definition_new(void) {
  struct definition *definition = pool_calloc(1, sizeof *definition);
  if (!definition) return NULL;
  atomic_init(&definition->references, 1);
  definition->provider.owner = definition;
  definition->blocks.min = BLOCK_BYTES;
  return definition;
}

void definition_ref(struct definition *definition) {
  atomic_fetch_add_explicit(&definition->references, 1, memory_order_relaxed);
}

void definition_unref(struct definition *definition) {
  if (!definition || atomic_fetch_sub_explicit(&definition->references, 1, memory_order_acq_rel) > 1) return;
  blocks_free(&definition->blocks);
  pool_free(definition);
}

void *definition_alloc(struct definition *definition, size_t count, size_t size) {
  return size && count > SIZE_MAX / 4 / size ? NULL : blocks_alloc(&definition->blocks, count * size);
}

const char *definition_string(struct definition *definition, const char *bytes, size_t len) {
  char *copy = definition_alloc(definition, len + 1, 1);
  if (copy) memcpy(copy, bytes, len);
  return copy;
}
