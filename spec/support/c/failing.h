/* Each allocation of the core fails once: the linker's --wrap has these functions called in place of the allocator's (see the Makefile). What is lent out is counted, so that
 * a block that an error path forgets is noticed by the allocation that failed before it. */
#ifndef CARDS_SPEC_FAILING_H
#define CARDS_SPEC_FAILING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "secret/pool.h"
#include "secret/secret.h"

static atomic_long failing_at; /* allocations until the one that fails; 0 and below: none will any more */
static atomic_bool failing_on; /* all after it fail as well */
static atomic_long lent;       /* blocks */

static inline bool failing_now(void) {
  if (atomic_load(&failing_at) <= 0) return atomic_load(&failing_on) && atomic_load(&failing_at) < 0;
  if (atomic_fetch_sub(&failing_at, 1) != 1) return false;
  if (atomic_load(&failing_on)) atomic_store(&failing_at, -1);
  return true;
}

static inline void *lend(void *block) {
  if (block) atomic_fetch_add(&lent, 1);
  return block;
}

void *__real_malloc(size_t size);
void *__real_pool_alloc(size_t size);
void *__real_pool_calloc(size_t count, size_t size);
void *__real_pool_realloc(void *block, size_t size);
char *__real_pool_strdup(const char *string);
void __real_pool_free(void *block);
void __real_pool_free_malloced(void *block);
void *__wrap_malloc(size_t size);
void *__wrap_pool_alloc(size_t size);
void *__wrap_pool_calloc(size_t count, size_t size);
void *__wrap_pool_realloc(void *block, size_t size);
char *__wrap_pool_strdup(const char *string);
void __wrap_pool_free(void *block);
void __wrap_pool_free_malloced(void *block);

/* --- the pool calls malloc, too: what it asks for is counted where the pool was asked --- */

static __thread int in_pool;

void *__wrap_malloc(size_t size) {
  if (in_pool) return __real_malloc(size);
  return failing_now() ? NULL : lend(__real_malloc(size));
}

void *__wrap_pool_alloc(size_t size) {
  if (failing_now()) return NULL;
  in_pool++;
  void *block = __real_pool_alloc(size);
  in_pool--;
  return lend(block);
}

void *__wrap_pool_calloc(size_t count, size_t size) {
  if (failing_now()) return NULL;
  in_pool++;
  void *block = __real_pool_calloc(count, size);
  in_pool--;
  return lend(block);
}

void *__wrap_pool_realloc(void *block, size_t size) {
  if (failing_now()) return NULL;
  in_pool++;
  void *moved = __real_pool_realloc(block, size);
  in_pool--;
  return block ? moved : lend(moved);
}

char *__wrap_pool_strdup(const char *string) {
  if (failing_now()) return NULL;
  in_pool++;
  char *copy = __real_pool_strdup(string);
  in_pool--;
  return lend(copy);
}

void __wrap_pool_free(void *block) {
  if (block) atomic_fetch_sub(&lent, 1);
  __real_pool_free(block);
}

void __wrap_pool_free_malloced(void *block) {
  if (block) atomic_fetch_sub(&lent, 1);
  __real_pool_free_malloced(block);
}

static inline size_t secrets_open(void) {
  struct secret_stats stats;
  secret_stats(&stats);
  return stats.open;
}

#endif
