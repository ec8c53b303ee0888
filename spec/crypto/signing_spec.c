/* Signatures: those that are always the same as Node makes them, the others as OpenSSL verifies them, and by no key that does not fit. */
#include <openssl/err.h>
#include <openssl/rsa.h>

#include "key_forms.h"
#include "keys.h"

#include "crypto/encoding.h"
#include "crypto/signing.h"
#include "json/json.h"

static struct key *key_named(const char *name) {
  for (size_t i = 0; i < COUNT(keys_made); i++)
    if (strcmp(keys_made[i].name, name) == 0) return key_read_or_fail(keys_made[i].pem, NULL);
  return strcmp(name, "bytes") == 0 ? key_symmetric(SIGNED_KEY, strlen(SIGNED_KEY)) : NULL;
}

static void make(const char *algorithm, const struct key *key, const void *text, size_t len, struct buf *out) {
  const struct signing *signing = signing_find(algorithm);
  const char *why = NULL;
  assert_non_null(signing);
  buf_init(out, 4096);
  assert_true(buf_add_string(out, "before:"));
  if (!signing_fits(signing, key, &why)) fail_msg("%s: %s", algorithm, why);
  if (!signing_make(signing, key, text, len, out, &why)) fail_msg("%s: %s", algorithm, why);
  assert_memory_equal(out->data, "before:", 7);
  memmove(out->data, out->data + 7, out->len - 7);
  buf_cut(out, out->len - 7);
}

static void what_never_varies_is_as_another_program_makes_it(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(signatures_made); i++) {
    struct key *key = key_named(signatures_made[i].key);
    struct buf made, hex;
    make(signatures_made[i].algorithm, key, SIGNED_TEXT, strlen(SIGNED_TEXT), &made);
    buf_init(&hex, 4096);
    encoding_write(ENCODING_HEX, made.data, made.len, &hex);
    assert_string_equal(buf_string(&hex), signatures_made[i].hex);
    assert_true((key != NULL) == signing_needs_key(signing_find(signatures_made[i].algorithm)));
    assert_true((strcmp(signatures_made[i].key, "bytes") == 0) == signing_takes_bytes(signing_find(signatures_made[i].algorithm)));
    buf_free(&hex);
    buf_free(&made);
    key_unref(key);
  }
}

/* RFC 8032 section 7.1 (tests 1 to 3), RFC 4231 (tests 1, 2 and 6), RFC 2202 (test 2), FIPS 180-4 ("abc"). */
static void the_vectors_of_the_standards_are_met(void **state) {
  (void)state;
  static const struct {
    const char *algorithm, *key, *text, *made; /* hexadecimal */
  } vectors[] = {
    { "ed25519", "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60", "",
      "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b" },
    { "ed25519", "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb", "72",
      "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00" },
    { "ed25519", "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7", "af82",
      "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a" },
    { "hmac-sha256", "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "4869205468657265",
      "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7" },
    { "hmac-sha384", "4a656665", "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
      "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649" },
    { "hmac-sha512", "4a656665", "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
      "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737" },
    { "hmac-sha1", "4a656665", "7768617420646f2079612077616e7420666f72206e6f7468696e673f", "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79" },
    { "sha1", NULL, "616263", "a9993e364706816aba3e25717850c26c9cd0d89d" },
    { "sha256", NULL, "616263", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
    { "sha384", NULL, "616263", "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7" },
    { "sha512", NULL, "616263",
      "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f" },
  };
  for (size_t i = 0; i < COUNT(vectors); i++) {
    struct buf key_text, text, made, hex;
    struct key *key = NULL;
    buf_init(&key_text, 100);
    buf_init(&text, 100);
    buf_init(&hex, 1000);
    assert_true(encoding_read(ENCODING_HEX, vectors[i].text, strlen(vectors[i].text), &text));
    if (vectors[i].key) {
      struct buf jwk;
      buf_init(&jwk, 300);
      assert_true(encoding_read(ENCODING_HEX, vectors[i].key, strlen(vectors[i].key), &key_text));
      if (vectors[i].algorithm[0] == 'h') {
        key = key_symmetric(key_text.data, key_text.len);
      } else { /* PKCS#8 */
        static const unsigned char head[] = { 0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20 };
        buf_add(&jwk, head, sizeof head);
        buf_add(&jwk, key_text.data, key_text.len);
        struct buf base64;
        buf_init(&base64, 300);
        buf_add_base64(&base64, jwk.data, jwk.len);
        key = key_read_or_fail(buf_string(&base64), NULL);
        buf_free(&base64);
      }
      buf_free(&jwk);
    }
    make(vectors[i].algorithm, key, buf_string(&text), text.len, &made);
    encoding_write(ENCODING_HEX, made.data, made.len, &hex);
    assert_string_equal(buf_string(&hex), vectors[i].made);
    buf_free(&key_text);
    buf_free(&text);
    buf_free(&made);
    buf_free(&hex);
    key_unref(key);
  }
}

/* --- what has chance in it --- */

static bool verifies(const char *algorithm, EVP_PKEY *key, const unsigned char *made, size_t len, const char *text) {
  EVP_PKEY_CTX *options;
  EVP_MD_CTX *context = EVP_MD_CTX_new();
  const EVP_MD *digest = strstr(algorithm, "384") ? EVP_sha384() : strstr(algorithm, "512") ? EVP_sha512() : EVP_sha256();
  assert_int_equal(EVP_DigestVerifyInit(context, &options, digest, NULL, key), 1);
  if (strstr(algorithm, "pss")) {
    assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING), 1);
    assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_saltlen(options, EVP_MD_get_size(digest)), 1);
    assert_int_equal(EVP_PKEY_CTX_set_rsa_mgf1_md(options, digest), 1);
  }
  bool ok = EVP_DigestVerify(context, made, len, (const unsigned char *)text, strlen(text)) == 1;
  EVP_MD_CTX_free(context);
  return ok;
}

/* r and s as the DER that OpenSSL verifies. */
static size_t der_of_raw(const unsigned char *raw, size_t half, unsigned char *der) {
  ECDSA_SIG *both = ECDSA_SIG_new();
  unsigned char *at = der;
  assert_int_equal(ECDSA_SIG_set0(both, BN_bin2bn(raw, (int)half, NULL), BN_bin2bn(raw + half, (int)half, NULL)), 1);
  int len = i2d_ECDSA_SIG(both, &at);
  ECDSA_SIG_free(both);
  return (size_t)len;
}

static void what_varies_is_verified(void **state) {
  (void)state;
  static const struct {
    const char *algorithm, *key;
    size_t half;
  } cases[] = {
    { "rsa-sha256", "rsa", 0 },         { "rsa-sha512", "rsa", 0 },         { "rsa-pss-sha256", "rsa", 0 },
    { "rsa-pss-sha512", "rsa", 0 },     { "ecdsa-sha256", "p256", 0 },      { "ecdsa-sha384", "p384", 0 },
    { "ecdsa-sha256-raw", "p256", 32 }, { "ecdsa-sha384-raw", "p384", 48 }, { "ecdsa-sha256", "p521", 0 },
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    struct key *key = key_named(cases[i].key);
    for (int round = 0; round < (cases[i].half ? 600 : 20); round++) { /* some r and s have zeros in front */
      struct buf made;
      unsigned char der[200];
      make(cases[i].algorithm, key, SIGNED_TEXT, strlen(SIGNED_TEXT), &made);
      const unsigned char *bytes = (const unsigned char *)made.data;
      size_t len = made.len;
      if (cases[i].half) {
        assert_int_equal(len, 2 * cases[i].half);
        len = der_of_raw(bytes, cases[i].half, der);
        bytes = der;
      }
      assert_true(verifies(cases[i].algorithm, key_pkey(key), bytes, len, SIGNED_TEXT));
      assert_false(verifies(cases[i].algorithm, key_pkey(key), bytes, len, "another text"));
      buf_free(&made);
    }
    key_unref(key);
  }
}

/* --- what does not fit --- */

static void a_name_that_is_none_is_not_found(void **state) {
  (void)state;
  static const char *const names[] = { "", "md5", "hmac-md5", "rsa-sha1", "HMAC-SHA256", "sha256 ", "ecdsa", "none", "ecdsa-sha512" };
  for (size_t i = 0; i < COUNT(names); i++)
    assert_null(signing_find(names[i]));
}

static void no_key_signs_for_another_algorithm(void **state) {
  (void)state;
  static const struct {
    const char *algorithm, *key, *said;
  } cases[] = {
    { "hmac-sha256", "rsa", "is not bytes, as this algorithm needs" },
    { "hmac-sha256", "p256", "is not bytes, as this algorithm needs" },
    { "rsa-sha256", "bytes", "is not the RSA key that this algorithm needs" },
    { "rsa-pss-sha512", "p256", "is not the RSA key that this algorithm needs" },
    { "ecdsa-sha256", "rsa", "is not the EC key that this algorithm needs" },
    { "ecdsa-sha256-raw", "ed25519", "is not the EC key that this algorithm needs" },
    { "ecdsa-sha256-raw", "p384", "has another curve than this algorithm needs" },
    { "ecdsa-sha384-raw", "p256", "has another curve than this algorithm needs" },
    { "ecdsa-sha384-raw", "p521", "has another curve than this algorithm needs" },
    { "ed25519", "x25519", "is not the Ed25519 key that this algorithm needs" },
    { "ed25519", "p256", "is not the Ed25519 key that this algorithm needs" },
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    struct key *key = key_named(cases[i].key);
    const char *why = NULL;
    assert_false(signing_fits(signing_find(cases[i].algorithm), key, &why));
    assert_string_equal(why, cases[i].said);
    key_unref(key);
  }
}

static void a_public_key_does_not_sign(void **state) {
  (void)state;
  static const char *const algorithms[] = { "rsa-sha256", "ecdsa-sha256-raw", "ecdsa-sha384-raw", "ecdsa-sha256", "ed25519" };
  for (size_t i = 0; i < COUNT(algorithms); i++) {
    const char *why = NULL;
    struct key *key = key_read_or_fail(keys_made[i].public_pem, NULL);
    assert_false(signing_fits(signing_find(algorithms[i]), key, &why));
    assert_string_equal(why, "is a public key where a private one is needed");
    key_unref(key);
  }
}

/* A curve without a name in JWK signs in DER, but not raw. */
static void any_curve_signs_in_der(void **state) {
  (void)state;
  EVP_PKEY *pkey = key_of("secp256k1");
  char *pem = pem_of(pkey, TRADITIONAL);
  struct key *key = key_read_or_fail(pem, NULL);
  struct buf made;
  const char *why;
  make("ecdsa-sha256", key, SIGNED_TEXT, strlen(SIGNED_TEXT), &made);
  assert_true(verifies("ecdsa-sha256", pkey, (const unsigned char *)made.data, made.len, SIGNED_TEXT));
  assert_false(signing_fits(signing_find("ecdsa-sha256-raw"), key, &why));
  buf_free(&made);
  key_unref(key);
  free(pem);
  EVP_PKEY_free(pkey);
}

static void a_signature_that_has_no_room_is_an_error(void **state) {
  (void)state;
  ERR_clear_error();
  for (size_t i = 0; i < COUNT(signatures_made); i++) {
    struct key *key = key_named(signatures_made[i].key);
    const char *why = NULL;
    struct buf out;
    buf_init(&out, strlen(signatures_made[i].hex) / 2 - 1);
    assert_false(signing_make(signing_find(signatures_made[i].algorithm), key, "x", 1, &out, &why));
    assert_string_equal(why, "could not sign");
    assert_int_equal(out.len, 0);
    buf_free(&out);
    buf_init(&out, strlen(signatures_made[i].hex) / 2);
    assert_true(signing_make(signing_find(signatures_made[i].algorithm), key, "x", 1, &out, &why));
    buf_free(&out);
    key_unref(key);
  }
  assert_int_equal(ERR_peek_error(), 0);
}

static int set_up(void **state) {
  (void)state;
  json_setup();
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(what_never_varies_is_as_another_program_makes_it),
    cmocka_unit_test(the_vectors_of_the_standards_are_met),
    cmocka_unit_test(what_varies_is_verified),
    cmocka_unit_test(a_name_that_is_none_is_not_found),
    cmocka_unit_test(no_key_signs_for_another_algorithm),
    cmocka_unit_test(a_public_key_does_not_sign),
    cmocka_unit_test(any_curve_signs_in_der),
    cmocka_unit_test(a_signature_that_has_no_room_is_an_error),
  };
  return cmocka_run_group_tests(tests, set_up, NULL);
}
