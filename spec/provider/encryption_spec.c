/* src/provider/encryption: keys that are parts of a request, and the texts of an answer that they open. */
#define _GNU_SOURCE 1
#include <stdio.h>

#include "crypto/encoding.h"
#include "provider/encryption.h"
#include "requests.h"

#include "../crypto/keys.h"

#define BYTES     "0123456789abcdef0123456789abcdef"
#define BYTES_HEX "3031323334353637383961626364656630313233343536373839616263646566"
#define PLAIN     "{\"pan\":\"4111111111111111\"}"

static struct encryption aes(const char *key) {
  return (struct encryption){ .spec = { cipher_find("aes-cbc"), CIPHER_PREFIX, CIPHER_BESIDE, ENCODING_BASE64 }, .at = "data", .key = key };
}

/* Appends what the cipher of `encryption` makes of a text, by the key. */
static void encrypt(const struct encryption *encryption, struct key *key, const char *text, struct buf *out) {
  const char *why;
  struct buf plain;
  buf_init(&plain, 1000);
  buf_add_string(&plain, text);
  if (!encryption_close(encryption, key, NULL, &plain, out, &why)) fail_msg("%s", why);
  buf_free(&plain);
}

static struct key *read_key(const char *pem) {
  const char *why = NULL;
  struct key *key = key_read(pem, strlen(pem), NULL, 0, &why);
  if (!key) fail_msg("%s", why);
  return key;
}

/* --- keys --- */

static void a_key_is_read_as_its_part_says(void **state) {
  (void)state;
  static const struct {
    enum part_type type;
    const char *encoding, *value;
    size_t len; /* of the bytes; 0: a PEM */
  } cases[] = {
    { PART_STRING, NULL, BYTES, 32 },     { PART_STRING, NULL, "x", 1 },           { PART_BYTES, NULL, BYTES, 32 },
    { PART_BYTES, "hex", BYTES_HEX, 32 }, { PART_BYTES, "base64", "AAECAw==", 4 }, { PART_BYTES, "base64url", "-_8", 2 },
    { PART_PEM, NULL, NULL, 0 },
  };
  for (size_t i = 0; i < COUNT_OF(cases); i++) {
    const char *why = NULL;
    const struct part part = { .name = "key", .type = cases[i].type, .encoding = cases[i].encoding };
    struct value value = value_of(cases[i].value ? cases[i].value : keys_made[0].pem);
    struct key *key = encryption_key(NULL, &part, value, (struct value){ NULL, 0 }, &why);
    if (!key) fail_msg("%zu: %s", i, why);
    assert_int_equal(key_kind(key), cases[i].len ? KEY_SYMMETRIC : KEY_RSA);
    if (cases[i].len) assert_int_equal(key_bits(key), 8 * cases[i].len);
    key_unref(key);
  }
}

static void what_is_no_key_says_why(void **state) {
  (void)state;
  static const struct {
    enum part_type type;
    const char *encoding, *value, *why;
  } cases[] = {
    { PART_BYTES, "hex", "3", "is not in the encoding that is declared for it" },
    { PART_BYTES, "hex", "", "is not in the encoding that is declared for it" },
    { PART_BYTES, "base64", "A", "is not in the encoding that is declared for it" },
    { PART_BYTES, "base32", "AAAA", "is not in the encoding that is declared for it" },
    { PART_PEM, NULL, BYTES, "is neither PEM, JWK nor base64 of DER" },
  };
  for (size_t i = 0; i < COUNT_OF(cases); i++) {
    const char *why = NULL;
    const struct part part = { .name = "key", .type = cases[i].type, .encoding = cases[i].encoding };
    assert_null(encryption_key(NULL, &part, value_of(cases[i].value), (struct value){ NULL, 0 }, &why));
    assert_string_equal(why, cases[i].why);
  }
}

static void a_key_of_another_kind_does_not_fit(void **state) {
  (void)state;
  struct key *rsa = read_key(keys_made[0].pem), *public = read_key(keys_made[0].public_pem), *bytes = key_symmetric(BYTES, 32);
  const struct encryption by_rsa = { .spec = { .cipher = cipher_find("rsa-oaep") } }, by_aes = aes("key"),
                          by_jwe = { .jwe = true, .alg = "RSA-OAEP-256", .enc = "A256GCM" }, by_dir = { .jwe = true, .alg = "dir", .enc = "A256GCM" };
  const char *why;
  assert_true(encryption_fits(&by_rsa, rsa, true, &why) && encryption_fits(&by_rsa, public, false, &why) &&
              encryption_fits(&by_jwe, rsa, true, &why));
  assert_true(encryption_fits(&by_aes, bytes, true, &why) && encryption_fits(&by_dir, bytes, true, &why));
  assert_false(encryption_fits(&by_rsa, public, true, &why));
  assert_string_equal(why, "is a public key where a private one is needed");
  assert_false(encryption_fits(&by_rsa, bytes, true, &why));
  assert_false(encryption_fits(&by_aes, rsa, true, &why));
  assert_false(encryption_fits(&by_jwe, bytes, true, &why)); /* the modulus as the bytes of a secret is the confusion of RFC 8725 */
  assert_false(encryption_fits(&by_dir, rsa, true, &why));
  assert_false(encryption_fits(&by_jwe, public, true, &why));
  key_unref(rsa);
  key_unref(public);
  key_unref(bytes);
}

/* --- answers --- */

/* Builds a request of the parts, and reads an answer with the operation's `decrypt`. @return the text of the member "pan" in what was decrypted, NULL where it was not */
static const char *open_answer(const struct encryption *decrypt, const struct part *parts, size_t count, const struct value *values,
                               const char *body) {
  static char text[100];
  struct operation operation = { .name = "op", .method = "POST", .path = "/", .parts = parts, .part_count = count, .decrypt = decrypt };
  struct request request;
  struct error error;
  const char *why;
  size_t where, len;
  request_init(&request, &operation, &base);
  assert_true(give_values(&request, values));
  if (!request_build(&request, true, &error)) fail_msg("%s", error.message);
  struct json_node *root = json_parse(body, strlen(body), &why, &where);
  const struct encrypted_answer answer = { .operation = &operation, .values = &request.values, .root = root };
  struct json_node *tree = encryption_tree(&answer, body, strlen(body));
  const struct json_node *pan = tree ? json_at(tree, "pan") : NULL;
  if (pan) snprintf(text, sizeof text, "%s", json_string(pan, &len));
  json_free(tree);
  json_free(root);
  request_free(&request);
  return pan ? text : NULL;
}

static const struct part one_key[] = { { .name = "key", .source = FROM_CREDENTIAL, .into = INTO_NOTHING, .type = PART_BYTES, .encoding = "hex" } };

static void a_member_or_all_of_an_answer_is_opened(void **state) {
  (void)state;
  const struct value values[] = { value_of(BYTES_HEX) };
  struct key *key = key_symmetric(BYTES, 32);
  struct encryption encryption = aes("key");
  struct buf text, body;
  buf_init(&text, 1000);
  buf_init(&body, 1000);
  encrypt(&encryption, key, PLAIN, &text);
  buf_addf(&body, "{\"data\":\"%s\"}", buf_string(&text));
  assert_string_equal(open_answer(&encryption, one_key, 1, values, buf_string(&body)), "4111111111111111");
  encryption.at = NULL;
  assert_string_equal(open_answer(&encryption, one_key, 1, values, buf_string(&text)), "4111111111111111");
  for (int i = 0; i < 3; i++) {
    buf_clear(&body);
    buf_addf(&body, i == 0 ? " %s\r\n" : i == 1 ? "\"%s\"" : "\t\"%s\" ", buf_string(&text));
    assert_string_equal(open_answer(&encryption, one_key, 1, values, buf_string(&body)), "4111111111111111");
  }
  assert_null(open_answer(&encryption, one_key, 1, values, ""));
  assert_null(open_answer(&encryption, one_key, 1, values, "\""));
  assert_null(open_answer(&encryption, one_key, 1, values, "\"\""));
  buf_free(&text);
  buf_free(&body);
  key_unref(key);
}

static void what_cannot_be_opened_is_nothing(void **state) {
  (void)state;
  static const char *const bodies[] = { "{}", "{\"data\":5}", "{\"data\":\"\"}", "{\"data\":null}", "{\"data\":{\"x\":\"y\"}}", "[]", "no JSON" };
  const struct value values[] = { value_of(BYTES_HEX) }, none[] = { { NULL, 0 } }, short_one[] = { value_of("30") };
  struct encryption encryption = aes("key");
  for (size_t i = 0; i < COUNT_OF(bodies); i++)
    assert_null(open_answer(&encryption, one_key, 1, values, bodies[i]));
  struct key *key = key_symmetric(BYTES, 32);
  struct buf text, body;
  buf_init(&text, 1000);
  buf_init(&body, 1000);
  encrypt(&encryption, key, PLAIN, &text);
  buf_addf(&body, "{\"data\":\"%s\"}", buf_string(&text));
  assert_null(open_answer(&encryption, one_key, 1, none, buf_string(&body)));
  assert_null(open_answer(&encryption, one_key, 1, short_one, buf_string(&body)));
  encryption.key = "another";
  assert_null(open_answer(&encryption, one_key, 1, values, buf_string(&body)));
  encryption = aes("key");
  buf_clear(&text);
  buf_clear(&body);
  encrypt(&encryption, key, "no JSON", &text);
  buf_addf(&body, "{\"data\":\"%s\"}", buf_string(&text));
  assert_null(open_answer(&encryption, one_key, 1, values, buf_string(&body)));
  buf_free(&text);
  buf_free(&body);
  key_unref(key);
}

/* Nothing that is sent names it. */
static void a_key_that_is_derived_is_made_for_the_answer(void **state) {
  (void)state;
  static const struct making derived = { .kind = MAKING_TEXT, .value = "{secret_key|sha256}", .length = 32 };
  static const struct part parts[] = {
    { .name = "secret_key", .source = FROM_CREDENTIAL, .into = INTO_NOTHING },
    { .name = "derived", .source = FROM_MAKING, .into = INTO_NOTHING, .making = &derived },
  };
  /* printf 'secret key' | sha256sum */
  static const unsigned char digest[] = { 0x66, 0x85, 0x9b, 0x7a, 0xde, 0x4e, 0x68, 0xcb, 0x65, 0x04, 0x1b, 0x88, 0xa7, 0xad, 0x52, 0x14,
                                          0xdf, 0x71, 0xcd, 0xcf, 0xa2, 0x7d, 0xff, 0x2e, 0xfc, 0xc8, 0x0a, 0x81, 0xe9, 0xba, 0x5f, 0xa0 };
  const struct value values[] = { value_of("secret key"), { NULL, 0 } };
  struct key *key = key_symmetric(digest, sizeof digest);
  struct encryption encryption = aes("derived");
  struct buf text, body;
  buf_init(&text, 1000);
  buf_init(&body, 1000);
  encrypt(&encryption, key, PLAIN, &text);
  buf_addf(&body, "{\"data\":\"%s\"}", buf_string(&text));
  assert_string_equal(open_answer(&encryption, parts, 2, values, buf_string(&body)), "4111111111111111");
  buf_free(&text);
  buf_free(&body);
  key_unref(key);
}

static void a_key_that_stands_in_the_answer_is_opened_first(void **state) {
  (void)state;
  static const struct part parts[] = { { .name = "private_key", .source = FROM_CREDENTIAL, .into = INTO_NOTHING, .type = PART_PEM } };
  const struct encryption wrapped = { .spec = { cipher_find("rsa-oaep-sha256"), CIPHER_ZERO, CIPHER_BESIDE, ENCODING_HEX },
                                      .at = "key",
                                      .key = "private_key" };
  struct encryption encryption = aes(NULL);
  encryption.wrapped = &wrapped;
  const struct value values[] = { value_of(keys_made[0].pem) };
  struct key *public = read_key(keys_made[0].public_pem), *key = key_symmetric(BYTES, 32);
  static const struct {
    const char *wrapped_text, *expected;
  } cases[] = { { BYTES, "4111111111111111" }, { "0123456789abcdef", NULL }, { "short", NULL }, { "", NULL } };
  for (size_t i = 0; i < COUNT_OF(cases); i++) {
    struct buf text, in_front, body;
    buf_init(&text, 1000);
    buf_init(&in_front, 2000);
    buf_init(&body, 4000);
    encrypt(&encryption, key, PLAIN, &text);
    encrypt(&wrapped, public, cases[i].wrapped_text, &in_front);
    buf_addf(&body, "{\"data\":\"%s\",\"key\":\"%s\"}", buf_string(&text), buf_string(&in_front));
    const char *got = open_answer(&encryption, parts, 1, values, buf_string(&body));
    if (cases[i].expected)
      assert_string_equal(got, cases[i].expected);
    else
      assert_null(got);
    buf_free(&text);
    buf_free(&in_front);
    buf_free(&body);
  }
  key_unref(public);
  key_unref(key);
}

static void an_answer_without_a_body_is_nothing(void **state) {
  (void)state;
  struct encryption encryption = aes("key");
  struct operation operation = { .name = "op", .decrypt = &encryption };
  struct values values;
  values_init(&values);
  encryption.at = NULL;
  const struct encrypted_answer answer = { .operation = &operation, .values = &values };
  assert_null(encryption_tree(&answer, NULL, 0));
  values_free(&values);
}

static void an_example_is_plain(void **state) {
  (void)state;
  struct encryption encryption = aes("key");
  struct buf out;
  buf_init(&out, 100);
  const struct encrypted_answer answer = { .plain = true };
  assert_true(encryption_open(&encryption, &answer, "it", 2, &out));
  assert_string_equal(buf_string(&out), "it");
  buf_free(&out);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_key_is_read_as_its_part_says),
    cmocka_unit_test(what_is_no_key_says_why),
    cmocka_unit_test(a_key_of_another_kind_does_not_fit),
    cmocka_unit_test(a_member_or_all_of_an_answer_is_opened),
    cmocka_unit_test(what_cannot_be_opened_is_nothing),
    cmocka_unit_test(a_key_that_is_derived_is_made_for_the_answer),
    cmocka_unit_test(a_key_that_stands_in_the_answer_is_opened_first),
    cmocka_unit_test(an_answer_without_a_body_is_nothing),
    cmocka_unit_test(an_example_is_plain),
  };
  return cmocka_run_group_tests(tests, make_base, free_base);
}
