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
    { "122012", "12", "2012" }, /* as 1220-12 it would be of no card */
    { "202012", "12", "2020" },
    { "201220", NULL, NULL },
    { "121220", NULL, NULL }, /* neither 12/1220 nor 1212-20 */
    { "121999", NULL, NULL },
    { "199912", NULL, NULL },
    { "12/1999", "12", "1999" },
    { "1212", "12", "2012" },
    { "0025", NULL, NULL },
    { "125", NULL, NULL },
    { "20251", NULL, NULL },
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

/* What a text that is spelled so is read as, "12/2025". */
static const char *spelled(const char *spelling, const char *in, size_t len) {
  static char out[32];
  char *copy = malloc(len ? len : 1);
  int month, year;
  assert_non_null(copy);
  memcpy(copy, in, len);
  bool ok = transform_spelled(spelling, copy, len, &month, &year);
  free(copy);
  if (!ok) return "nothing";
  snprintf(out, sizeof out, "%d/%d", month, year);
  return out;
}

static void spelled_dates(void **state) {
  (void)state;
  static const struct {
    const char *spelling, *in, *out;
  } rows[] = {
    { "YYMM", "2512", "12/2025" },
    { "YYMM", " 1112\n", "12/2011" },
    { "MMYY", "1112", "11/2012" },
    { "YY-MM", "25-12", "12/2025" },
    { "MM-YY", "12-25", "12/2025" },
    { "MM/YY", "01/27", "1/2027" },
    { "YYYYMM", "202512", "12/2025" },
    { "MMYYYY", "122012", "12/2012" },
    { "YYYYMM", "122012", "12/1220" },
    { "YYYY-MM", "2025-01", "1/2025" },
    { "MM/YYYY", "12/1999", "12/1999" },
    { "MM . YY", "12 . 25", "12/2025" },
    { "--YY--MM", "--25--12", "12/2025" },
    { "YYMM", "2513", NULL },
    { "YYMM", "2500", NULL },
    { "YYMM", "25-12", NULL },
    { "YYMM", "202512", NULL },
    { "YYMM", "251", NULL },
    { "YYMM", "25123", NULL },
    { "YY-MM", "2512", NULL },
    { "YY-MM", "25/12", NULL },
    { "MM/YY", "1/25", NULL },
    { "MM/YY", "12/25/", NULL },
    { "YYYYMM", "099912", NULL },
    { "YYMM", "2x12", NULL },
    { "YYMM", "", NULL },
    { "MM/YY", "MM/YY", NULL },
    { "YYMM", "-512", NULL },
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    const char *out = spelled(rows[i].spelling, rows[i].in, strlen(rows[i].in));
    if (strcmp(out, rows[i].out ? rows[i].out : "nothing") != 0) fail_msg("'%s' as %s: %s", rows[i].in, rows[i].spelling, out);
  }
}

/* Each month of a century in each spelling is read back; and without its spelling too, where that says which is which. */
static void each_month(void **state) {
  (void)state;
  static const struct {
    const char *spelling, *format;
    bool month_first, plain; /* whether it is read without its spelling */
  } rows[] = {
    { "MMYY", "%02d%02d", true, true },        { "MM/YY", "%02d/%02d", true, true },      { "MM-YY", "%02d-%02d", true, true },
    { "MMYYYY", "%02d20%02d", true, true },    { "MM/YYYY", "%02d/20%02d", true, true },  { "YYMM", "%02d%02d", false, false },
    { "YY-MM", "%02d-%02d", false, false },    { "YY/MM", "%02d/%02d", false, false },    { "YYYYMM", "20%02d%02d", false, true },
    { "YYYY-MM", "20%02d-%02d", false, true }, { "YYYY/MM", "20%02d/%02d", false, true },
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    for (int year = 0; year < 100; year++)
      for (int month = 1; month <= 12; month++) {
        char in[32], expected[32], expected_month[16];
        int len = rows[i].month_first ? snprintf(in, sizeof in, rows[i].format, month, year) : snprintf(in, sizeof in, rows[i].format, year, month);
        snprintf(expected, sizeof expected, "%d/%d", month, 2000 + year);
        snprintf(expected_month, sizeof expected_month, "%d", month);
        assert_string_equal(spelled(rows[i].spelling, in, (size_t)len), expected);
        if (rows[i].plain) check(TRANSFORM_MONTH_OF, &(struct row){ in, expected_month }, 1);
        if (rows[i].plain) check(TRANSFORM_YEAR_OF, &(struct row){ in, expected + strlen(expected) - 4 }, 1);
        if (!rows[i].plain && year > 12) check(TRANSFORM_MONTH_OF, &(struct row){ in, NULL }, 1);
      }
}

static void encoded(void **state) {
  (void)state;
  /* RFC 4648, section 10 */
  CHECK(TRANSFORM_BASE64, { "Zg==", "f" }, { "Zm8=", "fo" }, { "Zm9v", "foo" }, { "Zm9vYg==", "foob" }, { "Zm9vYmE=", "fooba" },
        { "Zm9vYmFy", "foobar" });
  CHECK(TRANSFORM_BASE64, { "Zg", "f" }, { "Zm9vYmE", "fooba" }, { " Zm9v\n", "foo" }, { "+/-_", "\xfb\xff\xbf" }, { "Zh==", "f" },
        { "NDExMTExMTExMTExMTExMQ==", "4111111111111111" });
  CHECK(TRANSFORM_BASE64, { "", NULL }, { " ", NULL }, { "=", NULL }, { "==", NULL }, { "====", NULL }, { "Z", NULL }, { "Zm9vY", NULL },
        { "Zg=", NULL }, { "Zg===", NULL }, { "Z===", NULL }, { "Zg==Zg==", NULL }, { "Zm 9v", NULL }, { "Zm9*", NULL }, { "Zm9\xc3", NULL });
  CHECK(TRANSFORM_HEX, { "34", "4" }, { "666F6f", "foo" }, { "\t34\n", "4" }, { "ff", "\xff" }, { "", NULL }, { "3", NULL }, { "343", NULL },
        { "3g", NULL }, { "0x34", NULL }, { "34 35", NULL }, { "\xc3\xbc", NULL }, { "!4", NULL }, { "3`", NULL }, { "3G", NULL }, { "3@", NULL });
}

/* Any bytes, written so by a few lines of a kind of their own, are read back. */
static void encoded_bytes(void **state) {
  (void)state;
  static const char *const alphabets[] = { "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
                                           "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_" };
  for (uint64_t seed = SEED; seed < SEED + 5000; seed++) {
    struct random random = random_of(seed);
    unsigned char bytes[40];
    char base64[60], hex[80], out[80];
    size_t len = 1 + pick(&random, sizeof bytes), out_len, written = 0;
    for (size_t i = 0; i < len; i++)
      bytes[i] = (unsigned char)pick(&random, 256);
    for (size_t bit = 0; bit < 8 * len; bit += 6) {
      unsigned value = 0;
      for (size_t i = bit; i < bit + 6; i++)
        value = 2 * value + (i < 8 * len ? bytes[i / 8] >> (7 - i % 8) & 1U : 0);
      base64[written++] = alphabets[seed % 2][value];
    }
    while (seed % 3 && written % 4)
      base64[written++] = '=';
    assert_true(transform_apply(TRANSFORM_BASE64, base64, written, out, &out_len));
    assert_int_equal(out_len, len);
    assert_memory_equal(out, bytes, len);
    for (size_t i = 0; i < len; i++) {
      char pair[3];
      snprintf(pair, sizeof pair, seed % 2 ? "%02x" : "%02X", bytes[i]);
      memcpy(hex + 2 * i, pair, 2);
    }
    assert_true(transform_apply(TRANSFORM_HEX, hex, 2 * len, out, &out_len));
    assert_int_equal(out_len, len);
    assert_memory_equal(out, bytes, len);
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
      bool is_part = transform == TRANSFORM_MONTH_OF || transform == TRANSFORM_YEAR_OF;
      bool settles = !is_part && transform != TRANSFORM_BASE64 && transform != TRANSFORM_HEX;
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
    cmocka_unit_test(whole_numbers), cmocka_unit_test(digits),        cmocka_unit_test(integers),
    cmocka_unit_test(years),         cmocka_unit_test(months),        cmocka_unit_test(months_with_years),
    cmocka_unit_test(spelled_dates), cmocka_unit_test(each_month),    cmocka_unit_test(encoded),
    cmocka_unit_test(encoded_bytes), cmocka_unit_test(dates),         cmocka_unit_test(letters),
    cmocka_unit_test(countries),     cmocka_unit_test(all_countries), cmocka_unit_test(phones),
    cmocka_unit_test(any_bytes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
