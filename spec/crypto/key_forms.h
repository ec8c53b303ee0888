/* Keys of OpenSSL's in every form that it writes, which is somebody else's eye on what key_read reads. All that is returned is to be freed. */
#ifndef CARDS_SPEC_KEY_FORMS_H
#define CARDS_SPEC_KEY_FORMS_H

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/key.h"

#define PASSWORD "correct horse"
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

enum form { PKCS8, TRADITIONAL, LOCKED, OLD_LOCKED, SPKI, CERTIFICATE, FORMS };

static inline EVP_PKEY *key_of(const char *type) {
  EVP_PKEY *key = strcmp(type, "RSA") == 0                         ? EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048)
                  : strcmp(type, "ED25519") == 0 || type[0] == 'X' ? EVP_PKEY_Q_keygen(NULL, NULL, type)
                                                                   : EVP_EC_gen(type);
  assert_non_null(key);
  return key;
}

static inline void write_certificate(BIO *bio, EVP_PKEY *key) {
  X509 *made = X509_new();
  EVP_PKEY *signer = EVP_EC_gen("P-256");
  X509_NAME *name = X509_get_subject_name(made);
  assert_int_equal(X509_set_version(made, 2), 1);
  assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(made), 4711), 1);
  X509_gmtime_adj(X509_getm_notBefore(made), 0);
  X509_gmtime_adj(X509_getm_notAfter(made), 3600);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"spec", -1, -1, 0);
  X509_set_issuer_name(made, name);
  X509_set_pubkey(made, key);
  assert_true(X509_sign(made, signer, EVP_sha256()) > 0);
  assert_int_equal(PEM_write_bio_X509(bio, made), 1);
  EVP_PKEY_free(signer);
  X509_free(made);
}

static inline char *text_of(BIO *bio) {
  char *bytes;
  long len = BIO_get_mem_data(bio, &bytes);
  char *text = malloc((size_t)len + 1);
  assert_non_null(text);
  memcpy(text, bytes, (size_t)len);
  text[len] = '\0';
  BIO_free(bio);
  return text;
}

static inline char *pem_of(EVP_PKEY *key, enum form form) {
  BIO *bio = BIO_new(BIO_s_mem());
  const EVP_CIPHER *cipher = form == LOCKED || form == OLD_LOCKED ? EVP_aes_256_cbc() : NULL;
  int done = 1;
  switch (form) {
  case PKCS8:
  case LOCKED: done = PEM_write_bio_PKCS8PrivateKey(bio, key, cipher, NULL, 0, NULL, (void *)PASSWORD); break;
  case TRADITIONAL:
  case OLD_LOCKED: done = PEM_write_bio_PrivateKey_traditional(bio, key, cipher, NULL, 0, NULL, cipher ? (void *)PASSWORD : NULL); break;
  case SPKI: done = PEM_write_bio_PUBKEY(bio, key); break;
  default: write_certificate(bio, key);
  }
  assert_int_equal(done, 1);
  return text_of(bio);
}

/* What stands between the lines of a PEM: base64 of DER. */
static inline char *base64_of(const char *pem) {
  const char *start = strchr(pem, '\n') + 1, *end = strstr(pem, "\n-----END");
  return strndup(start, (size_t)(end - start));
}

#define assert_read(key, text)        assert_is_key(key_read_or_fail(text, NULL), key, true)
#define assert_public_read(key, text) assert_is_key(key_read_or_fail(text, NULL), key, false)
#define assert_refused(text, said)    assert_refused_with(text, strlen(text), NULL, said)

static inline struct key *key_read_or_fail(const char *text, const char *password) {
  const char *why = NULL;
  struct key *key = key_read(text, strlen(text), password, password ? strlen(password) : 0, &why);
  if (!key) fail_msg("%s in %.60s", why, text);
  return key;
}

static inline void assert_same_number(EVP_PKEY *a, EVP_PKEY *b, const char *param) {
  BIGNUM *numbers[2] = { NULL, NULL };
  assert_int_equal(EVP_PKEY_get_bn_param(a, param, &numbers[0]), 1);
  assert_int_equal(EVP_PKEY_get_bn_param(b, param, &numbers[1]), 1);
  assert_int_equal(BN_cmp(numbers[0], numbers[1]), 0);
  BN_clear_free(numbers[0]);
  BN_clear_free(numbers[1]);
}

/* Compares every number, and gives the key back. */
static inline void assert_is_key(struct key *read, EVP_PKEY *key, bool private) {
  EVP_PKEY *got = key_pkey(read);
  assert_int_equal(key_is_private(read), private);
  assert_int_equal(EVP_PKEY_eq(key, got), 1);
  if (private && key_kind(read) == KEY_RSA) {
    static const char *const names[] = { OSSL_PKEY_PARAM_RSA_D,         OSSL_PKEY_PARAM_RSA_FACTOR1,   OSSL_PKEY_PARAM_RSA_FACTOR2,
                                         OSSL_PKEY_PARAM_RSA_EXPONENT1, OSSL_PKEY_PARAM_RSA_EXPONENT2, OSSL_PKEY_PARAM_RSA_COEFFICIENT1 };
    for (size_t i = 0; i < COUNT(names); i++)
      assert_same_number(key, got, names[i]);
  } else if (private && key_kind(read) == KEY_EC) {
    assert_same_number(key, got, OSSL_PKEY_PARAM_PRIV_KEY);
  } else if (private) {
    unsigned char bytes[2][64];
    size_t lens[2] = { sizeof bytes[0], sizeof bytes[1] };
    assert_int_equal(EVP_PKEY_get_raw_private_key(key, bytes[0], &lens[0]), 1);
    assert_int_equal(EVP_PKEY_get_raw_private_key(got, bytes[1], &lens[1]), 1);
    assert_int_equal(lens[0], lens[1]);
    assert_memory_equal(bytes[0], bytes[1], lens[0]);
  }
  key_unref(read);
}

static inline void assert_refused_with(const char *text, size_t len, const char *password, const char *said) {
  const char *why = NULL;
  struct key *read = key_read(text, len, password, password ? strlen(password) : 0, &why);
  if (read) fail_msg("%.60s was read as a key", text);
  if (said)
    assert_string_equal(why, said);
  else
    assert_non_null(why);
}

#endif
