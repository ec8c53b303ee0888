#include "provider/definition.h"

#include <stdint.h>
#include <string.h>

#include "secret/pool.h"

#define BLOCK_SIZE 4000 /* bytes */

struct definition_block {
  struct definition_block *next;
  size_t used, size;
  _Alignas(16) char bytes[];
};

struct definition *definition_new(void) {
  struct definition *definition = pool_calloc(1, sizeof *definition);
  if (!definition) return NULL;
  atomic_init(&definition->references, 1);
  definition->provider.owner = definition;
  return definition;
}

void definition_ref(struct definition *definition) {
  atomic_fetch_add_explicit(&definition->references, 1, memory_order_relaxed);
}

void definition_unref(struct definition *definition) {
  if (!definition || atomic_fetch_sub_explicit(&definition->references, 1, memory_order_acq_rel) > 1) return;
  for (struct definition_block *block = definition->blocks; block;) {
    struct definition_block *next = block->next;
    pool_free(block);
    block = next;
  }
  pool_free(definition);
}

void *definition_alloc(struct definition *definition, size_t count, size_t size) {
  if (size && count > SIZE_MAX / 4 / size) return NULL;
  size_t needed = (count * size + 15) & ~(size_t)15;
  struct definition_block *block = definition->blocks;
  if (!block || block->size - block->used < needed) {
    size_t capacity = needed > BLOCK_SIZE ? needed : BLOCK_SIZE;
    block = pool_calloc(1, sizeof *block + capacity);
    if (!block) return NULL;
    block->next = definition->blocks;
    block->size = capacity;
    definition->blocks = block;
  }
  void *start = block->bytes + block->used;
  block->used += needed;
  return start;
}

const char *definition_string(struct definition *definition, const char *bytes, size_t len) {
  char *copy = definition_alloc(definition, len + 1, 1);
  if (copy) memcpy(copy, bytes, len);
  return copy;
}
