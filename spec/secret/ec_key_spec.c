/* EC private keys: read to the same number that OpenSSL reads, in every form, and nothing else is one. */
#include "secret/ec_key.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum form { PKCS8, SEC1, LOCKED };

/* The PEM of a key, to be freed. */
static char *pem_of(EVP_PKEY *key, enum form form) {
  BIO *bio = BIO_new(BIO_s_mem());
  char *bytes, *text;
  if (form == SEC1)
    assert_int_equal(PEM_write_bio_PrivateKey_traditional(bio, key, NULL, NULL, 0, NULL, NULL), 1);
  else
    assert_int_equal(PEM_write_bio_PKCS8PrivateKey(bio, key, form == LOCKED ? EVP_aes_256_cbc() : NULL, NULL, 0, NULL, (void *)"password"), 1);
  long len = BIO_get_mem_data(bio, &bytes);
  text = malloc((size_t)len + 1);
  assert_non_null(text);
  memcpy(text, bytes, (size_t)len);
  text[len] = '\0';
  BIO_free(bio);
  return text;
}

static void assert_read(const char *pem, EVP_PKEY *key) {
  BIGNUM *wanted = NULL, *got = NULL;
  char group[2][80];
  EVP_PKEY *read = ec_key_read(pem, strlen(pem));
  assert_non_null(read);
  assert_int_equal(EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_PRIV_KEY, &wanted), 1);
  assert_int_equal(EVP_PKEY_get_bn_param(read, OSSL_PKEY_PARAM_PRIV_KEY, &got), 1);
  assert_int_equal(BN_cmp(wanted, got), 0);
  EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, group[0], sizeof group[0], NULL);
  EVP_PKEY_get_utf8_string_param(read, OSSL_PKEY_PARAM_GROUP_NAME, group[1], sizeof group[1], NULL);
  assert_string_equal(group[0], group[1]);
  BN_clear_free(wanted);
  BN_clear_free(got);
  EVP_PKEY_free(read);
}

static void assert_refused(const char *text, size_t len) {
  EVP_PKEY *read = ec_key_read(text, len);
  if (read) fail_msg("%zu bytes were read as a key", len);
}

static void keys_are_read(void **state) {
  (void)state;
  static const char *const curves[] = { "P-256", "P-384", "P-521", "secp256k1", "brainpoolP256r1" };
  for (size_t i = 0; i < sizeof curves / sizeof curves[0]; i++)
    for (int form = PKCS8; form <= SEC1; form++) {
      EVP_PKEY *key = EVP_EC_gen(curves[i]);
      char *pem = pem_of(key, (enum form)form);
      assert_read(pem, key);
      free(pem);
      EVP_PKEY_free(key);
    }
}

static void what_stands_around_a_key_does_not_matter(void **state) {
  (void)state;
  char text[4096], *out = text;
  EVP_PKEY *key = EVP_EC_gen("P-256");
  char *pem = pem_of(key, SEC1);
  snprintf(text, sizeof text, "Bag Attributes\n-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n%sand more\n", pem);
  assert_read(text, key);
  for (const char *c = pem; *c; c++) {
    if (*c == '\n') *out++ = '\r';
    *out++ = *c;
  }
  *out = '\0';
  assert_read(text, key);
  free(pem);
  EVP_PKEY_free(key);
}

static void what_is_no_key_is_refused(void **state) {
  (void)state;
  EVP_PKEY *key = EVP_EC_gen("P-256"), *rsa = EVP_RSA_gen(1024);
  char *pem = pem_of(key, PKCS8), *locked = pem_of(key, LOCKED), *other = pem_of(rsa, PKCS8);
  assert_refused("", 0);
  assert_refused("no PEM", 6);
  assert_refused(locked, strlen(locked));
  assert_refused(other, strlen(other));
  for (size_t len = 0; len + 1 < strlen(pem); len++)
    assert_refused(pem, len);
  static const char zero[] =
      "-----BEGIN EC PRIVATE KEY-----\nMBMCAQEEAQCgCgYIKoZIzj0DAQc=\n-----END EC PRIVATE KEY-----\n"; /* a number that is 0, and a length that is wrong */
  assert_refused(zero, sizeof zero - 1);
  free(pem);
  free(locked);
  free(other);
  EVP_PKEY_free(key);
  EVP_PKEY_free(rsa);
}

/* Whatever byte is changed: no crash; the sanitizers look on. */
static void damaged_keys_do_no_harm(void **state) {
  (void)state;
  EVP_PKEY *key = EVP_EC_gen("P-256");
  char *pem = pem_of(key, PKCS8);
  for (size_t i = 0; pem[i]; i++)
    for (const char *c = "A/+=z\n"; *c; c++) {
      char kept = pem[i];
      pem[i] = *c;
      EVP_PKEY_free(ec_key_read(pem, strlen(pem)));
      pem[i] = kept;
    }
  free(pem);
  EVP_PKEY_free(key);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(keys_are_read),
    cmocka_unit_test(what_stands_around_a_key_does_not_matter),
    cmocka_unit_test(what_is_no_key_is_refused),
    cmocka_unit_test(damaged_keys_do_no_harm),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
