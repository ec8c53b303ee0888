/* Buffers, JSON and redaction when an allocation fails. */
#define _GNU_SOURCE 1
#include <string.h>

#include "scenarios.h"
#include "text/pan.h"
#include "text/redact.h"
#include "json/json.h"

#define T(text) text, sizeof text - 1

/* --- buffers --- */

static bool grow(void *unused) {
  (void)unused;
  struct buf buf;
  buf_init(&buf, 100000);
  bool ok = buf_add_string(&buf, "abc");
  for (int i = 0; ok && i < 300; i++)
    ok = buf_addf(&buf, "%d-", i) && buf_add_percent_encoded(&buf, T("a b/c")) && buf_add_base64(&buf, T("base64"));
  if (!ok) {
    assert_true(buf.failed);
    assert_false(buf_add_char(&buf, 'x')); /* until it is cleared */
    if (buf.data) assert_memory_equal(buf.data, "abc", 3);
    if (buf.data) assert_int_equal(strlen(buf.data), buf.len);
  }
  buf_free(&buf);
  return ok;
}

static void a_buffer_keeps_what_it_has(void **state) {
  (void)state;
  each_allocation_fails(grow, NULL);
}

/* --- JSON --- */

static bool parse(void *text) {
  const char *why = NULL;
  size_t where = 0;
  struct buf out;
  struct json_node *root = json_parse(text, strlen(text), &why, &where);
  if (!root) {
    assert_non_null(why);
    return false;
  }
  buf_init(&out, 4096);
  bool ok = json_write_string(&out, T("a \"quoted\"\n string that is long enough to make the buffer grow, and then some more of it")) &&
            buf_add_string(&out, json_number_text(json_at(root, "n"), (char[JSON_NUMBER_TEXT]){ "" }));
  buf_free(&out);
  json_free(root);
  return ok;
}

static void json_is_read_whole_or_not_at_all(void **state) {
  (void)state;
  json_setup();
  each_allocation_fails(parse, (void *)"{\"a\":[1,{\"b\":\"c\"},null],\"n\":12.5}");
  each_allocation_fails(parse, (void *)"{\"n\":1618065507111835497,\"a\":[\"\\u0000\",0.10,\"\\ud800\"],\"\\u0000\":-0}");
  each_allocation_fails(parse, (void *)"{\"a\":1,\"b\":2,\"c\":3,\"d\":4,\"e\":5,\"f\":6,\"g\":7,\"h\":8,\"i\":9,\"j\":10,\"k\":11,\"l\":12,"
                                       "\"m\":13,\"n\":14,\"o\":15,\"p\":16,\"q\":17,\"r\":18}");
}

/* --- text for errors: none of it rather than too much --- */

static bool clean_up(void *unused) {
  (void)unused;
  struct redact redact;
  struct buf out;
  redact_init(&redact);
  buf_init(&out, 500);
  bool ok = redact_add(&redact, T("my own password")) && redact_add(&redact, T("737")) && redact_add(&redact, T("4111 1111 1111 1111"));
  /* A value that could not be remembered hides all of the text. */
  bool cleaned = redact_text(&redact, &out, T("my own password, cvv 737, 4111111111111111 and so on"), 400);
  assert_true(ok || !cleaned);
  ok = ok && cleaned && redact_code(&redact, &out, T("ERR_737"), 90);
  assert_null(strstr(buf_string(&out), "password"));
  assert_null(strstr(buf_string(&out), "737"));
  assert_null(strstr(buf_string(&out), "4111"));
  buf_free(&out);
  redact_free(&redact);
  return ok;
}

static bool redact(void *unused) {
  (void)unused;
  struct buf out;
  char text[600];
  memset(text, ' ', sizeof text);
  memcpy(text + 10, "4111111111111111", 16);
  memcpy(text + 550, "4111-1111-1111-1111", 19);
  buf_init(&out, sizeof text);
  bool ok = pan_redact(&out, text, sizeof text);
  if (out.data) assert_null(strstr(buf_string(&out), "4111"));
  buf_free(&out);
  return ok;
}

static void a_text_is_cleaned_or_not_shown(void **state) {
  (void)state;
  each_allocation_fails(clean_up, NULL);
  each_allocation_fails(redact, NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_buffer_keeps_what_it_has),
    cmocka_unit_test(json_is_read_whole_or_not_at_all),
    cmocka_unit_test(a_text_is_cleaned_or_not_shown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
