/* src/text/redact: the values of a call. */
#define _GNU_SOURCE 1
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "random.h"
#include "text/chars.h"
#include "text/redact.h"

#define SEED     UINT64_C(0x5eedca4d7)
#define TEXT_MAX ((size_t)1 << 23)

static char lower(char c) {
  return c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c;
}

static void becomes(const char *const *values, const char *text, size_t max, const char *expected) {
  struct redact redact;
  struct buf out;
  redact_init(&redact);
  buf_init(&out, 1000);
  for (; *values != NULL; values++)
    assert_true(redact_add(&redact, *values, strlen(*values)));
  buf_add_string(&out, ">");
  assert_true(redact_values(&redact, &out, text, strlen(text), max));
  assert_string_equal(out.data, expected);
  buf_free(&out);
  redact_free(&redact);
}

#define BECOMES(value, text, expected) becomes((const char *const[]){ value, NULL }, text, 500, ">" expected)

static void hides_a_whole_value(void **state) {
  (void)state;
  BECOMES("sk_live_123456", "key sk_live_123456 is wrong", "key *** is wrong");
  BECOMES("sk_live_123456", "key SK_LIVE_123456", "key ***");
  BECOMES("sk_live_123456", "sk_live_123456sk_live_123456", "***");
  BECOMES("c_42", "no card C_42", "no card ***");
  BECOMES("c_42", "xc_427", "x***7");
  BECOMES("p\xc3\xa4ssw\xc3\xb6rt", "<p\xc3\xa4ssw\xc3\xb6rt>", "<***>");
  BECOMES("", "nothing", "nothing");
  BECOMES("****", "****", "****");
}

static void hides_a_very_short_value_only_where_it_stands_alone(void **state) {
  (void)state;
  BECOMES("123", "cvv 123, 1234, 0123, x123, 123", "cvv ***, 1234, 0123, x123, ***");
  BECOMES("123", "123", "***");
  BECOMES("7", "7 of 77: 7.", "*** of 77: ***.");
  BECOMES("id", "Invalid id", "Invalid ***");
}

static void hides_every_long_run_of_a_value(void **state) {
  (void)state;
  BECOMES("abcdefghijklmnop", "cut abcdefgh", "cut ***");
  BECOMES("abcdefghijklmnop", "cut jklmnop", "cut jklmnop");
  BECOMES("abcdefghijklmnop", "xGHIJKLMNOPx", "x***x");
  BECOMES("abcdefghijklmnop", "abcdefghabcdefgh", "***");
  BECOMES("abcdefghijklmnop", "abcdefg hijklmnop", "abcdefg ***");
}

static void hides_encoded_forms(void **state) {
  (void)state;
  BECOMES("a b/c?d", "path /cards/a%20b%2Fc%3Fd/x", "path /cards/***/x");
  BECOMES("a b/c?d", "path /cards/a%20b%2fc%3fd/x", "path /cards/***/x");
  BECOMES("a b/c?d", "form id=a+b%2Fc?d&x=1", "form id=***&x=1");
  BECOMES("abcd", "all %61%62%63%64", "all ***");
  BECOMES("secret token value", "secret%20token%20value", "***");
  BECOMES("secret token value", "part %65cret%20toke", "part ***");
  BECOMES("hello", "Basic aGVsbG8=", "Basic ***=");
  BECOMES("111", "MTEx, XMTEx", "***, XMTEx");
  BECOMES("~~~abc~~~", "fn5+YWJjfn5+ fn5-YWJjfn5-", "*** ***");
  BECOMES("???abc???", "Pz8/YWJjPz8/ Pz8_YWJjPz8_", "*** ***");
}

static void hides_digits_however_they_are_grouped(void **state) {
  (void)state;
  BECOMES("4000123456789017", "4000-1234-5678-9017", "***");
  BECOMES("4000 1234 5678 9017", "no 4000123456789017.", "no ***.");
  BECOMES("4000-1234-5678-9017", "4 0 0 0 1 2 3 4 5 6", "***");
  BECOMES("4000123456789017", "ends 5678 9017", "ends ***");
  BECOMES("1234567", "12-34-567", "***");
  BECOMES("123456", "12-34-56", "12-34-56");
  BECOMES("4000 1234 5678 9017", "4000%201234%205678%209017", "***");
}

static void redacts_card_numbers_it_does_not_know(void **state) {
  (void)state;
  BECOMES("", "card 4111 1111 1111 1111", "card **** **** **** 1111");
  BECOMES("", "card 4111\n1111\n1111\n1111", "card **** **** **** 1111");
}

static void leaves_no_control_characters_and_no_invalid_utf8(void **state) {
  (void)state;
  BECOMES("", "a\r\nb\tc\x1b[1m\x7f", "a  b c [1m ");
  BECOMES("", "nel \xc2\x85 csi \xc2\x9b ls \xe2\x80\xa8 ps \xe2\x80\xa9 nbsp \xc2\xa0", "nel   csi   ls   ps   nbsp \xc2\xa0");
  BECOMES("", "\xff \xc0\xaf \xed\xa0\x80 \xe2\x82", "? ?? ??? ??");
  BECOMES("", "gr\xc3\xbc\xc3\x9f dich \xf0\x9f\x98\x80", "gr\xc3\xbc\xc3\x9f dich \xf0\x9f\x98\x80");
  BECOMES("\xc3\xbc"
          "1234567",
          "\xc3\xbc"
          "1234567\xc3\xbc",
          "***\xc3\xbc");
}

static void hides_what_only_cleaning_would_make_up(void **state) {
  (void)state;
  BECOMES("my pass", "my\npass", "***");
  BECOMES("my\npass", "my pass", "***");
  BECOMES("ab?d",
          "ab\xff"
          "d",
          "***");
  BECOMES("a b",
          "a\xc2\x85"
          "b",
          "***");
  becomes((const char *const[]){ "secret-one", "ab***cd", NULL }, "absecret-onecd", 500, ">***");
}

static void cuts_after_cleaning_on_a_character(void **state) {
  (void)state;
  static const char *const values[] = { "abcdefghijklmnop", "123", NULL };
  becomes(values, "12345", 5, ">12345");
  becomes(values, "12345", 4, ">1234...");
  becomes(values, "12345", 0, ">...");
  becomes(values, "x abcdefghijklmnop", 5, ">x ***");
  becomes(values, "x abcdefghijklmnop y", 4, ">x **...");
  becomes(values, "1 \xe2\x82\xac", 4, ">1 ...");
  becomes(values, "\xf0\x9f\x98\x80", 3, ">...");
  becomes(values, "x 12345", 5, ">x ***...");
  becomes(values, "123456", 3, ">***...");
}

static void forgets_the_end_of_an_enormous_value_only(void **state) {
  (void)state;
  struct redact redact;
  struct buf out;
  size_t len = 1 << 20;
  char *value = malloc(len);
  assert_non_null(value);
  struct random random = random_of(SEED);
  for (size_t i = 0; i < len; i++)
    value[i] = (char)('a' + pick(&random, 26));
  redact_init(&redact);
  buf_init(&out, TEXT_MAX);
  for (int i = 0; i < 20; i++)
    assert_true(redact_add(&redact, value, len));
  assert_true(redact_values(&redact, &out, value, REDACT_HEAD, 100));
  assert_string_equal(out.data, "***");
  buf_clear(&out);
  assert_true(redact_values(&redact, &out, value, len, TEXT_MAX));
  assert_memory_equal(out.data, "***", 3);
  assert_int_equal(out.len, len - REDACT_HEAD + 3);
  for (size_t i = 0; i < 100; i++)
    redact_add(&redact, value + i * REDACT_HEAD, REDACT_HEAD);
  buf_clear(&out); /* too much to be remembered: then nothing may be shown */
  assert_false(redact_values(&redact, &out, "harmless", 8, 100));
  assert_int_equal(out.len, 0);
  free(value);
  buf_free(&out);
  redact_free(&redact);
}

static void appends_nothing_when_it_does_not_fit(void **state) {
  (void)state;
  struct redact redact;
  struct buf out;
  redact_init(&redact);
  buf_init(&out, 4);
  assert_false(redact_values(&redact, &out, "harmless", 8, 100));
  assert_int_equal(out.len, 0);
  buf_free(&out);
  assert_true(redact_values(&redact, &out, NULL, 0, 100));
  buf_free(&out);
  redact_free(&redact);
}

/* Whether the needle stands in the text, whatever the case. alone: with no letter or digit beside it. */
static bool shows(const struct buf *text, const char *needle, size_t len, bool alone) {
  static const char word[] = "abcdefghijklmnopqrstuvwxyz0123456789";
  for (size_t i = 0; i + len <= text->len; i++) {
    size_t k = 0;
    while (k < len && lower(text->data[i + k]) == lower(needle[k]))
      k++;
    bool left = i > 0 && strchr(word, lower(text->data[i - 1])) != NULL;
    bool right = i + len < text->len && strchr(word, lower(text->data[i + len])) != NULL;
    if (k == len && !(alone && (left || right))) return true;
  }
  return false;
}

static bool shows_too_much(const struct buf *text, const char *value, size_t len) {
  if (len < 8) return strspn(value, "*") < len && shows(text, value, len, len < 4);
  for (size_t i = 0; i + 8 <= len; i++)
    if (memcmp(value + i, "********", 8) != 0 && shows(text, value + i, 8, false)) return true;
  return false;
}

static void random_bytes(struct random *random, struct buf *out, unsigned len) {
  static const char *const alphabets[] = { "0123456789", "0123456789 -", "aB1", "abcdefghijklmnopqrstuvwxyzABCDEF0123456789_-", "a*?. %4", NULL };
  const char *alphabet = alphabets[pick(random, 6)];
  while (len-- > 0)
    buf_add_char(out, alphabet != NULL ? alphabet[pick(random, (unsigned)strlen(alphabet))] : (char)(1 + pick(random, 255)));
}

/* The value, or a part of it, in random case, encoded or with separators. */
static void plant(struct random *random, struct buf *text, const struct buf *value) {
  unsigned from = pick(random, 3) ? 0 : pick(random, (unsigned)value->len);
  unsigned len = pick(random, 3) ? (unsigned)value->len - from : 1 + pick(random, (unsigned)value->len - from);
  unsigned form = pick(random, 6);
  if (form == 0) {
    buf_add_percent_encoded(text, value->data + from, len);
    return;
  }
  if (form == 1) {
    buf_add_base64(text, value->data, value->len);
    return;
  }
  for (unsigned i = from; i < from + len; i++) {
    char c = value->data[i];
    if (pick(random, 2) && lower(c) >= 'a' && lower(c) <= 'z') c ^= 0x20;
    if (form == 2 && pick(random, 2))
      buf_addf(text, "%%%02x", (unsigned char)c);
    else
      buf_add_char(text, c);
    if (form == 3 && pick(random, 3) == 0) buf_add_char(text, pick(random, 2) ? ' ' : '-');
  }
}

static size_t valid_bytes(const struct buf *text) {
  size_t i = 0;
  for (size_t len; i < text->len && (len = utf8_length(text->data + i, text->len - i)) > 0 && (unsigned char)text->data[i] >= 0x20;)
    i += len;
  return i;
}

/* One redact with random values, one text with all of them planted; no form of any value may show in what comes out. */
static void never_shows_a_planted_value(void **state) {
  (void)state;
  for (uint64_t seed = SEED; seed < SEED + 4000; seed++) {
    struct random random = random_of(seed);
    struct buf values[4], text, out, form;
    struct redact redact;
    unsigned count = 1 + pick(&random, 4);
    size_t max = pick(&random, 3) ? 400 : pick(&random, 60);
    redact_init(&redact);
    buf_init(&text, 4000);
    buf_init(&out, 4000);
    buf_init(&form, 4000);
    for (unsigned i = 0; i < count; i++) {
      buf_init(&values[i], 100);
      do
        random_bytes(&random, &values[i], 1 + pick(&random, pick(&random, 2) ? 8 : 40));
      while (strspn(values[i].data, "*") == values[i].len);
      assert_true(redact_add(&redact, values[i].data, values[i].len));
    }
    for (unsigned n = pick(&random, 6); n > 0; n--) {
      random_bytes(&random, &text, pick(&random, 10));
      plant(&random, &text, &values[pick(&random, count)]);
    }
    random_bytes(&random, &text, pick(&random, 10));
    assert_true(redact_values(&redact, &out, buf_string(&text), text.len, max));
    assert_true(out.len <= max + 3);
    assert_int_equal(valid_bytes(&out), out.len);
    for (unsigned i = 0; i < count; i++) {
      bool shown = shows_too_much(&out, values[i].data, values[i].len);
      buf_add_base64(&form, values[i].data, values[i].len);
      while (form.data[form.len - 1] == '=')
        form.len--;
      shown = shown || shows_too_much(&out, form.data, values[i].len < 4 ? 0 : form.len);
      buf_clear(&form);
      buf_add_percent_encoded(&form, values[i].data, values[i].len);
      shown = shown || shows_too_much(&out, form.data, values[i].len < 4 ? 0 : form.len);
      buf_clear(&form);
      if (shown) fail_msg("seed %llu: value '%s' in '%s', from '%s'", (unsigned long long)seed, values[i].data, out.data, text.data);
    }
    for (unsigned i = 0; i < count; i++)
      buf_free(&values[i]);
    buf_free(&form);
    buf_free(&text);
    buf_free(&out);
    redact_free(&redact);
  }
}

static void leaves_harmless_text_alone(void **state) {
  (void)state;
  static const char text[] = "Card not found: the id in the path is unknown (code 404, request 7f3a-11).";
  static const char *const values[] = { "4000123456789017", "sk_live_4eC39HqLyjWDarjtT1zdp7dc", "923", "c_10293", "a-b", NULL };
  becomes(values, text, 500, ">Card not found: the id in the path is unknown (code 404, request 7f3a-11).");
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(hides_a_whole_value),
    cmocka_unit_test(hides_a_very_short_value_only_where_it_stands_alone),
    cmocka_unit_test(hides_every_long_run_of_a_value),
    cmocka_unit_test(hides_encoded_forms),
    cmocka_unit_test(hides_digits_however_they_are_grouped),
    cmocka_unit_test(redacts_card_numbers_it_does_not_know),
    cmocka_unit_test(leaves_no_control_characters_and_no_invalid_utf8),
    cmocka_unit_test(hides_what_only_cleaning_would_make_up),
    cmocka_unit_test(cuts_after_cleaning_on_a_character),
    cmocka_unit_test(forgets_the_end_of_an_enormous_value_only),
    cmocka_unit_test(appends_nothing_when_it_does_not_fit),
    cmocka_unit_test(never_shows_a_planted_value),
    cmocka_unit_test(leaves_harmless_text_alone),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
