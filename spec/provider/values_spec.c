/* src/provider/values: what was given is there until it is replaced, and a redact hides all that ever was. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "provider/values.h"
#include "random.h"

#define SEED   UINT64_C(0x5eedca4d5)
#define ROUNDS 2000

struct model {
  char texts[VALUES_MAX_PARTS][40];
  bool given[VALUES_MAX_PARTS];
};

static void must_be(const struct values *values, const struct model *model, uint64_t seed) {
  for (size_t i = 0; i < VALUES_MAX_PARTS; i++) {
    struct value value = values_get(values, i);
    bool same = model->given[i] ? value.bytes && value.len == strlen(model->texts[i]) && strcmp(value.bytes, model->texts[i]) == 0 : !value.bytes;
    if (!same) fail_msg("seed %llu: place %zu", (unsigned long long)seed, i);
  }
}

static void has_what_was_given_last(void **state) {
  (void)state;
  for (uint64_t seed = SEED; seed < SEED + ROUNDS; seed++) {
    struct random random = random_of(seed);
    struct model model = { .given = { false } };
    struct values values;
    values_init(&values);
    for (unsigned n = pick(&random, 80); n > 0; n--) {
      size_t place = pick(&random, VALUES_MAX_PARTS);
      snprintf(model.texts[place], sizeof model.texts[place], "%.*s%u", (int)pick(&random, 20), "abcdefghijklmnopqrstuvwxyz", pick(&random, 1000));
      model.given[place] = true;
      assert_true(values_set(&values, place, model.texts[place], strlen(model.texts[place])));
    }
    must_be(&values, &model, seed);
    values_free(&values);
  }
}

static void has_headers_in_their_order_and_no_more_than_there_may_be(void **state) {
  (void)state;
  struct values values;
  char name[8];
  values_init(&values);
  for (size_t i = 0; i < VALUES_MAX_HEADERS; i++) {
    snprintf(name, sizeof name, "X-%zu", i);
    assert_true(values_add_header(&values, name, name + 2, strlen(name + 2)));
  }
  assert_false(values_add_header(&values, "X", "y", 1));
  assert_int_equal(values.header_count, VALUES_MAX_HEADERS);
  assert_string_equal(values_header_name(&values, 7), "X-7");
  assert_string_equal(values_header(&values, 7).bytes, "7");
  values_free(&values);
}

static void hides_what_was_replaced_as_well_but_no_name(void **state) {
  (void)state;
  static const char text[] = "first-token second-token X-Header-Name of-the-header a-default";
  static const struct part parts[] = { { .name = "a", .value = "a-default" } };
  const struct operation operation = { .parts = parts, .part_count = 1 };
  struct values values;
  struct redact redact;
  struct buf shown;
  values_init(&values);
  redact_init(&redact);
  buf_init(&shown, 200);
  assert_true(values_set(&values, 0, "first-token", 11));
  assert_true(values_hide(&values, &operation, &redact)); /* before the others are given */
  assert_true(values_set(&values, 0, "second-token", 12) && values_add_header(&values, "X-Header-Name", "of-the-header", 13));
  assert_true(values_set(&values, 1, "a-default", 9)); /* which whoever knows the operation knows */
  assert_true(values_hide(&values, &operation, &redact));
  assert_true(redact_values(&redact, &shown, text, sizeof text - 1, 100));
  assert_string_equal(buf_string(&shown), "*** *** X-Header-Name *** a-default");
  buf_free(&shown);
  redact_free(&redact);
  values_free(&values);
}

static void shows_the_values_of_headers_that_are_nobodys_secret(void **state) {
  (void)state;
  static const char text[] = "before 00-trace-span-01 a=1 after";
  const struct operation operation = { .part_count = 0 };
  struct values values;
  struct redact redact;
  struct buf shown;
  values_init(&values);
  redact_init(&redact);
  buf_init(&shown, 200);
  assert_true(values_add_header(&values, "X-One", "before", 6));
  size_t first = values.header_count;
  assert_true(values_add_header(&values, "traceparent", "00-trace-span-01", 16) && values_add_header(&values, "tracestate", "a=1", 3));
  values_show_headers(&values, first);
  assert_true(values_add_header(&values, "X-Two", "after", 5));
  assert_true(values_hide(&values, &operation, &redact));
  assert_true(redact_values(&redact, &shown, text, sizeof text - 1, 100));
  assert_string_equal(buf_string(&shown), "*** 00-trace-span-01 a=1 ***");
  buf_free(&shown);
  redact_free(&redact);
  values_free(&values);
}

static void refuses_more_than_fits(void **state) {
  (void)state;
  struct values values;
  size_t len = (size_t)3 * 1024 * 1024;
  char *bytes = test_calloc(1, len);
  values_init(&values);
  assert_true(values_set(&values, 1, bytes, len));
  assert_false(values_set(&values, 2, bytes, len));
  assert_int_equal(values_get(&values, 1).len, len);
  assert_null(values_get(&values, 2).bytes);
  values_free(&values);
  test_free(bytes);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(has_what_was_given_last),
    cmocka_unit_test(has_headers_in_their_order_and_no_more_than_there_may_be),
    cmocka_unit_test(hides_what_was_replaced_as_well_but_no_name),
    cmocka_unit_test(shows_the_values_of_headers_that_are_nobodys_secret),
    cmocka_unit_test(refuses_more_than_fits),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
