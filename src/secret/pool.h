/* Memory that is wiped on free: the allocator of libcurl, zlib and of all buffers here.
 *
 * Blocks come from size classes in one reserved range of addresses, so that a pointer shows whether it belongs to the
 * pool. Freed memory stays in the process, as returning it to the kernel is what makes a wiping malloc slow. Blocks
 * larger than POOL_LARGEST come from malloc, and so do all others once the range is used up.
 *
 * All functions may be called from any thread. A block may be freed by another thread than the one that took it. */
#ifndef CARDS_SECRET_POOL_H
#define CARDS_SECRET_POOL_H

#include <stddef.h>

#define POOL_LARGEST 32768 /* bytes */

/* As malloc, realloc, calloc and strdup: aligned to 16 bytes, NULL when memory is used up. pool_alloc(0) returns a
 * block that can be freed. pool_realloc takes blocks of malloc, too, and wipes what it leaves behind. */
void *pool_alloc(size_t size);
void *pool_realloc(void *block, size_t size);
void *pool_calloc(size_t count, size_t size);
char *pool_strdup(const char *string);
/* Wipes and frees a block of the pool or of malloc. NULL is allowed. */
void pool_free(void *block);
/* Wipes and frees a block of malloc. For libraries whose users may call free() on what they get (cJSON). */
void pool_free_malloced(void *block);

/* How many blocks this thread has asked for so far. */
unsigned long pool_allocations(void);

struct pool_stats {
  size_t reserved;  /* bytes of address space, 0 where there is no range */
  size_t committed; /* bytes that were divided into blocks so far; they never shrink */
};
/* Reserves the range first if no allocation has done so. */
void pool_stats(struct pool_stats *stats);

#endif
