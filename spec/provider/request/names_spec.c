/* src/provider/request/names: what the names in templates stand for. */
#define _GNU_SOURCE 1
#include <stdio.h>

#include "provider/request/names.h"
#include "requests.h"

static const struct making of_key = { .kind = MAKING_TEXT, .value = "{secret_key|sha256|hex}", .length = 8 };
static const struct making of_itself = { .kind = MAKING_TEXT, .value = "{X-Circle}" };
static const struct making of_many = { .kind = MAKING_TEXT, .value = "{method}.{nonce}.{nonce}" };

enum { ID, EXPAND, NOTE, A, B, SECRET, KEY, DERIVED, CIRCLE, MANY, CALLED_BODY, LEFT_OUT, PARTS };

static const struct part parts[PARTS] = {
  [ID] = { .name = "card_id", .wire = "id", .into = INTO_PATH },
  [EXPAND] = { .name = "expand", .wire = "expand[]", .into = INTO_QUERY },
  [NOTE] = { .name = "note", .wire = "X-Note", .into = INTO_HEADER, .prefix = "n:" },
  [A] = { .name = "a", .wire = "data.a", .into = INTO_BODY },
  [B] = { .name = "b", .wire = "b", .into = INTO_BODY, .type = PART_INTEGER },
  [SECRET] = { .name = "secret", .wire = "X-Secret", .source = FROM_CREDENTIAL, .into = INTO_HEADER },
  [KEY] = { .name = "secret_key", .source = FROM_CREDENTIAL, .into = INTO_NOTHING },
  [DERIVED] = { .name = "derived", .source = FROM_MAKING, .into = INTO_NOTHING, .making = &of_key },
  [CIRCLE] = { .name = "X-Circle", .source = FROM_MAKING, .into = INTO_NOTHING, .making = &of_itself },
  [MANY] = { .name = "many", .source = FROM_MAKING, .into = INTO_NOTHING, .making = &of_many },
  [CALLED_BODY] = { .name = "method", .into = INTO_NOTHING },
  [LEFT_OUT] = { .name = "absent", .into = INTO_HEADER },
};

static const struct operation operation = {
  .name = "op", .method = "POST", .path = "/cards/{id}/show?x=1", .parts = parts, .part_count = PARTS, .accept = "application/json"
};

/* Fills a template for a request with all values; the message of the error where that fails, "" where nothing says why. */
static const char *fill(const char *template, const char **made, bool *secret) {
  static char text[2000], why[1000];
  struct value values[PARTS] = {
    [ID] = value_of("c/1"), [EXPAND] = value_of("p n"),    [NOTE] = value_of("it"),        [A] = value_of("\"1\""),
    [B] = value_of("12"),   [SECRET] = value_of("Sesame"), [KEY] = value_of("secret key"), [CALLED_BODY] = value_of("mine")
  };
  struct header headers[] = { { "X-Call", value_of("call") } };
  struct request request;
  struct maker maker;
  struct error error = { .kind = ERROR_NONE };
  struct buf out;
  buf_init(&out, sizeof text);
  base.site = "https://" HOST ":8443";
  request_init(&request, &operation, &base);
  assert_true(give(&request, values, headers, 1));
  maker_init(&maker, &request, &error);
  bool ok = maker_fill(&maker, &out, template);
  snprintf(text, sizeof text, "%s", buf_string(&out));
  snprintf(why, sizeof why, "%s", error.message);
  if (secret) *secret = maker.uses_secret;
  maker_free(&maker);
  request_free(&request);
  buf_free(&out);
  *made = text;
  return ok ? NULL : why;
}

static void are_what_is_sent(void **state) {
  (void)state;
  static const struct {
    const char *template, *expected;
    bool secret;
  } cases[] = {
    { "{method}", "POST", false },
    { "{url}", "https://host.example:8443/base/cards/c%2F1/show?x=1&expand%5B%5D=p%20n", false },
    { "{host}", "host.example:8443", false },
    { "{path}", "/base/cards/c%2F1/show", false },
    { "{query}", "x=1&expand%5B%5D=p%20n", false },
    { "{target}", "/base/cards/c%2F1/show?x=1&expand%5B%5D=p%20n", false },
    { "{resource}", "cards/c%2F1/show", false },
    { "{body}", "{\"data\":{\"a\":\"\\\"1\\\"\"},\"b\":12}", false },
    { "{body.data}", "{\"a\":\"\\\"1\\\"\"}", false },
    { "{body.other}", "{}", false },
    { "{header.X-Note}", "n:it", false },
    { "{header.x-secret}", "Sesame", true },
    { "{header.x-call}", "call", true },
    { "{header.Accept}", "application/json", false },
    { "{header.content-type}", "application/json", false },
    { "{header.host}", "host.example", false },
    { "{header.X-Client}", "yes", false },
    { "{header.absent}", "", false },
    { "{param.card_id}", "c%2F1", false },
    { "{param.expand}", "p%20n", false },
    { "{param.a}", "\"1\"", false },
    { "{card_id}", "c/1", false },
    { "{secret}", "Sesame", true },
    { "{derived}", "66859b7a", true },
    { "{absent}|", "|", false },
  };
  for (size_t i = 0; i < COUNT_OF(cases); i++) {
    const char *made;
    bool secret;
    const char *why = fill(cases[i].template, &made, &secret);
    if (why) fail_msg("%s: %s", cases[i].template, why);
    assert_string_equal(made, cases[i].expected);
    if (secret != cases[i].secret) fail_msg("%s is taken for %s", cases[i].template, secret ? "a secret" : "none");
  }
}

static void have_one_moment_and_one_nonce(void **state) {
  (void)state;
  const char *made;
  assert_null(fill("{nonce}{nonce} {now.unix}{now.unix} {many}", &made, NULL));
  assert_int_equal(strspn(made, "0123456789abcdef"), 64);
  assert_memory_equal(made, made + 32, 32);
  const char *moment = made + 65;
  assert_int_equal(strspn(moment, "0123456789"), 20);
  assert_memory_equal(moment, moment + 10, 10);
  assert_memory_equal(moment + 21, "POST.", 5);
  assert_memory_equal(moment + 26, made, 32);
  assert_memory_equal(moment + 59, made, 32);
  char first[33];
  memcpy(first, made, 32);
  first[32] = '\0';
  assert_null(fill("{nonce}", &made, NULL));
  assert_string_not_equal(made, first);
}

static void are_unique_each_time(void **state) {
  (void)state;
  const char *made;
  assert_null(fill("{unique.hex}{unique.hex:32}{unique.digits:10}{unique.uuid}", &made, NULL));
  assert_int_equal(strlen(made), 32 + 32 + 10 + 36);
  assert_memory_not_equal(made, made + 32, 32);
}

static void are_refused_where_they_are_unknown(void **state) {
  (void)state;
  static const char *const templates[] = { "{bodyx}",   "{body.}", "{header.}",  "{header.x-none}", "{param.}",  "{param.x}", "{now}",
                                           "{now.}",    "{now.x}", "{unique.x}", "{unique.hex:0}",  "{methods}", "{hos}",     "{method.x}",
                                           "{nonce.x}", "{x}" };
  for (size_t i = 0; i < COUNT_OF(templates); i++) {
    const char *made, *why = fill(templates[i], &made, NULL);
    if (!why) fail_msg("took %s as %s", templates[i], made);
    assert_string_equal(why, "");
  }
}

static void are_refused_where_they_go_in_a_circle(void **state) {
  (void)state;
  const char *made, *why = fill("{X-Circle}", &made, NULL);
  assert_non_null(why);
  assert_string_equal(why, "X-Circle cannot be made: it goes in a circle, or too much is made of each other");
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(are_what_is_sent),
    cmocka_unit_test(have_one_moment_and_one_nonce),
    cmocka_unit_test(are_unique_each_time),
    cmocka_unit_test(are_refused_where_they_are_unknown),
    cmocka_unit_test(are_refused_where_they_go_in_a_circle),
  };
  return cmocka_run_group_tests(tests, make_base, free_base);
}
