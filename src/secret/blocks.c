#include "secret/blocks.h"

#include "secret/pool.h"

struct block {
  struct block *next;
  size_t used, size;
  _Alignas(16) char bytes[];
};

void *blocks_alloc(struct blocks *blocks, size_t size) {
  struct block *block = blocks->first;
  size = (size + 15) & ~(size_t)15;
  if (!block || block->size - block->used < size) {
    size_t capacity = size > blocks->min ? size : blocks->min;
    block = pool_calloc(1, sizeof *block + capacity);
    if (!block) return NULL;
    block->next = blocks->first;
    block->size = capacity;
    blocks->first = block;
  }
  void *start = block->bytes + block->used;
  block->used += size;
  return start;
}

void blocks_free(const struct blocks *blocks) {
  for (struct block *block = blocks->first, *next; block; block = next) {
    next = block->next;
    pool_free(block);
  }
}
