/* src/provider/request/making: what is signed, where a signature goes, and what stands in its place. */
#define _GNU_SOURCE 1
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>

#include "provider/request/making.h"
#include "requests.h"

static EVP_PKEY *key;
static char pem[1024];

static int set_up(void **state) {
  char *text;
  key = EVP_EC_gen("P-256");
  BIO *bio = BIO_new(BIO_s_mem());
  bool ok = key && bio && PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) == 1;
  long len = ok ? BIO_get_mem_data(bio, &text) : 0;
  ok = ok && (size_t)len < sizeof pem;
  if (ok) memcpy(pem, text, (size_t)len);
  BIO_free(bio);
  return ok ? make_base(state) : -1;
}

static int tear_down(void **state) {
  EVP_PKEY_free(key);
  return free_base(state);
}

/* Whether the base64 is that of a signature of the text. */
static bool verifies(const char *base64, size_t len, const char *text) {
  unsigned char der[256];
  if (len > 300) return false;
  int got = EVP_DecodeBlock(der, (const unsigned char *)base64, (int)len);
  while (len && base64[len - 1] == '=') {
    len--;
    got--;
  }
  EVP_MD_CTX *context = EVP_MD_CTX_new();
  bool ok = got > 0 && EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, key) == 1 &&
            EVP_DigestVerify(context, der, (size_t)got, (const unsigned char *)text, strlen(text)) == 1;
  EVP_MD_CTX_free(context);
  return ok;
}

static const struct making of_object = {
  .kind = MAKING_SIGNATURE, .encoding = "base64", .over = "{body.data.card}", .algorithm = "ecdsa-sha256", .key = "key", .function = "sign"
};
static const struct making of_body = {
  .kind = MAKING_SIGNATURE, .encoding = "base64", .over = "a\n{body}", .algorithm = "ecdsa-sha256", .key = "key", .value = "v1={signature};"
};

static const struct part parts[] = {
  { .name = "kind", .wire = "data.kind", .source = FROM_CONSTANT, .into = INTO_BODY, .value = "k" },
  { .name = "id", .wire = "data.card.id", .into = INTO_BODY },
  { .name = "ready", .wire = "data.signature", .source = FROM_MAKING, .into = INTO_BODY, .required = true, .making = &of_object },
  { .name = "X-Sig", .source = FROM_MAKING, .into = INTO_HEADER, .making = &of_body },
  { .name = "key", .source = FROM_CREDENTIAL, .into = INTO_NOTHING, .type = PART_PEM },
};

/* The text between two others in a request. */
static const char *between(const struct request *request, const char *before, char after, size_t *len) {
  const char *start = strstr(buf_string(&request->wire), before);
  assert_non_null(start);
  start += strlen(before);
  const char *end = strchr(start, after);
  assert_non_null(end);
  *len = (size_t)(end - start);
  return start;
}

static void covers_an_object_and_then_the_whole_body_as_sent(void **state) {
  (void)state;
  struct value values[] = { [1] = value_of("\"1\"\\"), [4] = value_of(pem) };
  struct request request;
  struct error error;
  struct buf text;
  size_t len;
  if (!build(&request, parts, COUNT_OF(parts), "/", values, NULL, 0, &error)) fail_msg("%s", error.message);
  assert_true(request_renews(&request));
  const char *made = between(&request, "\"signature\":\"", '"', &len);
  assert_true(verifies(made, len, "{\"id\":\"\\\"1\\\"\\\\\"}"));
  made = between(&request, "X-Sig: v1=", ';', &len);
  buf_init(&text, 1000);
  buf_add_string(&text, "a\n");
  buf_add_string(&text, body_of(&request));
  assert_true(verifies(made, len, buf_string(&text)));
  assert_null(strstr(buf_string(&request.wire), "PRIVATE"));
  buf_free(&text);
  request_free(&request);
}

static void is_what_was_given_where_it_was(void **state) {
  (void)state;
  struct value values[] = { [1] = value_of("1"), [2] = value_of("it"), [3] = value_of("self"), [4] = value_of("no key") };
  struct request request;
  struct error error;
  if (!build(&request, parts, COUNT_OF(parts), "/", values, NULL, 0, &error)) fail_msg("%s", error.message);
  assert_false(request_renews(&request));
  assert_string_equal(body_of(&request), "{\"data\":{\"kind\":\"k\",\"card\":{\"id\":\"1\"},\"signature\":\"it\"}}");
  assert_int_equal(count_lines(&request, "X-Sig", "self"), 1);
  request_free(&request);
}

static void covers_what_is_random_in_the_body(void **state) {
  (void)state;
  static const struct part signed_parts[] = {
    { .name = "X-Sig", .source = FROM_MAKING, .into = INTO_HEADER, .making = &of_body },
    { .name = "key", .source = FROM_CREDENTIAL, .into = INTO_NOTHING, .type = PART_PEM },
  };
  const struct operation operation = {
    .name = "op", .method = "POST", .path = "/", .encoding = BODY_RAW, .template = "r={unique.hex}", .parts = signed_parts, .part_count = 2
  };
  struct value values[] = { [1] = value_of(pem) };
  struct request request;
  struct error error;
  char text[100];
  size_t len;
  request_init(&request, &operation, &base);
  if (!give_values(&request, values) || !request_build(&request, true, &error)) fail_msg("%s", error.message);
  const char *made = between(&request, "X-Sig: v1=", ';', &len);
  assert_int_equal(strlen(body_of(&request)), 2 + 32);
  snprintf(text, sizeof text, "a\n%s", body_of(&request));
  assert_true(verifies(made, len, text));
  request_free(&request);
}

static void shows_a_function_the_same_bytes(void **state) {
  (void)state;
  struct operation operation = { .name = "op", .method = "POST", .path = "/", .parts = parts, .part_count = COUNT_OF(parts) };
  struct value values[COUNT_OF(parts)] = { [1] = value_of("\xc3\xa9") };
  struct request request;
  struct error error;
  struct buf text;
  buf_init(&text, 100);
  request_init(&request, &operation, &base);
  assert_true(give_values(&request, values) && request_payload(&text, &request, "sign", &error));
  assert_string_equal(buf_string(&text), "{\"id\":\"\xc3\xa9\"}");
  buf_clear(&text);
  assert_true(request_payload(&text, &request, "another", &error));
  assert_int_equal(text.len, 0);
  values[1] = value_of("\xff");
  assert_true(give_values(&request, values));
  assert_false(request_payload(&text, &request, "sign", &error));
  assert_string_equal(error.message, "id is not valid UTF-8 or too long");
  request_free(&request);
  buf_free(&text);
}

static void is_never_left_out_where_it_is_required(void **state) {
  (void)state;
  static const struct {
    const char *ready, *key, *why;
  } cases[] = {
    { NULL, NULL, "ready is required" },
    { "", NULL, "ready is empty" },
    { "a\nb", NULL, "ready contains a line break, a NUL or another control character" },
    { NULL, "no key", "key is neither PEM, JWK nor base64 of DER" },
  };
  for (size_t i = 0; i < COUNT_OF(cases); i++) {
    struct value values[COUNT_OF(parts)] = { [1] = value_of("1") };
    struct request request;
    struct error error;
    if (cases[i].ready) values[2] = value_of(cases[i].ready);
    if (cases[i].key) values[4] = value_of(cases[i].key);
    assert_false(build(&request, parts, COUNT_OF(parts), "/", values, NULL, 0, &error));
    assert_int_equal(error.kind, ERROR_INVALID_REQUEST);
    assert_string_equal(error.message, cases[i].why);
    request_free(&request);
  }
}

/* For a function that is yet to sign. */
static void may_be_missing_in_a_preview(void **state) {
  (void)state;
  struct operation operation = { .name = "op", .method = "POST", .path = "/", .parts = parts, .part_count = COUNT_OF(parts) };
  struct value values[COUNT_OF(parts)] = { [1] = value_of("1") };
  struct request request;
  struct error error;
  request_init(&request, &operation, &base);
  assert_true(give_values(&request, values) && request_build(&request, false, &error));
  assert_string_equal(body_of(&request), "{\"data\":{\"kind\":\"k\",\"card\":{\"id\":\"1\"}}}");
  request_free(&request);
}

static void is_made_anew_for_each_attempt(void **state) {
  (void)state;
  struct value values[] = { [1] = value_of("1"), [4] = value_of(pem) };
  struct request request;
  struct error error;
  char former[1000];
  if (!build(&request, parts, COUNT_OF(parts), "/", values, NULL, 0, &error)) fail_msg("%s", error.message);
  snprintf(former, sizeof former, "%s", buf_string(&request.wire));
  assert_true(request_build(&request, true, &error));
  assert_string_not_equal(former, buf_string(&request.wire));
  request_free(&request);
}

static void is_over_no_object_where_none_is_sent(void **state) {
  (void)state;
  struct value values[COUNT_OF(parts)] = { [4] = value_of(pem) };
  struct request request;
  struct error error;
  size_t len;
  if (!build(&request, parts, COUNT_OF(parts), "/", values, NULL, 0, &error)) fail_msg("%s", error.message);
  const char *made = between(&request, "\"signature\":\"", '"', &len);
  assert_true(verifies(made, len, "{}"));
  request_free(&request);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(covers_an_object_and_then_the_whole_body_as_sent),
    cmocka_unit_test(is_what_was_given_where_it_was),
    cmocka_unit_test(covers_what_is_random_in_the_body),
    cmocka_unit_test(shows_a_function_the_same_bytes),
    cmocka_unit_test(is_never_left_out_where_it_is_required),
    cmocka_unit_test(may_be_missing_in_a_preview),
    cmocka_unit_test(is_made_anew_for_each_attempt),
    cmocka_unit_test(is_over_no_object_where_none_is_sent),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
