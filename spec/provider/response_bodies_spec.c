/* Malformed and borderline bodies of an answer, from the bytes to the record: each is refused, or read as it is written. */
#define _GNU_SOURCE 1
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "provider/builtin/builtin.h"
#include "provider/response.h"
#include "json/json.h"

#define T(text)   text, sizeof text - 1
#define PAN       "4539578763621486"
#define DATA(...) "{\"success\":true,\"data\":{" __VA_ARGS__ "},\"errorCode\":0}"
#define VALID     DATA("\"cvv\":\"739\",\"expYear\":\"27\",\"expMonth\":\"01\",\"cardNo\":\"" PAN "\"")

/* Alix's answer; the body is a block of its own, so that a sanitizer sees a byte read too far. */
static struct record *read_body(int status, const char *body, size_t len, struct error *error) {
  struct request request;
  char *block = malloc(len ? len : 1);
  assert_non_null(block);
  memcpy(block, body, len);
  static const struct request_base base;
  request_init(&request, registry_find("alix")->operations, &base);
  struct response response = { .request = &request, .status = status, .body = block, .len = len };
  struct record *record = response_read(&response, error);
  request_free(&request);
  free(block);
  assert_true((record != NULL) == (error->kind == ERROR_NONE));
  return record;
}

static void is_refused(const char *body, size_t len, const char *why) {
  struct error error;
  if (read_body(200, body, len, &error)) fail_msg("was read: %.*s", (int)len, body);
  if (error.kind != ERROR_PROTOCOL || !strstr(error.message, why)) fail_msg("%.*s: %s", (int)len, body, error.message);
  assert_null(strstr(error.message, PAN));
  /* What a server writes that fails need not be JSON. */
  read_body(503, body, len, &error);
  assert_int_equal(error.kind, ERROR_PROVIDER);
  assert_null(strstr(error.message, PAN));
}

static const struct record *member(const struct record *record, const char *key) {
  for (record = record ? record->child : NULL; record; record = record->next)
    if (strcmp(record->key, key) == 0) return record;
  return NULL;
}

static void has_card_number(const char *body, size_t len, const char *number, size_t number_len) {
  struct error error;
  struct record *record = read_body(200, body, len, &error);
  if (!record) fail_msg("%.*s: %s", (int)len, body, error.message);
  const struct record *card_number = member(record, "cardNo");
  assert_non_null(card_number);
  assert_int_equal(card_number->type, RECORD_SECRET);
  if (!secret_equals(&card_number->as.secret, number, number_len)) fail_msg("%.*s: another number", (int)len, body);
  record_free(record);
}

static void refuses_every_truncation(void **state) {
  (void)state;
  is_refused("", 0, "an empty answer (HTTP 200)");
  for (size_t len = 1; len < sizeof VALID - 1; len++)
    is_refused(VALID, len, "the answer cannot be read");
}

static void refuses_any_byte_after_the_end_but_space(void **state) {
  (void)state;
  for (int c = 0; c < 256; c++) {
    char body[sizeof VALID + 1] = VALID;
    body[sizeof VALID - 1] = (char)c;
    if (c && strchr(" \t\r\n", c))
      has_card_number(body, sizeof VALID, T(PAN));
    else
      is_refused(body, sizeof VALID, "text after JSON");
  }
}

static void refuses_any_byte_before_the_beginning_but_space(void **state) {
  (void)state;
  for (int c = 0; c < 256; c++) {
    char body[sizeof VALID + 1] = "?" VALID;
    body[0] = (char)c;
    if (c && strchr(" \t\r\n", c))
      has_card_number(body, sizeof VALID, T(PAN));
    else
      is_refused(body, sizeof VALID, "the answer cannot be read");
  }
}

static void refuses_what_is_malformed(void **state) {
  (void)state;
  static const struct {
    const char *body;
    size_t len;
    const char *why;
  } cases[] = {
    { T("\xef\xbb\xbf"), "an empty answer (HTTP 200)" },
    { T("\xef\xbb\xbf\xef\xbb\xbf" VALID), "not JSON at byte 3" },
    { T("\xef\xbb\xbf"
        "0"),
      "documented shape" },
    { T("\xff\xfe{\0}\0"), "not JSON" },
    { T("\0{\0}"), "not JSON" },
    { T("\0\0\0\0"), "not JSON" },
    { T(VALID VALID), "text after JSON" },
    { T(VALID "\n" VALID), "text after JSON" },
    { T(VALID "\0"), "text after JSON" },
    { T(VALID "// end"), "text after JSON" },
    { T("/**/" VALID), "not JSON" },
    { T(")]}',\n" VALID), "not JSON" },
    { T("callback(" VALID ")"), "not JSON" },
    { T("<html><body>200 OK</body></html>"), "not JSON" },
    { T("success=true&cardNo=" PAN), "not JSON" },
    { T("{'success':true,'data':{'cardNo':'" PAN "'}}"), "not JSON" },
    { T("{success:true}"), "not JSON" },
    { T(DATA("\"cardNo\":\"" PAN "\",")), "not JSON" },
    { T(DATA(",\"cardNo\":\"" PAN "\"")), "not JSON" },
    { T(DATA("\"cardNo\":\"" PAN "\" \"cvv\":\"739\"")), "not JSON" },
    { T(DATA("\"cardNo\" \"" PAN "\"")), "not JSON" },
    { T(DATA("\"cardNo\"::\"" PAN "\"")), "not JSON" },
    { T(DATA("\"cardNo\":04539578763621486")), "not JSON" },
    { T(DATA("\"cardNo\":+4539578763621486")), "not JSON" },
    { T(DATA("\"cardNo\":0x1020304050607")), "not JSON" },
    { T(DATA("\"cardNo\":4539578763621486.")), "not JSON" },
    { T(DATA("\"cardNo\":4_539")), "not JSON" },
    { T(DATA("\"cardNo\":NaN")), "not JSON" },
    { T(DATA("\"cardNo\":-Infinity")), "not JSON" },
    { T(DATA("\"cardNo\":undefined")), "not JSON" },
    { T(DATA("\"cardNo\":Null")), "not JSON" },
    { T(DATA("\"cardNo\":\"" PAN)), "not JSON" },
    { T("{\"success\":true,\"data\":{\"cardNo\":\"" PAN "}}"), "ends too early" },
    { T(DATA("\"cardNo\":\"4539\n578763621486\"")), "a control character" },
    { T(DATA("\"cardNo\":\"4539\x00"
             "578763621486\"")),
      "a control character" },
    { T(DATA("\"cardNo\":\"4539\\u0000578763621486\"")), "cardNo: a character of the text is none" },
    { T(DATA("\"cardNo\\u0000x\":\"" PAN "\"")), "none of the documented fields" },
    { T(DATA("\"cardNo\":\"\\x34\"")), "not JSON" },
    { T(DATA("\"cardNo\":\"\\u{34}\"")), "not JSON" },
    { T(DATA("\"cardNo\":\"\\U00000034\"")), "not JSON" },
    { T(DATA("\"cardNo\":\"\\ud83d\"")), "cardNo: a character of the text is none" },
    { T(DATA("\"cardNo\":\"\\ude00\\ud83d\"")), "cardNo: a character of the text is none" },
    { T(DATA("\"cardNo\":\"\\ud83d\\u0041\"")), "cardNo: a character of the text is none" },
    { T(DATA("\"cardNo\":\"\xc0\xb4\"")), "invalid UTF-8" },
    { T(DATA("\"cardNo\":\"\xe0\x80\xb4\"")), "invalid UTF-8" },
    { T(DATA("\"cardNo\":\"\xed\xa0\xbd\xed\xb8\x80\"")), "invalid UTF-8" },
    { T(DATA("\"cardNo\":\"\xf5\x80\x80\x80\"")), "invalid UTF-8" },
    { T(DATA("\"cardNo\":\"\xe9\"")), "invalid UTF-8" },
    { T(DATA("\"\x80\":\"" PAN "\"")), "invalid UTF-8" },
    { T(DATA("\"cardNo\":\"" PAN "\",\"cardNo\":\"4111111111111111\"")), "a key that stands twice in one JSON object: data.cardNo" },
    { T(DATA("\"cardNo\":\"" PAN "\",\"card\\u004eo\":\"" PAN "\"")), "twice in one JSON object: data.cardNo" },
    { T(DATA("\"" PAN "\":{\"a\":1,\"a\":2}")), "twice in one JSON object: data.************1486.a" },
    { T("{\"success\":true,\"data\":{},\"data\":{\"cardNo\":\"" PAN "\"}}"), "twice in one JSON object: data" },
    { T("{\"success\":true,\"success\":false,\"data\":{\"cardNo\":\"" PAN "\"}}"), "twice in one JSON object: success" },
    { T(DATA("\"cardNo\":1e999")), "cardNo: a number that is too large" },
    { T(DATA("\"cardNo\":{\"number\":\"" PAN "\"}")), "cardNo: an object or array stands" },
    { T("{\"success\":true,\"data\":null}"), "has no data object" },
    { T("{\"success\":true,\"data\":\"\"}"), "has no data object" },
    { T("{\"success\":true,\"data\":[]}"), "has no data object" },
    { T(DATA("\"cardNo\":[\"" PAN "\"]")), "cardNo: an object or array stands" },
    { T(DATA("\"cardNo\":true")), "cardNo: true or false stands" },
    { T("[" VALID "]"), "documented shape" },
    { T("\"" PAN "\""), "documented shape" },
    { T("4539578763621486"), "documented shape" },
    { T("null"), "documented shape" },
    { T("{\"success\":\"true\",\"data\":{\"cardNo\":\"" PAN "\"}}"), "documented shape" },
    { T("{\"success\":1,\"data\":{\"cardNo\":\"" PAN "\"}}"), "documented shape" },
    { T("{\"Success\":true,\"data\":{\"cardNo\":\"" PAN "\"}}"), "documented shape" },
    { T("{\"success\":true,\"data\":[{\"cardNo\":\"" PAN "\"}]}"), "has no data object" },
    { T("{\"success\":true,\"data\":\"{\\\"cardNo\\\":\\\"" PAN "\\\"}\"}"), "has no data object" },
    { T("{\"success\":true,\"data.cardNo\":\"" PAN "\"}"), "has no data object" },
    { T(DATA("\"CardNo\":\"" PAN "\"")), "none of the documented fields" },
    { T(DATA("\"cardNo \":\"" PAN "\"")), "none of the documented fields" },
    { T(DATA("\"\":\"" PAN "\"")), "none of the documented fields" },
    { T(DATA("")), "none of the documented fields" },
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    is_refused(cases[i].body, cases[i].len, cases[i].why);
}

static void reads_what_is_odd_and_right(void **state) {
  (void)state;
  static const struct {
    const char *body;
    size_t len;
    const char *number;
    size_t number_len;
  } cases[] = {
    { T(" \r\n\t{ \"success\" : true ,\n\"data\"\t:\r{ \"cardNo\" : \"" PAN "\" } } \n"), T(PAN) },
    { T("{\"data\":{\"cardNo\":\"" PAN "\"},\"success\":true}"), T(PAN) },
    { T(DATA("\"card\\u004eo\":\"\\u0034539578763621486\"")), T(PAN) },
    { T(DATA("\"cardNo\":4539578763621486")), T(PAN) },
    { T(DATA("\"cardNo\":4539578763621486.0")), T(PAN) },
    { T(DATA("\"cardNo\":4.539578763621486E15")), T(PAN) },
    { T(DATA("\"cardNo\":453957876362148600e-2")), T(PAN) },
    { T("\xef\xbb\xbf" VALID), T(PAN) },
    { T(DATA("\"cardNo\":45395787636214861234")), T("45395787636214861234") },
    { T(DATA("\"cardNo\":9007199254740993")), T("9007199254740993") },
    { T(DATA("\"cardNo\":9007199254740993.0")), T("9007199254740993") },
    { T(DATA("\"cardNo\":9007199254740993e0")), T("9007199254740993") },
    { T(DATA("\"cardNo\":\"" PAN "\",\"traceId\":1618065507111835497,\"huge\":1e999,\"n\":\"\\u0000\\ud800\"")), T(PAN) },
    { T(DATA("\"cardNo\":\" 4539 5787 6362 1486 \"")), T(" 4539 5787 6362 1486 ") },
    { T(DATA("\"cardNo\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u001f\\u007f\x7f\"")), T("\"\\/\b\f\n\r\t\x1f\x7f\x7f") },
    { T(DATA("\"cardNo\":\"\\ud83d\\ude00\xf0\x9f\x98\x80\\uffff\xef\xbb\xbf\"")), T("\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xef\xbf\xbf\xef\xbb\xbf") },
    { T(DATA("\"cardNo\":\"" PAN "\",\"cardno\":\"4111111111111111\",\"CARDNO\":null")), T(PAN) },
    { T(DATA("\"cardNo\":\"" PAN "\",\"\":\"\",\" \":0,\"a.b\":{\"a\":{},\"b\":[[],[{}]]}")), T(PAN) },
    { T(DATA("\"e\\u0301\":1,\"\\u00e9\":2,\"cardNo\":\"" PAN "\"")), T(PAN) },
    { T(DATA("\"cardNo\":\"" PAN "\",\"tiny\":1e-999,\"zero\":-0,\"exact\":100000000000000000000")), T(PAN) },
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    has_card_number(cases[i].body, cases[i].len, cases[i].number, cases[i].number_len);
}

/* A refusal stays one, and its code and message are read. */
static void reads_a_refusal_beside_what_is_odd(void **state) {
  (void)state;
  static const char *const odd[] = { "1618065507111835497", "1e999", "\"\\u0000\"",
                                     "\"\\udc00\"",         "-0.10", "123456789012345678901234567890123456789012345678901234567890123456789012345" };
  for (size_t i = 0; i < COUNT_OF(odd); i++) {
    char body[300];
    struct error error;
    snprintf(body, sizeof body, "%s{\"success\":false,\"traceId\":%s,\"message\":\"no\",\"errorCode\":32,\"data\":null}", i % 2 ? "\xef\xbb\xbf" : "",
             odd[i]);
    assert_null(read_body(400, body, strlen(body), &error));
    assert_int_equal(error.kind, ERROR_DECLINED);
    assert_string_equal(error.code, "32");
    assert_string_equal(error.message, "no");
  }
  struct error error;
  assert_null(read_body(400, T("{\"success\":false,\"errorCode\":1618065507111835497}"), &error));
  assert_string_equal(error.code, "1618065507111835497");
  assert_null(read_body(400, T("{\"success\":false,\"errorCode\":7.0,\"message\":\"a\\u0000b\"}"), &error));
  assert_string_equal(error.code, "7");
  assert_string_equal(error.message, "a\xef\xbf\xbd"
                                     "b");
}

static void says_at_an_error_status_that_it_cannot_be_read(void **state) {
  (void)state;
  static const struct {
    int status;
    enum error_kind kind;
    const char *body, *message;
  } cases[] = {
    { 400, ERROR_INVALID_REQUEST, "<html>", "the provider found the request invalid; the answer cannot be read: not JSON at byte 0" },
    { 401, ERROR_AUTH,
      "{\"success\":", "the provider did not accept the credential; the answer cannot be read: JSON that ends too early at byte 11" },
    { 422, ERROR_INVALID_REQUEST, "{\"a\":{\"b\":1,\"b\":2}}",
      "the provider found the request invalid; the answer cannot be read: a key that stands twice in one JSON object: a.b" },
    { 418, ERROR_PROTOCOL, "no", "an answer that is not documented (HTTP 418); the answer cannot be read: not JSON at byte 0" },
    { 503, ERROR_PROVIDER, "no", "the provider has a problem of its own; the answer cannot be read: not JSON at byte 0" },
    { 503, ERROR_PROVIDER, "", "the provider has a problem of its own" },
    { 503, ERROR_PROVIDER, "\xef\xbb\xbf", "the provider has a problem of its own" },
    { 503, ERROR_PROVIDER, "{}", "the provider has a problem of its own" },
    { 302, ERROR_PROTOCOL, "<html>", "a redirect (HTTP 302), which is never followed" },
  };
  for (size_t i = 0; i < COUNT_OF(cases); i++) {
    struct error error;
    assert_null(read_body(cases[i].status, cases[i].body, strlen(cases[i].body), &error));
    assert_int_equal(error.kind, cases[i].kind);
    assert_string_equal(error.message, cases[i].message);
  }
}

static void reads_what_is_nested_as_deep_as_may_be(void **state) {
  (void)state;
  for (size_t depth = JSON_MAX_DEPTH - 3; depth <= JSON_MAX_DEPTH; depth++) { /* the answer and its data are two of the levels */
    struct buf body;
    buf_init(&body, 10000);
    buf_add_string(&body, "{\"success\":true,\"data\":{\"cardNo\":\"" PAN "\",\"deep\":");
    for (size_t i = 0; i < depth; i++)
      buf_add_char(&body, '[');
    for (size_t i = 0; i < depth; i++)
      buf_add_char(&body, ']');
    buf_add_string(&body, "}}");
    if (depth + 2 <= JSON_MAX_DEPTH)
      has_card_number(body.data, body.len, T(PAN));
    else
      is_refused(body.data, body.len, "nested too deep");
    buf_free(&body);
  }
}

static void ends_with_a_million_brackets(void **state) {
  (void)state;
  size_t len = 1000 * 1000;
  char *body = malloc(len);
  assert_non_null(body);
  memset(body, '[', len);
  is_refused(body, len, "nested too deep");
  for (size_t i = 0; i < len; i++)
    body[i] = "{\"\":"[i % 4];
  is_refused(body, len, "nested too deep");
  free(body);
}

static int set_up(void **state) {
  (void)state;
  json_setup();
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(refuses_every_truncation),
    cmocka_unit_test(refuses_any_byte_after_the_end_but_space),
    cmocka_unit_test(refuses_any_byte_before_the_beginning_but_space),
    cmocka_unit_test(refuses_what_is_malformed),
    cmocka_unit_test(reads_what_is_odd_and_right),
    cmocka_unit_test(reads_a_refusal_beside_what_is_odd),
    cmocka_unit_test(says_at_an_error_status_that_it_cannot_be_read),
    cmocka_unit_test(reads_what_is_nested_as_deep_as_may_be),
    cmocka_unit_test(ends_with_a_million_brackets),
  };
  return cmocka_run_group_tests(tests, set_up, NULL);
}
