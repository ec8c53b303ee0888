/* src/text/clean. */
#define _GNU_SOURCE 1
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "text/clean.h"

typedef bool cleaner(struct scrub *scrub, struct buf *out, const char *text, size_t len, size_t max);

static void becomes(cleaner *clean, const char *value, const char *text, size_t max, const char *expected) {
  struct scrub scrub;
  struct buf out;
  scrub_init(&scrub);
  buf_init(&out, 1 + max + 3);
  assert_true(scrub_add(&scrub, value, strlen(value)));
  assert_true(buf_add_string(&out, ">"));
  assert_true(clean(&scrub, &out, text, strlen(text), max));
  assert_int_equal(out.data[0], '>');
  assert_string_equal(out.data + 1, expected);
  buf_free(&out);
  scrub_free(&scrub);
}

static void hides_values_and_what_may_be_one(void **state) {
  (void)state;
  becomes(clean_text, "c_42", "", 100, "");
  becomes(clean_text, "c_42", "no card c_42", 100, "no card ***");
  becomes(clean_text, "c_42", "c_42: cvv 737\nis wrong", 100, "***: cvv *** is wrong");
  becomes(clean_text, "c_42", "4111 1111 1111 1111", 100, "**** **** **** ***");
  becomes(clean_text, "c_42", "tok_live_9f8e7d", 100, "***");
}

static void hides_a_short_value_that_masked_digits_uncover(void **state) {
  (void)state;
  becomes(clean_text, "c", "u0031c?", 100, "u******?");
}

static void leaves_a_code_that_is_no_value(void **state) {
  (void)state;
  becomes(clean_code, "c_42", "ERR_1019", 100, "ERR_1019");
  becomes(clean_code, "c_42", "req-0123456789abcdef", 100, "req-0123456789abcdef");
  becomes(clean_code, "c_42", "req-0123456789abcdef", 8, "req-0123...");
  becomes(clean_code, "c_42", "ERR 1019", 100, "ERR ***");
  becomes(clean_code, "ERR_1019", "ERR_1019", 100, "***");
}

/* However much of it stands before the cut, a secret shows none of its own beginning. */
static void cuts_what_was_masked_before(void **state) {
  (void)state;
  static const char *const secrets[] = { "4111111111111112", "4111.1111.1111.1111", "tok_live_refresh_9f8e7d", "my own password" };
  for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++) {
    for (int before = 0; before <= 40; before++) {
      char text[160], whole[160], expected[44];
      snprintf(text, sizeof text, "%*s%s%40s", before, "", secrets[i], "");
      snprintf(whole, sizeof whole, "%*s***%40s", before, "", "");
      snprintf(expected, sizeof expected, "%.40s...", whole);
      becomes(clean_text, "my own password", text, 40, expected);
    }
  }
}

static void cuts_between_characters(void **state) {
  (void)state;
  becomes(clean_text, "c_42", "abc", 3, "abc");
  becomes(clean_text, "c_42", "abcd", 3, "abc...");
  becomes(clean_text, "c_42", "ab\xc3\xa9", 4, "ab\xc3\xa9");
  becomes(clean_text, "c_42", "ab\xc3\xa9x", 3, "ab...");
  becomes(clean_text, "c_42", "ab\xc3\xa9x", 4, "ab\xc3\xa9...");
  becomes(clean_text, "c_42", "\xf0\x9f\x92\xb3x", 3, "...");
  becomes(clean_text, "c_42", "ab\xc3", 3, "ab?");
  becomes(clean_text, "c_42", "abc", 0, "...");
}

static void appends_nothing_where_it_fails(void **state) {
  (void)state;
  struct scrub scrub;
  struct buf out;
  char *text = malloc(CLEAN_TEXT_MAX + 1);
  assert_non_null(text);
  memset(text, '7', CLEAN_TEXT_MAX + 1);
  scrub_init(&scrub);
  buf_init(&out, 10);
  assert_true(buf_add_string(&out, ">"));
  assert_false(clean_text(&scrub, &out, text, CLEAN_TEXT_MAX + 1, 5));
  assert_true(clean_text(&scrub, &out, text, CLEAN_TEXT_MAX, 5));
  assert_string_equal(out.data, ">***");
  assert_false(clean_text(&scrub, &out, "abcdefg", 7, 6));
  assert_string_equal(out.data, ">***");
  buf_free(&out);
  scrub_free(&scrub);
  free(text);
}

/* As many stars as can be made of so many bytes. */
static void takes_the_longest_text(void **state) {
  (void)state;
  struct scrub scrub;
  struct buf out;
  char *text = malloc(CLEAN_TEXT_MAX);
  assert_non_null(text);
  for (size_t i = 0; i < CLEAN_TEXT_MAX; i++)
    text[i] = i % 2 ? '7' : ',';
  scrub_init(&scrub);
  buf_init(&out, 3 * CLEAN_TEXT_MAX);
  assert_true(scrub_add(&scrub, "7", 1));
  assert_true(clean_text(&scrub, &out, text, CLEAN_TEXT_MAX, 3 * CLEAN_TEXT_MAX));
  assert_int_equal(out.len, 2 * CLEAN_TEXT_MAX);
  buf_free(&out);
  scrub_free(&scrub);
  free(text);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(hides_values_and_what_may_be_one), cmocka_unit_test(hides_a_short_value_that_masked_digits_uncover),
    cmocka_unit_test(leaves_a_code_that_is_no_value),   cmocka_unit_test(cuts_what_was_masked_before),
    cmocka_unit_test(cuts_between_characters),          cmocka_unit_test(appends_nothing_where_it_fails),
    cmocka_unit_test(takes_the_longest_text),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
