#include "secret/blocks.h"

#include "secret/pool.h"

struct block {
  struct block *next;
  _Alignas(16) char bytes[];
};

void *blocks_add(struct blocks *blocks, size_t size) {
  size_t capacity = size > blocks->min ? size : blocks->min;
  struct block *block = pool_calloc(1, sizeof *block + capacity);
  if (!block) return NULL;
  block->next = blocks->first;
  blocks->first = block;
  blocks->next = block->bytes + size;
  blocks->left = capacity - size;
  return block->bytes;
}

void blocks_free(const struct blocks *blocks) {
  for (struct block *block = blocks->first, *next; block; block = next) {
    next = block->next;
    pool_free(block);
  }
}
