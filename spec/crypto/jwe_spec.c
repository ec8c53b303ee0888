/* JWE: what the RFCs print and what we make ourselves is opened, and nothing else. spec/crypto/peer_spec.c has other programs look at it. */
#define _GNU_SOURCE 1
#include <openssl/err.h>
#include <openssl/evp.h>

#include "key_forms.h"
#include "keys.h"

#include "crypto/encoding.h"
#include "crypto/jwe.h"
#include "crypto/jwe/content_key.h"
#include "jwe_vectors.h"
#include "json/json.h"

#define NO     "cannot be decrypted"
#define NO_JWE "is no JWE"
#define NO_ALG "has an alg that is not allowed"
#define NO_ENC "has an enc that is not allowed"
#define ZIP    "is compressed, which is not supported"
#define CRIT   "has a critical extension, which is not supported"

#define PLAIN "{\"pan\":\"4111111111111111\"}"

static const char *const encs[] = { "A128GCM", "A192GCM", "A256GCM", "A128CBC-HS256", "A192CBC-HS384", "A256CBC-HS512" };
static const size_t enc_bytes[] = { 16, 24, 32, 32, 48, 64 };

enum { RSA_KEY, P256, P384, P521, X25519_KEY, BYTES };
static struct key *keys[BYTES + 65]; /* from BYTES on: keys of 1, 2, 3, … bytes */

static struct key *bytes_key(size_t len) {
  return keys[BYTES + len];
}

static const struct {
  const char *alg;
  int key;
  size_t bytes;
} algs[] = {
  { "RSA-OAEP", RSA_KEY, 0 },    { "RSA-OAEP-256", RSA_KEY, 0 },
  { "ECDH-ES", P256, 0 },        { "ECDH-ES", P384, 0 },
  { "ECDH-ES", P521, 0 },        { "ECDH-ES", X25519_KEY, 0 },
  { "ECDH-ES+A128KW", P256, 0 }, { "ECDH-ES+A192KW", P384, 0 },
  { "ECDH-ES+A256KW", P521, 0 }, { "ECDH-ES+A256KW", X25519_KEY, 0 },
  { "A128KW", BYTES, 16 },       { "A192KW", BYTES, 24 },
  { "A256KW", BYTES, 32 },       { "dir", BYTES, 0 },
};

static struct key *key_of_alg(size_t alg, size_t enc) {
  if (algs[alg].key != BYTES) return keys[algs[alg].key];
  return bytes_key(algs[alg].bytes ? algs[alg].bytes : enc_bytes[enc]);
}

/* NULL when it was opened, with the text in `out`, or the reason. */
static const char *opened(const char *text, size_t len, const struct key *key, const char *alg, const char *enc, struct buf *out) {
  const char *why = NULL;
  buf_init(out, 8192);
  bool ok = jwe_open(text, len, key, alg, enc, out, &why);
  if (!ok) assert_non_null(why);
  if (!ok) assert_int_equal(out->len, 0);
  if (ERR_peek_error() != 0) fail_msg("an error is left behind");
  return ok ? NULL : why;
}

static void must_be_refused(const char *text, const struct key *key, const char *alg, const char *enc, const char *said) {
  struct buf out;
  const char *why = opened(text, strlen(text), key, alg, enc, &out);
  if (!why) fail_msg("opened: %.200s", text);
  if (said && strcmp(why, said) != 0) fail_msg("%s, and not %s: %.300s", why, said, text);
  buf_free(&out);
}

static void must_be_opened(const char *text, const struct key *key, const char *alg, const char *enc, const char *plain) {
  struct buf out;
  const char *why = opened(text, strlen(text), key, alg, enc, &out);
  if (why) fail_msg("%s: %.200s", why, text);
  assert_string_equal(buf_string(&out), plain);
  buf_free(&out);
}

static void made(struct buf *out, const char *alg, const char *enc, const struct key *key, const char *header, const char *plain) {
  const char *why = NULL;
  buf_init(out, 16384);
  if (!jwe_close(alg, enc, key, header, plain, strlen(plain), out, &why)) fail_msg("%s %s: %s", alg, enc, why);
  buf_string(out);
}

/* --- what is printed in the RFCs --- */

static void the_messages_of_the_rfcs_are_opened(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(jwe_vectors); i++) {
    struct key *key = key_read_or_fail(jwe_vectors[i].key, NULL);
    must_be_opened(jwe_vectors[i].message, key, NULL, NULL, jwe_vectors[i].text);
    key_unref(key);
  }
}

static void the_messages_of_the_rfcs_that_are_not_supported_are_refused(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(jwe_vectors_refused); i++) {
    struct key *key = key_read_or_fail(jwe_vectors_refused[i].key, NULL);
    must_be_refused(jwe_vectors_refused[i].message, key, NULL, NULL, jwe_vectors_refused[i].said);
    key_unref(key);
  }
}

static void space_around_a_message_does_not_matter(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(jwe_vectors); i++) {
    struct key *key = key_read_or_fail(jwe_vectors[i].key, NULL);
    char *text = malloc(strlen(jwe_vectors[i].message) + 10);
    sprintf(text, " \r\n%s\n\t", jwe_vectors[i].message);
    must_be_opened(text, key, NULL, NULL, jwe_vectors[i].text);
    free(text);
    key_unref(key);
  }
}

/* The key of A128GCM that a private key and the public one of a header agree upon. */
static void must_agree_upon(const char *own, const char *epk, const char *apu, const char *apv, const char *base64url) {
  const char *why;
  size_t where;
  unsigned char derived[JWE_KEY_MAX];
  struct key *key = key_read_or_fail(own, NULL);
  struct json_node *root = json_parse(epk, strlen(epk), &why, &where);
  const struct jwe_agreement agreement = { root, { apu, strlen(apu) }, { apv, strlen(apv) } };
  struct buf text;
  buf_init(&text, 100);
  assert_true(content_key_open(jwe_alg_find("ECDH-ES"), jwe_enc_find("A128GCM"), key, &agreement, (struct jwe_bytes){ "", 0 }, derived));
  encoding_write(ENCODING_BASE64URL, derived, 16, &text);
  assert_string_equal(buf_string(&text), base64url);
  buf_free(&text);
  json_free(root);
  key_unref(key);
}

/* RFC 7518, appendix C. */
static void the_agreement_of_the_rfc_is_met(void **state) {
  (void)state;
#define BOB_PUBLIC                                                                                                                                   \
  "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ\",\"y\":\"e8lnCO-AlStT-NJVX-crhB7QRYhiix03illJOVAOyck\""
#define ALICE_PUBLIC                                                                                                                                 \
  "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0\",\"y\":\"SLW_xSffzlPWrHEVI30DHM_4egVwt3NQqeUD7nMFpps\""
  must_agree_upon(BOB_PUBLIC ",\"d\":\"VEmDZpDXXK8p8N0Cndsxs924q6nS1RXFASRl6BfUqdw\"}", ALICE_PUBLIC "}", "QWxpY2U", "Qm9i",
                  "VqqN6vgjbSBcIijNcacQGg");
  must_agree_upon(ALICE_PUBLIC ",\"d\":\"0_NxaRPUMQoAJt50Gz8YiTr8gRTwyEaCumd-MToTmIo\"}", BOB_PUBLIC "}", "QWxpY2U", "Qm9i",
                  "VqqN6vgjbSBcIijNcacQGg");
}

/* RFC 8037 A.6 prints what X25519 agrees upon, and not what is derived of it: that is done here by hand. */
static void the_agreement_of_the_rfc_for_x25519_is_met(void **state) {
  (void)state;
  static const char before[] = "\0\0\0\1", after[] = "\0\0\0\7A128GCM\0\0\0\0\0\0\0\0\0\0\0\200"; /* a counter; enc, no apu, no apv, 128 bits */
  static const unsigned char agreed[] = { 0x4a, 0x5d, 0x9d, 0x5b, 0xa4, 0xce, 0x2d, 0xe1, 0x72, 0x8e, 0x3b, 0xf4, 0x80, 0x35, 0x0f, 0x25,
                                          0xe0, 0x7e, 0x21, 0xc9, 0x47, 0xd1, 0x9e, 0x33, 0x76, 0xf0, 0x9b, 0x3c, 0x1e, 0x16, 0x17, 0x42 };
  unsigned char hashed[4 + sizeof agreed + sizeof after - 1], digest[32];
  struct buf wanted;
  memcpy(hashed, before, 4);
  memcpy(hashed + 4, agreed, sizeof agreed);
  memcpy(hashed + 4 + sizeof agreed, after, sizeof after - 1);
  assert_int_equal(EVP_Digest(hashed, sizeof hashed, digest, NULL, EVP_sha256(), NULL), 1);
  buf_init(&wanted, 100);
  encoding_write(ENCODING_BASE64URL, digest, 16, &wanted);
#define BOB       "{\"kty\":\"OKP\",\"crv\":\"X25519\",\"x\":\"3p7bfXt9wbTTW2HC7OQ1Nz-DQ8hbeGdNrfx-FG-IK08\""
#define EPHEMERAL "{\"kty\":\"OKP\",\"crv\":\"X25519\",\"x\":\"hSDwCYkwp1R0i33ctD73Wg2_Og0mOBr066SpjqqbTmo\""
  must_agree_upon(BOB ",\"d\":\"XasIfmJKikt54X-Lg4AO5m87sSkmGLb9HC-LJ_-I4Os\"}", EPHEMERAL "}", "", "", buf_string(&wanted));
  must_agree_upon(EPHEMERAL ",\"d\":\"dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCo\"}", BOB "}", "", "", buf_string(&wanted));
  buf_free(&wanted);
}

static void only_the_alg_and_the_enc_that_are_allowed_are_taken(void **state) {
  (void)state;
  struct key *key = key_read_or_fail(jwe_vectors[0].key, NULL);
  must_be_opened(jwe_vectors[0].message, key, "RSA-OAEP", "A256GCM", INTELLIGENCE);
  must_be_opened(jwe_vectors[0].message, key, NULL, "A256GCM", INTELLIGENCE);
  must_be_opened(jwe_vectors[0].message, key, "RSA-OAEP", NULL, INTELLIGENCE);
  must_be_refused(jwe_vectors[0].message, key, "RSA-OAEP-256", NULL, NO_ALG);
  must_be_refused(jwe_vectors[0].message, key, "dir", NULL, NO_ALG);
  must_be_refused(jwe_vectors[0].message, key, "RSA-OAEP", "A128GCM", NO_ENC);
  must_be_refused(jwe_vectors[0].message, key, NULL, "A128CBC-HS256", NO_ENC);
  key_unref(key);
}

/* --- round trips, in addition --- */

static void what_is_made_is_opened(void **state) {
  (void)state;
  for (size_t alg = 0; alg < COUNT(algs); alg++)
    for (size_t enc = 0; enc < COUNT(encs); enc++)
      for (int empty = 0; empty < 2; empty++) {
        struct key *key = key_of_alg(alg, enc);
        const char *plain = empty ? "" : PLAIN;
        struct buf text, again;
        made(&text, algs[alg].alg, encs[enc], key, NULL, plain);
        must_be_opened(buf_string(&text), key, algs[alg].alg, encs[enc], plain);
        must_be_opened(buf_string(&text), key, NULL, NULL, plain);
        made(&again, algs[alg].alg, encs[enc], key, "{ \"kid\" : \"a.b\", \"apu\":\"QWxpY2U\", \"apv\":\"Qm9i\", \"iat\":1, \"x\":[{}] }", plain);
        must_be_opened(buf_string(&again), key, algs[alg].alg, encs[enc], plain);
        buf_free(&text);
        buf_free(&again);
      }
}

static void a_public_key_is_enough_to_encrypt(void **state) {
  (void)state;
  static const struct {
    size_t made;
    const char *alg;
    int key;
  } cases[] = { { 0, "RSA-OAEP-256", RSA_KEY }, { 1, "ECDH-ES", P256 }, { 3, "ECDH-ES+A256KW", P521 }, { 5, "ECDH-ES+A128KW", X25519_KEY } };
  for (size_t i = 0; i < COUNT(cases); i++) {
    struct key *public = key_read_or_fail(keys_made[cases[i].made].public_pem, NULL);
    struct buf text;
    made(&text, cases[i].alg, "A256GCM", public, NULL, PLAIN);
    must_be_opened(buf_string(&text), keys[cases[i].key], cases[i].alg, "A256GCM", PLAIN);
    must_be_refused(buf_string(&text), public, cases[i].alg, "A256GCM", NO);
    must_be_refused(buf_string(&text), public, NULL, NULL, NO_ALG);
    buf_free(&text);
    key_unref(public);
  }
}

static void a_header_may_have_more_members_but_not_ours(void **state) {
  (void)state;
  static const struct {
    const char *header, *said;
  } cases[] = {
    { "[]", "has a header that is no JSON object" },
    { "{", "has a header that is no JSON object" },
    { "{\"a\":1,\"a\":2}", "has a header that is no JSON object" },
    { "", "has a header that is no JSON object" },
    { "{\"alg\":\"dir\"}", "has a header that sets alg, enc, epk, zip or crit" },
    { "{\"kid\":\"1\",\"enc\":\"A128GCM\"}", "has a header that sets alg, enc, epk, zip or crit" },
    { "{\"zip\":\"DEF\"}", "has a header that sets alg, enc, epk, zip or crit" },
    { "{\"crit\":[]}", "has a header that sets alg, enc, epk, zip or crit" },
    { "{\"epk\":{}}", "has a header that sets alg, enc, epk, zip or crit" },
    { "{\"apu\":5}", "has a header whose apu or apv is no text" },
    { "{\"apv\":null}", "has a header whose apu or apv is no text" },
    { "{\"apu\":\"not base64url!\"}", "cannot be encrypted" },
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    const char *why = NULL;
    struct buf out;
    buf_init(&out, 8192);
    assert_false(jwe_close("ECDH-ES", "A128GCM", keys[P256], cases[i].header, "x", 1, &out, &why));
    assert_string_equal(why, cases[i].said);
    assert_int_equal(out.len, 0);
    buf_free(&out);
  }
  struct buf text, header;
  made(&text, "RSA-OAEP", "A128GCM", keys[RSA_KEY], "{}", PLAIN);
  buf_init(&header, 1000);
  encoding_read(ENCODING_BASE64URL, text.data, strcspn(text.data, "."), &header);
  assert_string_equal(buf_string(&header), "{\"alg\":\"RSA-OAEP\",\"enc\":\"A128GCM\"}");
  buf_free(&header);
  buf_free(&text);
  made(&text, "RSA-OAEP", "A128GCM", keys[RSA_KEY], " { \"kid\":\"}{\" } ", PLAIN);
  encoding_read(ENCODING_BASE64URL, text.data, strcspn(text.data, "."), &header);
  assert_string_equal(buf_string(&header), "{\"alg\":\"RSA-OAEP\",\"enc\":\"A128GCM\",\"kid\":\"}{\" }");
  buf_free(&header);
  buf_free(&text);
}

static void a_key_that_does_not_fit_is_named(void **state) {
  (void)state;
  struct key *public = key_read_or_fail(keys_made[0].public_pem, NULL), *ed25519 = key_read_or_fail(keys_made[4].pem, NULL);
  const struct {
    const char *alg, *enc;
    const struct key *key;
    bool decrypt;
    const char *said;
  } cases[] = {
    { "RSA-OAEP", NULL, public, false, NULL },
    { "RSA-OAEP", NULL, public, true, "is a public key where a private one is needed" },
    { NULL, NULL, public, true, "is a public key where a private one is needed" },
    { NULL, NULL, keys[P256], true, NULL },
    { NULL, NULL, ed25519, true, "is not an RSA, EC or X25519 key, and no bytes either" },
    { "RSA-OAEP-256", NULL, keys[P256], true, "is not the RSA key that this alg needs" },
    { "RSA-OAEP-256", NULL, bytes_key(32), true, "is not the RSA key that this alg needs" },
    { "ECDH-ES", NULL, keys[RSA_KEY], true, "is not the EC or X25519 key that this alg needs" },
    { "ECDH-ES+A128KW", NULL, ed25519, true, "is not the EC or X25519 key that this alg needs" },
    { "dir", NULL, keys[RSA_KEY], true, "is not bytes, as this alg needs" },
    { "A128KW", NULL, public, true, "is not bytes, as this alg needs" },
    { "A128KW", NULL, bytes_key(32), true, "has not as many bytes as this alg needs" },
    { "dir", "A256GCM", bytes_key(16), true, "has not as many bytes as this enc needs" },
    { "dir", "A256CBC-HS512", bytes_key(64), true, NULL },
    { "dir", NULL, bytes_key(16), true, NULL },
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    const char *why = NULL;
    bool fits = jwe_fits(cases[i].alg, cases[i].enc, cases[i].key, cases[i].decrypt, &why);
    if (fits != (cases[i].said == NULL)) fail_msg("case %zu", i);
    if (!fits) assert_string_equal(why, cases[i].said);
    struct buf out;
    buf_init(&out, 4096);
    if (!cases[i].decrypt || fits || !cases[i].alg || strcmp(cases[i].said, "is a public key where a private one is needed") == 0) continue;
    assert_false(jwe_close(cases[i].alg, cases[i].enc ? cases[i].enc : "A128GCM", cases[i].key, NULL, "x", 1, &out, &why));
    assert_string_equal(why, "cannot be encrypted");
  }
  assert_true(jwe_knows_alg("dir") && jwe_knows_enc("A192GCM"));
  assert_false(jwe_knows_alg("none") || jwe_knows_alg("RSA1_5") || jwe_knows_alg("A128GCMKW") || jwe_knows_alg("") || jwe_knows_enc("A128CBC"));
  assert_true(jwe_takes_bytes("dir") && jwe_takes_bytes("A256KW"));
  assert_false(jwe_takes_bytes("RSA-OAEP") || jwe_takes_bytes("ECDH-ES+A128KW") || jwe_takes_bytes("none"));
  key_unref(public);
  key_unref(ed25519);
}

/* --- bad input --- */

static void another_key_does_not_open_it(void **state) {
  (void)state;
  EVP_PKEY *pkeys[] = { key_of("RSA"), key_of("P-256"), key_of("P-384"), key_of("P-521"), key_of("X25519") };
  for (size_t alg = 0; alg < COUNT(algs); alg++)
    for (size_t enc = 0; enc < COUNT(encs); enc++) {
      struct buf text;
      struct key *key = key_of_alg(alg, enc);
      made(&text, algs[alg].alg, encs[enc], key, NULL, PLAIN);
      if (algs[alg].key != BYTES) {
        char *pem = pem_of(pkeys[algs[alg].key], PKCS8);
        struct key *other = key_read_or_fail(pem, NULL);
        must_be_refused(buf_string(&text), other, algs[alg].alg, encs[enc], NO);
        must_be_refused(buf_string(&text), other, NULL, NULL, NO);
        key_unref(other);
        free(pem);
      } else {
        unsigned char bytes[64];
        size_t len;
        const unsigned char *right = key_bytes(key, &len);
        memcpy(bytes, right, len);
        bytes[len - 1] ^= 1;
        struct key *other = key_symmetric(bytes, len);
        must_be_refused(buf_string(&text), other, algs[alg].alg, encs[enc], NO);
        key_unref(other);
        must_be_refused(buf_string(&text), bytes_key(20), algs[alg].alg, encs[enc], NO);
      }
      /* a key of another type: the alg is not for it */
      const struct key *odd = algs[alg].key == RSA_KEY ? keys[P256] : keys[RSA_KEY];
      must_be_refused(buf_string(&text), odd, NULL, NULL, NO_ALG);
      must_be_refused(buf_string(&text), odd, algs[alg].alg, NULL, NO);
      buf_free(&text);
    }
  for (size_t i = 0; i < COUNT(pkeys); i++)
    EVP_PKEY_free(pkeys[i]);
}

static void whatever_is_changed_or_cut_it_is_refused(void **state) {
  (void)state;
  static const struct {
    const char *alg, *enc;
    int key;
    size_t bytes;
  } cases[] = { { "RSA-OAEP-256", "A256GCM", RSA_KEY, 0 },
                { "ECDH-ES+A128KW", "A128CBC-HS256", P256, 0 },
                { "ECDH-ES", "A128GCM", X25519_KEY, 0 },
                { "A192KW", "A256CBC-HS512", BYTES, 24 },
                { "dir", "A192GCM", BYTES, 24 } };
  for (size_t i = 0; i < COUNT(cases); i++) {
    const struct key *key = cases[i].bytes ? bytes_key(cases[i].bytes) : keys[cases[i].key];
    struct buf text, out;
    const char *why;
    made(&text, cases[i].alg, cases[i].enc, key, NULL, PLAIN);
    for (size_t k = 0; k < text.len; k += i == 0 ? 5 : 1)
      for (const char *c = "A_.=\n {"; *c; c++) {
        char kept = text.data[k];
        if (kept == *c) continue;
        text.data[k] = *c;
        must_be_refused(text.data, key, NULL, NULL, NULL);
        text.data[k] = kept;
      }
    for (size_t len = 0; len < text.len; len++) {
      why = opened(text.data, len, key, cases[i].alg, cases[i].enc, &out);
      if (!why) fail_msg("opened when cut at %zu", len);
      buf_free(&out);
    }
    assert_true(buf_add_char(&text, 'A'));
    must_be_refused(text.data, key, NULL, NULL, NULL);
    buf_cut(&text, text.len - 1);
    buf_add_char(&text, '.');
    must_be_refused(text.data, key, NULL, NULL, NO_JWE);
    buf_free(&text);
  }
}

/* A compact message with another header, and the rest of a right one. */
static char *with_header(const char *header, const char *message) {
  struct buf text;
  buf_init(&text, 65536);
  encoding_write(ENCODING_BASE64URL, header, strlen(header), &text);
  buf_add_string(&text, strchr(message, '.'));
  char *copy = strdup(buf_string(&text));
  buf_free(&text);
  return copy;
}

static void a_header_that_says_something_else_is_refused(void **state) {
  (void)state;
  static const struct {
    const char *header, *said;
    int key;
  } cases[] = {
    { "", NO_JWE, RSA_KEY },
    { "x", NO_JWE, RSA_KEY },
    { "[]", NO_JWE, RSA_KEY },
    { "{}", NO_JWE, RSA_KEY },
    { "{\"alg\":\"RSA-OAEP\"}", NO_JWE, RSA_KEY },
    { "{\"enc\":\"A128GCM\"}", NO_JWE, RSA_KEY },
    { "{\"alg\":1,\"enc\":\"A128GCM\"}", NO_JWE, RSA_KEY },
    { "{\"alg\":\"RSA-OAEP\",\"enc\":null}", NO_JWE, RSA_KEY },
    { "{\"alg\":\"RSA-OAEP\",\"alg\":\"RSA-OAEP\",\"enc\":\"A128GCM\"}", NO_JWE, RSA_KEY },
    { "{\"alg\":\"RSA-OAEP\",\"enc\":\"A128GCM\"} x", NO_JWE, RSA_KEY },
    { "{\"alg\":\"none\",\"enc\":\"A128GCM\"}", NO_ALG, RSA_KEY },
    { "{\"alg\":\"RSA1_5\",\"enc\":\"A128GCM\"}", NO_ALG, RSA_KEY },
    { "{\"alg\":\"rsa-oaep\",\"enc\":\"A128GCM\"}", NO_ALG, RSA_KEY },
    { "{\"alg\":\"PBES2-HS256+A128KW\",\"enc\":\"A128GCM\",\"p2c\":1000000000,\"p2s\":\"AAAA\"}", NO_ALG, BYTES },
    { "{\"alg\":\"dir\",\"enc\":\"A128GCM\"}", NO_ALG, RSA_KEY },
    { "{\"alg\":\"A128KW\",\"enc\":\"A128GCM\"}", NO_ALG, RSA_KEY },
    { "{\"alg\":\"ECDH-ES\",\"enc\":\"A128GCM\"}", NO_ALG, RSA_KEY },
    { "{\"alg\":\"RSA-OAEP\",\"enc\":\"none\"}", NO_ENC, RSA_KEY },
    { "{\"alg\":\"RSA-OAEP\",\"enc\":\"A128CBC\"}", NO_ENC, RSA_KEY },
    { "{\"alg\":\"RSA-OAEP\",\"enc\":\"A256GCM\"}", NO, RSA_KEY },
    { "{\"alg\":\"RSA-OAEP\",\"enc\":\"A128GCM\",\"zip\":\"DEF\"}", ZIP, RSA_KEY },
    { "{\"alg\":\"RSA-OAEP\",\"enc\":\"A128GCM\",\"zip\":null}", ZIP, RSA_KEY },
    { "{\"alg\":\"RSA-OAEP\",\"enc\":\"A128GCM\",\"crit\":[\"b64\"]}", CRIT, RSA_KEY },
    { "{\"alg\":\"RSA-OAEP\",\"enc\":\"A128GCM\",\"crit\":[]}", CRIT, RSA_KEY },
    { "{\"alg\":\"RSA-OAEP\",\"enc\":\"A128GCM\",\"kid\":\"1\"}", NO, RSA_KEY },
    { "{\"alg\":\"dir\",\"enc\":\"A128GCM\"}", NO, BYTES },
    { "{\"alg\":\"ECDH-ES\",\"enc\":\"A128GCM\"}", NO, P256 },
    { "{\"alg\":\"ECDH-ES+A128KW\",\"enc\":\"A128GCM\"}", NO, P256 },
    { "{\"alg\":\"ECDH-ES+A128KW\",\"enc\":\"A128GCM\",\"epk\":\"x\"}", NO, P256 },
    { "{\"alg\":\"ECDH-ES+A128KW\",\"enc\":\"A128GCM\",\"epk\":{}}", NO, P256 },
    { "{\"alg\":\"ECDH-ES+A128KW\",\"enc\":\"A128GCM\",\"apu\":1}", NO, P256 },
    { "{\"alg\":\"ECDH-ES+A128KW\",\"enc\":\"A128GCM\",\"epk\":{\"kty\":\"oct\",\"k\":\"AA\"}}", NO, P256 },
  };
  struct buf text;
  made(&text, "RSA-OAEP", "A128GCM", keys[RSA_KEY], NULL, PLAIN);
  for (size_t i = 0; i < COUNT(cases); i++) {
    char *changed = with_header(cases[i].header, text.data);
    must_be_refused(changed, cases[i].key == BYTES ? bytes_key(16) : keys[cases[i].key], NULL, NULL, cases[i].said);
    free(changed);
  }
  buf_free(&text);
}

/* A header's key on another curve, not on any, private, or of another type. */
static void a_header_with_a_key_that_is_none_is_refused(void **state) {
  (void)state;
  static const char off_curve[] = "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ\","
                                  "\"y\":\"e8lnCO-AlStT-NJVX-crhB7QRYhiix03illJOVAOycg\"}";
  static const char zero[] = "{\"kty\":\"OKP\",\"crv\":\"X25519\",\"x\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}";
  const char *const epks[] = { off_curve, zero, keys_made[1].jwk, keys_made[2].public_jwk, keys_made[4].public_jwk, keys_made[0].public_jwk };
  struct buf text;
  for (int key = P256; key <= X25519_KEY; key++) {
    made(&text, "ECDH-ES+A128KW", "A128GCM", keys[key], NULL, PLAIN);
    for (size_t i = 0; i < COUNT(epks); i++) {
      char *header = NULL, *changed;
      if (asprintf(&header, "{\"alg\":\"ECDH-ES+A128KW\",\"enc\":\"A128GCM\",\"epk\":%s}", epks[i]) < 0) fail();
      changed = with_header(header, text.data);
      must_be_refused(changed, keys[key], NULL, NULL, NO);
      free(header);
      free(changed);
    }
    buf_free(&text);
  }
}

/* What stands in an encrypted key is the business of whoever made it, but it has to be as long as the enc needs. */
static void a_content_key_of_another_length_is_refused(void **state) {
  (void)state;
  static const size_t lens[] = { 0, 1, 15, 16, 17, 24, 31, 33, 64, 190 };
  for (size_t i = 0; i < COUNT(lens); i++) {
    char key[200] = { 0 };
    struct buf text, wrapped;
    buf_init(&wrapped, 256);
    buf_init(&text, 2000);
    assert_true(rsa_close(RSA_PAD_OAEP_SHA256, keys[RSA_KEY], key, lens[i], &wrapped));
    buf_add_string(&text, "eyJhbGciOiJSU0EtT0FFUC0yNTYiLCJlbmMiOiJBMjU2R0NNIn0.");
    encoding_write(ENCODING_BASE64URL, wrapped.data, wrapped.len, &text);
    buf_add_string(&text, ".AAAAAAAAAAAAAAAA.AAAA.AAAAAAAAAAAAAAAAAAAAAA");
    must_be_refused(buf_string(&text), keys[RSA_KEY], "RSA-OAEP-256", "A256GCM", NO);
    buf_free(&text);
    buf_free(&wrapped);
  }
}

static void a_json_message_that_contradicts_itself_is_refused(void **state) {
  (void)state;
  /* RFC 7516 A.4, taken apart */
#define PROTECTED "\"protected\":\"eyJlbmMiOiJBMTI4Q0JDLUhTMjU2In0\","
#define ENCRYPTED "\"encrypted_key\":\"6KB707dM9YTIgHtLvtgWQ8mKwboJW3of9locizkDTHzBC2IlrT1oOQ\","
#define REST      "\"iv\":\"AxY8DCtDaGlsbGljb3RoZQ\",\"ciphertext\":\"KDlTtXchhZTGufMYmOYGS4HffxPSUrfmqCHXaI9wOGY\",\"tag\":\"Mz-VPPyU4RlcuYv1IwIvzw\"}"
#define ALG       "\"header\":{\"alg\":\"A128KW\"},"
#define RECIPIENT "{\"header\":{\"alg\":\"A128KW\"}," ENCRYPTED "\"x\":1}"
#define ANOTHER   "{\"header\":{\"alg\":\"RSA-OAEP\"},\"encrypted_key\":\"AAAA\"}"
#define UNKNOWN   "{\"header\":{\"alg\":\"RSA1_5\"},\"encrypted_key\":\"AAAA\"}"
#define WRONG     "{\"header\":{\"alg\":\"A128KW\"},\"encrypted_key\":\"AAAA\"}"
  static const struct {
    const char *text, *said; /* NULL: it is opened */
  } cases[] = {
    { "{" PROTECTED ALG ENCRYPTED REST, NULL },
    { "{\"unprotected\":{\"alg\":\"A128KW\"}," PROTECTED ENCRYPTED REST, NULL },
    { "{\"unprotected\":{\"jku\":\"x\"}," PROTECTED ALG ENCRYPTED "\"more\":{\"alg\":1}," REST, NULL },
    { "{" PROTECTED "\"recipients\":[" RECIPIENT "]," REST, NULL },
    { "{" PROTECTED "\"recipients\":[" UNKNOWN "," ANOTHER "," WRONG "," RECIPIENT "]," REST, NULL },
    { "{" PROTECTED "\"recipients\":[" UNKNOWN "," ANOTHER "]," REST, NO_ALG },
    { "{" PROTECTED "\"recipients\":[" WRONG "," ANOTHER "]," REST, NO },
    { "{" PROTECTED "\"recipients\":[]," REST, NO_JWE },
    { "{" PROTECTED "\"recipients\":{}," REST, NO_JWE },
    { "{" PROTECTED "\"recipients\":[1]," REST, NO_JWE },
    { "{" PROTECTED "\"recipients\":[" WRONG ",1," RECIPIENT "]," REST, NO },
    { "{" PROTECTED "\"recipients\":[{\"header\":1,\"encrypted_key\":\"AAAA\"}]," REST, NO_JWE },
    { "{" PROTECTED "\"recipients\":[{\"header\":{\"alg\":\"A128KW\"},\"encrypted_key\":1}]," REST, NO_JWE },
    { "{" PROTECTED ALG "\"recipients\":[" RECIPIENT "]," REST, NO_JWE },
    { "{" PROTECTED ENCRYPTED "\"recipients\":[" RECIPIENT "]," REST, NO_JWE },
    { "{" PROTECTED "\"header\":{\"alg\":\"A128KW\",\"enc\":\"A128CBC-HS256\"}," ENCRYPTED REST, NO_JWE },
    { "{" PROTECTED "\"unprotected\":{\"alg\":\"A128KW\"}," ALG ENCRYPTED REST, NO_JWE },
    { "{" PROTECTED "\"unprotected\":{\"enc\":\"A128CBC-HS256\"}," ALG ENCRYPTED REST, NO_JWE },
    { "{" PROTECTED "\"unprotected\":[]," ALG ENCRYPTED REST, NO_JWE },
    { "{" PROTECTED "\"header\":\"x\"," ENCRYPTED REST, NO_JWE },
    { "{" PROTECTED "\"header\":{\"alg\":\"A128KW\",\"zip\":\"DEF\"}," ENCRYPTED REST, ZIP },
    { "{" PROTECTED "\"unprotected\":{\"crit\":[\"exp\"]}," ALG ENCRYPTED REST, CRIT },
    { "{" PROTECTED ALG REST, NO },
    { "{" PROTECTED ALG ENCRYPTED "\"aad\":\"AA\"," REST, NO },
    { "{" PROTECTED ALG ENCRYPTED "\"aad\":5," REST, NO_JWE },
    { "{" ALG ENCRYPTED REST, NO_JWE },
    { "{\"protected\":\"e30\"," ALG ENCRYPTED REST, NO_JWE },
    { "{\"protected\":{\"enc\":\"A128CBC-HS256\"}," ALG ENCRYPTED REST, NO_JWE },
    { "{\"protected\":\"\",\"unprotected\":{\"enc\":\"A128CBC-HS256\"}," ALG ENCRYPTED REST, NO },
    { "{" PROTECTED PROTECTED ALG ENCRYPTED REST, NO_JWE },
    { "{" PROTECTED ALG ENCRYPTED "\"iv\":\"AxY8DCtDaGlsbGljb3RoZQ\"," REST, NO_JWE },
    { "{" PROTECTED ALG ENCRYPTED "\"iv\":\"AxY8DCtDaGlsbGljb3RoZQ\",\"tag\":\"Mz-VPPyU4RlcuYv1IwIvzw\"}", NO_JWE },
    { "{" PROTECTED ALG ENCRYPTED "\"iv\":\"AxY8DCtDaGlsbGljb3RoZQ==\",\"ciphertext\":\"AA\",\"tag\":\"AA\"}", NO_JWE },
    { "{}", NO_JWE },
    { "{\"ciphertext\":\"AA\"}", NO_JWE },
    { "[" PROTECTED, NO_JWE },
  };
  struct key *key = key_read_or_fail(jwe_vectors[1].key, NULL);
  for (size_t i = 0; i < COUNT(cases); i++) {
    if (cases[i].said)
      must_be_refused(cases[i].text, key, NULL, NULL, cases[i].said);
    else
      must_be_opened(cases[i].text, key, NULL, NULL, PROSPER);
  }
  key_unref(key);
}

static void there_are_limits(void **state) {
  (void)state;
  struct key *key = key_read_or_fail(jwe_vectors[1].key, NULL);
  for (int recipients = JWE_MAX_RECIPIENTS; recipients <= JWE_MAX_RECIPIENTS + 1; recipients++) {
    struct buf text;
    buf_init(&text, 100000);
    buf_add_string(&text, "{" PROTECTED "\"recipients\":[");
    for (int i = 1; i < recipients; i++)
      buf_add_string(&text, WRONG ",");
    buf_add_string(&text, RECIPIENT "]," REST);
    if (recipients > JWE_MAX_RECIPIENTS)
      must_be_refused(buf_string(&text), key, NULL, NULL, NO);
    else
      must_be_opened(buf_string(&text), key, NULL, NULL, PROSPER);
    buf_free(&text);
  }
  /* a header that is too long, and one with too many members */
  struct buf header, text;
  buf_init(&header, 100000);
  made(&text, "A128KW", "A128GCM", bytes_key(16), NULL, PLAIN);
  buf_add_string(&header, "{\"alg\":\"A128KW\",\"enc\":\"A128GCM\",\"x\":\"");
  while (header.len < 16 * 1024)
    buf_add_char(&header, 'x');
  buf_add_string(&header, "\"}");
  char *changed = with_header(buf_string(&header), text.data);
  must_be_refused(changed, bytes_key(16), NULL, NULL, NO_JWE);
  free(changed);
  buf_clear(&header);
  buf_add_string(&header, "{\"alg\":\"A128KW\",\"enc\":\"A128GCM\"");
  for (int i = 0; i < 63; i++)
    buf_addf(&header, ",\"%d\":1", i);
  buf_add_char(&header, '}');
  changed = with_header(buf_string(&header), text.data);
  must_be_refused(changed, bytes_key(16), NULL, NULL, NO_JWE);
  free(changed);
  buf_free(&header);
  /* an IV, a tag and a key that are too long */
  static const char *const long_parts[] = {
    "eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4R0NNIn0..%s.AAAA.AAAAAAAAAAAAAAAAAAAAAA",
    "eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4R0NNIn0..AAAAAAAAAAAAAAAA.AAAA.%s",
    "eyJhbGciOiJBMTI4S1ciLCJlbmMiOiJBMTI4R0NNIn0.%s.AAAAAAAAAAAAAAAA.AAAA.AAAAAAAAAAAAAAAAAAAAAA",
  };
  char *part = calloc(1, 4001);
  memset(part, 'A', 4000);
  for (size_t i = 0; i < COUNT(long_parts); i++) {
    char *message;
    if (asprintf(&message, long_parts[i], part) < 0) fail();
    must_be_refused(message, bytes_key(16), NULL, NULL, i < 2 ? NO_JWE : NO);
    free(message);
  }
  free(part);
  /* no room for the text */
  const char *why = NULL;
  struct buf out;
  buf_init(&out, strlen(PLAIN) - 1);
  assert_false(jwe_open(text.data, text.len, bytes_key(16), NULL, NULL, &out, &why));
  assert_string_equal(why, NO);
  assert_int_equal(out.len, 0);
  buf_free(&out);
  buf_free(&text);
  key_unref(key);
}

static int set_up(void **state) {
  (void)state;
  static const size_t places[] = { 0, 1, 2, 3, 5 };
  json_setup();
  ERR_clear_error();
  for (size_t i = 0; i < COUNT(places); i++)
    keys[i] = key_read_or_fail(keys_made[places[i]].pem, NULL);
  unsigned char bytes[64];
  for (size_t i = 0; i < sizeof bytes; i++)
    bytes[i] = (unsigned char)(i * 7 + 1);
  for (size_t len = 1; len <= sizeof bytes; len++)
    keys[BYTES + len] = key_symmetric(bytes, len);
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(keys); i++)
    key_unref(keys[i]);
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(the_messages_of_the_rfcs_are_opened),
    cmocka_unit_test(the_messages_of_the_rfcs_that_are_not_supported_are_refused),
    cmocka_unit_test(space_around_a_message_does_not_matter),
    cmocka_unit_test(the_agreement_of_the_rfc_is_met),
    cmocka_unit_test(the_agreement_of_the_rfc_for_x25519_is_met),
    cmocka_unit_test(only_the_alg_and_the_enc_that_are_allowed_are_taken),
    cmocka_unit_test(what_is_made_is_opened),
    cmocka_unit_test(a_public_key_is_enough_to_encrypt),
    cmocka_unit_test(a_header_may_have_more_members_but_not_ours),
    cmocka_unit_test(a_key_that_does_not_fit_is_named),
    cmocka_unit_test(another_key_does_not_open_it),
    cmocka_unit_test(whatever_is_changed_or_cut_it_is_refused),
    cmocka_unit_test(a_header_that_says_something_else_is_refused),
    cmocka_unit_test(a_header_with_a_key_that_is_none_is_refused),
    cmocka_unit_test(a_content_key_of_another_length_is_refused),
    cmocka_unit_test(a_json_message_that_contradicts_itself_is_refused),
    cmocka_unit_test(there_are_limits),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
