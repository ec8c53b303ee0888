/* src/provider/response: what an error says of an answer with secrets in it. */
#define _GNU_SOURCE 1
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "provider/builtin/builtin.h"
#include "provider/response.h"
#include "json/json.h"

/* Of that provider's answer. */
static void says(const char *provider, int status, const char *body, const char *code, const char *message) {
  struct request request;
  struct error error;
  static const struct request_base base;
  request_init(&request, registry_find(provider)->operations, &base);
  struct response response = { .request = &request, .status = status, .body = body, .len = strlen(body) };
  assert_null(response_read(&response, &error));
  assert_string_equal(error.code, code);
  assert_string_equal(error.message, message);
  request_free(&request);
}

static void hides_a_secret_that_the_answer_repeats(void **state) {
  (void)state;
  says("payengine", 400, "{\"token\":\"tok-ab\",\"code\":\"tok-ab\",\"message\":\"bad tok-ab\"}", "***", "bad ***");
  says("whop", 400, "{\"secrets\":{\"cvc\":\"739\"},\"error\":{\"code\":\"739\",\"message\":\"cvc 739\"}}", "***", "cvc ***");
}

/* A refusal need not have the documented shape. */
static void hides_a_secret_inside_of_an_array_or_object(void **state) {
  (void)state;
  says("payengine", 400, "{\"token\":[\"tok-ab\",[\"tok-cd\"]],\"message\":\"bad tok-ab tok-cd\"}", "", "bad *** ***");
  says("payengine", 400, "{\"token\":{\"value\":\"tok-ab\"},\"message\":\"bad tok-ab\"}", "", "bad ***");
}

/* 012 is sent as the number 12, and is a code of its own as a text. */
static void hides_a_secret_with_the_zeros_that_its_number_lost(void **state) {
  (void)state;
  says("whop", 400, "{\"secrets\":{\"cvc\":12},\"error\":{\"code\":\"012\",\"message\":\"cvc 12\"}}", "***", "cvc ***");
  says("whop", 400, "{\"secrets\":{\"cvc\":0},\"error\":{\"code\":\"000\",\"message\":\"none\"}}", "***", "none");
  says("whop", 400, "{\"secrets\":{\"cvc\":12},\"error\":{\"code\":\"0012\",\"message\":\"cvc 0012\"}}", "***", "cvc ***");
}

/* A number is a code, but for one that may be a CVV, where the operation returns one. */
static void hides_a_code_that_may_be_a_cvv(void **state) {
  (void)state;
  says("whop", 400, "{\"error\":{\"code\":\"739\",\"message\":\"no\"}}", "***", "no");
  says("whop", 400, "{\"error\":{\"code\":739,\"message\":\"no\"}}", "***", "no");
  says("whop", 400, "{\"error\":{\"code\":\"400\",\"message\":\"no\"}}", "400", "no");
  says("whop", 400, "{\"error\":{\"code\":\"7.3.9\",\"message\":\"no\"}}", "***", "no");
  says("whop", 400, "{\"error\":{\"code\":\"E120\",\"message\":\"no\"}}", "E120", "no");
  says("whop", 400, "{\"error\":{\"code\":1019,\"message\":\"no\"}}", "1019", "no");
  says("whop", 400, "{\"error\":{\"code\":\"tok_4f5Hc0aQ9zLr\",\"message\":\"no\"}}", "***", "no");
  says("whop", 400, "{\"error\":{\"code\":\"sk_live_abcdef123456\",\"message\":\"no\"}}", "***", "no");
  says("whop", 400, "{\"error\":{\"code\":\"INVALID_PARAM_101\",\"message\":\"no\"}}", "INVALID_PARAM_101", "no");
  says("payengine", 400, "{\"code\":122,\"message\":\"no\"}", "122", "no");
}

/* Each path goes through a list, of which XML shows nothing where there is one of its elements alone. */
static void reads_a_list_of_one_in_xml(void **state) {
  (void)state;
  static const struct field fields[] = { { .path = "[].pan[0]", .type = FIELD_PAN } };
  static const struct rule rules[] = { { .path = "r.state[0]", .test = RULE_EQUALS_STRING, .string = "ok" } };
  static const struct operation operation = { .name = "show",
                                              .format = FORMAT_XML,
                                              .root = "r.group[0].card",
                                              .fields = fields,
                                              .field_count = 1,
                                              .rules = rules,
                                              .rule_count = 1,
                                              .error_codes = { "r.error[].code" },
                                              .error_messages = { "r.error[0].text" } };
  static const struct request_base base;
  static const char *const bodies[] = { "<r><state>ok</state><group><card><pan>41</pan></card></group></r>",
                                        "<r><state>no</state><error><code>E1</code><text>Blocked</text></error></r>" };
  for (size_t i = 0; i < 2; i++) {
    struct request request;
    struct error error;
    request_init(&request, &operation, &base);
    struct response response = { .request = &request, .status = 200, .body = bodies[i], .len = strlen(bodies[i]) };
    struct record *record = response_read(&response, &error);
    assert_int_equal(error.kind, i == 0 ? ERROR_NONE : ERROR_DECLINED);
    if (i == 0) assert_int_equal(record->type, RECORD_ARRAY);
    if (i == 0) assert_int_equal(record->child->child->child->type, RECORD_SECRET);
    assert_string_equal(error.code, i == 0 ? "" : "E1");
    assert_string_equal(error.message, i == 0 ? "" : "Blocked");
    record_free(record);
    request_free(&request);
  }
}

/* An answer of the first operation of that provider, which is no success. */
static void is_kind(const char *provider, int status, const char *body, enum error_kind kind) {
  struct request request;
  struct error error;
  static const struct request_base base;
  const struct operation *operation = registry_find(provider)->operations;
  request_init(&request, operation, &base);
  struct response response = { .request = &request, .status = status, .body = body, .len = strlen(body) };
  assert_null(response_read(&response, &error));
  bool again = operation->safe && (kind == ERROR_PROVIDER || kind == ERROR_RATE_LIMITED || status == 408 || status == 425);
  if (error.kind != kind || error.status != status || error.retryable != again || !error.message[0])
    fail_msg("%s, %d, %s: kind %d, status %d, %s: %s", provider, status, body, (int)error.kind, error.status, error.retryable ? "again" : "final",
             error.message);
  request_free(&request);
}

/* The order of docs/design/contract.md: some statuses, then a refusal of the provider's own at 2xx or 400, then the other statuses. */
static void tells_the_kind_by_the_status_with_and_without_a_refusal(void **state) {
  (void)state;
  static const struct {
    int status;
    enum error_kind kind, refused;
  } cases[] = {
    { 400, ERROR_INVALID_REQUEST, ERROR_DECLINED },
    { 401, ERROR_AUTH, ERROR_AUTH },
    { 402, ERROR_DECLINED, ERROR_DECLINED },
    { 403, ERROR_AUTH, ERROR_AUTH },
    { 404, ERROR_NOT_FOUND, ERROR_NOT_FOUND },
    { 405, ERROR_INVALID_REQUEST, ERROR_INVALID_REQUEST },
    { 406, ERROR_INVALID_REQUEST, ERROR_INVALID_REQUEST },
    { 407, ERROR_PROTOCOL, ERROR_PROTOCOL },
    { 408, ERROR_PROTOCOL, ERROR_PROTOCOL },
    { 409, ERROR_INVALID_REQUEST, ERROR_INVALID_REQUEST },
    { 410, ERROR_NOT_FOUND, ERROR_NOT_FOUND },
    { 413, ERROR_INVALID_REQUEST, ERROR_INVALID_REQUEST },
    { 415, ERROR_INVALID_REQUEST, ERROR_INVALID_REQUEST },
    { 418, ERROR_PROTOCOL, ERROR_PROTOCOL },
    { 422, ERROR_INVALID_REQUEST, ERROR_INVALID_REQUEST },
    { 423, ERROR_PROVIDER, ERROR_PROVIDER },
    { 424, ERROR_PROVIDER, ERROR_PROVIDER },
    { 425, ERROR_PROTOCOL, ERROR_PROTOCOL },
    { 429, ERROR_RATE_LIMITED, ERROR_RATE_LIMITED },
    { 500, ERROR_PROVIDER, ERROR_PROVIDER },
    { 503, ERROR_PROVIDER, ERROR_PROVIDER },
    { 302, ERROR_PROTOCOL, ERROR_PROTOCOL },
    { 200, ERROR_PROTOCOL, ERROR_DECLINED },
    { 202, ERROR_PROTOCOL, ERROR_DECLINED },
  };
  static const struct {
    const char *name, *refusal;
    bool refuses; /* else the envelope is only one of errors */
  } providers[] = {
    { "alix", "{\"success\":false,\"message\":\"no\",\"data\":null,\"errorCode\":32}", true },
    { "netxd", "{\"id\":\"1\",\"error\":{\"code\":\"1019\",\"message\":\"no\"}}", true },
    { "nayax", "{\"status\":{\"verdict\":\"Declined\",\"code\":997,\"statusMessage\":\"no\"}}", true },
    { "whop", "{\"error\":{\"code\":\"bad_request\",\"message\":\"no\"}}", false },
    { "payengine", "{\"error\":{\"code\":\"E129\",\"message\":\"no\"}}", false },
  };
  static const char *const others[] = { "", "{}", "null", "[]", "<html>no</html>" };
  for (size_t i = 0; i < COUNT_OF(cases); i++)
    for (size_t j = 0; j < COUNT_OF(providers); j++) {
      is_kind(providers[j].name, cases[i].status, providers[j].refusal, providers[j].refuses ? cases[i].refused : cases[i].kind);
      for (size_t k = 0; k < COUNT_OF(others); k++)
        is_kind(providers[j].name, cases[i].status, others[k], cases[i].kind);
    }
}

static void says_that_an_answer_is_empty(void **state) {
  (void)state;
  says("alix", 204, "", "", "an empty answer (HTTP 204)");
  says("whop", 205, "", "", "an empty answer (HTTP 205)");
  says("nayax", 200, "", "", "an empty answer (HTTP 200)");
  says("alix", 404, "", "", "the provider does not know it, or base_url is wrong (the path behind it is /api/v2/cards/{cardId}/private-info)");
}

static int set_up(void **state) {
  (void)state;
  json_setup();
  return 0;
}

/* What a test gives as a record: the same fields become the same secrets, without what stands around it in an answer. */
static void reads_a_record_alone(void **state) {
  (void)state;
  static const struct request_base base;
  static const struct {
    const char *body, *message;
  } cases[] = {
    { "{\"cardNo\":\"4111111111111111\",\"cvv\":12,\"note\":1}", NULL },
    { "{\"cardNo\":[\"4111111111111111\",\"1\"]}", "cardNo: an object or array stands where a single value is documented" },
    { "{\"success\":true,\"data\":{\"cvv\":\"1\"}}", "the answer has none of the documented fields" },
    { "[", "the answer cannot be read: JSON that ends too early at byte 1" },
    { "", "an empty answer (HTTP 200)" },
  };
  for (size_t i = 0; i < COUNT_OF(cases); i++) {
    struct request request;
    struct error error;
    request_init(&request, registry_find("alix")->operations, &base);
    struct response response = { .request = &request, .status = 200, .body = cases[i].body, .len = strlen(cases[i].body) };
    struct record *record = response_read_record(&response, &error);
    if (cases[i].message) {
      assert_null(record);
      assert_int_equal(error.kind, ERROR_PROTOCOL);
      assert_int_equal(error.status, 200);
      assert_string_equal(error.message, cases[i].message);
    } else {
      assert_non_null(record);
      for (const struct record *child = record->child; child; child = child->next)
        assert_int_equal(child->type, RECORD_SECRET);
      assert_int_equal(record->child->next->as.secret.class, SECRET_CVV);
      assert_memory_equal(record->child->next->as.secret.bytes, "012", 3);
    }
    record_free(record);
    request_free(&request);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(hides_a_secret_that_the_answer_repeats),
    cmocka_unit_test(hides_a_secret_inside_of_an_array_or_object),
    cmocka_unit_test(hides_a_secret_with_the_zeros_that_its_number_lost),
    cmocka_unit_test(hides_a_code_that_may_be_a_cvv),
    cmocka_unit_test(reads_a_list_of_one_in_xml),
    cmocka_unit_test(tells_the_kind_by_the_status_with_and_without_a_refusal),
    cmocka_unit_test(says_that_an_answer_is_empty),
    cmocka_unit_test(reads_a_record_alone),
  };
  return cmocka_run_group_tests(tests, set_up, NULL);
}
