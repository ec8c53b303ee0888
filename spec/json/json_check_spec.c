/* src/json/json_check: what is not JSON, and where. */
#define _GNU_SOURCE 1
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "secret/buf.h"
#include "json/json.h"
#include "json/json_check.h"

#define T(text) text, sizeof text - 1

/* Checks a copy that ends with its block, so that a sanitizer sees a byte read too far. */
static void is_refused(const char *text, size_t len, size_t at) {
  const char *why = NULL;
  size_t where = SIZE_MAX;
  char *copy = malloc(len > 0 ? len : 1);
  assert_non_null(copy);
  memcpy(copy, text, len);
  if (json_check(copy, len, NULL, &why, &where)) fail_msg("accepted: %s", text);
  if (where != at) fail_msg("%s: %s at byte %zu, not %zu", text, why, where, at);
  assert_non_null(why);
  free(copy);
}

static void is_accepted(const char *text, size_t len) {
  const char *why;
  size_t where;
  if (!json_check(text, len, NULL, &why, &where)) fail_msg("%s: %s at byte %zu", text, why, where);
}

static void refuses_an_empty_body_without_memory(void **state) {
  (void)state;
  const char *why = NULL;
  size_t where = SIZE_MAX;
  assert_false(json_check(NULL, 0, NULL, &why, &where));
  assert_int_equal(where, 0);
}

static void refuses_what_is_not_json(void **state) {
  (void)state;
  static const struct {
    const char *text;
    size_t len;
    size_t where;
  } cases[] = {
    /* nothing there */
    { T(""), 0 },
    { T(" \n\t\r"), 4 },
    { T("\xef\xbb\xbf"), 3 },
    { T("\xef\xbb\xbf\xef\xbb\xbf{}"), 3 },
    { T(" \xef\xbb\xbf{}"), 1 },
    { T("\xef\xbb{}"), 0 },
    /* white space that is none, NUL */
    { T("\v1"), 0 },
    { T("[1,\f2]"), 3 },
    { T("1\0"), 1 },
    { T("[\0]"), 1 },
    { T("\xc2\xa0null"), 0 },
    /* after the end */
    { T("{} x"), 3 },
    { T("1 2"), 2 },
    { T("truefalse"), 4 },
    { T("[]]"), 2 },
    /* words */
    { T("nul"), 0 },
    { T("True"), 0 },
    { T("NaN"), 0 },
    { T("-Infinity"), 1 },
    { T("undefined"), 0 },
    /* numbers */
    { T("01"), 1 },
    { T("-01"), 2 },
    { T("00"), 1 },
    { T("+1"), 0 },
    { T("1."), 2 },
    { T("1.e5"), 2 },
    { T(".5"), 0 },
    { T("-.5"), 1 },
    { T("-"), 1 },
    { T("1e"), 2 },
    { T("1e+"), 3 },
    { T("0x10"), 1 },
    { T("1,5"), 1 },
    /* objects and arrays */
    { T("["), 1 },
    { T("[1"), 2 },
    { T("[1,]"), 3 },
    { T("[,1]"), 1 },
    { T("[1 2]"), 3 },
    { T("[1}"), 2 },
    { T("{"), 1 },
    { T("{\"a\"}"), 4 },
    { T("{\"a\":}"), 5 },
    { T("{\"a\":1,}"), 7 },
    { T("{a:1}"), 1 },
    { T("{1:1}"), 1 },
    { T("{'a':1}"), 1 },
    { T("{\"a\":1]"), 6 },
    { T("[1] // comment"), 4 },
    /* strings */
    { T("\""), 1 },
    { T("\"a"), 2 },
    { T("\"\\\""), 3 },
    { T("\"a\nb\""), 2 },
    { T("\"\x1f\""), 1 },
    { T("\"a\0b\""), 2 },
    { T("\"\\x\""), 2 },
    { T("\"\\\0\""), 2 },
    { T("\"\\u12\""), 5 },
    { T("\"\\u123g\""), 6 },
    { T("\"\\ud800\\u123g\""), 12 },
    { T("\"\\ud800\\x\""), 8 },
    { T("\"\xc0\xaf\""), 1 },
    { T("\"\xc1\xbf\""), 1 },
    { T("\"\xe0\x80\xaf\""), 1 },
    { T("\"\xf0\x80\x80\xaf\""), 1 },
    { T("\"\xed\xa0\x80\""), 1 },
    { T("\"\xf4\x90\x80\x80\""), 1 },
    { T("\"\xff\""), 1 },
    { T("\"a\x80\""), 2 },
    { T("\"\xe2\x82\""), 1 },
    { T("\"\xe2\x82"), 1 },
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    is_refused(cases[i].text, cases[i].len, cases[i].where);
}

static void stops_at_64_levels(void **state) {
  (void)state;
  for (int object = 0; object < 2; object++) {
    for (size_t depth = 63; depth <= 66; depth++) {
      struct buf text;
      buf_init(&text, 10000);
      for (size_t i = 0; i < depth; i++)
        buf_add_string(&text, object ? "{\"a\":" : "[");
      buf_add_string(&text, "1");
      for (size_t i = 0; i < depth; i++)
        buf_add_string(&text, object ? "}" : "]");
      if (depth <= JSON_MAX_DEPTH)
        is_accepted(text.data, text.len);
      else
        is_refused(text.data, text.len, JSON_MAX_DEPTH * (object ? 5 : 1));
      buf_free(&text);
    }
  }
}

static void counts_levels_not_siblings(void **state) {
  (void)state;
  struct buf text;
  buf_init(&text, 10000);
  for (int i = 0; i < 1000; i++)
    buf_add_string(&text, i == 0 ? "[[]" : ",{}");
  buf_add_string(&text, "]");
  is_accepted(text.data, text.len);
  buf_free(&text);
}

/* A list of so many numbers, each with so many spaces behind it. */
static size_t make_list(char *text, size_t numbers, size_t spaces) {
  size_t len = 0;
  text[len++] = '[';
  for (size_t i = 0; i < numbers; i++) {
    if (i) text[len++] = ',';
    text[len++] = '1';
    memset(text + len, ' ', spaces);
    len += spaces;
  }
  text[len++] = ']';
  return len;
}

/* 65,536 values, or one for every twelve bytes. */
static void bounds_the_values(void **state) {
  (void)state;
  size_t most = 65536;
  char *text = malloc(32 * most);
  assert_non_null(text);
  is_accepted(text, make_list(text, most - 1, 0));
  is_refused(text, make_list(text, most, 0), 2 * most - 1);
  is_accepted(text, make_list(text, 2 * most, 11));
  is_refused(text, make_list(text, 2 * most, 1), 4 * (most - 1) - (most - 1) + 1);
  free(text);
}

/* What is marked in a copy for cJSON; NULL where the text is read as it is. */
static void marks_what_cjson_would_change(void **state) {
  (void)state;
#define N "\"" JSON_NUMERIC
  static const char *const cases[][2] = {
    { "[0,-1,12.5,-0.5,0.0001,123456789012345,\"\\ud83d\\ude00 \\u00e9\"]", NULL },
    { "[1,-0]", "[1," N "-0\"]" },
    { "{\"a\": 1234567890123456 ,\"b\":1.0}", "{\"a\": " N "1234567890123456\" ,\"b\":" N "1.0\"}" },
    { "[0.10,1e2,1E400,0.00001]", "[" N "0.10\"," N "1e2\"," N "1E400\"," N "0.00001\"]" },
    { "{\"\\u0000a\":\"\\ud800\\udc00\\ud800\\ud800\\udc00\\udc00x\\udbff\"}",
      "{\"" JSON_LOST "a\":\"\\ud800\\udc00" JSON_LOST "\\ud800\\udc00" JSON_LOST "x" JSON_LOST "\"}" },
    { "\"\\ud800\\u0041\\ud800\\n\"", "\"" JSON_LOST "\\u0041" JSON_LOST "\\n\"" },
    { "\xef\xbb\xbf[1e1]", "[" N "1e1\"]" },
  };
#undef N
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const char *why;
    size_t where, len = strlen(cases[i][0]);
    struct buf marked;
    buf_init(&marked, 3 * len + 16);
    bool ok = json_check(cases[i][0], len, &marked, &why, &where);
    if (cases[i][1]) {
      assert_true(ok);
      assert_string_equal(buf_string(&marked), cases[i][1]);
    } else {
      assert_true(ok);
      assert_int_equal(marked.len, 0);
    }
    buf_free(&marked);
  }
}

/* Every text that is valid up to its last byte is refused without it. */
static void refuses_every_shorter_beginning(void **state) {
  (void)state;
  static const char text[] = "{\"a\":[true,null,\"\\ud83d\\ude00\xf0\x9f\x98\x80\",-1.5e+3,{}],\"\":false}";
  const char *why;
  size_t where;
  is_accepted(T(text));
  for (size_t len = 0; len + 1 < sizeof text; len++)
    assert_false(json_check(text, len, NULL, &why, &where));
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(refuses_an_empty_body_without_memory),
    cmocka_unit_test(refuses_what_is_not_json),
    cmocka_unit_test(stops_at_64_levels),
    cmocka_unit_test(counts_levels_not_siblings),
    cmocka_unit_test(bounds_the_values),
    cmocka_unit_test(marks_what_cjson_would_change),
    cmocka_unit_test(refuses_every_shorter_beginning),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
