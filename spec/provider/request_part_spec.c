/* src/provider/request: parts that only definitions have: types, HTTP Basic of two credentials, and what goes nowhere by itself. */
#define _GNU_SOURCE 1
#include "requests.h"

static const struct part basic[] = {
  { .name = "user",
    .wire = "Authorization",
    .source = FROM_CREDENTIAL,
    .into = INTO_HEADER,
    .prefix = "Basic ",
    .basic = true,
    .password = "password" },
  { .name = "password", .source = FROM_CREDENTIAL, .into = INTO_NOTHING },
};

static void writes_basic_of_two_credentials(void **state) {
  (void)state;
  struct value values[] = { value_of("Aladdin"), value_of("open:sesame") };
  struct request request;
  struct error error;
  assert_true(build(&request, basic, 2, "/", values, NULL, 0, &error));
  assert_true(begins_with_line(&request, "Authorization", "Basic QWxhZGRpbjpvcGVuOnNlc2FtZQ=="));
  assert_string_equal(body_of(&request), "");
  request_free(&request);
  values[1] = (struct value){ NULL, 0 };
  assert_true(build(&request, basic, 2, "/", values, NULL, 0, &error));
  assert_true(begins_with_line(&request, "Authorization", "Basic QWxhZGRpbjo="));
  request_free(&request);
}

static void hides_both_and_what_they_are_together(void **state) {
  (void)state;
  static const char *const said[] = { "Aladdin", "open:sesame", "QWxhZGRpbjpvcGVuOnNlc2FtZQ==", "WxhZGRpbjpvcGVuOnNlc2Ft", "x=Aladdin:open:sesame." };
  struct value values[] = { value_of("Aladdin"), value_of("open:sesame") };
  struct request request;
  struct error error;
  assert_true(build(&request, basic, 2, "/", values, NULL, 0, &error));
  for (size_t i = 0; i < COUNT_OF(said); i++) {
    struct buf shown;
    buf_init(&shown, 200);
    assert_true(redact_values(request_redact(&request), &shown, said[i], strlen(said[i]), 100));
    assert_null(strcasestr(buf_string(&shown), "aladdin"));
    assert_null(strcasestr(buf_string(&shown), "sesame"));
    assert_null(strcasestr(buf_string(&shown), "GRpbjpv"));
    buf_free(&shown);
  }
  request_free(&request);
}

static void refuses_a_user_with_a_colon(void **state) {
  (void)state;
  struct value values[] = { value_of("a:b"), value_of("c") };
  struct request request;
  struct error error;
  assert_false(build(&request, basic, 2, "/", values, NULL, 0, &error));
  assert_string_equal(error.message, "user contains a colon, which would end the user's name");
  request_free(&request);
}

/* What is no number of JSON must not get into a body, as it is written there as it is. */
static void checks_types(void **state) {
  (void)state;
  static const struct {
    enum part_type type;
    bool ok;
    const char *text;
  } cases[] = {
    { PART_INTEGER, true, "0" },        { PART_INTEGER, true, "-0" },
    { PART_INTEGER, true, "-12" },      { PART_INTEGER, true, "9007199254740992" },
    { PART_INTEGER, false, "01" },      { PART_INTEGER, false, "+1" },
    { PART_INTEGER, false, "1.0" },     { PART_INTEGER, false, "1e3" },
    { PART_INTEGER, false, " 1" },      { PART_INTEGER, false, "1 " },
    { PART_INTEGER, false, "-" },       { PART_INTEGER, false, "1,\"a\":2" },
    { PART_INTEGER, false, "0x1" },     { PART_NUMBER, true, "0" },
    { PART_NUMBER, true, "1.50" },      { PART_NUMBER, true, "-1e9" },
    { PART_NUMBER, true, "1E+9" },      { PART_NUMBER, true, "0.1e-9" },
    { PART_NUMBER, false, "1." },       { PART_NUMBER, false, ".1" },
    { PART_NUMBER, false, "1e" },       { PART_NUMBER, false, "1e+" },
    { PART_NUMBER, false, "-" },        { PART_NUMBER, false, "-.1" },
    { PART_NUMBER, false, "00.1" },     { PART_NUMBER, false, "NaN" },
    { PART_NUMBER, false, "Infinity" }, { PART_NUMBER, false, "1}" },
    { PART_BOOLEAN, true, "true" },     { PART_BOOLEAN, true, "false" },
    { PART_BOOLEAN, false, "True" },    { PART_BOOLEAN, false, "1" },
    { PART_BOOLEAN, false, "null" },    { PART_BOOLEAN, false, "trueish" },
  };
  for (size_t i = 0; i < COUNT_OF(cases); i++) {
    struct part part = { .name = "x", .into = INTO_BODY, .type = cases[i].type };
    struct value value = value_of(cases[i].text);
    struct request request;
    struct error error;
    if (build(&request, &part, 1, "/", &value, NULL, 0, &error) != cases[i].ok) fail_msg("%s", cases[i].text);
    if (cases[i].ok) {
      const char *why;
      size_t where;
      struct json_node *body = json_parse(body_of(&request), wire_of(&request).body.len, &why, &where);
      assert_non_null(body);
      json_free(body);
    }
    request_free(&request);
  }
}

static void has_an_empty_object_where_nothing_of_the_body_is_given(void **state) {
  (void)state;
  static const struct part parts[] = { { .name = "a", .into = INTO_BODY }, { .name = "b.c", .into = INTO_BODY } };
  struct value values[] = { { NULL, 0 }, { NULL, 0 } };
  for (size_t count = 0; count <= 2; count++) {
    struct operation operation = { .name = "op", .method = "POST", .path = "/", .body = true, .parts = parts, .part_count = count };
    struct request request;
    struct error error;
    request_init(&request, &operation, &base);
    assert_true(give_values(&request, values) && request_build(&request, true, &error));
    assert_string_equal(body_of(&request), "{}");
    assert_int_equal(count_lines(&request, "Content-Type", "application/json"), 1);
    assert_int_equal(count_lines(&request, "Content-Length", "2"), 1);
    request_free(&request);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(writes_basic_of_two_credentials),
    cmocka_unit_test(hides_both_and_what_they_are_together),
    cmocka_unit_test(refuses_a_user_with_a_colon),
    cmocka_unit_test(checks_types),
    cmocka_unit_test(has_an_empty_object_where_nothing_of_the_body_is_given),
  };
  return cmocka_run_group_tests(tests, make_base, free_base);
}
