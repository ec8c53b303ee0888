/* src/http/counts: what is counted of calls, by operation, from any thread, in a process and in its forked child. */
#define _GNU_SOURCE 1
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "http/counts.h"
#include "http/engine.h"
#include "random.h"

#define THREADS 4
#define CALLS   20000

static struct counts *of(const char *provider_name, const char *operation_name) {
  struct provider provider = { .name = provider_name };
  struct operation operation = { .name = operation_name };
  return counts_of(&provider, &operation);
}

static uint64_t sum(const struct counts *counts, size_t from, size_t count) {
  uint64_t all = 0;
  for (size_t i = from; i < from + count; i++)
    all += counts_value(counts, i);
  return all;
}

static void has_one_for_each_pair_of_names(void **state) {
  (void)state;
  struct counts *show = of("acme", "show");
  assert_string_equal(show->provider, "acme");
  assert_string_equal(show->operation, "show");
  assert_ptr_equal(of("acme", "show"), show);
  assert_ptr_not_equal(of("acme", "list"), show);
  assert_ptr_not_equal(of("bank", "show"), show);
  assert_ptr_equal(of("acme", "show"), show);
}

/* A definition may be freed, and the next one may have its address. */
static void goes_by_names_and_not_by_addresses(void **state) {
  (void)state;
  struct provider provider = { .name = "acme" };
  struct operation operation = { .name = "first" };
  struct counts *first = counts_of(&provider, &operation);
  operation.name = "second";
  struct counts *second = counts_of(&provider, &operation);
  assert_ptr_not_equal(first, second);
  assert_string_equal(second->operation, "second");
  operation.name = "first";
  assert_ptr_equal(counts_of(&provider, &operation), first);
}

static void puts_a_time_into_the_first_bucket_that_it_fits(void **state) {
  (void)state;
  struct counts *counts = of("acme", "times");
  const double times[] = { 0, 0.005, 0.0051, 0.3, 30, 30.001, 1000 };
  const size_t buckets[] = { 0, 0, 1, 6, 11, 12, 12 };
  double total = 0;
  for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
    uint64_t before = counts_value(counts, COUNTS_BUCKETS + buckets[i]);
    counts_begin(counts);
    counts_end(counts, ERROR_NONE, times[i]);
    assert_int_equal(counts_value(counts, COUNTS_BUCKETS + buckets[i]), before + 1);
    total += times[i];
  }
  assert_int_equal(sum(counts, COUNTS_BUCKETS, COUNTS_BOUNDS + 1), sizeof times / sizeof *times);
  assert_true((double)counts_value(counts, COUNTS_NANOSECONDS) / 1e9 - total < 1e-6 &&
              (double)counts_value(counts, COUNTS_NANOSECONDS) / 1e9 - total > -1e-6);
  assert_int_equal(counts->in_flight, 0);
}

static void counts_what_was_not_started_without_a_time(void **state) {
  (void)state;
  struct counts *counts = of("acme", "refused");
  counts_refuse(counts, ERROR_INVALID_REQUEST);
  counts_begin(counts);
  assert_int_equal(counts->in_flight, 1);
  counts_end(counts, ERROR_AUTH, -1);
  assert_int_equal(counts->in_flight, 0);
  assert_int_equal(counts_value(counts, COUNTS_RESULTS + ERROR_INVALID_REQUEST), 1);
  assert_int_equal(counts_value(counts, COUNTS_RESULTS + ERROR_AUTH), 1);
  assert_int_equal(sum(counts, COUNTS_BUCKETS, COUNTS_BOUNDS + 1), 0);
  assert_int_equal(counts_value(counts, COUNTS_NANOSECONDS), 0);
}

static void takes_back_an_end(void **state) {
  (void)state;
  struct counts *counts = of("acme", "undone");
  counts_begin(counts);
  counts_try(counts, false);
  counts_end(counts, ERROR_AUTH, 0.25);
  counts_undo(counts, ERROR_AUTH, 0.25);
  assert_int_equal(sum(counts, 0, COUNTS_TRIES), 0);
  assert_int_equal(counts_value(counts, COUNTS_TRIES), 1);
  assert_int_equal(counts->in_flight, 0);
}

static void tells_only_what_is_new(void **state) {
  (void)state;
  struct counts *counts = of("acme", "news");
  assert_int_equal(counts_take(counts, COUNTS_TRIES), 0);
  counts_try(counts, false);
  counts_try(counts, true);
  counts_try(counts, false);
  counts_try(NULL, false);
  assert_int_equal(counts_take(counts, COUNTS_TRIES), 2);
  assert_int_equal(counts_take(counts, COUNTS_TRIES), 0);
  assert_int_equal(counts_take(counts, COUNTS_TRIES + 1), 1);
  counts_begin(counts);
  counts_end(counts, ERROR_AUTH, 1);
  assert_int_equal(counts_take(counts, ERROR_AUTH), 1);
  counts_undo(counts, ERROR_AUTH, 1); /* it never goes backwards for who adds up */
  assert_int_equal(counts_take(counts, ERROR_AUTH), 0);
  counts_end(counts, ERROR_AUTH, 1);
  assert_int_equal(counts_take(counts, ERROR_AUTH), 0);
  counts_end(counts, ERROR_AUTH, 1);
  assert_int_equal(counts_take(counts, ERROR_AUTH), 1);
}

/* Sums match whatever is counted: results are begun and refused calls, times those of started ones. */
static void agrees_with_itself_at_random(void **state) {
  (void)state;
  struct counts *counts = of("acme", "random");
  struct random random = random_of(7);
  uint64_t begun = 0, refused = 0, timed = 0, tries = 0, taken = 0;
  for (int i = 0; i < 5000; i++) {
    enum error_kind kind = (enum error_kind)pick(&random, ERROR_KINDS);
    if (pick(&random, 4) == 0) {
      counts_refuse(counts, kind);
      refused++;
      continue;
    }
    bool started = pick(&random, 5) > 0;
    counts_begin(counts);
    begun++;
    for (size_t tried = started ? pick(&random, 4) : 0; tried; tried--, tries++)
      counts_try(counts, pick(&random, 2) == 1);
    double seconds = started ? (double)pick(&random, 100000) / 1000 : -1;
    counts_end(counts, kind, seconds);
    if (pick(&random, 10) == 0) {
      counts_undo(counts, kind, seconds);
      begun--;
      timed -= started;
    }
    timed += started;
    if (pick(&random, 3) == 0) taken += counts_take(counts, COUNTS_RESULTS + ERROR_NONE);
  }
  assert_int_equal(counts->in_flight, 0);
  assert_int_equal(sum(counts, COUNTS_RESULTS, ERROR_KINDS), begun + refused);
  assert_int_equal(sum(counts, COUNTS_BUCKETS, COUNTS_BOUNDS + 1), timed);
  assert_int_equal(sum(counts, COUNTS_TRIES, 2), tries);
  assert_in_range(taken + counts_take(counts, COUNTS_RESULTS + ERROR_NONE), counts_value(counts, COUNTS_RESULTS + ERROR_NONE), begun + refused);
}

static void *call(void *own) {
  char name[COUNTS_NAME];
  for (int i = 0; i < CALLS; i++) {
    snprintf(name, sizeof name, "op_%d", i % 8);
    struct counts *counts = of("threads", name);
    counts_begin(counts);
    counts_try(counts, i % 2 == 0);
    counts_end(counts, i % 3 ? ERROR_NONE : ERROR_TIMEOUT, 0.01);
  }
  return own;
}

static void loses_nothing_between_threads(void **state) {
  (void)state;
  pthread_t threads[THREADS];
  uint64_t results = 0, tries = 0, timed = 0;
  for (int i = 0; i < THREADS; i++)
    assert_int_equal(pthread_create(&threads[i], NULL, call, NULL), 0);
  for (int i = 0; i < THREADS; i++)
    assert_int_equal(pthread_join(threads[i], NULL), 0);
  for (struct counts *counts = counts_next(NULL); counts; counts = counts_next(counts)) {
    if (strcmp(counts->provider, "threads") != 0) continue;
    results += sum(counts, COUNTS_RESULTS, ERROR_KINDS);
    tries += sum(counts, COUNTS_TRIES, 2);
    timed += sum(counts, COUNTS_BUCKETS, COUNTS_BOUNDS + 1);
    assert_int_equal(counts->in_flight, 0);
  }
  assert_int_equal(results, THREADS * CALLS);
  assert_int_equal(tries, THREADS * CALLS);
  assert_int_equal(timed, THREADS * CALLS);
}

static void begins_with_zeros_in_a_forked_child(void **state) {
  (void)state;
  struct counts *counts = of("acme", "forked");
  counts_begin(counts);
  counts_try(counts, false);
  counts_refuse(counts, ERROR_BUSY);
  pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) {
    bool empty = counts->in_flight == 0 && sum(counts, 0, COUNTS_VALUES) == 0;
    counts_begin(of("acme", "forked"));
    _exit(empty && of("acme", "forked") == counts && counts->in_flight == 1 && counts_take(counts, COUNTS_TRIES) == 0 ? 0 : 1);
  }
  int status;
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_int_equal(status, 0);
  assert_int_equal(counts->in_flight, 1);
  assert_int_equal(counts_value(counts, COUNTS_RESULTS + ERROR_BUSY), 1);
}

/* Last, as no place is left afterwards. */
static void counts_what_has_no_place_together(void **state) {
  (void)state;
  char name[2 * COUNTS_NAME];
  size_t places = 0;
  memset(name, 'a', sizeof name);
  name[COUNTS_NAME] = '\0';
  struct counts *other = of("acme", name);
  assert_string_equal(other->provider, "other");
  assert_string_equal(other->operation, "other");
  for (int i = 0; i < 2 * COUNTS_OPERATIONS; i++) {
    snprintf(name, sizeof name, "many_%d", i);
    counts_refuse(of("acme", name), ERROR_BUSY);
  }
  for (struct counts *counts = counts_next(NULL); counts; counts = counts_next(counts))
    places++;
  assert_int_equal(places, COUNTS_OPERATIONS + 1);
  assert_ptr_equal(of("acme", "too_late"), other);
  assert_in_range(counts_value(other, COUNTS_RESULTS + ERROR_BUSY), COUNTS_OPERATIONS, 2 * COUNTS_OPERATIONS);
  assert_string_equal(of("acme", "show")->operation, "show");
}

int main(void) {
  engine_setup();
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(has_one_for_each_pair_of_names),
    cmocka_unit_test(goes_by_names_and_not_by_addresses),
    cmocka_unit_test(puts_a_time_into_the_first_bucket_that_it_fits),
    cmocka_unit_test(counts_what_was_not_started_without_a_time),
    cmocka_unit_test(takes_back_an_end),
    cmocka_unit_test(tells_only_what_is_new),
    cmocka_unit_test(agrees_with_itself_at_random),
    cmocka_unit_test(loses_nothing_between_threads),
    cmocka_unit_test(begins_with_zeros_in_a_forked_child),
    cmocka_unit_test(counts_what_has_no_place_together),
  };
  return cmocka_run_group_tests_name("what is counted of calls", tests, NULL, NULL);
}
