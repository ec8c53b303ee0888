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

static int set_up(void **state) {
  (void)state;
  json_setup();
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(hides_a_secret_that_the_answer_repeats),
    cmocka_unit_test(hides_a_secret_inside_of_an_array_or_object),
    cmocka_unit_test(hides_a_secret_with_the_zeros_that_its_number_lost),
    cmocka_unit_test(hides_a_code_that_may_be_a_cvv),
    cmocka_unit_test(reads_a_list_of_one_in_xml),
  };
  return cmocka_run_group_tests(tests, set_up, NULL);
}
