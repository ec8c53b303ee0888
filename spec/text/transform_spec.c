/* src/text/transform. */
#define _GNU_SOURCE 1
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "random.h"
#include "text/transform/transform.h"

#define SEED UINT64_C(0x7a45f0a1)

struct row {
  const char *in, *out; /* out is NULL where the bytes make no sense */
};

/* In and out are blocks of just their size, so that the sanitizer sees every byte too many. */
static char *apply(enum transform transform, const char *in, size_t len) {
  size_t room = transform_room(transform, len), out_len = 0;
  char *copy = malloc(len ? len : 1), *out = malloc(room ? room : 1), *result = NULL;
  assert_non_null(copy);
  assert_non_null(out);
  memcpy(copy, in, len);
  if (transform_apply(transform, copy, len, out, &out_len)) {
    assert_true(out_len > 0 && out_len <= room);
    result = calloc(1, out_len + 1);
    assert_non_null(result);
    memcpy(result, out, out_len);
  }
  free(copy);
  free(out);
  return result;
}

static void check(enum transform transform, const struct row *rows, size_t count) {
  for (size_t i = 0; i < count; i++) {
    char *out = apply(transform, rows[i].in, strlen(rows[i].in));
    const char *expected = rows[i].out ? rows[i].out : "nothing", *got = out ? out : "nothing";
    if (strcmp(expected, got) != 0) fail_msg("%s of '%s': %s, not %s", transform_names[transform], rows[i].in, got, expected);
    free(out);
  }
}

#define CHECK(transform, ...)                                                                                                                        \
  do {                                                                                                                                               \
    static const struct row rows[] = { __VA_ARGS__ };                                                                                                \
    check(transform, rows, sizeof rows / sizeof *rows);                                                                                              \
  } while (0)

static void digits(void **state) {
  (void)state;
  CHECK(TRANSFORM_DIGITS, { "4111-1111 1111.1111", "4111111111111111" }, { "007", "007" }, { "a1b2", "12" }, { "none", NULL }, { "", NULL });
}

static void integers(void **state) {
  (void)state;
  CHECK(TRANSFORM_INTEGER, { "42", "42" }, { " +042.00 ", "42" }, { "-7", "-7" }, { "-0", "0" }, { "000", "0" }, { "4.2", NULL }, { "4.", NULL },
        { "1,000", NULL }, { "0x10", NULL }, { "", NULL }, { "+", NULL }, { ".0", NULL });
}

static void years(void **state) {
  (void)state;
  CHECK(TRANSFORM_YEAR, { "27", "2027" }, { " 2027 ", "2027" }, { "00", "2000" }, { "99", "2099" }, { "1999", "1999" }, { "0999", NULL },
        { "7", NULL }, { "202", NULL }, { "20271", NULL }, { "12/27", NULL }, { "-27", NULL }, { "2o27", NULL }, { "", NULL },
        { "9999999999999999999999", NULL });
}

static void months(void **state) {
  (void)state;
  CHECK(TRANSFORM_MONTH, { "1", "1" }, { "01", "1" }, { " 12 ", "12" }, { "13", NULL }, { "0", NULL }, { "00", NULL }, { "001", NULL },
        { "1.0", NULL }, { "Dec", NULL }, { "", NULL });
}

static void whole_numbers(void **state) {
  (void)state;
  static const struct {
    int64_t in;
    int year, month; /* 0 for none */
  } rows[] = { { 27, 2027, 0 },   { 2027, 2027, 0 }, { 12, 2012, 12 }, { 1, 0, 1 },         { 9999, 9999, 0 },
               { 1000, 1000, 0 }, { 99, 2099, 0 },   { 13, 2013, 0 },  { 0, 0, 0 },         { 999, 0, 0 },
               { 10000, 0, 0 },   { -1, 0, 0 },      { -2027, 0, 0 },  { INT64_MAX, 0, 0 }, { INT64_MIN, 0, 0 } };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    int out;
    assert_int_equal(transform_whole(TRANSFORM_YEAR, rows[i].in, &out) ? out : 0, rows[i].year);
    assert_int_equal(transform_whole(TRANSFORM_MONTH, rows[i].in, &out) ? out : 0, rows[i].month);
  }
}

static void months_with_years(void **state) {
  (void)state;
  static const struct {
    const char *in, *month, *year;
  } rows[] = {
    { "12/2025", "12", "2025" },
    { " 1/25 ", "1", "2025" },
    { "12 / 25", "12", "2025" },
    { "12-2025", "12", "2025" },
    { "03.27", "3", "2027" },
    { "12 2025", "12", "2025" },
    { "2025-12", "12", "2025" },
    { "2025/1", "1", "2025" },
    { "1225", "12", "2025" }, /* MMYY */
    { "122025", "12", "2025" },
    { "202512", "12", "2025" },
    { "012012", "1", "2012" },
    { "2025-12-31", "12", "2025" },
    { "2025-12-31T23:59:59Z", "12", "2025" },
    { "12/99", "12", "2099" },
    { "13/2025", NULL, NULL },
    { "2025-13", NULL, NULL },
    { "2512", NULL, NULL },
    { "25/12", NULL, NULL },
    { "2025-02-30", NULL, NULL },
    { "12/2025/", NULL, NULL },
    { "12//25", NULL, NULL },
    { "12/255", NULL, NULL },
    { "/25", NULL, NULL },
    { "12/", NULL, NULL },
    { "12", NULL, NULL },
    { "31/12/2025", NULL, NULL },
    { "4111111111111111", NULL, NULL },
    { "", NULL, NULL },
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    check(TRANSFORM_MONTH_OF, &(struct row){ rows[i].in, rows[i].month }, 1);
    check(TRANSFORM_YEAR_OF, &(struct row){ rows[i].in, rows[i].year }, 1);
  }
}

static void dates(void **state) {
  (void)state;
  CHECK(TRANSFORM_DATE, { "2025-12-31", "2025-12-31" }, { "2024-02-29", "2024-02-29" }, { "2025-12-31T23:59:59Z", "2025-12-31T23:59:59Z" },
        { " 2025-12-31 23:59:59z ", "2025-12-31T23:59:59Z" }, { "2025-12-31t10:00", "2025-12-31T10:00" },
        { "2025-12-31T10:00:00.123456789012345678+05:30", "2025-12-31T10:00:00.123456789012345678+05:30" },
        { "2025-12-31T10:00:00-0530", "2025-12-31T10:00:00-0530" }, { "2025-12-31T10:00:00+05", "2025-12-31T10:00:00+05" },
        { "20251231", "2025-12-31" }, { "1732086388", "2024-11-20T07:06:28Z" }, { "1732086388123", "2024-11-20T07:06:28Z" },
        { "1732086388.5", "2024-11-20T07:06:28Z" }, { "99999999999", "5138-11-16T09:46:39Z" });
  CHECK(TRANSFORM_DATE, { "2025-02-29", NULL }, { "1900-02-29", NULL }, { "2025-13-01", NULL }, { "2025-12-32", NULL }, { "2025-00-01", NULL },
        { "20251331", NULL }, { "2025-12-31T", NULL }, { "2025-12-31T24:00:00Z", NULL }, { "2025-12-31T10:60Z", NULL },
        { "2025-12-31T10:00:00.Z", NULL }, { "2025-12-31T10:00:00+25:00", NULL }, { "2025-12-31T10:00:00+05:", NULL }, { "2025-12-31x", NULL },
        { "12/31/2025", NULL }, { "yesterday", NULL }, { "86400", NULL }, { "1732086388.", NULL }, { "4111111111111111", NULL }, { "", NULL },
        { "2025-12", NULL });
}

static void letters(void **state) {
  (void)state;
  CHECK(TRANSFORM_UPPER, { "Visa z\xc3\xbc", "VISA Z\xc3\xbc" }, { "", NULL });
  CHECK(TRANSFORM_TRIM, { "  John Doe\t\r\n", "John Doe" }, { "x", "x" }, { " \t ", NULL }, { "", NULL });
}

static void countries(void **state) {
  (void)state;
  CHECK(TRANSFORM_COUNTRY, { "US", "US" }, { "us", "US" }, { "usa", "US" }, { "U.S.A.", "US" }, { "840", "US" }, { "United States", "US" },
        { "the united states of america", "US" }, { "United States of America (the)", "US" }, { " Germany ", "DE" }, { "4", "AF" }, { "004", "AF" },
        { "36", "AU" }, { "T\xc3\xbcrkiye", "TR" }, { "C\xc3\xb4te d'Ivoire", "CI" }, { "Saint Lucia", "LC" }, { "Antigua and Barbuda", "AG" },
        { "Korea (the Republic of)", "KR" }, { "Korea, Republic of", "KR" }, { "South Georgia and the South Sandwich Islands", "GS" },
        { "United Kingdom of Great Britain and Northern Ireland (the)", "GB" }, { "KOSOVO", "XK" }, { "Zimbabwe", "ZW" }, { "AD", "AD" },
        { "zw", "ZW" }, { "The Gambia", "GM" }, { "\xc3\x85land Islands", "AX" });
  CHECK(TRANSFORM_COUNTRY, { "XX", NULL }, { "xx", NULL }, { "UK", NULL }, { "ZZZ", NULL }, { "000", NULL }, { "999", NULL }, { "1234", NULL },
        { "0004", NULL }, { "", NULL }, { "the", NULL }, { "Atlantis", NULL }, { "United", NULL }, { "Germany x", NULL },
        { "\xe4\xb8\xad\xe5\x9b\xbd", NULL }, { "\xc3", NULL }, { "\xe2\x80", NULL }, { "US\x01", NULL }, { "--", NULL }, { "---", NULL },
        { "a name that is so long that no country has it, whatever it calls itself officially", NULL });
}

/* ISO 3166-1 has 249, and Kosovo has no number. */
static void all_countries(void **state) {
  (void)state;
  unsigned two = 0, three = 0, numbers = 0;
  char text[8];
  for (char a = 'A'; a <= 'Z'; a++)
    for (char b = 'A'; b <= 'Z'; b++) {
      snprintf(text, sizeof text, "%c%c", a, b);
      char *code = apply(TRANSFORM_COUNTRY, text, 2);
      if (code) {
        assert_string_equal(code, text);
        two++;
      }
      free(code);
      for (char c = 'A'; c <= 'Z'; c++) {
        snprintf(text, sizeof text, "%c%c%c", a, b, c);
        code = apply(TRANSFORM_COUNTRY, text, 3);
        three += code != NULL;
        free(code);
      }
    }
  for (unsigned i = 0; i < 1000; i++) {
    snprintf(text, sizeof text, "%03u", i);
    char *code = apply(TRANSFORM_COUNTRY, text, 3);
    numbers += code != NULL;
    free(code);
  }
  assert_int_equal(two, 250);
  assert_int_equal(three, 250);
  assert_int_equal(numbers, 249);
}

static void phones(void **state) {
  (void)state;
  CHECK(TRANSFORM_PHONE, { "+1 (415) 505-6227", "+14155056227" }, { "+14155056227", "+14155056227" }, { "001 415 505 6227", "+14155056227" },
        { "tel:+1-415-505-6227", "+14155056227" }, { "+44 (0)20 7946 0958", "+442079460958" }, { "(415) 505-6227", "4155056227" },
        { "030/1234567", "0301234567" }, { "0049 30 1234567", "+49301234567" }, { "+123456789012345", "+123456789012345" });
  CHECK(TRANSFORM_PHONE, { "+1234567890123456", NULL }, { "1234567890123456", NULL }, { "+0 415 505 6227", NULL }, { "1234", NULL },
        { "+12345", NULL }, { "1+4155056227", NULL }, { "++14155056227", NULL }, { "505-6227 ext. 5", NULL }, { "call me", NULL }, { "", NULL },
        { "00", NULL }, { "00000000000000000", NULL }, { "12345678901234567890", NULL });
}

/* Of any bytes: no more room than was said, and what came out once stays as it is. */
static void any_bytes(void **state) {
  (void)state;
  static const char alphabet[] = "0123456789 0123456789/-.:+TZ()tel&StheUSausa\xc3\xa9\xe2\x80\x99\x00\n";
  for (uint64_t seed = SEED; seed < SEED + 20000; seed++) {
    struct random random = random_of(seed);
    char in[80];
    size_t len = pick(&random, sizeof in);
    for (size_t i = 0; i < len; i++)
      in[i] = alphabet[pick(&random, sizeof alphabet - 1)];
    for (int transform = 0; transform < TRANSFORMS; transform++) {
      char *once = apply((enum transform)transform, in, len);
      bool settles = transform != TRANSFORM_MONTH_OF && transform != TRANSFORM_YEAR_OF;
      if (once && settles && strlen(once) > 0 && !memchr(in, 0, len)) {
        char *twice = apply((enum transform)transform, once, strlen(once));
        if (!twice || strcmp(once, twice) != 0) fail_msg("seed %llu: %s", (unsigned long long)seed, transform_names[transform]);
        free(twice);
      }
      free(once);
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(whole_numbers), cmocka_unit_test(digits),  cmocka_unit_test(integers),
    cmocka_unit_test(years),         cmocka_unit_test(months),  cmocka_unit_test(months_with_years),
    cmocka_unit_test(dates),         cmocka_unit_test(letters), cmocka_unit_test(countries),
    cmocka_unit_test(all_countries), cmocka_unit_test(phones),  cmocka_unit_test(any_bytes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
