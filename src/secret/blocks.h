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
  size_t min; /* bytes of a block, without its head */
};

/* `size` bytes, zeroed and aligned to 16; NULL when memory is used up. */
void *blocks_alloc(struct blocks *blocks, size_t size);
/* Wipes and frees all of them. The struct itself may lie in one of its blocks. */
void blocks_free(const struct blocks *blocks);

#endif
