/* What we make is opened and verified by Node's crypto and by jose, and what they make by us. */
#define _GNU_SOURCE 1
#include "key_forms.h"
#include "keys.h"

#include "crypto/cipher.h"
#include "crypto/jwe.h"
#include "crypto/jwt.h"
#include "peer.h"

#define PLAIN "{\"pan\":\"4111111111111111\",\"name\":\"Zo\xc3\xab\"}"

static const char *const encs[] = { "A128GCM", "A192GCM", "A256GCM", "A128CBC-HS256", "A192CBC-HS384", "A256CBC-HS512" };
static const size_t enc_bytes[] = { 16, 24, 32, 32, 48, 64 };

static const struct {
  const char *alg;
  size_t key;   /* in keys_made, */
  size_t bytes; /* or a JWK of so many; 1 for as many as the enc needs */
} algs[] = {
  { "RSA-OAEP", 0, 0 },       { "RSA-OAEP-256", 0, 0 },   { "ECDH-ES", 1, 0 },        { "ECDH-ES", 2, 0 },        { "ECDH-ES", 3, 0 },
  { "ECDH-ES", 5, 0 },        { "ECDH-ES+A128KW", 1, 0 }, { "ECDH-ES+A192KW", 2, 0 }, { "ECDH-ES+A256KW", 3, 0 }, { "ECDH-ES+A128KW", 5, 0 },
  { "ECDH-ES+A256KW", 1, 0 }, { "A128KW", 0, 16 },        { "A192KW", 0, 24 },        { "A256KW", 0, 32 },        { "dir", 0, 1 },
};

/* The JWK of an alg's key, to be freed. */
static char *jwk_for(size_t alg, size_t enc) {
  size_t len = algs[alg].bytes == 1 ? enc_bytes[enc] : algs[alg].bytes;
  unsigned char bytes[64];
  struct buf jwk;
  if (len == 0) return strdup(keys_made[algs[alg].key].jwk);
  buf_init(&jwk, 1000);
  for (size_t i = 0; i < len; i++)
    bytes[i] = (unsigned char)(i * 31 + len);
  buf_add_string(&jwk, "{\"kty\":\"oct\",\"k\":\"");
  encoding_write(ENCODING_BASE64URL, bytes, len, &jwk);
  buf_add_string(&jwk, "\"}");
  char *copy = strdup(buf_string(&jwk));
  buf_free(&jwk);
  return copy;
}

static void opens(const char *message, const char *jwk, const char *alg, const char *enc) {
  const char *why = NULL;
  struct key *key = key_read_or_fail(jwk, NULL);
  struct buf out;
  buf_init(&out, 4096);
  if (!jwe_open(message, strlen(message), key, alg, enc, &out, &why)) fail_msg("%s %s: %s in %s", alg, enc, why, message);
  assert_string_equal(buf_string(&out), PLAIN);
  buf_free(&out);
  key_unref(key);
}

static void we_open_what_jose_encrypts(void **state) {
  (void)state;
  static const char *const forms[] = { "compact", "flattened", "general" };
  size_t len;
  for (size_t alg = 0; alg < COUNT(algs); alg++)
    for (size_t enc = 0; enc < COUNT(encs); enc++)
      for (size_t form = 0; form < COUNT(forms); form++) {
        struct json_node *root;
        char *jwk = jwk_for(alg, enc);
        bool agrees = algs[alg].alg[0] == 'E', parties = agrees && enc % 2, general = form == 2;
        if (general && (strcmp(algs[alg].alg, "dir") == 0 || strcmp(algs[alg].alg, "ECDH-ES") == 0)) { /* which are for one recipient */
          free(jwk);
          continue;
        }
        const struct json_node *made =
            peer_ask(&root, "jwe_make", "alg", algs[alg].alg, "enc", encs[enc], "form", forms[form], "text", PLAIN, "key", jwk, "header",
                     enc == 3 ? "{\"kid\":\"a key\",\"iat\":1700000000,\"x5c\":[\"AA\"]}" : NULL, "aad", form > 0 && enc % 2 ? "in addition" : NULL,
                     "apu", parties && !general ? "Alice" : NULL, "apv", parties && !general ? "Bob" : NULL, NULL);
        opens(json_string(made, &len), jwk, algs[alg].alg, encs[enc]);
        opens(json_string(made, &len), jwk, NULL, NULL);
        json_free(root);
        free(jwk);
      }
}

static void jose_opens_what_we_encrypt(void **state) {
  (void)state;
  size_t len;
  for (size_t alg = 0; alg < COUNT(algs); alg++)
    for (size_t enc = 0; enc < COUNT(encs); enc++)
      for (int more = 0; more < 2; more++) {
        struct json_node *root;
        const char *why = NULL;
        char *jwk = jwk_for(alg, enc);
        struct key *key = key_read_or_fail(jwk, NULL);
        struct buf out;
        buf_init(&out, 8192);
        const char *header = more ? "{\"kid\":\"k1\",\"apu\":\"QWxpY2U\",\"apv\":\"Qm9i\",\"iat\":1700000000}" : NULL;
        if (!jwe_close(algs[alg].alg, encs[enc], key, header, PLAIN, strlen(PLAIN), &out, &why)) fail_msg("%s", why);
        const struct json_node *result = peer_ask(&root, "jwe_open", "text", buf_string(&out), "key", jwk, NULL);
        assert_string_equal(json_string(json_at(result, "text"), &len), PLAIN);
        const char *said = json_string(json_at(result, "header"), &len);
        if (more) assert_non_null(strstr(said, "\"kid\":\"k1\",\"apu\":\"QWxpY2U\",\"apv\":\"Qm9i\",\"iat\":1700000000}"));
        if (!more) assert_null(strstr(said, "\"kid\":"));
        json_free(root);
        buf_free(&out);
        key_unref(key);
        free(jwk);
      }
}

static void jose_verifies_our_tokens(void **state) {
  (void)state;
  static const struct {
    const char *alg;
    size_t key;
  } cases[] = { { "RS256", 0 }, { "RS512", 0 }, { "PS256", 0 }, { "PS512", 0 }, { "ES256", 1 },
                { "ES384", 2 }, { "EdDSA", 4 }, { "HS256", 6 }, { "HS384", 6 }, { "HS512", 6 } };
  size_t len;
  for (size_t i = 0; i < COUNT(cases); i++)
    for (int round = 0; round < 8; round++) {
      struct json_node *root;
      const char *why = NULL;
      char *jwk = cases[i].key < COUNT(keys_made) ? strdup(keys_made[cases[i].key].jwk) : jwk_for(13, 5);
      struct key *key = key_read_or_fail(jwk, NULL);
      struct buf out;
      buf_init(&out, 8192);
      assert_true(signing_fits(jwt_signing(cases[i].alg), key, &why));
      if (!jwt_make(cases[i].alg, key, round % 2 ? "{\"kid\":\"k1\",\"typ\":\"at+jwt\"}" : NULL, "{\"iss\":\"us\",\"iat\":1700000000}", &out, &why))
        fail_msg("%s", why);
      const struct json_node *result = peer_ask(&root, "jwt", "alg", cases[i].alg, "token", buf_string(&out), "key", jwk, NULL);
      assert_string_equal(json_string(json_at(result, "claims"), &len), "{\"iss\":\"us\",\"iat\":1700000000}");
      const char *header = json_string(json_at(result, "header"), &len);
      char wanted[100];
      snprintf(wanted, sizeof wanted, "{\"alg\":\"%s\",%s}", cases[i].alg, round % 2 ? "\"kid\":\"k1\",\"typ\":\"at+jwt\"" : "\"typ\":\"JWT\"");
      assert_string_equal(header, wanted);
      json_free(root);
      buf_free(&out);
      key_unref(key);
      free(jwk);
    }
}

static void node_verifies_our_signatures(void **state) {
  (void)state;
  static const struct {
    const char *algorithm;
    size_t key;
  } cases[] = { { "rsa-sha256", 0 },   { "rsa-sha512", 0 },   { "rsa-pss-sha256", 0 },   { "rsa-pss-sha512", 0 },   { "ecdsa-sha256", 1 },
                { "ecdsa-sha384", 2 }, { "ecdsa-sha256", 3 }, { "ecdsa-sha256-raw", 1 }, { "ecdsa-sha384-raw", 2 }, { "ed25519", 4 } };
  for (size_t i = 0; i < COUNT(cases); i++)
    for (int round = 0; round < 20; round++) {
      struct json_node *root;
      const char *why = NULL;
      struct key *key = key_read_or_fail(keys_made[cases[i].key].pem, NULL);
      struct buf made, base64;
      buf_init(&made, 1024);
      buf_init(&base64, 2048);
      assert_true(signing_make(signing_find(cases[i].algorithm), key, SIGNED_TEXT, strlen(SIGNED_TEXT), &made, &why));
      encoding_write(ENCODING_BASE64, made.data, made.len, &base64);
      for (int other = 0; other < 2; other++) {
        const struct json_node *result = peer_ask(&root, "verify", "algorithm", cases[i].algorithm, "text", other ? "another text" : SIGNED_TEXT,
                                                  "signature", buf_string(&base64), "key", keys_made[cases[i].key].public_pem, NULL);
        assert_int_equal(json_boolean(result), !other);
        json_free(root);
      }
      buf_free(&made);
      buf_free(&base64);
      key_unref(key);
    }
}

static void node_decrypts_what_we_encrypt(void **state) {
  (void)state;
  static const char *const ciphers[] = { "rsa-pkcs1",   "rsa-oaep",    "rsa-oaep-sha256", "aes-128-cbc", "aes-192-cbc", "aes-256-cbc", "aes-128-ctr",
                                         "aes-256-ctr", "aes-128-ecb", "aes-256-ecb",     "aes-128-gcm", "aes-192-gcm", "aes-256-gcm" };
  size_t len;
  for (size_t i = 0; i < COUNT(ciphers); i++) {
    struct cipher_spec spec = { cipher_find(ciphers[i]), CIPHER_BESIDE, CIPHER_BESIDE, ENCODING_BASE64 };
    bool rsa = !cipher_takes_bytes(spec.cipher);
    char *jwk = jwk_for(rsa ? 0 : strstr(ciphers[i], "128") ? 11 : strstr(ciphers[i], "192") ? 12 : 13, 0);
    struct key *key = key_read_or_fail(jwk, NULL);
    for (int round = 0; round < 10; round++) {
      struct json_node *root;
      const char *why = NULL;
      struct buf iv, tag, out;
      buf_init(&iv, 100);
      buf_init(&tag, 100);
      buf_init(&out, 1000);
      if (!cipher_close(&spec, key, PLAIN, strlen(PLAIN), &iv, &tag, &out, &why)) fail_msg("%s: %s", ciphers[i], why);
      const struct json_node *result = peer_ask(&root, "decrypt", "cipher", ciphers[i], "iv", buf_string(&iv), "tag", buf_string(&tag), "text",
                                                buf_string(&out), "key", jwk, NULL);
      assert_string_equal(json_string(result, &len), PLAIN);
      json_free(root);
      buf_free(&iv);
      buf_free(&tag);
      buf_free(&out);
    }
    key_unref(key);
    free(jwk);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(we_open_what_jose_encrypts),   cmocka_unit_test(jose_opens_what_we_encrypt),    cmocka_unit_test(jose_verifies_our_tokens),
    cmocka_unit_test(node_verifies_our_signatures), cmocka_unit_test(node_decrypts_what_we_encrypt),
  };
  return cmocka_run_group_tests(tests, peer_start, peer_stop);
}
