/* src/text/pan; the time it takes is in pan_linear_spec. */
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
#include "text/pan.h"

#define SEED UINT64_C(0x5eedca4d6)

static void takes_the_digits_out(void **state) {
  (void)state;
  char out[16];
  assert_int_equal(pan_digits("4-1 1x\xd9\xa1"
                              "9",
                              9, out),
                   4);
  assert_memory_equal(out, "4119", 4);
  assert_int_equal(pan_digits("", 0, out), 0);
}

static void checks_the_luhn_sum(void **state) {
  (void)state;
  static const char *const valid[] = { "4111111111111111",    "4111 1111 1111 1111", "-4111-1111-1111-1111 ", "378282246310005", "4222222222222",
                                       "6304000000000000000", "0000000000000",       "501800000009",          "6304 0000 0000" };
  static const char *const invalid[] = {
    "4111111111111112", "4111111111111111x", "4111.1111.1111.1111",  "4111\t111111111111", "xxx-xxxx-xxx-xxxx", "", "0", "00000000000",
    "000000000000",     "411111111111",      "00000000000000000000", "422222222223",       "501800000008"
  };
  for (size_t i = 0; i < sizeof valid / sizeof *valid; i++)
    if (!pan_luhn(valid[i], strlen(valid[i]))) fail_msg("refused %s", valid[i]);
  for (size_t i = 0; i < sizeof invalid / sizeof *invalid; i++)
    if (pan_luhn(invalid[i], strlen(invalid[i]))) fail_msg("accepted %s", invalid[i]);
}

/* Sums as the textbook does, from the right. */
static bool luhn_by_the_book(const char *digits, size_t len) {
  unsigned sum = 0;
  for (size_t i = 0; i < len; i++) {
    unsigned digit = (unsigned)(digits[len - 1 - i] - '0') * (i % 2 == 1 ? 2 : 1);
    sum += digit / 10 + digit % 10;
  }
  return sum % 10 == 0;
}

static void agrees_with_the_textbook(void **state) {
  (void)state;
  for (uint64_t seed = SEED; seed < SEED + 5000; seed++) {
    struct random random = random_of(seed);
    char number[24] = "";
    size_t len = pick(&random, sizeof number);
    for (size_t i = 0; i < len; i++)
      number[i] = (char)('0' + pick(&random, 10));
    bool maestro = number[0] == '6' || (number[0] == '5' && (number[1] == '0' || (number[1] >= '6' && number[1] <= '8')));
    bool expected = len >= (maestro ? 12 : 13) && len <= PAN_MAX_DIGITS && luhn_by_the_book(number, len);
    if (pan_luhn(number, len) != expected) fail_msg("seed %llu: %.*s", (unsigned long long)seed, (int)len, number);
  }
}

static void never_lets_the_whole_show(void **state) {
  (void)state;
  for (int class = 0; class < SECRET_CLASSES; class ++)
    for (size_t len = 0; len <= 64; len++)
      for (size_t a = 0; a <= 66; a++)
        for (size_t b = 0; b <= 66; b++) {
          size_t first = a == 66 ? SIZE_MAX : a, last = b == 66 ? SIZE_MAX : b;
          size_t wish_first = first, wish_last = last;
          bool number = class == SECRET_PAN && len >= PAN_MIN_DIGITS && len <= PAN_MAX_DIGITS;
          pan_limit((enum secret_class) class, number, len, &first, &last);
          size_t most = class == SECRET_CVV || len < 8 ? 0 : number ? 8 : len / 4, hidden = len == 12 ? 2 : 3;
          bool ok = first <= wish_first && last <= wish_last && first <= 8 && first <= most && last <= 4 && last <= most &&
                    (len == 0 || first + last < len);
          if (number && len - first - last < hidden) ok = false;
          if (!ok) fail_msg("class %d, %zu bytes, wish %zu and %zu: %zu and %zu", class, len, wish_first, wish_last, first, last);
        }
}

static void grants_what_is_allowed(void **state) {
  (void)state;
  static const struct {
    enum secret_class class;
    size_t len, wish_first, wish_last, first, last;
  } cases[] = { { SECRET_PAN, 16, 6, 4, 6, 4 },        { SECRET_PAN, 16, 99, 99, 8, 4 }, { SECRET_PAN, 13, 8, 4, 6, 4 },
                { SECRET_PAN, 13, 8, 2, 6, 2 },        { SECRET_PAN, 12, 8, 4, 6, 4 },   { SECRET_PAN, 11, 8, 4, 2, 2 },
                { SECRET_TOKEN, 8, 9, 9, 2, 2 },       { SECRET_TOKEN, 7, 1, 1, 0, 0 },  { SECRET_CREDENTIAL, 40, 99, 99, 8, 4 },
                { SECRET_UNDECLARED, 20, 3, 9, 3, 4 }, { SECRET_CVV, 40, 1, 1, 0, 0 } };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    size_t first = cases[i].wish_first, last = cases[i].wish_last;
    pan_limit(cases[i].class, cases[i].len >= PAN_MIN_DIGITS, cases[i].len, &first, &last);
    if (first != cases[i].first || last != cases[i].last) fail_msg("case %zu: %zu and %zu", i, first, last);
  }
}

static void masks_by_class(void **state) {
  (void)state;
  static const struct {
    enum secret_class class;
    const char *value;
    size_t first, last;
    const char *mask;
  } cases[] = { { SECRET_PAN, "4111111111111111", 0, 4, "************1111" },
                { SECRET_PAN, "4111-1111-1111-1234", 6, 4, "411111******1234" },
                { SECRET_PAN, "378282246310005", 99, 99, "37828224***0005" },
                { SECRET_PAN, "4111111111111112", 0, 4, "************1112" },
                { SECRET_PAN, "501800000009", 0, 4, "********0009" },
                { SECRET_PAN, "5018 0000-0009", 8, 4, "501800**0009" },
                { SECRET_PAN, "411111111111", 8, 4, "***" },
                { SECRET_PAN, "50180000000", 8, 4, "***" },
                { SECRET_PAN, "abcdefghijkl", 8, 4, "***" },
                { SECRET_PAN, "41111111111111111111", 0, 4, "***" },
                { SECRET_PAN, "xxx-xxxx-xxx-xxxx", 0, 4, "***" },
                { SECRET_PAN, "4111111111111111\n", 0, 4, "***" },
                { SECRET_PAN, "", 0, 4, "***" },
                { SECRET_CVV, "123", 3, 3, "***" },
                { SECRET_TOKEN, "tok_abcdefgh", 0, 0, "***" },
                { SECRET_TOKEN, "tok_abcdefgh", 9, 9, "tok***fgh" },
                { SECRET_TOKEN, "1234567", 4, 4, "***" },
                { SECRET_UNDECLARED,
                  "\xe2\x82\xac"
                  "abcdefgh\n",
                  2, 2, "***" },
                { SECRET_CREDENTIAL,
                  "ab\xe2\x82\xac"
                  "cdefgh",
                  2, 2, "ab***gh" } };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char shown[PAN_MASK_ROOM];
    shown[pan_mask(shown, cases[i].class, cases[i].value, strlen(cases[i].value), cases[i].first, cases[i].last)] = '\0';
    assert_string_equal(shown, cases[i].mask);
  }
}

static void finds_a_number_that_stands_by_itself(void **state) {
  (void)state;
  static const struct {
    const char *text;
    bool found;
  } cases[] = {
    { "", false },
    { "c_1", false },
    { "4111111111111111", true },
    { "4111 1111-1111 1111", true },
    { "4111111111111112", false },
    { "1111111111111117", false },
    { "x 4111111111111111 y", true },
    { "x4111111111111111y", true },
    { "card_4111111111111111", true },
    { "\"4111111111111111\"", true },
    { "4111111111111111.", true },
    { "4111111111111111/12/27", true },
    { "order-4111111111111111", true },
    { "12-4111111111111111", false },
    { "4111-1111-1111-1111", true },
    { "4111111111111111\n", false },
    { "4111111111111111 4242424242424242", true },
    { "9x4111111111111111", false },
    { "x9y4111111111111111", false },
    { "4111111111111111z0", false },
    { "0.4111111111111111", false },
    { "4111111111111111.50", false },
    { "+4222222222222", false },
    { "+378282246310005", false },
    { "+4111111111111111", true }, /* longer than a telephone's */
    { "e6915270-5281-47c6-b0e2-ce11d316f1be", false },
    { "id-e6915270-5281-47c6-b0e2-ce11d316f1be.", false },
    { "e6915270-5281-47c6-b0e2-ce11d316f1be 4111111111111111", true },
    { "4111111111111111 +4111111111111111", true },
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    size_t len = strlen(cases[i].text);
    char *copy = malloc(len + 1); /* a block that ends with it */
    assert_non_null(copy);
    memcpy(copy, cases[i].text, len);
    copy = realloc(copy, len ? len : 1);
    if (pan_stands_in(copy, len) != cases[i].found) fail_msg("%s", cases[i].text);
    free(copy);
  }
}

/* Of what is redacted only some stands by itself, and of what is not nothing does. */
static void finds_nothing_that_is_not_redacted(void **state) {
  (void)state;
  static const char bytes[] = "0123456789012345678901234567890123456789  --x.+a";
  size_t found = 0;
  for (uint64_t seed = SEED; seed < SEED + 20000; seed++) {
    struct random random = random_of(seed);
    struct buf out;
    char text[40];
    size_t len = pick(&random, sizeof text);
    for (size_t i = 0; i < len; i++)
      text[i] = bytes[pick(&random, sizeof bytes - 1)];
    buf_init(&out, sizeof text);
    assert_true(pan_redact(&out, text, len));
    bool same = memcmp(buf_string(&out), text, len) == 0, stands = pan_stands_in(text, len);
    if (same && stands) fail_msg("seed %llu: %.*s", (unsigned long long)seed, (int)len, text);
    found += stands;
    buf_free(&out);
  }
  assert_true(found > 50);
}

static void says_when_a_text_does_not_fit(void **state) {
  (void)state;
  struct buf out;
  buf_init(&out, 8);
  assert_false(pan_redact(&out, "123456789", 9));
  buf_free(&out);
}

static void redacts_cards_in_running_text(void **state) {
  (void)state;
  static const char *const cases[][2] = {
    { "", "" },
    { "no digits - at all", "no digits - at all" },
    { "card 4111111111111111.", "card ************1111." },
    { "4111 1111-1111   1111", "**** ****-****   1111" },
    { "4111 - 1111 - 1111 - 1111", "**** - **** - **** - 1111" },
    { "4111    1111    1111    1111", "4111    1111    1111    1111" },
    { "4111.1111.1111.1111", "****.****.****.1111" },
    { "4111/1111/1111/1111", "****/****/****/1111" },
    { "4111_1111_1111_1111", "****_****_****_1111" },
    { "4111+1111+1111+1111", "****+****+****+1111" },
    { "4111\t1111\r\n1111\n1111", "****\t****\r\n****\n1111" },
    { "4111%201111%201111%201111", "****%20****%20****%201111" },
    { "4111\\u00201111\\u00201111\\u00201111", "****\\u0020****\\u0020****\\u00201111" },
    { "4111\xc2\xa0"
      "1111\xe2\x80\xaf"
      "1111\xe2\x80\x93"
      "1111",
      "****\xc2\xa0"
      "****\xe2\x80\xaf"
      "****\xe2\x80\x93"
      "1111" },
    { "4111\xe2\x80\x94"
      "1111\xe2\x80\x8b"
      "1111\xef\xbb\xbf"
      "1111",
      "****\xe2\x80\x94"
      "****\xe2\x80\x8b"
      "****\xef\xbb\xbf"
      "1111" },
    { "\xef\xbc\x94"
      "111111111111111",
      "***"
      "***********1111" },
    { "\xd9\xa4\xd9\xa1"
      "11111111111111",
      "****"
      "**********1111" },
    { "\xdb\xb4"
      "111111111111111",
      "**"
      "***********1111" },
    { "4111111111111111123", "************1111***" },
    { "41111111111111111227", "************1111****" },
    { "41111111111111111227123", "************1111*******" },
    { "501800000009", "********0009" },
    { "6759 0000 0000", "**** **** 0000" },
    { "676100000006 and 589300000009", "********0006 and ********0009" },
    { "501800000008", "501800000008" },
    { "411111111117", "411111111117" },
    { "2223000048400011", "************0011" },
    { "9999999999999995", "9999999999999995" },
    { "1111111111111117", "1111111111111117" },
    { "4111111111111112", "4111111111111112" },
    { "4111111111111111 4242424242424242", "************1111 ************4242" },
    { "4111111111111111,4242424242424242", "************1111,************4242" },
    { "41111111111111111111", "************1111****" },
    { "0004111111111111111", "000************1111" },
    { "12 4111111111111111", "12 ************1111" },
    { "4111111111111111 12", "************1111 12" },
    { "x4111111111111111x", "x************1111x" },
    { "37828224631000", "37828224631000" },
    { "at 2024-01-31 10:20:30", "at 2024-01-31 10:20:30" },
    { "411111111111111", "411111111111111" },
    { "4111111111111111 ", "************1111 " },
    { "41111111 111111114242424242424242", "41111111 111111114242424242424242" },
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct buf out;
    buf_init(&out, 100);
    buf_add_string(&out, "4111: ");
    assert_true(pan_redact(&out, cases[i][0], strlen(cases[i][0])));
    assert_memory_equal(out.data, "4111: ", 6);
    assert_string_equal(out.data + 6, cases[i][1]);
    buf_free(&out);
  }
}

/* In running text only what Maestro is known to have: most numbers of 12 digits are ids and telephones. */
static void knows_maestro_from_telephones(void **state) {
  (void)state;
  static const char *const known[] = { "5018", "5020", "5038", "5893", "6304", "6759", "6761", "6762", "6763" };
  size_t cards = 0, numbers = 0;
  for (int first = 0; first <= 9999; first++) {
    char number[24];
    bool expected = false, maestro = first / 1000 == 6 || first / 100 == 50 || (first >= 5600 && first <= 5899);
    snprintf(number, sizeof number, "%04d12345670", first);
    while (!luhn_by_the_book(number, PAN_MIN_DIGITS))
      number[PAN_MIN_DIGITS - 1]++;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
      expected = expected || memcmp(number, known[i], 4) == 0;
    if (pan_is_card(number, PAN_MIN_DIGITS) != expected || pan_luhn(number, PAN_MIN_DIGITS) != maestro) fail_msg("%s", number);
    cards += expected;
    numbers += maestro;
  }
  assert_int_equal(cards, 9);
  assert_int_equal(numbers, 1000 + 100 + 300);
}

/* What one candidate keeps as its last four, another one hides. */
static void masks_overlapping_candidates(void **state) {
  (void)state;
  static const char text[] = "4795 8820 4439 2126 9018 4134";
  struct buf out;
  buf_init(&out, 100);
  assert_true(pan_redact(&out, text, strlen(text)));
  assert_string_equal(buf_string(&out), "**** **** **** **** **** 4134");
  buf_free(&out);
}

/* Text with a card number in groups, in between text whose last and first characters neither join nor extend it. */
static void plant(struct random *random, struct buf *text, char *number) {
  static const char filler[] = "abc ,.:;*/x\n\xc3\xa9";
  for (unsigned n = pick(random, 20); n > 0; n--)
    buf_add_char(text, pick(random, 4) ? filler[pick(random, sizeof filler - 1)] : (char)('0' + pick(random, 10)));
  buf_add_char(text, '#');
  size_t len = PAN_MIN_DIGITS + pick(random, PAN_MAX_DIGITS - PAN_MIN_DIGITS + 1);
  for (size_t i = 0; i < len; i++)
    number[i] = (char)('0' + pick(random, 10));
  number[0] = pick(random, 2) ? '4' : '6';
  if (len == PAN_MIN_DIGITS) memcpy(number, pick(random, 2) ? "5018" : "6763", 4); /* Maestro */
  number[len] = '\0';
  while (!luhn_by_the_book(number, len))
    number[len - 1] = (char)('0' + (number[len - 1] - '0' + 1) % 10);
  unsigned style = pick(random, 3);
  for (size_t i = 0; i < len; i++) {
    if (i > 0 && style > 0 && (style == 1 ? i % 4 == 0 : pick(random, 3) == 0))
      for (unsigned n = 1 + pick(random, 3); n > 0; n--)
        buf_add_char(text, pick(random, 2) ? ' ' : '-');
    buf_add_char(text, number[i]);
  }
  buf_add_char(text, '#');
}

static void never_shows_the_first_digits_of_a_card(void **state) {
  (void)state;
  for (uint64_t seed = SEED; seed < SEED + 5000; seed++) {
    struct random random = random_of(seed);
    struct buf text, out;
    char number[PAN_MAX_DIGITS + 1];
    buf_init(&text, 1000);
    buf_init(&out, 1000);
    plant(&random, &text, number);
    size_t end = text.len;
    while (pick(&random, 3) > 0)
      buf_add_char(&text, (char)('0' + pick(&random, 10)));
    assert_true(pan_redact(&out, text.data, text.len));
    assert_int_equal(out.len, text.len);
    size_t digits = 0, shown = 0;
    for (size_t i = end - 1; i-- > 0 && text.data[i] != '#';) {
      if (text.data[i] < '0' || text.data[i] > '9') continue;
      digits++;
      shown += out.data[i] != '*';
      if (digits > 4 && out.data[i] != '*') fail_msg("seed %llu: %s became %s", (unsigned long long)seed, text.data, out.data);
    }
    assert_int_equal(digits, strlen(number));
    assert_true(shown <= 4); /* fewer where the last ones may be a CVV behind a shorter number */
    for (size_t i = 0; i < text.len; i++)
      if (out.data[i] != text.data[i] && !(out.data[i] == '*' && text.data[i] >= '0' && text.data[i] <= '9'))
        fail_msg("seed %llu: %s became %s", (unsigned long long)seed, text.data, out.data);
    buf_free(&text);
    buf_free(&out);
  }
}

static void leaves_text_without_digits_as_it_is(void **state) {
  (void)state;
  for (uint64_t seed = SEED; seed < SEED + 500; seed++) {
    struct random random = random_of(seed);
    struct buf out;
    char text[200];
    size_t len = pick(&random, sizeof text);
    buf_init(&out, sizeof text);
    for (size_t i = 0; i < len; i++)
      do
        text[i] = (char)pick(&random, 256);
      while (text[i] >= '0' && text[i] <= '9');
    assert_true(pan_redact(&out, text, len));
    assert_int_equal(out.len, len);
    assert_memory_equal(buf_string(&out), text, len);
    buf_free(&out);
  }
}

static void suspects_whatever_is_redacted(void **state) {
  (void)state;
  static const char bytes[] = "0123456789012345678901234567890123456789  --x.";
  size_t suspected = 0, clean = 0;
  for (uint64_t seed = SEED; seed < SEED + 5000; seed++) {
    struct random random = random_of(seed);
    struct buf out;
    char text[40];
    size_t len = pick(&random, sizeof text);
    for (size_t i = 0; i < len; i++)
      text[i] = bytes[pick(&random, sizeof bytes - 1)];
    buf_init(&out, sizeof text);
    assert_true(pan_redact(&out, text, len));
    bool same = memcmp(buf_string(&out), text, len) == 0;
    if (pan_suspected(text, len))
      suspected++;
    else if (++clean && !same)
      fail_msg("seed %llu: %.*s", (unsigned long long)seed, (int)len, text);
    buf_free(&out);
  }
  assert_true(suspected > 500);
  assert_true(clean > 500);
  assert_true(pan_suspected("x 4111-1111  1111 - 1111", 24));
  assert_false(pan_suspected("2023-11-07T05:31:56Z", 20));
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(takes_the_digits_out),
    cmocka_unit_test(checks_the_luhn_sum),
    cmocka_unit_test(agrees_with_the_textbook),
    cmocka_unit_test(never_lets_the_whole_show),
    cmocka_unit_test(grants_what_is_allowed),
    cmocka_unit_test(masks_by_class),
    cmocka_unit_test(finds_a_number_that_stands_by_itself),
    cmocka_unit_test(finds_nothing_that_is_not_redacted),
    cmocka_unit_test(says_when_a_text_does_not_fit),
    cmocka_unit_test(redacts_cards_in_running_text),
    cmocka_unit_test(knows_maestro_from_telephones),
    cmocka_unit_test(masks_overlapping_candidates),
    cmocka_unit_test(never_shows_the_first_digits_of_a_card),
    cmocka_unit_test(leaves_text_without_digits_as_it_is),
    cmocka_unit_test(suspects_whatever_is_redacted),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
