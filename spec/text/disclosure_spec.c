/* src/text/disclosure. */
#define _GNU_SOURCE 1
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "random.h"
#include "text/disclosure.h"
#include "text/pan.h"

#define SEED UINT64_C(0x5eedca4e1)

static bool told(enum secret_class class, const char *value, const char *text) {
  size_t len = strlen(text);
  char *scratch = malloc(len + 1), *exact = malloc(len + 1);
  memcpy(exact, text, len);
  bool found = discloses(class, value, strlen(value), exact, len, scratch);
  free(scratch);
  free(exact);
  return found;
}

static void lets_pass_what_a_mask_may_show(void **state) {
  (void)state;
  static const char *const texts[] = { "",
                                       "************6467",
                                       "45391488",
                                       "453914******6467",
                                       "453914\1"
                                       "6467",
                                       "visa 6467",
                                       "45391488\1"
                                       "6467",
                                       "tok_83910238471029384",
                                       "16",
                                       "2027-12-01" };
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    if (told(SECRET_PAN, "4539148803436467", texts[i])) fail_msg("refused %s", texts[i]);
  assert_false(told(SECRET_PAN, "5555555555554444", "555555******4444"));
  assert_false(told(SECRET_PAN, "5555555555554444", "555555 4444"));
  assert_false(told(SECRET_PAN, "4111111111111111", "41111111 1111"));
  assert_false(told(SECRET_TOKEN, "tok_abcdefghijklmnop", "tok_a***lmno"));
  assert_false(told(SECRET_UNDECLARED, "42", "4 and 3"));
}

static void finds_what_no_mask_shows(void **state) {
  (void)state;
  static const char *const texts[] = { "4539148803436467",
                                       "4539-1488-0343-6467",
                                       "4\1"
                                       "5\1"
                                       "3\1"
                                       "9\1"
                                       "1\1"
                                       "4\1"
                                       "8\1"
                                       "8\1"
                                       "0\1"
                                       "3\1"
                                       "4\1"
                                       "3\1"
                                       "6\1"
                                       "4\1"
                                       "6\1"
                                       "7\1",
                                       "4.5.3.9.1.4.8.8.0.3.4.3",
                                       "453914880343",
                                       "03436467",
                                       "7646343088419354",
                                       "0343",
                                       "the middle: 80343 ",
                                       "a4539148b803c" };
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    if (!told(SECRET_PAN, "4539 1488 0343 6467", texts[i])) fail_msg("let %s pass", texts[i]);
  assert_true(told(SECRET_UNDECLARED, "4539148803436467", "45391488"));
  assert_true(told(SECRET_TOKEN, "tok_abcdefghijklmnop", "x tok_abcdefghijklmnop"));
  assert_true(told(SECRET_TOKEN, "tok_abcdefghijklmnop",
                   "cdef\1"
                   "ghij\1"));
  assert_true(told(SECRET_CREDENTIAL, "short", "it is short"));
  assert_true(told(SECRET_UNDECLARED, "987",
                   "9\1"
                   "8\1"
                   "7\1"));
  assert_true(told(SECRET_CVV, "987", "anything"));
}

/* Chance must not hide what has nothing to do with the number. */
static void seldom_finds_it_in_another_number(void **state) {
  (void)state;
  int found = 0;
  for (uint64_t seed = SEED; seed < SEED + 10000; seed++) {
    struct random random = random_of(seed);
    char number[17] = { 0 }, other[25] = { 0 };
    for (size_t i = 0; i < 16; i++)
      number[i] = (char)('0' + pick(&random, 10));
    for (size_t i = 0; i < 24; i++)
      other[i] = (char)('0' + pick(&random, 10));
    found += told(SECRET_PAN, number, other);
  }
  assert_in_range(found, 0, 10);
}

/* Whatever a mask shows passes, for every number. */
static void agrees_with_the_masks(void **state) {
  (void)state;
  for (uint64_t seed = SEED; seed < SEED + 5000; seed++) {
    struct random random = random_of(seed);
    char number[24] = { 0 };
    size_t len = 13 + pick(&random, 7), variety = 1 + pick(&random, 10);
    for (size_t i = 0; i < len; i++)
      number[i] = (char)('0' + pick(&random, variety));
    char shown[PAN_MASK_ROOM];
    shown[pan_mask(shown, SECRET_PAN, number, len, pick(&random, 9), pick(&random, 5))] = '\0';
    if (told(SECRET_PAN, number, shown)) fail_msg("%s is more than %s", shown, number);
    assert_true(told(SECRET_PAN, number, number));
  }
}

static void takes_long_values(void **state) {
  (void)state;
  char *value = malloc(200001);
  for (size_t i = 0; i < 200000; i++)
    value[i] = (char)('!' + i * 7919 % 89);
  value[200000] = '\0';
  assert_true(told(SECRET_TOKEN, value, value));
  assert_false(told(SECRET_TOKEN, value, "nothing of it"));
  free(value);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(lets_pass_what_a_mask_may_show), cmocka_unit_test(finds_what_no_mask_shows), cmocka_unit_test(seldom_finds_it_in_another_number),
    cmocka_unit_test(agrees_with_the_masks),          cmocka_unit_test(takes_long_values),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
