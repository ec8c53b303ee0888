/* src/secret/pool; what threads do to it is in pool_threads_spec. What only holds for pooled blocks is skipped in builds with POOL_IS_MALLOC. */
#define _GNU_SOURCE 1
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <malloc.h>
#include <sys/resource.h>
#include <unistd.h>

#include "child.h"
#include "pool_use.h"
#include "secret/pool.h"

/* gcc says it with macros, clang with __has_feature. */
#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
#define SANITIZED
#elif defined __has_feature
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define SANITIZED
#endif
#endif

#define MIB ((size_t)1 << 20)

static void limit_address_space(size_t room) {
#if defined SANITIZED || defined POOL_IS_MALLOC
  (void)room;
  cannot_try("a sanitizer or valgrind cannot run with little address space");
#else
  unsigned long pages = 0;
  FILE *file = fopen("/proc/self/statm", "r");
  CHILD_CHECK(file != NULL && fscanf(file, "%lu", &pages) == 1);
  fclose(file);
  struct rlimit limit = { .rlim_cur = pages * (unsigned long)sysconf(_SC_PAGESIZE) + room, .rlim_max = RLIM_INFINITY };
  if (setrlimit(RLIMIT_AS, &limit) != 0) limit.rlim_max = limit.rlim_cur;
  CHILD_CHECK(setrlimit(RLIMIT_AS, &limit) == 0);
#endif
}

static void use_up_a_small_range(void *unused) {
  (void)unused;
  limit_address_space(120 * MIB);
  struct pool_stats before = stats();
  CHILD_CHECK(before.reserved == 16 * MIB);
  static char *blocks[700];
  for (size_t i = 0; i < 700; i++) {
    blocks[i] = pool_alloc(POOL_LARGEST);
    CHILD_CHECK(blocks[i] != NULL);
    memset(blocks[i], (int)i, POOL_LARGEST);
  }
  CHILD_CHECK(stats().committed == 16 * MIB);
  for (size_t i = 0; i < 700; i++) {
    CHILD_CHECK(blocks[i][0] == (char)i && blocks[i][POOL_LARGEST - 1] == (char)i);
    pool_free(blocks[i]);
  }
}

static void live_without_a_range(void *unused) {
  (void)unused;
  limit_address_space(10 * MIB);
  char *block = pool_alloc(100);
  CHILD_CHECK(block != NULL && stats().reserved == 0 && pool_allocations() == 1);
  memset(block, 1, 100);
  block = pool_realloc(block, 5000);
  CHILD_CHECK(block != NULL && block[99] == 1);
  pool_free(block);
}

/* Both run in children before the pool is opened here. */
static void goes_on_with_malloc_when_the_range_is_used_up(void **state) {
  (void)state;
  run_in_child(use_up_a_small_range, NULL);
}

static void works_without_a_range(void **state) {
  (void)state;
  run_in_child(live_without_a_range, NULL);
}

static void gives_aligned_blocks_of_every_size(void **state) {
  (void)state;
  for (size_t size = 0; size < POOL_LARGEST + 40; size += size < 600 ? 1 : 37) {
    unsigned char *blocks[3];
    for (int i = 0; i < 3; i++) {
      blocks[i] = pool_alloc(size);
      assert_non_null(blocks[i]);
      assert_int_equal((uintptr_t)blocks[i] % 16, 0);
      memset(blocks[i], i + 1, size);
    }
    for (int i = 0; i < 3; i++) {
      if (size > 0) assert_true(blocks[i][0] == i + 1 && blocks[i][size - 1] == i + 1);
      pool_free(blocks[i]);
    }
  }
}

static void wastes_a_quarter_at_most(void **state) {
  (void)state;
  if (stats().reserved == 0) skip();
  for (size_t size = 65; size <= POOL_LARGEST; size += 13) {
    char *first = pool_alloc(size);
    char *second = pool_alloc(size);
    assert_non_null(first);
    assert_non_null(second);
    size_t distance = first < second ? (size_t)(second - first) : (size_t)(first - second);
    if (distance < 2 * size) assert_true((distance - size) * 4 <= distance);
    pool_free(second);
    pool_free(first);
  }
}

static void wipes_a_freed_block_but_for_its_link(void **state) {
  (void)state;
  if (stats().reserved == 0) skip();
  static const size_t sizes[] = { 16, 17, 100, 4097, 16385, POOL_LARGEST };
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    char *block = pool_alloc(sizes[i]);
    assert_non_null(block);
    memset(block, '4', sizes[i]);
    /* Hidden from the compiler, which knows what free does and would warn of the look at the block. */
    char *volatile freed = block;
    pool_free(block);
    for (size_t k = sizeof(void *); k < sizes[i]; k++)
      assert_int_equal(freed[k], 0);
  }
}

static void clears_what_calloc_returns(void **state) {
  (void)state;
  for (int round = 0; round < 3; round++) {
    char *block = pool_calloc(7, 100);
    assert_non_null(block);
    for (int i = 0; i < 700; i++)
      assert_int_equal(block[i], 0);
    memset(block, 1, 700);
    pool_free(block);
  }
  volatile size_t half = SIZE_MAX / 2;
  assert_null(pool_calloc(half, 3));
}

static void reallocates_and_keeps_the_content(void **state) {
  (void)state;
  static const size_t sizes[] = { 1, 10, 16, 17, 500, 40, 3000, 2900, 32768, 32769, 200000, 100, 0, 7 };
  char *block = pool_realloc(NULL, 1);
  assert_non_null(block);
  block[0] = 'p';
  size_t size = 1;
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    block = pool_realloc(block, sizes[i]);
    assert_non_null(block);
    size_t kept = size < sizes[i] ? size : sizes[i];
    for (size_t k = 0; k < kept; k++)
      assert_int_equal(block[k], 'p');
    size = sizes[i];
    memset(block, 'p', size);
  }
  pool_free(block);
}

static void wipes_what_realloc_leaves_behind(void **state) {
  (void)state;
  if (stats().reserved == 0) skip();
  char *block = pool_alloc(1024);
  assert_non_null(block);
  memset(block, '4', 1024);
  char *volatile old = block;
  char *moved = pool_realloc(block, 2000);
  assert_non_null(moved);
  assert_ptr_not_equal(moved, old);
  for (size_t k = sizeof(void *); k < 1024; k++)
    assert_int_equal(old[k], 0);
  assert_int_equal(moved[1023], '4');

  char *shrunk = pool_realloc(moved, 1100);
  assert_ptr_equal(shrunk, moved);
  for (size_t k = 1100; k < 2000; k++)
    assert_int_equal(shrunk[k], 0);
  pool_free(shrunk);
}

static void takes_blocks_of_malloc(void **state) {
  (void)state;
  char *block = malloc(50);
  assert_non_null(block);
  memset(block, 'm', 50);
  block = pool_realloc(block, 5000);
  assert_non_null(block);
  assert_int_equal(block[49], 'm');
  pool_free(block);
  pool_free(malloc(50));
  pool_free(pool_alloc(100000));
  pool_free_malloced(malloc(50));
  pool_free_malloced(NULL);
  pool_free(NULL);
}

static void fails_without_harm_when_memory_is_used_up(void **state) {
  (void)state;
#ifdef SANITIZED
  skip(); /* they end the process instead */
#endif
  volatile size_t absurd = PTRDIFF_MAX;
  assert_null(pool_alloc(absurd));
  char *block = pool_strdup("kept");
  assert_non_null(block);
  assert_null(pool_realloc(block, absurd));
  assert_string_equal(block, "kept");
  pool_free(block);
}

static void counts_allocations(void **state) {
  (void)state;
  unsigned long before = pool_allocations();
  char *block = pool_strdup("a");
  assert_non_null(block);
  block = pool_realloc(block, 1000);
  pool_free(block);
  pool_free(pool_calloc(1, 1));
  assert_int_equal(pool_allocations() - before, 3);
}

static void random_use_matches_a_model(void **state) {
  (void)state;
  assert_true(churn(1, 20000));
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(goes_on_with_malloc_when_the_range_is_used_up),
    cmocka_unit_test(works_without_a_range),
    cmocka_unit_test(gives_aligned_blocks_of_every_size),
    cmocka_unit_test(wastes_a_quarter_at_most),
    cmocka_unit_test(wipes_a_freed_block_but_for_its_link),
    cmocka_unit_test(clears_what_calloc_returns),
    cmocka_unit_test(reallocates_and_keeps_the_content),
    cmocka_unit_test(wipes_what_realloc_leaves_behind),
    cmocka_unit_test(takes_blocks_of_malloc),
    cmocka_unit_test(fails_without_harm_when_memory_is_used_up),
    cmocka_unit_test(counts_allocations),
    cmocka_unit_test(random_use_matches_a_model),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
