/* A call of each provider, from its request to its record or error, when an allocation fails. Nothing is sent: the answers are those of the providers' pages. */
#define _GNU_SOURCE 1
#include <string.h>

#include <openssl/evp.h>
#include <openssl/pem.h>

#include "give.h"
#include "http/job.h"
#include "provider/builtin/builtin.h"
#include "provider/response.h"
#include "scenarios.h"
#include "json/json.h"

#define T(text) text, sizeof text - 1

static const struct answer {
  const char *provider;
  int status;
  enum error_kind kind;
  const char *body;
} answers[] = {
  { "alix", 200, ERROR_NONE,
    "{\"success\":true,\"message\":\"ok\",\"data\":{\"cvv\":\"111\",\"expYear\":\"27\",\"expMonth\":\"01\",\"cardNo\":\"4111111111111111\"},"
    "\"errorCode\":0}" },
  { "alix", 400, ERROR_DECLINED, "{\"success\":false,\"message\":\"cvv 12 of c_1 is wrong\",\"data\":{\"cvv\":12},\"errorCode\":32}" },
  { "alix", 200, ERROR_NONE, "{\"success\":true,\"data\":{\"cvv\":12,\"expYear\":27,\"new\":{\"4111111111111111\":[1,\"x\",null,{\"y\":2.5}]}}}" },
  { "netxd", 200, ERROR_NONE,
    "{\"id\":\"1\",\"result\":{\"card\":{\"cardId\":\"c_1\",\"postedDate\":\"2024-11-20T06:56:11.399Z\",\"allowAtm\":false,\"cvv\":\"679\"},"
    "\"api\":{\"type\":\"GET_CVV_ACK\",\"reference\":\"REF1\",\"dateCreated\":1732086388,\"originalReference\":\"c_1\"}}}" },
  { "netxd", 200, ERROR_DECLINED, "{\"id\":\"1\",\"error\":{\"code\":\"1019\",\"message\":\"no such card\"}}" },
  { "whop", 200, ERROR_NONE,
    "{\"object\":\"card\",\"id\":\"c_1\",\"name\":\"Travel\",\"last4\":\"4242\",\"expiration_month\":\"12\",\"spent_last_month\":123,"
    "\"limit\":{\"amount\":123,\"frequency\":\"monthly\"},\"secrets\":{\"card_number\":\"4242424242424242\",\"cvc\":\"123\",\"name_on_card\":\"John "
    "Doe\"}}" },
  { "whop", 404, ERROR_NOT_FOUND, "{\"error\":{\"type\":\"resource_not_found\",\"message\":\"no card c_1\"}}" },
  { "payengine", 200, ERROR_NONE,
    "{\"id\":\"c_1\",\"name\":\"John Doe\",\"exp_month\":12,\"exp_year\":2023,\"last_4\":\"1111\",\"token\":\"card_test_V3atojWZsHCVCqqeYoHo5Oo2\","
    "\"surcharge_allowed\":true,\"phone_number\":{\"cc\":\"1\",\"subscriber\":\"4155056227\"}}" },
  { "payengine", 503, ERROR_PROVIDER, "{\"code\":\"E1\",\"message\":\"Service unavailable\"}" },
  { "nayax", 200, ERROR_NONE,
    "{\"basicInfo\":{\"merchantRequestId\":\"c_1\"},\"status\":{\"verdict\":\"Approved\",\"code\":0,\"statusMessage\":\"ok\"},"
    "\"tokenInfo\":{\"nayaxTokenId\":\"c_1\"}}" },
  { "nayax", 200, ERROR_DECLINED, "{\"status\":{\"verdict\":\"Declined\",\"code\":999,\"statusMessage\":\"no\"}}" },
  { "nayax", 200, ERROR_PROTOCOL, "[]" },
};

static struct settings *settings;
static char key_text[1024];
static size_t key_len;

static int set_up(void **state) {
  (void)state;
  char *text;
  EVP_PKEY *key = EVP_EC_gen("P-256");
  BIO *bio = BIO_new(BIO_s_mem());
  bool ok = key && bio && PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) == 1;
  key_len = ok ? (size_t)BIO_get_mem_data(bio, &text) : 0;
  ok = ok && key_len < sizeof key_text;
  if (ok) memcpy(key_text, text, key_len);
  BIO_free(bio);
  EVP_PKEY_free(key);
  json_setup();
  settings = settings_new();
  if (!ok || !settings) return -1;
  settings->base_url = pool_strdup("https://host.example/base");
  const char *why;
  return settings_add_header(settings, "X-Client", T("of the client")) && settings_finish(settings, &why) ? 0 : -1;
}

static int tear_down(void **state) {
  (void)state;
  settings_unref(settings);
  return 0;
}

/* A value for each part that takes one: of a signature itself, or of the key that makes it. */
static void choose(const struct operation *operation, bool with_key, struct value *values) {
  for (size_t i = 0; i < operation->part_count; i++) {
    const struct part *part = &operation->parts[i];
    values[i] = (struct value){ NULL, 0 };
    if (part->source == FROM_CONSTANT || part->excludes || (part->source == FROM_MAKING && with_key)) continue;
    if (part->type == PART_PEM) {
      if (with_key) values[i] = (struct value){ key_text, key_len };
      continue;
    }
    const char *text = part->choices ? part->choices[0] : part->source == FROM_ARGUMENT ? "c_1" : "credential_of_the_client";
    values[i] = (struct value){ text, strlen(text) };
  }
}

static bool build(const struct provider *provider, struct request *request, bool with_key, bool with_headers, struct error *error) {
  static const struct header headers[] = { { "X-Call", { T("of the call") } }, { "X-Client", { T("instead") } } };
  struct value values[VALUES_MAX_PARTS];
  choose(provider->operations, with_key, values);
  error_set(error, ERROR_INVALID_REQUEST, "the values do not fit into memory");
  return give(request, values, headers, with_headers ? COUNT_OF(headers) : 0) && request_build(request, true, error);
}

/* --- requests --- */

struct plan {
  const struct provider *provider;
  bool with_key, with_headers;
};

static bool make_request(void *context) {
  const struct plan *plan = context;
  struct request request;
  struct error error = { .kind = ERROR_NONE };
  request_init(&request, plan->provider->operations, &settings->base);
  bool ok = build(plan->provider, &request, plan->with_key, plan->with_headers, &error);
  if (!ok) {
    assert_int_equal(error.kind, ERROR_INVALID_REQUEST);
    assert_null(strstr(error.message, "credential_of_the_client"));
  }
  request_free(&request);
  return ok;
}

static bool has_key(const struct operation *operation) {
  for (size_t i = 0; i < operation->part_count; i++)
    if (operation->parts[i].type == PART_PEM) return true;
  return false;
}

static void a_request_is_built_or_refused(void **state) {
  (void)state;
  for (int i = 0; registry[i]; i++)
    for (int with_headers = 0; with_headers < 2; with_headers++) {
      struct plan plan = { .provider = registry[i], .with_headers = with_headers };
      each_allocation_fails(make_request, &plan);
      plan.with_key = true;
      if (has_key(registry[i]->operations)) each_allocation_fails(make_request, &plan);
    }
}

/* --- answers --- */

static bool read_answer(void *context) {
  const struct answer *answer = context;
  const struct provider *provider = registry_find(answer->provider);
  struct request request;
  struct error error;
  request_init(&request, provider->operations, &settings->base);
  bool ok = build(provider, &request, false, false, &error);
  if (ok) {
    struct response response = { .request = &request, .status = answer->status, .body = answer->body, .len = strlen(answer->body) };
    struct record *record = response_read(&response, &error);
    assert_true((record != NULL) == (error.kind == ERROR_NONE));
    record_free(record);
    assert_null(strstr(error.message, "12"));
    assert_null(strstr(error.message, "c_1"));
    ok = error.kind == answer->kind;
    /* An error without a text is no good end, though as an error it is good enough. */
    if (ok && answer->kind == ERROR_DECLINED && !error.code[0]) ok = false;
  }
  request_free(&request);
  return ok;
}

static void an_answer_is_a_record_or_an_error(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT_OF(answers); i++)
    each_allocation_fails(read_answer, (void *)(uintptr_t)&answers[i]);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_request_is_built_or_refused),
    cmocka_unit_test(an_answer_is_a_record_or_an_error),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
