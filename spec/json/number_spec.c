/* src/json/number: what a double keeps of a number's text. */
#define _GNU_SOURCE 1
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "random.h"
#include "json/json.h"
#include "json/number.h"

#define SEED UINT64_C(0x5eedca4d6)

static void random_digits(struct random *random, char *text, unsigned least, unsigned most) {
  size_t len = strlen(text);
  for (unsigned n = least + pick(random, most - least + 1); n > 0; n--)
    text[len++] = "0000123456789"[pick(random, 13)];
  text[len] = '\0';
}

static void random_number(struct random *random, char text[static 80]) {
  text[0] = '\0';
  if (pick(random, 4) == 0) strcat(text, "-");
  if (pick(random, 3) == 0) {
    strcat(text, "0");
  } else {
    size_t len = strlen(text);
    text[len] = (char)('1' + pick(random, 9));
    text[len + 1] = '\0';
    random_digits(random, text, 0, 20);
  }
  if (pick(random, 2)) random_digits(random, strcat(text, "."), 1, 12);
  if (pick(random, 4) == 0) sprintf(text + strlen(text), "%c%s%u", pick(random, 2) ? 'e' : 'E', pick(random, 2) ? "-" : "+", pick(random, 30));
}

/* A plain number is what its double is written as, and has not more digits than doubles have. */
static void plain_numbers_are_written_anew_from_their_double(void **state) {
  (void)state;
  unsigned plain = 0, not_plain = 0;
  for (uint64_t seed = SEED; seed < SEED + 200000; seed++) {
    struct random random = random_of(seed);
    char text[80], again[JSON_NUMBER_TEXT];
    random_number(&random, text);
    json_print_number(strtod(text, NULL), again);
    bool is_plain = number_is_plain(text, strlen(text));
    if (is_plain && strcmp(text, again) != 0) fail_msg("%s became %s", text, again);
    if (!is_plain && strlen(text) <= 15 && strcmp(text, again) == 0 && !strpbrk(text, "eE-")) fail_msg("%s could be plain", text);
    plain += is_plain;
    not_plain += !is_plain;
  }
  assert_true(plain > 10000 && not_plain > 10000);
}

/* However a whole number is written. */
static void whole_numbers_are_exact(void **state) {
  (void)state;
  for (uint64_t seed = SEED; seed < SEED + 100000; seed++) {
    struct random random = random_of(seed);
    int64_t number = (int64_t)(((uint64_t)pick(&random, UINT32_MAX) << 32 | pick(&random, UINT32_MAX)) >> pick(&random, 64)), value = 1;
    if (pick(&random, 2)) number = -number - 1;
    char digits[24], text[80];
    snprintf(digits, sizeof digits, "%" PRId64, number);
    bool negative = number < 0;
    size_t len = strlen(digits + negative), cut = pick(&random, (unsigned)len) + 1;
    switch (pick(&random, 4)) {
    case 0: snprintf(text, sizeof text, "%s", digits); break;
    case 1: snprintf(text, sizeof text, "%s.000", digits); break;
    case 2: snprintf(text, sizeof text, "%.*s.%s00e+%zu", (int)cut + negative, digits, digits + negative + cut, len - cut); break;
    default: snprintf(text, sizeof text, "%s000E-3", digits); break;
    }
    if (!number_whole(text, &value) || value != number) fail_msg("%s: %" PRId64, text, value);
  }
}

static void other_numbers_are_not_whole(void **state) {
  (void)state;
  static const char *const texts[] = { "0.1",
                                       "1.5",
                                       "15e-1",
                                       "1e19",
                                       "-1e19",
                                       "9223372036854775808",
                                       "-9223372036854775809",
                                       "1e999999999999999999999",
                                       "1.00000000000000000000000001",
                                       "1e-999999999999999999999" };
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    int64_t value;
    if (number_whole(texts[i], &value)) fail_msg("%s: %" PRId64, texts[i], value);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(plain_numbers_are_written_anew_from_their_double),
    cmocka_unit_test(whole_numbers_are_exact),
    cmocka_unit_test(other_numbers_are_not_whole),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
