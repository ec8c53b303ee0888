/* src/secret/pool under threads, and in a child that was forked beside one, which is skipped in builds with POOL_IS_MALLOC. */
#define _GNU_SOURCE 1
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <pthread.h>

#include "child.h"
#include "churn.h"
#include "pool_use.h"
#include "secret/pool.h"

#define MIB ((size_t)1 << 20)

static void threads_do_not_disturb_each_other(void **state) {
  (void)state;
  churn_in_threads(churn, 11, 4);
}

/* A bounded queue between a thread that allocates and one that frees. */
static struct {
  pthread_mutex_t lock;
  pthread_cond_t changed;
  char *blocks[100];
  size_t count;
} queue = { .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER };

#define HANDED_OVER 20000

static void *free_handed_over(void *unused) {
  for (int i = 0; i < HANDED_OVER; i++) {
    pthread_mutex_lock(&queue.lock);
    while (queue.count == 0)
      pthread_cond_wait(&queue.changed, &queue.lock);
    char *block = queue.blocks[--queue.count];
    pthread_cond_signal(&queue.changed);
    pthread_mutex_unlock(&queue.lock);
    pool_free(block);
  }
  return unused;
}

static void blocks_freed_by_another_thread_come_back(void **state) {
  (void)state;
  pthread_t thread;
  size_t before = stats().committed;
  assert_int_equal(pthread_create(&thread, NULL, free_handed_over, NULL), 0);
  for (int i = 0; i < HANDED_OVER; i++) {
    char *block = pool_alloc(1000);
    assert_non_null(block);
    memset(block, 'h', 1000);
    pthread_mutex_lock(&queue.lock);
    while (queue.count == 100)
      pthread_cond_wait(&queue.changed, &queue.lock);
    queue.blocks[queue.count++] = block;
    pthread_cond_signal(&queue.changed);
    pthread_mutex_unlock(&queue.lock);
  }
  assert_int_equal(pthread_join(thread, NULL), 0);
  assert_true(stats().committed - before <= MIB);
}

static void *hold_and_free(void *unused) {
  char *blocks[50];
  for (int i = 0; i < 50; i++)
    blocks[i] = pool_alloc(20000);
  for (int i = 0; i < 50; i++)
    pool_free(blocks[i]);
  return unused;
}

static void a_finished_thread_returns_its_blocks(void **state) {
  (void)state;
  size_t committed = 0;
  for (int i = 0; i < 30; i++) {
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, hold_and_free, NULL), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    if (i == 0) committed = stats().committed;
  }
  assert_int_equal(stats().committed, committed);
}

static void use_in_child(void *unused) {
  (void)unused;
  CHILD_CHECK(churn(3, 1000));
}

static void a_child_forked_under_a_busy_thread_can_allocate(void **state) {
  (void)state;
  if (stats().reserved == 0) skip(); /* a sanitizer's malloc is not sane in such a child */
  fork_under_churn(churn, 500, use_in_child);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(threads_do_not_disturb_each_other),
    cmocka_unit_test(blocks_freed_by_another_thread_come_back),
    cmocka_unit_test(a_finished_thread_returns_its_blocks),
    cmocka_unit_test(a_child_forked_under_a_busy_thread_can_allocate),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
