/* Memory for many small things that are freed together. They are cut out of few larger blocks of the pool.
 *
 *   struct blocks blocks = { .min = 1000 };
 *   struct node *node = blocks_alloc(&blocks, sizeof *node);
 *   blocks_free(&blocks);                      frees the node, too
 *
 * Used by one thread at a time. */
#ifndef CARDS_SECRET_BLOCKS_H
#define CARDS_SECRET_BLOCKS_H

#include <stddef.h>

struct blocks {
  struct block *first;
  char *next; /* the rest of the first block, which was not cut out yet */
  size_t left;
  size_t min; /* bytes of a block; larger things get one of their own */
};

/* Memory of a new block, whose rest is cut next. */
void *blocks_add(struct blocks *blocks, size_t size);

/* `size` bytes, zeroed and aligned to 16; NULL when memory is used up. Inline, as a record has one for each value. */
static inline void *blocks_alloc(struct blocks *blocks, size_t size) {
  size = (size + 15) & ~(size_t)15;
  if (!blocks->next || size > blocks->left) return blocks_add(blocks, size);
  void *start = blocks->next;
  blocks->next += size;
  blocks->left -= size;
  return start;
}

/* Wipes and frees all of them. The struct itself may lie in one of its blocks. */
void blocks_free(const struct blocks *blocks);

#endif
