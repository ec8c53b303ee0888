/* Requests that are made of templates, by keys, while each allocation fails: making, names, template, oauth1, unique, and the encryption of what is sent and of the answer. */
#define _GNU_SOURCE 1
#include <openssl/evp.h>

#include "scenarios.h"

#include "provider/encryption.h"
#include "provider/request/making.h"
#include "requests.h"

#include "../../crypto/keys.h"

#define SECRET "Sesame-7Hq2Zx9Lm"

static const struct encryption by_jwe = { .jwe = true, .alg = "RSA-OAEP-256", .enc = "A256GCM", .key = "rsa", .header = "{\"kid\":\"{consumer}\"}" };
static struct encryption by_rsa = { .key = "rsa" }, by_aes = { .at = "data", .key = "derived" };

static const struct making of_text = { .kind = MAKING_TEXT, .value = "{now.iso}{unique.uuid}{unique.hex:8}{unique.digits}{nonce|upper}" };
static const struct making of_key = { .kind = MAKING_TEXT, .value = "{bytes|sha256}", .length = 32 };
static const struct making of_session = { .kind = MAKING_SESSION, .length = 32 };
static const struct making wrapped = { .kind = MAKING_SEALED, .over = "{session}", .encryption = &by_rsa, .key = "rsa" };
static const struct making of_member = { .kind = MAKING_SEALED, .over = "{sealed.data}", .encryption = &by_jwe, .key = "rsa" };
static const struct making public = { .kind = MAKING_PUBLIC, .key = "ec", .form = KEY_JWK };
static const struct making by_hmac = {
  .kind = MAKING_SIGNATURE,
  .algorithm = "hmac-sha256",
  .key = "bytes",
  .encoding = "hex",
  .over = "{method}\n{url}\n{path}\n{query}\n{resource}\n{host}\n{body.data|json}\n{header.X-Made|percent}\n{param.id|trim|lower}"
};
static const struct making by_ecdsa = { .kind = MAKING_SIGNATURE,
                                        .algorithm = "ecdsa-sha256",
                                        .key = "ec",
                                        .encoding = "base64",
                                        .over = "{body|sha512|base64url}",
                                        .value = "v1={signature|escaped}" };
static const struct making of_jwt = {
  .kind = MAKING_JWT, .algorithm = "RS256", .key = "rsa", .over = "{\"iss\":\"{consumer|escaped}\",\"iat\":{now.unix}}", .header = "{\"kid\":\"1\"}"
};
static const struct making of_oauth1 = { .kind = MAKING_OAUTH1, .key = "rsa", .consumer = "consumer" };

/* What each request needs, and then the parts of one. */
#define KEYS                                                                                                                                         \
  { .name = "rsa", .source = FROM_CREDENTIAL, .into = INTO_NOTHING, .type = PART_PEM },                                                              \
      { .name = "ec", .source = FROM_CREDENTIAL, .into = INTO_NOTHING, .type = PART_PEM },                                                           \
      { .name = "bytes", .source = FROM_CREDENTIAL, .into = INTO_NOTHING }, { .name = "consumer", .source = FROM_CREDENTIAL, .into = INTO_NOTHING }, \
      { .name = "id", .into = INTO_PATH }, { .name = "a", .wire = "data.a", .into = INTO_BODY }, {                                                   \
    .name = "q", .into = INTO_QUERY                                                                                                                  \
  }
#define PARTS 12
#define HEADER(called, how)                                                                                                                          \
  { .name = called, .source = FROM_MAKING, .into = INTO_HEADER, .making = how }

static const struct {
  const char *name;
  struct part parts[PARTS];
} cases[] = {
  { "texts", { KEYS, HEADER("X-Made", &of_text) } },
  { "an HMAC", { KEYS, HEADER("X-Made", &of_text), HEADER("X-Signature", &by_hmac) } },
  { "ECDSA", { KEYS, HEADER("X-Signature", &by_ecdsa) } },
  { "a JWT", { KEYS, HEADER("X-Token", &of_jwt) } },
  { "OAuth 1", { KEYS, HEADER("Authorization", &of_oauth1) } },
  { "a session key",
    { KEYS,
      { .name = "session", .source = FROM_MAKING, .into = INTO_NOTHING, .making = &of_session },
      { .name = "key", .source = FROM_MAKING, .into = INTO_BODY, .making = &wrapped } } },
  { "a sealed member",
    { KEYS,
      { .name = "pin", .wire = "data.pin", .into = INTO_SEALED },
      { .name = "sealed data", .wire = "data", .source = FROM_MAKING, .into = INTO_BODY, .making = &of_member } } },
  { "a public key", { KEYS, HEADER("X-Key", &public) } },
  { "a derived key", { KEYS, { .name = "derived", .source = FROM_MAKING, .into = INTO_NOTHING, .making = &of_key } } },
};

/* The values of KEYS, and of a part that goes into what is sealed. */
static struct value values[PARTS] = { [2] = { SECRET, 16 }, [3] = { "us", 2 }, [4] = { "c_1", 3 }, [5] = { "\"a\"", 3 }, [6] = { "q", 1 } };

static struct operation operation = { .name = "op", .method = "POST", .path = "/cards/{id}" };

static bool make_request(void *context) {
  (void)context;
  struct request request;
  struct error error = { .kind = ERROR_NONE };
  request_init(&request, &operation, &base);
  bool given = give_values(&request, values), ok = given && request_build(&request, true, &error);
  if (given && !ok) {
    assert_int_not_equal(error.kind, ERROR_NONE);
    assert_null(strstr(error.message, "Sesame"));
  }
  request_free(&request);
  return ok;
}

static void a_request_is_made_or_gives_everything_back(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT_OF(cases); i++) {
    operation.parts = cases[i].parts;
    operation.part_count = 0;
    while (operation.part_count < PARTS && operation.parts[operation.part_count].name)
      operation.part_count++;
    values[7] = operation.parts[7].into == INTO_SEALED ? value_of("1234") : (struct value){ NULL, 0 };
    if (!make_request(NULL)) fail_msg("%s: not made", cases[i].name);
    each_allocation_fails(make_request, NULL);
  }
}

/* --- the key of an answer is derived, or stands in it --- */

static char answer_text[4000];

static bool open_answer(void *context) {
  struct request request;
  struct error error;
  const char *why;
  size_t where;
  operation.decrypt = context;
  request_init(&request, &operation, &base);
  bool ok = give_values(&request, values) && request_build(&request, true, &error);
  struct json_node *root = ok ? json_parse(answer_text, strlen(answer_text), &why, &where) : NULL;
  const struct encrypted_answer answer = { .operation = &operation, .values = &request.values, .root = root };
  struct json_node *tree = root ? encryption_tree(&answer, answer_text, strlen(answer_text)) : NULL;
  ok = tree && json_at(tree, "pan");
  json_free(tree);
  json_free(root);
  request_free(&request);
  return ok;
}

/* Writes an answer with a text that the key opens, and that key for our RSA key. */
static void write_answer(const struct key *key, const char *bytes) {
  const char *why;
  struct buf plain, text, wrapped_key, whole;
  struct key *rsa = key_read(values[0].bytes, values[0].len, NULL, 0, &why);
  struct buf *all[] = { &plain, &text, &wrapped_key, &whole };
  for (size_t i = 0; i < COUNT_OF(all); i++)
    buf_init(all[i], sizeof answer_text);
  assert_non_null(rsa);
  assert_true(buf_add_string(&plain, "{\"pan\":\"4111111111111111\"}") && encryption_close(&by_aes, key, NULL, &plain, &text, &why));
  buf_clear(&plain);
  assert_true(buf_add(&plain, bytes, 32) && encryption_close(&by_rsa, rsa, NULL, &plain, &wrapped_key, &why));
  assert_true(buf_addf(&whole, "{\"data\":\"%s\",\"key\":\"%s\"}", buf_string(&text), buf_string(&wrapped_key)));
  strcpy(answer_text, buf_string(&whole));
  for (size_t i = 0; i < COUNT_OF(all); i++)
    buf_free(all[i]);
  key_unref(rsa);
}

static void an_answer_is_opened_or_gives_everything_back(void **state) {
  (void)state;
  static const char bytes[] = "0123456789abcdef0123456789abcdef";
  struct encryption wrapped_key = by_rsa, by_wrapped = by_aes;
  wrapped_key.at = "key";
  by_wrapped.wrapped = &wrapped_key;
  struct key *key = key_symmetric(bytes, 32);
  operation.parts = cases[COUNT_OF(cases) - 1].parts; /* which derives one */
  operation.part_count = 8;
  write_answer(key, bytes);
  each_allocation_fails(open_answer, &by_wrapped);
  key_unref(key);
  char digest[32];
  assert_int_equal(EVP_Digest(SECRET, 16, (unsigned char *)digest, NULL, EVP_sha256(), NULL), 1);
  key = key_symmetric(digest, 32);
  write_answer(key, bytes);
  each_allocation_fails(open_answer, &by_aes);
  key_unref(key);
}

static int set_up(void **state) {
  by_rsa.spec = (struct cipher_spec){ cipher_find("rsa-oaep-sha256"), CIPHER_ZERO, CIPHER_BESIDE, ENCODING_HEX };
  by_aes.spec = (struct cipher_spec){ cipher_find("aes-cbc"), CIPHER_PREFIX, CIPHER_BESIDE, ENCODING_BASE64 };
  values[0] = value_of(keys_made[0].pem);
  values[1] = value_of(keys_made[1].pem);
  base.site = "https://" HOST;
  return make_base(state);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_request_is_made_or_gives_everything_back),
    cmocka_unit_test(an_answer_is_opened_or_gives_everything_back),
  };
  return cmocka_run_group_tests(tests, set_up, free_base);
}
