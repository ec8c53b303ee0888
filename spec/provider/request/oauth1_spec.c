/* src/provider/request/oauth1: the header is as RFC 5849 has it, and its signature covers the base string of section 3.4.1. */
#define _GNU_SOURCE 1
#include <openssl/evp.h>
#include <stdio.h>
#include <time.h>

#include "provider/request/oauth1.h"
#include "requests.h"

#include "../../crypto/keys.h"

static const struct making signed_by_key = { .kind = MAKING_OAUTH1, .key = "key", .consumer = "consumer" };

enum { HEADER, KEY, CONSUMER, OWN }; /* the first parts of each operation */
#define OAUTH                                                                                                                                        \
  [HEADER] = { .name = "oauth1", .wire = "Authorization", .source = FROM_MAKING, .into = INTO_HEADER, .making = &signed_by_key },                    \
  [KEY] = { .name = "key", .source = FROM_CREDENTIAL, .into = INTO_NOTHING, .type = PART_PEM },                                                      \
  [CONSUMER] = { .name = "consumer", .source = FROM_CREDENTIAL, .into = INTO_NOTHING }

/* The parameters of the RFC's example, all in the query, as a body of ours is hashed and its pairs do not count. */
static const struct part of_rfc[] = {
  OAUTH,
  { .name = "b5", .into = INTO_QUERY },
  { .name = "a3", .into = INTO_QUERY },
  { .name = "c_at", .wire = "c@", .into = INTO_QUERY },
  { .name = "a2", .into = INTO_QUERY },
  { .name = "c2", .into = INTO_QUERY },
  { .name = "again", .wire = "a3", .into = INTO_QUERY },
  { .name = "pin", .wire = "pin", .into = INTO_BODY },
};

/* The value of a parameter of the header, as it is written there. */
static const char *parameter(const char *header, const char *name) {
  static char text[4][1000];
  static int turn;
  char start[100];
  snprintf(start, sizeof start, "%s=\"", name);
  const char *at = strstr(header, start);
  if (!at) fail_msg("no %s in %s", name, header);
  at += strlen(start);
  turn = (turn + 1) % 4;
  snprintf(text[turn], sizeof text[turn], "%.*s", (int)strcspn(at, "\""), at);
  return text[turn];
}

static size_t decode(const char *text, unsigned char *bytes) {
  char plain[1000];
  size_t len = 0;
  for (; *text; len++) {
    unsigned value = (unsigned char)*text;
    if (*text == '%') {
      assert_int_equal(sscanf(text + 1, "%2x", &value), 1);
      text += 2;
    }
    plain[len] = (char)value;
    text++;
  }
  int got = EVP_DecodeBlock(bytes, (const unsigned char *)plain, (int)len);
  for (; len && plain[len - 1] == '='; len--)
    got--;
  assert_true(got > 0);
  return (size_t)got;
}

static bool verifies(const char *header, const char *text) {
  unsigned char signature[1000];
  const char *why;
  size_t len = decode(parameter(header, "oauth_signature"), signature);
  struct key *key = key_read(keys_made[0].public_pem, strlen(keys_made[0].public_pem), NULL, 0, &why);
  assert_non_null(key);
  EVP_MD_CTX *context = EVP_MD_CTX_new();
  bool ok = EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, key_pkey(key)) == 1 &&
            EVP_DigestVerify(context, signature, len, (const unsigned char *)text, strlen(text)) == 1;
  EVP_MD_CTX_free(context);
  key_unref(key);
  return ok;
}

static const char *header_of(const struct request *request) {
  static char text[4000];
  struct wire wire = wire_of(request);
  struct span value;
  assert_int_equal(wire_named(&wire, "Authorization", &value), 1);
  snprintf(text, sizeof text, "%.*s", (int)value.len, value.bytes);
  return text;
}

static const char *hash_of(const char *body) {
  static char text[100];
  unsigned char digest[32], base64[50];
  struct buf out;
  assert_int_equal(EVP_Digest(body, strlen(body), digest, NULL, EVP_sha256(), NULL), 1);
  EVP_EncodeBlock(base64, digest, 32);
  buf_init(&out, 100);
  assert_true(buf_add_percent_encoded(&out, (const char *)base64, 44));
  snprintf(text, sizeof text, "%s", buf_string(&out));
  buf_free(&out);
  return text;
}

/* What comes behind the pairs in front of oauth_: each value is in the header as the pairs have it. */
static void add_oauth(struct buf *text, const char *header) {
  static const char *const names[] = { "oauth_body_hash",        "oauth_consumer_key", "oauth_nonce",
                                       "oauth_signature_method", "oauth_timestamp",    "oauth_version" };
  for (size_t i = 0; i < COUNT_OF(names); i++) {
    const char *value = parameter(header, names[i]);
    buf_addf(text, "%s%s%%3D", i ? "%26" : "", names[i]);
    buf_add_percent_encoded(text, value, strlen(value));
  }
}

static void covers_the_base_string_of_the_standard(void **state) {
  (void)state;
  const struct value values[] = { [KEY] = value_of(keys_made[0].pem),
                                  [CONSUMER] = value_of("9djdj82h48djs9d2"),
                                  [OWN] = value_of("=%3D"),
                                  value_of("a"),
                                  value_of("d"),
                                  value_of("r b"),
                                  value_of("e"),
                                  value_of("2 q"),
                                  value_of("1") };
  struct request request;
  struct error error;
  struct buf text;
  base.site = "http://example.com";
  if (!build(&request, of_rfc, COUNT_OF(of_rfc), "/request", values, NULL, 0, &error)) fail_msg("%s", error.message);
  const char *header = header_of(&request);
  assert_memory_equal(header, "OAuth oauth_", 12);
  assert_string_equal(parameter(header, "oauth_consumer_key"), "9djdj82h48djs9d2");
  assert_string_equal(parameter(header, "oauth_signature_method"), "RSA-SHA256");
  assert_string_equal(parameter(header, "oauth_version"), "1.0");
  assert_string_equal(parameter(header, "oauth_body_hash"), hash_of("{\"pin\":\"1\"}"));
  assert_int_equal(strlen(parameter(header, "oauth_nonce")), 32);
  assert_true(labs(atol(parameter(header, "oauth_timestamp")) - (long)time(NULL)) < 60);
  assert_null(strstr(header, "a2="));
  buf_init(&text, 4000);
  buf_add_string(&text, "POST&http%3A%2F%2Fexample.com"
                        "%2Fbase"
                        "%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5%3D%253D%25253D%26c%2540%3Dd%26c2%3De%26");
  add_oauth(&text, header);
  if (!verifies(header, buf_string(&text))) fail_msg("another base string than %s", buf_string(&text));
  buf_add_char(&text, 'x');
  assert_false(verifies(header, buf_string(&text)));
  buf_free(&text);
  request_free(&request);
}

static void has_no_pairs_of_a_query_that_is_none(void **state) {
  (void)state;
  static const struct part parts[] = { OAUTH };
  const struct value values[] = { [KEY] = value_of(keys_made[0].pem), [CONSUMER] = value_of("a key!&=\"") };
  struct request request;
  struct error error;
  struct buf text;
  base.site = "https://" HOST;
  if (!build(&request, parts, COUNT_OF(parts), "/", values, NULL, 0, &error)) fail_msg("%s", error.message);
  const char *header = header_of(&request);
  assert_string_equal(parameter(header, "oauth_consumer_key"), "a%20key%21%26%3D%22");
  buf_init(&text, 4000);
  buf_add_string(&text, "POST&https%3A%2F%2Fhost.example%2Fbase%2F&");
  add_oauth(&text, header);
  assert_true(verifies(header, buf_string(&text)));
  buf_free(&text);
  request_free(&request);
}

static void sorts_by_name_and_then_by_value(void **state) {
  (void)state;
  static const struct part parts[] = { OAUTH,
                                       { .name = "x1", .wire = "a", .into = INTO_QUERY },
                                       { .name = "x2", .wire = "a-", .into = INTO_QUERY },
                                       { .name = "x3", .wire = "a", .into = INTO_QUERY },
                                       { .name = "x4", .wire = "A", .into = INTO_QUERY } };
  const struct value values[] = {
    [KEY] = value_of(keys_made[0].pem), [CONSUMER] = value_of("c"), [OWN] = value_of("b"), value_of("1"), value_of("B"), value_of("z")
  };
  struct request request;
  struct error error;
  struct buf text;
  base.site = "https://" HOST;
  if (!build(&request, parts, COUNT_OF(parts), "/", values, NULL, 0, &error)) fail_msg("%s", error.message);
  const char *header = header_of(&request);
  buf_init(&text, 4000);
  buf_add_string(&text, "POST&https%3A%2F%2Fhost.example%2Fbase%2F&A%3Dz%26a%3DB%26a%3Db%26a-%3D1%26");
  add_oauth(&text, header);
  assert_true(verifies(header, buf_string(&text)));
  buf_free(&text);
  request_free(&request);
}

static void is_made_anew_for_each_attempt(void **state) {
  (void)state;
  static const struct part parts[] = { OAUTH };
  const struct value values[] = { [KEY] = value_of(keys_made[0].pem), [CONSUMER] = value_of("c") };
  struct request request;
  struct error error;
  char nonce[100];
  assert_true(build(&request, parts, COUNT_OF(parts), "/", values, NULL, 0, &error));
  snprintf(nonce, sizeof nonce, "%s", parameter(header_of(&request), "oauth_nonce"));
  assert_true(request_build(&request, true, &error));
  assert_string_not_equal(parameter(header_of(&request), "oauth_nonce"), nonce);
  request_free(&request);
}

static void says_why_it_cannot_be_made(void **state) {
  (void)state;
  static const struct part parts[] = { OAUTH };
  static const struct {
    const char *key, *why;
  } cases[] = {
    { "no key", "key is neither PEM, JWK nor base64 of DER" },
    { NULL, "oauth1 is required" },
  };
  for (size_t i = 0; i <= COUNT_OF(cases); i++) {
    const char *key = i < COUNT_OF(cases) ? cases[i].key : keys_made[0].public_pem;
    const struct value values[] = { [KEY] = key ? value_of(key) : (struct value){ NULL, 0 }, [CONSUMER] = value_of("c") };
    struct request request;
    struct error error;
    struct part own[COUNT_OF(parts)];
    memcpy(own, parts, sizeof own);
    own[HEADER].required = true;
    assert_false(build(&request, own, COUNT_OF(own), "/", values, NULL, 0, &error));
    assert_string_equal(error.message, i < COUNT_OF(cases) ? cases[i].why : "key is a public key where a private one is needed");
    assert_int_equal(error.kind, ERROR_INVALID_REQUEST);
    request_free(&request);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(covers_the_base_string_of_the_standard),
    cmocka_unit_test(has_no_pairs_of_a_query_that_is_none),
    cmocka_unit_test(sorts_by_name_and_then_by_value),
    cmocka_unit_test(is_made_anew_for_each_attempt),
    cmocka_unit_test(says_why_it_cannot_be_made),
  };
  return cmocka_run_group_tests(tests, make_base, free_base);
}
