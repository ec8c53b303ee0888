/* src/secret/pool, used at random. */
#ifndef CARDS_SPEC_POOL_USE_H
#define CARDS_SPEC_POOL_USE_H

#include <stdlib.h>
#include <string.h>

#include "secret/pool.h"

static inline struct pool_stats stats(void) {
  struct pool_stats now;
  pool_stats(&now);
  return now;
}

#define MODEL_BLOCKS 400

struct model_block {
  unsigned char *bytes;
  size_t size;
  unsigned char fill;
};

/* Sizes as libcurl's: mostly small, some around its buffers. */
static inline size_t random_size(unsigned *seed) {
  size_t most = rand_r(seed) % 8 > 0 ? 600 : 40000;
  return (size_t)rand_r(seed) % most;
}

/* True while every block holds what was written into it, whatever happens to the others. */
static inline int churn(unsigned seed, int steps) {
  struct model_block *blocks = calloc(MODEL_BLOCKS, sizeof *blocks);
  int sane = blocks != NULL;
  for (int step = 0; sane && step < steps; step++) {
    struct model_block *block = &blocks[(size_t)rand_r(&seed) % MODEL_BLOCKS];
    if (block->bytes != NULL) {
      for (size_t i = 0; i < block->size; i++)
        sane &= block->bytes[i] == block->fill;
    }
    if (block->bytes != NULL && rand_r(&seed) % 3 > 0) {
      pool_free(block->bytes);
      block->bytes = NULL;
      continue;
    }
    size_t size = random_size(&seed);
    unsigned char *bytes = pool_realloc(block->bytes, size);
    sane &= bytes != NULL;
    size_t kept = block->bytes == NULL ? 0 : size < block->size ? size : block->size;
    for (size_t i = 0; i < kept; i++)
      sane &= bytes[i] == block->fill;
    *block = (struct model_block){ .bytes = bytes, .size = size, .fill = (unsigned char)rand_r(&seed) };
    memset(bytes, block->fill, size);
  }
  for (int i = 0; blocks != NULL && i < MODEL_BLOCKS; i++)
    pool_free(blocks[i].bytes);
  free(blocks);
  return sane;
}

#endif
