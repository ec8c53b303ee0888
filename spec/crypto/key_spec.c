/* Keys: read to the same numbers that OpenSSL has, in every form, and nothing else is one. */
#define _GNU_SOURCE 1
#include "key_forms.h"
#include "keys.h"

#include <openssl/err.h>
#include <openssl/pkcs12.h>

#include "crypto/encoding.h"
#include "json/json.h"

#define NO_FORM  "is neither PEM, JWK nor base64 of DER"
#define DAMAGED  "is a damaged key, or of a kind that is not supported"
#define NO_TYPE  "is of a type that is not supported: RSA, EC, Ed25519 and X25519 are"
#define MEMBERS  "is a JWK with members that are missing or wrong"
#define JWK_TYPE "is a JWK of a type that is not known"
#define NUMBERS  "has numbers that are no key"
#define OTHER    "has a public part that does not belong to the private one"

static const char *const types[] = { "RSA", "P-256", "P-384", "P-521", "secp256k1", "brainpoolP256r1", "ED25519", "X25519" };

/* --- DER, as PEM and alone --- */

static void every_form_is_read(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(types); i++) {
    EVP_PKEY *key = key_of(types[i]);
    bool okp = strcmp(types[i], "ED25519") == 0 || types[i][0] == 'X';
    for (int form = PKCS8; form < FORMS; form++) {
      if (form == LOCKED || form == OLD_LOCKED || (form == TRADITIONAL && okp)) continue;
      char *pem = pem_of(key, (enum form)form), *base64 = base64_of(pem);
      assert_is_key(key_read_or_fail(pem, NULL), key, form < SPKI);
      assert_is_key(key_read_or_fail(base64, "not needed"), key, form < SPKI);
      free(pem);
      free(base64);
    }
    EVP_PKEY_free(key);
  }
}

/* RSA PUBLIC KEY, which OpenSSL 3 only writes by a name of an encoder. */
static void a_bare_rsa_public_key_is_read(void **state) {
  (void)state;
  EVP_PKEY *key = key_of("RSA");
  unsigned char *der = NULL;
  int len = i2d_PublicKey(key, &der);
  char base64[1024], pem[1200];
  assert_true(len > 0);
  EVP_EncodeBlock((unsigned char *)base64, der, len);
  snprintf(pem, sizeof pem, "-----BEGIN RSA PUBLIC KEY-----\n%s\n-----END RSA PUBLIC KEY-----", base64);
  assert_public_read(key, base64);
  assert_public_read(key, pem);
  OPENSSL_free(der);
  EVP_PKEY_free(key);
}

static void what_stands_around_a_key_does_not_matter(void **state) {
  (void)state;
  EVP_PKEY *key = key_of("P-256"), *other = key_of("P-256");
  char *pem = pem_of(key, TRADITIONAL), *certificate = pem_of(other, CERTIFICATE), text[8192], *out = text;
  snprintf(
      text, sizeof text,
      "Bag Attributes\n%s-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n%sand more\n-----BEGIN DH PARAMETERS-----\n",
      certificate, pem);
  assert_read(key, text); /* the private one, though it comes later */
  for (const char *c = pem; *c; c++) {
    if (*c == '\n') out = stpcpy(out, "\r");
    *out++ = *c;
    if (*c == '\n') out = stpcpy(out, " \t");
  }
  *out = '\0';
  assert_read(key, text);
  free(pem);
  free(certificate);
  EVP_PKEY_free(key);
  EVP_PKEY_free(other);
}

/* --- a password --- */

static void a_password_opens_what_it_locked(void **state) {
  (void)state;
  static const struct {
    const EVP_CIPHER *(*cipher)(void);
    int prf;
  } ways[] = { { EVP_aes_128_cbc, NID_hmacWithSHA1 },
               { EVP_aes_192_cbc, NID_hmacWithSHA256 },
               { EVP_aes_256_cbc, NID_hmacWithSHA384 },
               { EVP_aes_256_cbc, NID_hmacWithSHA512 },
               { EVP_des_ede3_cbc, NID_hmacWithSHA1 } };
  for (size_t i = 0; i < COUNT(types); i++) {
    EVP_PKEY *key = key_of(types[i]);
    for (size_t way = 0; way < COUNT(ways); way++) {
      PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(key);
      X509_ALGOR *scheme = PKCS5_pbe2_set_iv(ways[way].cipher(), 100, NULL, 0, NULL, ways[way].prf);
      X509_SIG *locked = PKCS8_set0_pbe(PASSWORD, (int)strlen(PASSWORD), info, scheme);
      BIO *bio = BIO_new(BIO_s_mem());
      assert_int_equal(PEM_write_bio_PKCS8(bio, locked), 1);
      char *pem = text_of(bio), *base64 = base64_of(pem);
      assert_is_key(key_read_or_fail(pem, PASSWORD), key, true);
      assert_is_key(key_read_or_fail(base64, PASSWORD), key, true);
      assert_refused_with(pem, strlen(pem), NULL, "is encrypted and needs a password");
      assert_refused_with(pem, strlen(pem), "", NULL);
      const char *why = NULL;
      for (int attempt = 0; attempt < 40; attempt++) { /* of which some have a padding that looks right */
        char wrong[] = "wrong 00";
        wrong[6] = (char)('0' + attempt / 10);
        wrong[7] = (char)('0' + attempt % 10);
        assert_null(key_read(pem, strlen(pem), wrong, strlen(wrong), &why));
        assert_string_equal(why, "cannot be opened with that password");
      }
      free(pem);
      free(base64);
      X509_SIG_free(locked);
      PKCS8_PRIV_KEY_INFO_free(info);
    }
    EVP_PKEY_free(key);
  }
}

static void other_locks_are_named(void **state) {
  (void)state;
  EVP_PKEY *key = key_of("P-256");
  char *old = pem_of(key, OLD_LOCKED);
  assert_refused_with(old, strlen(old), PASSWORD, "is encrypted in the old form of PEM, which is not supported: make it PKCS#8");
  X509_ALGOR *schemes[] = { PKCS5_pbe2_set_scrypt(EVP_aes_256_cbc(), NULL, 0, NULL, 16, 1, 1),
                            PKCS5_pbe2_set_iv(EVP_aes_256_cbc(), 10000001, NULL, 0, NULL, NID_hmacWithSHA256),
                            PKCS5_pbe2_set_iv(EVP_camellia_128_cbc(), 100, NULL, 0, NULL, NID_hmacWithSHA256),
                            PKCS5_pbe2_set_iv(EVP_aes_256_cbc(), 100, NULL, 0, NULL, NID_hmacWithMD5),
                            PKCS5_pbe_set(NID_pbeWithMD5AndDES_CBC, 100, NULL, 0) };
  for (size_t i = 0; i < COUNT(schemes); i++) {
    X509_SIG *locked = X509_SIG_new();
    X509_ALGOR *scheme;
    ASN1_OCTET_STRING *text;
    BIO *bio = BIO_new(BIO_s_mem());
    X509_SIG_getm(locked, &scheme, &text);
    assert_int_equal(X509_ALGOR_copy(scheme, schemes[i]), 1);
    assert_int_equal(ASN1_OCTET_STRING_set(text, (const unsigned char *)"0123456789abcdef", 16), 1);
    assert_int_equal(PEM_write_bio_PKCS8(bio, locked), 1);
    char *pem = text_of(bio);
    assert_refused_with(pem, strlen(pem), PASSWORD, "is encrypted in a way that is not supported: PBES2 with PBKDF2 and AES or triple DES is");
    free(pem);
    X509_SIG_free(locked);
    X509_ALGOR_free(schemes[i]);
  }
  free(old);
  EVP_PKEY_free(key);
}

/* --- JWK --- */

static EVP_PKEY *read_by_openssl(const char *pem, bool private) {
  BIO *bio = BIO_new_mem_buf(pem, -1);
  EVP_PKEY *key = private ? PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL) : PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL);
  assert_non_null(key);
  BIO_free(bio);
  return key;
}

static void another_programs_keys_are_read_in_both_forms(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(keys_made); i++) {
    EVP_PKEY *private = read_by_openssl(keys_made[i].pem, true), *public = read_by_openssl(keys_made[i].public_pem, false);
    assert_read(private, keys_made[i].pem);
    assert_read(private, keys_made[i].jwk);
    assert_public_read(public, keys_made[i].public_pem);
    assert_public_read(public, keys_made[i].public_jwk);
    EVP_PKEY_free(private);
    EVP_PKEY_free(public);
  }
}

static void bytes_are_a_jwk_too(void **state) {
  (void)state;
  const char *why = NULL, text[] = "\n {\"kty\":\"oct\",\"k\":\"AAECAwQFBgcICQoLDA0ODw\",\"kid\":\"1\"} \n"; /* and white space */
  size_t len;
  struct key *key = key_read(text, strlen(text), NULL, 0, &why);
  assert_non_null(key);
  assert_int_equal(key_kind(key), KEY_SYMMETRIC);
  assert_int_equal(key_bits(key), 128);
  assert_true(key_is_private(key));
  assert_memory_equal(key_bytes(key, &len), "\0\1\2\3\4\5\6\7\10\11\12\13\14\15\16\17", 16);
  assert_int_equal(len, 16);
  assert_null(key_pkey(key));
  assert_null(key_curve(key));
  assert_null(key_reject(key));
  key_unref(key);
}

static void a_jwk_that_is_none_is_refused(void **state) {
  (void)state;
  static const struct {
    const char *text, *said;
  } cases[] = {
    { "{", "is a JWK that is no valid JSON" },
    { "{\"kty\":\"oct\",\"k\":\"AA\"} x", "is a JWK that is no valid JSON" },
    { "{\"kty\":\"oct\",\"k\":\"AA\",\"k\":\"AB\"}", "is a JWK that is no valid JSON" },
    { "{}", JWK_TYPE },
    { "{\"kty\":1}", JWK_TYPE },
    { "{\"kty\":\"oct2\",\"k\":\"AA\"}", JWK_TYPE },
    { "{\"kty\":\"oct\"}", MEMBERS },
    { "{\"kty\":\"oct\",\"k\":\"\"}", MEMBERS },
    { "{\"kty\":\"oct\",\"k\":\"A A\"}", MEMBERS },
    { "{\"kty\":\"oct\",\"k\":5}", MEMBERS },
    { "{\"kty\":\"RSA\",\"n\":\"AQ\",\"e\":\"AQAB\"}", "is an RSA key of less than 2048 bits" },
    { "{\"kty\":\"RSA\",\"e\":\"AQAB\"}", "is an RSA key of less than 2048 bits" },
    { "{\"kty\":\"EC\",\"crv\":\"P-257\",\"x\":\"AA\",\"y\":\"AA\"}", MEMBERS },
    { "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AA\",\"y\":\"AA\"}", MEMBERS },
    { "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\",\"y\":"
      "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}",
      NUMBERS },
    { "{\"kty\":\"OKP\",\"crv\":\"Ed448\",\"x\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}", MEMBERS },
    { "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}", MEMBERS },
    { "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\",\"d\":\"AA\"}", NUMBERS },
    { "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\",\"d\":"
      "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}",
      OTHER },
  };
  for (size_t i = 0; i < COUNT(cases); i++)
    assert_refused(cases[i].text, cases[i].said);
}

/* The text with the member of that name as the other text has it. */
static char *with_member_of(const char *text, const char *name, const char *other) {
  char start[32], *made = malloc(strlen(text) + strlen(other));
  snprintf(start, sizeof start, "\"%s\":\"", name);
  const char *at = strstr(text, start) + strlen(start), *from = strstr(other, start) + strlen(start);
  sprintf(made, "%.*s%.*s%s", (int)(at - text), text, (int)strcspn(from, "\""), from, strchr(at, '"'));
  return made;
}

static char *without_member(const char *text, const char *name) {
  char start[32], *made = malloc(strlen(text) + 1);
  snprintf(start, sizeof start, ",\"%s\":\"", name);
  const char *at = strstr(text, start);
  sprintf(made, "%.*s%s", (int)(at - text), text, strchr(at + strlen(start), '"') + 1);
  return made;
}

/* A member of each key is replaced by the one that another key has. */
static void parts_of_two_keys_are_no_key(void **state) {
  (void)state;
  static const struct {
    size_t kind;
    const char *type, *member, *said;
  } cases[] = { { 0, "RSA", "n", NUMBERS }, { 1, "P-256", "x", OTHER },   { 1, "P-256", "y", OTHER }, { 2, "P-384", "x", OTHER },
                { 3, "P-521", "y", OTHER }, { 4, "ED25519", "x", OTHER }, { 5, "X25519", "x", OTHER } };
  for (size_t i = 0; i < COUNT(cases); i++) {
    EVP_PKEY *other = key_of(cases[i].type);
    char *pem = pem_of(other, SPKI);
    struct key *public = key_read_or_fail(pem, NULL);
    struct buf jwk;
    buf_init(&jwk, 4096);
    assert_true(key_write_public(public, KEY_JWK, &jwk));
    char *mixed = with_member_of(keys_made[cases[i].kind].jwk, cases[i].member, buf_string(&jwk));
    assert_refused(mixed, cases[i].said);
    free(mixed);
    free(pem);
    buf_free(&jwk);
    key_unref(public);
    EVP_PKEY_free(other);
  }
  /* q in the place of p: another product */
  char *renamed = strdup(keys_made[0].jwk), *q = strstr(renamed, "\"q\":");
  q[1] = 'p';
  char *twice = with_member_of(keys_made[0].jwk, "p", q);
  assert_refused(twice, NUMBERS);
  free(twice);
  free(renamed);
}

static void an_rsa_key_may_do_without_its_factors_but_not_without_some(void **state) {
  (void)state;
  static const char *const names[] = { "p", "q", "dp", "dq", "qi" };
  char *bare = strdup(keys_made[0].jwk);
  for (size_t i = 0; i < COUNT(names); i++) {
    char *without = without_member(keys_made[0].jwk, names[i]), *less = without_member(bare, names[i]);
    assert_refused(without, NUMBERS);
    free(without);
    free(bare);
    bare = less;
  }
  struct key *key = key_read_or_fail(bare, NULL);
  assert_true(key_is_private(key));
  key_unref(key);
  char *public = without_member(bare, "d");
  key = key_read_or_fail(public, NULL);
  assert_false(key_is_private(key));
  key_unref(key);
  free(public);
  free(bare);
}

/* --- what is no key --- */

static void what_is_no_key_is_refused(void **state) {
  (void)state;
  EVP_PKEY *key = key_of("P-256"), *small = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)1024);
  EVP_PKEY *dh = EVP_PKEY_Q_keygen(NULL, NULL, "X448");
  char *pem = pem_of(key, PKCS8), *weak = pem_of(small, PKCS8), *weak_public = pem_of(small, SPKI), *other = pem_of(dh, PKCS8),
       *other_public = pem_of(dh, SPKI);
  assert_refused("", NO_FORM);
  assert_refused(" \n", NO_FORM);
  assert_refused("no PEM", NO_FORM);
  assert_refused("AAAA", NO_FORM);
  assert_refused("-----BEGIN PUBLIC KEY-----\n", "is a PEM without a key in it");
  assert_refused("-----BEGIN PARAMETERS-----\nAAAA\n-----END PARAMETERS-----\n", "is a PEM without a key in it");
  assert_refused("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", DAMAGED);
  assert_refused(weak, "is an RSA key of less than 2048 bits");
  assert_refused(weak_public, "is an RSA key of less than 2048 bits");
  assert_refused(other, NO_TYPE);
  assert_refused(other_public, NO_TYPE);
  const char *end = strstr(pem, "-----END");
  for (size_t len = 0; len < strlen(pem); len++) {
    if (pem + len > end + 8) break; /* from there on nothing is missing that matters */
    assert_refused_with(pem, len, NULL, NULL);
  }
  static const char zero[] =
      "-----BEGIN EC PRIVATE KEY-----\nMBMCAQEEAQCgCgYIKoZIzj0DAQc=\n-----END EC PRIVATE KEY-----\n"; /* a number that is 0, and a length that is wrong */
  assert_refused(zero, DAMAGED);
  char *long_text = calloc(1, KEY_TEXT_MAX + 2);
  memset(long_text, 'A', KEY_TEXT_MAX + 1);
  assert_refused(long_text, "is too long for a key");
  free(long_text);
  free(pem);
  free(weak);
  free(weak_public);
  free(other);
  free(other_public);
  EVP_PKEY_free(key);
  EVP_PKEY_free(small);
  EVP_PKEY_free(dh);
}

/* Whatever byte is changed: no crash; the sanitizers look on. */
static void damaged_keys_do_no_harm(void **state) {
  (void)state;
  const char *why;
  for (size_t k = 0; k < COUNT(keys_made); k++) {
    char *texts[] = { strdup(keys_made[k].pem), strdup(keys_made[k].jwk), strdup(keys_made[k].public_pem), strdup(keys_made[k].public_jwk) };
    for (size_t t = 0; t < COUNT(texts); t++) {
      for (size_t i = 0, len = strlen(texts[t]); i < len; i += k == 0 ? 7 : 1)
        for (const char *c = "A/+=z\n\"-"; *c; c++) {
          char kept = texts[t][i];
          texts[t][i] = *c;
          key_unref(key_read(texts[t], strlen(texts[t]), NULL, 0, &why));
          texts[t][i] = kept;
        }
      free(texts[t]);
    }
  }
}

/* --- out --- */

/* The generator of P-256 with P-256, SHA-256 and nothing that OpenSSL knows in the place of the curve. */
static void a_curve_that_is_none_is_told(void **state) {
  (void)state;
  key_unref(key_read_or_fail(
      "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEaxfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9Q==", NULL));
  assert_refused("MFowFAYHKoZIzj0CAQYJYIZIAWUDBAIBA0IABGsX0fLhLEJH+Lzm5WOkQPJ3A32BLeszoPShOUXYmMKWT+NC4v4af5uO5+tKfA+eFivOM1drMV7Oy7ZAaDe/UfU=",
                 "has a curve that is not known");
  assert_refused("MFcwEQYHKoZIzj0CAQYGKgMEBQYHA0IABGsX0fLhLEJH+Lzm5WOkQPJ3A32BLeszoPShOUXYmMKWT+NC4v4af5uO5+tKfA+eFivOM1drMV7Oy7ZAaDe/UfU=",
                 "has a curve that is not known");
}

/* SubjectPublicKeyInfo with one coordinate and the sign of the other (SEC1): a JWK has both. */
static void a_compressed_point_is_written_whole(void **state) {
  (void)state;
  static const char *const curves[] = { "P-256", "P-384", "P-521" };
  for (size_t i = 0; i < COUNT(curves); i++) {
    EVP_PKEY *key = key_of(curves[i]);
    char *whole = pem_of(key, SPKI);
    assert_int_equal(EVP_PKEY_set_utf8_string_param(key, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, OSSL_PKEY_EC_POINT_CONVERSION_FORMAT_COMPRESSED),
                     1);
    char *pem = pem_of(key, SPKI);
    struct key *read = key_read_or_fail(pem, NULL);
    struct buf jwk;
    buf_init(&jwk, 1000);
    assert_true(strlen(pem) < strlen(whole));
    assert_true(key_write_public(read, KEY_JWK, &jwk));
    assert_public_read(key, buf_string(&jwk));
    buf_free(&jwk);
    key_unref(read);
    free(pem);
    free(whole);
    EVP_PKEY_free(key);
  }
}

/* RFC 7638, section 3.1. */
static void a_public_jwk_has_the_thumbprint_of_the_rfc(void **state) {
  (void)state;
  static const char jwk[] =
      "{\"kty\":\"RSA\",\"n\":\"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZC"
      "iFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQ"
      "vRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw\","
      "\"e\":\"AQAB\",\"alg\":\"RS256\",\"kid\":\"2011-04-29\"}";
  struct key *key = key_read_or_fail(jwk, NULL);
  struct buf out, thumbprint;
  unsigned char digest[32];
  buf_init(&out, 8192);
  buf_init(&thumbprint, 100);
  assert_true(key_write_public(key, KEY_JWK, &out));
  assert_int_equal(EVP_Digest(out.data, out.len, digest, NULL, EVP_sha256(), NULL), 1);
  encoding_write(ENCODING_BASE64URL, digest, sizeof digest, &thumbprint);
  assert_string_equal(buf_string(&thumbprint), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
  buf_free(&out);
  buf_free(&thumbprint);
  key_unref(key);
}

static void the_public_part_is_written_as_others_write_it(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(keys_made); i++) {
    struct key *key = key_read_or_fail(keys_made[i].jwk, NULL), *again;
    EVP_PKEY *public = read_by_openssl(keys_made[i].public_pem, false);
    struct buf out;
    buf_init(&out, 8192);
    assert_true(key_write_public(key, KEY_PEM, &out));
    assert_string_equal(buf_string(&out), keys_made[i].public_pem);
    buf_clear(&out);
    assert_true(key_write_public(key, KEY_SPKI, &out));
    char *base64 = base64_of(keys_made[i].public_pem), *to = base64;
    for (const char *c = base64; *c; c++)
      if (*c != '\n') *to++ = *c;
    *to = '\0';
    assert_string_equal(buf_string(&out), base64);
    buf_clear(&out);
    assert_true(key_write_public(key, KEY_JWK, &out));
    again = key_read_or_fail(buf_string(&out), NULL);
    assert_is_key(again, public, false);
    const char *why;
    size_t where;
    struct json_node *root = json_parse(out.data, out.len, &why, &where),
                     *others = json_parse(keys_made[i].public_jwk, strlen(keys_made[i].public_jwk), &why, &where);
    const char *last = "";
    size_t members = 0;
    for (const struct json_node *member = json_child(root); member; member = json_next(member), members++) {
      assert_true(strcmp(last, json_key(member)) < 0); /* as RFC 7638 orders them */
      last = json_key(member);
      assert_string_equal(json_string(member, &where), json_string(json_at(others, last), &where));
    }
    for (const struct json_node *member = json_child(others); member; member = json_next(member))
      members--;
    assert_int_equal(members, 0);
    json_free(root);
    json_free(others);
    buf_free(&out);
    buf_init(&out, 20);
    assert_false(key_write_public(key, KEY_SPKI, &out));
    buf_free(&out);
    buf_init(&out, 20);
    assert_false(key_write_public(key, KEY_JWK, &out));
    buf_free(&out);
    free(base64);
    key_unref(key);
    EVP_PKEY_free(public);
  }
  struct key *bytes = key_symmetric("k", 1);
  struct buf out;
  buf_init(&out, 100);
  for (int form = KEY_SPKI; form <= KEY_JWK; form++)
    assert_false(key_write_public(bytes, (enum key_form)form, &out));
  assert_int_equal(out.len, 0);
  key_unref(bytes);
}

static void a_key_says_what_it_is(void **state) {
  (void)state;
  static const struct {
    enum key_kind kind;
    size_t bits;
    const char *curve;
  } facts[] = { { KEY_RSA, 2048, NULL },  { KEY_EC, 256, "P-256" },        { KEY_EC, 384, "P-384" },
                { KEY_EC, 521, "P-521" }, { KEY_ED25519, 255, "Ed25519" }, { KEY_X25519, 255, "X25519" } };
  for (size_t i = 0; i < COUNT(facts); i++) {
    struct key *key = key_read_or_fail(keys_made[i].pem, NULL), *public = key_read_or_fail(keys_made[i].public_jwk, NULL);
    assert_int_equal(key_kind(key), facts[i].kind);
    assert_int_equal(key_bits(key), facts[i].bits);
    if (facts[i].curve)
      assert_string_equal(key_curve(key), facts[i].curve);
    else
      assert_null(key_curve(key));
    assert_true((key_reject(key) != NULL) == (i == 0));
    assert_null(key_reject(public));
    assert_ptr_equal(key_ref(key), key);
    key_unref(key);
    assert_int_equal(key_bits(key), facts[i].bits); /* somebody still has it */
    key_unref(key);
    key_unref(public);
  }
  key_unref(NULL);
}

/* OpenSSL's list of errors is the thread's, and not ours to leave something in. */
static void no_error_is_left_behind(void **state) {
  (void)state;
  const char *why;
  ERR_clear_error();
  assert_refused(
      "-----BEGIN PUBLIC "
      "KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==\n"
      "-----END PUBLIC KEY-----\n",
      NUMBERS);
  assert_null(key_read("{\"kty\":\"EC\"}", 12, NULL, 0, &why));
  assert_int_equal(ERR_peek_error(), 0);
}

static int set_up(void **state) {
  (void)state;
  json_setup();
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(every_form_is_read),
    cmocka_unit_test(a_bare_rsa_public_key_is_read),
    cmocka_unit_test(what_stands_around_a_key_does_not_matter),
    cmocka_unit_test(a_password_opens_what_it_locked),
    cmocka_unit_test(other_locks_are_named),
    cmocka_unit_test(another_programs_keys_are_read_in_both_forms),
    cmocka_unit_test(bytes_are_a_jwk_too),
    cmocka_unit_test(a_jwk_that_is_none_is_refused),
    cmocka_unit_test(parts_of_two_keys_are_no_key),
    cmocka_unit_test(an_rsa_key_may_do_without_its_factors_but_not_without_some),
    cmocka_unit_test(what_is_no_key_is_refused),
    cmocka_unit_test(damaged_keys_do_no_harm),
    cmocka_unit_test(a_curve_that_is_none_is_told),
    cmocka_unit_test(a_compressed_point_is_written_whole),
    cmocka_unit_test(a_public_jwk_has_the_thumbprint_of_the_rfc),
    cmocka_unit_test(the_public_part_is_written_as_others_write_it),
    cmocka_unit_test(a_key_says_what_it_is),
    cmocka_unit_test(no_error_is_left_behind),
  };
  return cmocka_run_group_tests(tests, set_up, NULL);
}
