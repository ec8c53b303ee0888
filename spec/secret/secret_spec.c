/* src/secret/secret; its memory is in secret_limits_spec, forks in secret_fork_spec. */
#define _GNU_SOURCE 1
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "churn.h"
#include "secret/secret.h"
#include "secret_use.h"

static void holds_wipes_and_closes(void **state) {
  (void)state;
  struct secret secret = { 0 };
  const char *why = NULL;
  assert_int_equal(secret_state(&secret), SECRET_CLOSED);
  assert_true(secret_init(&secret, SECRET_PAN, PAN, 16, &why));
  assert_int_equal(secret_state(&secret), SECRET_OPEN);
  assert_null(secret_state_reason(&secret));
  assert_int_equal(secret.class, SECRET_PAN);
  assert_int_equal(secret.len, 16);
  assert_memory_equal(secret.bytes, PAN, 16);
  assert_int_equal(stats().open, 1);
  assert_int_equal(stats().used, 16);

  const unsigned char *slot = secret.bytes;
  secret_wipe(&secret);
  for (int i = 0; i < 16; i++)
    assert_int_equal(slot[i], 0);
  assert_int_equal(secret_state(&secret), SECRET_CLOSED);
  assert_string_equal(secret_state_reason(&secret), "is closed");
  assert_int_equal(stats().open, 0);
  assert_int_equal(stats().used, 0);
}

static void a_second_wipe_does_nothing(void **state) {
  (void)state;
  struct secret secret;
  struct secret other;
  const char *why = NULL;
  assert_true(secret_init(&secret, SECRET_CVV, "123", 3, &why));
  secret_wipe(&secret);
  assert_true(secret_init(&other, SECRET_CVV, "456", 3, &why)); /* in the slot that was freed */
  secret_wipe(&secret);
  assert_memory_equal(other.bytes, "456", 3);
  assert_int_equal(stats().open, 1);
  secret_wipe(&other);
}

static void a_secret_may_be_empty(void **state) {
  (void)state;
  struct secret secret;
  const char *why = NULL;
  assert_true(secret_init(&secret, SECRET_TOKEN, NULL, 0, &why));
  assert_int_equal(secret_state(&secret), SECRET_OPEN);
  assert_true(secret_equals(&secret, "", 0));
  assert_false(secret_equals(&secret, "a", 1));
  secret_wipe(&secret);
}

static void compares(void **state) {
  (void)state;
  struct secret secret;
  const char *why = NULL;
  assert_true(secret_init(&secret, SECRET_PAN, PAN, 16, &why));
  assert_true(secret_equals(&secret, PAN, 16));
  assert_false(secret_equals(&secret, "4111111111111112", 16));
  assert_false(secret_equals(&secret, "5111111111111111", 16));
  assert_false(secret_equals(&secret, PAN, 15));
  secret_wipe(&secret);
  assert_false(secret_equals(&secret, "", 0));
}

static void classes_have_names(void **state) {
  (void)state;
  for (unsigned i = 0; i < SECRET_CLASSES; i++) {
    enum secret_class class = SECRET_CLASSES;
    assert_true(secret_class_from_name(secret_class_name((enum secret_class)i), &class));
    assert_int_equal(class, i);
  }
  enum secret_class class;
  assert_false(secret_class_from_name("PAN", &class));
  assert_string_equal(secret_class_name(SECRET_CREDENTIAL), "credential");
}

static void random_use_matches_a_model(void **state) {
  (void)state;
  assert_true(churn(1, 30000));
  assert_int_equal(stats().used, 0);
  assert_int_equal(stats().open, 0);
}

static void threads_do_not_disturb_each_other(void **state) {
  (void)state;
  churn_in_threads(churn, 5, 2);
  assert_int_equal(stats().open, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(holds_wipes_and_closes),
    cmocka_unit_test(a_second_wipe_does_nothing),
    cmocka_unit_test(a_secret_may_be_empty),
    cmocka_unit_test(compares),
    cmocka_unit_test(classes_have_names),
    cmocka_unit_test(random_use_matches_a_model),
    cmocka_unit_test(threads_do_not_disturb_each_other),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
