/* src/text/redact: a text as it may be shown. */
#define _GNU_SOURCE 1
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "text/redact.h"

#define LONGEST ((size_t)64 * 1024) /* bytes of a text */

typedef bool cleaner(struct redact *redact, struct buf *out, const char *text, size_t len, size_t max);

static void becomes(cleaner *clean, const char *value, const char *text, size_t max, const char *expected) {
  struct redact redact;
  struct buf out;
  redact_init(&redact);
  buf_init(&out, 1 + max + 3);
  assert_true(redact_add(&redact, value, strlen(value)));
  assert_true(buf_add_string(&out, ">"));
  assert_true(clean(&redact, &out, text, strlen(text), max));
  assert_int_equal(out.data[0], '>');
  assert_string_equal(out.data + 1, expected);
  buf_free(&out);
  redact_free(&redact);
}

static void hides_values_and_what_may_be_one(void **state) {
  (void)state;
  becomes(redact_text, "c_42", "", 100, "");
  becomes(redact_text, "c_42", "no card c_42", 100, "no card ***");
  becomes(redact_text, "c_42", "c_42: cvv 737\nis wrong", 100, "***: cvv *** is wrong");
  becomes(redact_text, "c_42", "4111 1111 1111 1111", 100, "**** **** **** ***");
  becomes(redact_text, "c_42", "tok_live_9f8e7d", 100, "***");
}

static void hides_a_short_value_that_masked_digits_uncover(void **state) {
  (void)state;
  becomes(redact_text, "c", "u0031c?", 100, "u******?");
}

static void leaves_a_code_that_is_no_value(void **state) {
  (void)state;
  becomes(redact_code, "c_42", "ERR_1019", 100, "ERR_1019");
  becomes(redact_code, "c_42", "req-0123456789abcdef", 100, "req-0123456789abcdef");
  becomes(redact_code, "c_42", "req-0123456789abcdef", 8, "req-0123...");
  becomes(redact_code, "c_42", "ERR 1019", 100, "ERR ***");
  becomes(redact_code, "c_42", "card_declined", 100, "card_declined");
  becomes(redact_code, "c_42", "E120", 100, "E120");
  becomes(redact_code, "c_42", "32", 100, "32");
  becomes(redact_code, "c_42", "1019", 100, "1019");
  becomes(redact_code, "c_42", "6f1ed002-ab5c-4f38-9c4b-3a1f6d9b1d11", 100, "6f1ed002-ab5c-4f38-9c4b-3a1f6d9b1d11");
  becomes(redact_code, "ERR_1019", "ERR_1019", 100, "***");
}

static void hides_a_code_that_may_be_a_number(void **state) {
  (void)state;
  becomes(redact_code, "c_42", "7.3.9", 100, "***");
  becomes(redact_code, "c_42", "4111-1111.1111_1111", 100, "****-****.****_***");
  becomes(redact_code, "739", "NzM5", 100, "***");
  becomes(redact_code, "secret-value", "c2VjcmV0LXZhbHVl", 100, "***");
  becomes(redact_code, "secret-value", "7365637265742D76616c7565", 100, "***");
}

/* However much of it stands before the cut, a secret shows none of its own beginning. */
static void cuts_what_was_masked_before(void **state) {
  (void)state;
  static const char *const secrets[] = { "4111111111111112", "4111.1111.1111.1112", "tok_live_refresh_9f8e7d", "my own password" };
  for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++) {
    for (int before = 0; before <= 40; before++) {
      char text[160], whole[160], expected[44];
      snprintf(text, sizeof text, "%*s%s%40s", before, "", secrets[i], "");
      snprintf(whole, sizeof whole, "%*s***%40s", before, "", "");
      snprintf(expected, sizeof expected, "%.40s...", whole);
      becomes(redact_text, "my own password", text, 40, expected);
    }
  }
}

static void cuts_between_characters(void **state) {
  (void)state;
  becomes(redact_text, "c_42", "abc", 3, "abc");
  becomes(redact_text, "c_42", "abcd", 3, "abc...");
  becomes(redact_text, "c_42", "ab\xc3\xa9", 4, "ab\xc3\xa9");
  becomes(redact_text, "c_42", "ab\xc3\xa9x", 3, "ab...");
  becomes(redact_text, "c_42", "ab\xc3\xa9x", 4, "ab\xc3\xa9...");
  becomes(redact_text, "c_42", "\xf0\x9f\x92\xb3x", 3, "...");
  becomes(redact_text, "c_42", "ab\xc3", 3, "ab?");
  becomes(redact_text, "c_42", "abc", 0, "...");
}

static void appends_nothing_where_it_fails(void **state) {
  (void)state;
  struct redact redact;
  struct buf out;
  char *text = malloc(LONGEST);
  assert_non_null(text);
  memset(text, '7', LONGEST);
  redact_init(&redact);
  buf_init(&out, 14);
  assert_true(buf_add_string(&out, ">"));
  assert_true(redact_text(&redact, &out, text, LONGEST, 5));
  assert_string_equal(out.data, ">*****...");
  assert_false(redact_text(&redact, &out, "abcdefg", 7, 6));
  assert_string_equal(out.data, ">*****...");
  buf_free(&out);
  redact_free(&redact);
  free(text);
}

/* A value that goes on behind what is looked at shows none of its beginning. */
static void hides_a_value_at_the_edge_of_what_is_looked_at(void **state) {
  (void)state;
  static const char *const values[] = { "4111 - 1111 - 1111 - 1111", "hunter2", "a/b?c=d&e", "tok_live_refresh_9f8e7d" };
  size_t len = 4 * 60 + 512;
  for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
    for (size_t before = len - 90; before <= len; before++) {
      struct redact redact;
      struct buf out;
      char text[1000], start[8];
      memset(text, 'q', before); /* all of it is hidden, so that what comes behind is shown */
      snprintf(text + before, sizeof text - before, "%s and more of it", values[i]);
      snprintf(start, sizeof start, "%.4s", values[i]);
      redact_init(&redact);
      buf_init(&out, 3000);
      assert_true(redact_add(&redact, values[i], strlen(values[i])));
      assert_true(redact_add(&redact, "qqqqqqqq", 8));
      assert_true(redact_values(&redact, &out, text, strlen(text), 60));
      assert_null(strstr(out.data, start));
      buf_free(&out);
      redact_free(&redact);
    }
  }
}

/* As many stars as can be made of so many bytes. */
static void takes_the_longest_text(void **state) {
  (void)state;
  struct redact redact;
  struct buf out;
  char *text = malloc(LONGEST);
  assert_non_null(text);
  for (size_t i = 0; i < LONGEST; i++)
    text[i] = i % 2 ? '7' : ',';
  redact_init(&redact);
  buf_init(&out, 3 * LONGEST);
  assert_true(redact_add(&redact, "7", 1));
  assert_true(redact_text(&redact, &out, text, LONGEST, 3 * LONGEST));
  assert_int_equal(out.len, 2 * LONGEST);
  buf_free(&out);
  redact_free(&redact);
  free(text);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(hides_values_and_what_may_be_one),
    cmocka_unit_test(hides_a_short_value_that_masked_digits_uncover),
    cmocka_unit_test(leaves_a_code_that_is_no_value),
    cmocka_unit_test(hides_a_code_that_may_be_a_number),
    cmocka_unit_test(cuts_what_was_masked_before),
    cmocka_unit_test(cuts_between_characters),
    cmocka_unit_test(appends_nothing_where_it_fails),
    cmocka_unit_test(takes_the_longest_text),
    cmocka_unit_test(hides_a_value_at_the_edge_of_what_is_looked_at),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
