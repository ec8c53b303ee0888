/* src/http/retry. */
#define _GNU_SOURCE 1
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "http/retry.h"

#define NOW    1000.0
#define ROUNDS 2000

/* A call that failed at NOW after so many attempts, with a minute left and two retries. */
static struct job failed(enum error_kind kind, int attempts) {
  return (struct job){ .deadline = NOW + 60, .retries = 2, .attempts = attempts, .error = { .kind = kind, .retryable = true, .retry_after = -1 } };
}

static void retries_what_is_retryable(void **state) {
  (void)state;
  double at;
  static const enum error_kind kinds[] = { ERROR_RATE_LIMITED, ERROR_PROVIDER, ERROR_NETWORK, ERROR_TIMEOUT, ERROR_PROTOCOL };
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
    struct job job = failed(kinds[i], 1);
    assert_true(retry_next(&job, NOW, &at));
    job.error.retryable = false;
    assert_false(retry_next(&job, NOW, &at));
  }
}

/* Whoever is told that there is no room may come again, but not at once and by itself. */
static void does_not_retry_for_room(void **state) {
  (void)state;
  double at;
  struct job job = failed(ERROR_BUSY, 1);
  assert_false(retry_next(&job, NOW, &at));
}

static void stops_when_none_is_left(void **state) {
  (void)state;
  double at;
  struct job job = failed(ERROR_PROVIDER, 3);
  job.retries = 0;
  assert_false(retry_next(&job, NOW, &at));
  job.retries = 1;
  assert_true(retry_next(&job, NOW, &at));
}

/* Full jitter: anything from zero to 0.5 s, doubled with every attempt up to 8 s. */
static void waits_with_full_jitter(void **state) {
  (void)state;
  static const double longest[] = { 0, 0.5, 1, 2, 4, 8, 8, 8 };
  for (int attempts = 1; attempts < 8; attempts++) {
    double least = 1e9, most = 0;
    for (int i = 0; i < ROUNDS; i++) {
      double at;
      struct job job = failed(ERROR_NETWORK, attempts);
      assert_true(retry_next(&job, NOW, &at));
      least = at - NOW < least ? at - NOW : least;
      most = at - NOW > most ? at - NOW : most;
    }
    /* Of 2000 uniform values one is in the lowest and one in the highest twentieth: all but one in 10^44 times. */
    if (least < 0 || least > longest[attempts] / 20) fail_msg("attempt %d: the shortest wait is %g", attempts, least);
    if (most > longest[attempts] || most < longest[attempts] * 19 / 20) fail_msg("attempt %d: the longest wait is %g", attempts, most);
  }
}

static void grows_without_overflow(void **state) {
  (void)state;
  double at;
  struct job job = failed(ERROR_NETWORK, 1000000);
  job.retries = 1;
  assert_true(retry_next(&job, NOW, &at));
  assert_true(at >= NOW && at <= NOW + 8);
}

static void obeys_the_provider(void **state) {
  (void)state;
  static const double waits[] = { 0, 0.001, 1, 59.9 };
  for (size_t i = 0; i < sizeof waits / sizeof *waits; i++) {
    double at;
    struct job job = failed(ERROR_RATE_LIMITED, 1);
    job.error.retry_after = waits[i];
    assert_true(retry_next(&job, NOW, &at));
    if (at != NOW + waits[i]) fail_msg("asked for %g, waits %g", waits[i], at - NOW);
  }
}

static void never_waits_beyond_the_deadline(void **state) {
  (void)state;
  double at;
  struct job job = failed(ERROR_RATE_LIMITED, 1);
  job.error.retry_after = 60;
  assert_false(retry_next(&job, NOW, &at));
  job.error.retry_after = 1e300;
  assert_false(retry_next(&job, NOW, &at));
  for (int i = 0; i < ROUNDS; i++) {
    job = failed(ERROR_NETWORK, 6);
    job.deadline = NOW + 1;
    if (retry_next(&job, NOW, &at)) assert_true(at < job.deadline);
  }
  job = failed(ERROR_NETWORK, 1);
  job.deadline = NOW;
  assert_false(retry_next(&job, NOW, &at));
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(retries_what_is_retryable),       cmocka_unit_test(does_not_retry_for_room), cmocka_unit_test(stops_when_none_is_left),
    cmocka_unit_test(waits_with_full_jitter),          cmocka_unit_test(grows_without_overflow),  cmocka_unit_test(obeys_the_provider),
    cmocka_unit_test(never_waits_beyond_the_deadline),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
