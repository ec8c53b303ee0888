/* Memory that is wiped when it is given back: the allocator of libcurl and of every buffer of ours.
 *
 * Blocks come from size classes carved out of one reserved range, so that a pointer tells by its address whether the pool owns it. Memory is
 * wiped on free and on realloc and stays in the process: handing it back to the kernel is what makes a wiping malloc slow. Blocks larger than
 * POOL_LARGEST, and any block once the range is used up, come from malloc and are wiped by their usable size.
 *
 * Every function may be called from any thread; a block may be freed by another thread than the one that allocated it. */
#ifndef CARDS_SECRET_POOL_H
#define CARDS_SECRET_POOL_H

#include <stddef.h>

#define POOL_LARGEST 32768 /* bytes */

/* `size` bytes aligned to 16, not cleared; NULL when memory is used up. pool_alloc(0) returns a block that may be freed. */
void *pool_alloc(size_t size);
/* As calloc: cleared, NULL on overflow of count * size. */
void *pool_calloc(size_t count, size_t size);
/* As realloc, for any block of the pool or of malloc; what is left behind is wiped. The old block stays valid when NULL is returned. */
void *pool_realloc(void *block, size_t size);
/* A copy of a C string. */
char *pool_strdup(const char *string);
/* Wipes and frees a block of the pool or of malloc; NULL is allowed. */
void pool_free(void *block);
/* Wipes and frees a block of malloc only, by its usable size: for libraries whose users may call free() on what they return (cJSON). */
void pool_free_malloced(void *block);

/* How many blocks this thread has asked for so far. */
unsigned long pool_allocations(void);

struct pool_stats {
  size_t reserved;  /* bytes of address space held */
  size_t committed; /* bytes carved into blocks so far */
};
/* Reserves the range where that was not done yet, so that `reserved` is what a first allocation would find. */
void pool_stats(struct pool_stats *stats);

#endif
