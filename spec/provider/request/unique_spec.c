/* src/provider/request/unique: texts that no other call has. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "provider/request/unique.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static bool write(const char *form, size_t max, struct buf *out) {
  buf_init(out, max);
  return unique_write(out, form, strlen(form));
}

static void is_a_uuid_of_version_4(void **state) {
  (void)state;
  for (int round = 0; round < 200; round++) {
    struct buf out;
    assert_true(write("uuid", 36, &out));
    const char *text = buf_string(&out);
    assert_int_equal(out.len, 36);
    for (size_t i = 0; i < 36; i++) {
      bool dash = i == 8 || i == 13 || i == 18 || i == 23;
      if (dash ? text[i] != '-' : !strchr("0123456789abcdef", text[i])) fail_msg("%s", text);
    }
    assert_int_equal(text[14], '4');
    if (!strchr("89ab", text[19])) fail_msg("%s", text);
    buf_free(&out);
  }
}

static void has_the_length_that_is_asked_for(void **state) {
  (void)state;
  static const struct {
    const char *form, *of;
    size_t len;
  } cases[] = {
    { "hex", "0123456789abcdef", 32 }, { "hex:1", "0123456789abcdef", 1 }, { "hex:33", "0123456789abcdef", 33 }, { "hex:64", "0123456789abcdef", 64 },
    { "digits", "0123456789", 18 },    { "digits:1", "123456789", 1 },     { "digits:64", "0123456789", 64 },    { "hex:07", "0123456789abcdef", 7 },
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    struct buf out;
    assert_true(write(cases[i].form, 100, &out));
    assert_int_equal(out.len, cases[i].len);
    assert_int_equal(strspn(buf_string(&out), cases[i].of), out.len);
    buf_free(&out);
  }
}

/* A number that begins with 0 is a shorter one for who reads it as such. */
static void is_a_number_without_a_zero_in_front(void **state) {
  (void)state;
  unsigned seen[10] = { 0 };
  for (int round = 0; round < 5000; round++) {
    struct buf out;
    assert_true(write("digits:4", 100, &out));
    assert_int_not_equal(buf_string(&out)[0], '0');
    seen[buf_string(&out)[3] - '0']++;
    buf_free(&out);
  }
  for (int digit = 0; digit < 10; digit++) /* of 500 each, with a standard deviation of 21 */
    if (seen[digit] < 350 || seen[digit] > 650) fail_msg("%u of 5000 are %d", seen[digit], digit);
}

static void is_never_the_same_twice(void **state) {
  (void)state;
  static const char *const forms[] = { "uuid", "hex", "digits" };
  char texts[300][40];
  for (int i = 0; i < 300; i++) {
    struct buf out;
    assert_true(write(forms[i % 3], 40, &out));
    snprintf(texts[i], sizeof texts[i], "%s", buf_string(&out));
    for (int k = 0; k < i; k++)
      assert_string_not_equal(texts[i], texts[k]);
    buf_free(&out);
  }
}

static void refuses_other_forms(void **state) {
  (void)state;
  static const char *const forms[] = { "",        "uui",       "uuid:8", "UUID",   "uuid4",     "hex:",  "hex:0",   "hex:65",
                                       "hex:100", "hex:a",     "hex: 1", "hex:-1", "hex:1a",    "hex16", "digits:", "digits:00",
                                       "digit",   "digits:99", "hex|x",  "hex:+1", "digits:1.", "random" };
  struct buf out;
  for (size_t i = 0; i < COUNT(forms); i++) {
    if (write(forms[i], 200, &out)) fail_msg("took %s as %s", forms[i], buf_string(&out));
    assert_int_equal(out.len, 0);
    buf_free(&out);
  }
  buf_init(&out, 100);
  assert_true(unique_write(&out, "hex:16|upper", 6)); /* as it is cut out of a template */
  assert_int_equal(out.len, 16);
  buf_free(&out);
}

static void does_not_fit(void **state) {
  (void)state;
  static const char *const forms[] = { "uuid", "hex", "digits" };
  for (size_t i = 0; i < COUNT(forms); i++) {
    struct buf out;
    assert_false(write(forms[i], 10, &out));
    buf_free(&out);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(is_a_uuid_of_version_4),
    cmocka_unit_test(has_the_length_that_is_asked_for),
    cmocka_unit_test(is_a_number_without_a_zero_in_front),
    cmocka_unit_test(is_never_the_same_twice),
    cmocka_unit_test(refuses_other_forms),
    cmocka_unit_test(does_not_fit),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
