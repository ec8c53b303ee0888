#include "crypto/signing.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rsa.h>
#include <string.h>

#include "crypto/key/der.h"
#include "crypto/primitive/algorithm.h"

#define DER_MAX 160 /* bytes of an ECDSA signature by a P-521 key, and more */

enum scheme { PLAIN_DIGEST, HMAC_CODE, RSA_PKCS1, RSA_PSS, ECDSA_DER, ECDSA_RAW, EDDSA };

struct signing {
  const char *name;
  enum scheme scheme;
  enum digest digest;
  const char *curve; /* that the key has to have */
  size_t half;       /* bytes of r and of s */
};

static const struct signing all[] = {
  { .name = "hmac-sha1", .scheme = HMAC_CODE, .digest = DIGEST_SHA1 },
  { .name = "hmac-sha256", .scheme = HMAC_CODE, .digest = DIGEST_SHA256 },
  { .name = "hmac-sha384", .scheme = HMAC_CODE, .digest = DIGEST_SHA384 },
  { .name = "hmac-sha512", .scheme = HMAC_CODE, .digest = DIGEST_SHA512 },
  { .name = "rsa-sha256", .scheme = RSA_PKCS1, .digest = DIGEST_SHA256 },
  { .name = "rsa-sha512", .scheme = RSA_PKCS1, .digest = DIGEST_SHA512 },
  { .name = "rsa-pss-sha256", .scheme = RSA_PSS, .digest = DIGEST_SHA256 },
  { .name = "rsa-pss-sha512", .scheme = RSA_PSS, .digest = DIGEST_SHA512 },
  { .name = "ecdsa-sha256", .scheme = ECDSA_DER, .digest = DIGEST_SHA256 },
  { .name = "ecdsa-sha384", .scheme = ECDSA_DER, .digest = DIGEST_SHA384 },
  { .name = "ecdsa-sha256-raw", .scheme = ECDSA_RAW, .digest = DIGEST_SHA256, .curve = "P-256", .half = 32 },
  { .name = "ecdsa-sha384-raw", .scheme = ECDSA_RAW, .digest = DIGEST_SHA384, .curve = "P-384", .half = 48 },
  { .name = "ed25519", .scheme = EDDSA },
  { .name = "sha1", .scheme = PLAIN_DIGEST, .digest = DIGEST_SHA1 },
  { .name = "sha256", .scheme = PLAIN_DIGEST, .digest = DIGEST_SHA256 },
  { .name = "sha384", .scheme = PLAIN_DIGEST, .digest = DIGEST_SHA384 },
  { .name = "sha512", .scheme = PLAIN_DIGEST, .digest = DIGEST_SHA512 },
};

const struct signing *signing_find(const char *name) {
  for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
    if (strcmp(all[i].name, name) == 0) return &all[i];
  return NULL;
}

const char *signing_name(size_t place) {
  return place < sizeof all / sizeof all[0] ? all[place].name : NULL;
}

bool signing_needs_key(const struct signing *signing) {
  return signing->scheme != PLAIN_DIGEST;
}

bool signing_takes_bytes(const struct signing *signing) {
  return signing->scheme == HMAC_CODE;
}

static const struct {
  enum key_kind kind;
  const char *why;
} needed[] = {
  [HMAC_CODE] = { KEY_SYMMETRIC, "is not bytes, as this algorithm needs" },
  [RSA_PKCS1] = { KEY_RSA, "is not the RSA key that this algorithm needs" },
  [RSA_PSS] = { KEY_RSA, "is not the RSA key that this algorithm needs" },
  [ECDSA_DER] = { KEY_EC, "is not the EC key that this algorithm needs" },
  [ECDSA_RAW] = { KEY_EC, "is not the EC key that this algorithm needs" },
  [EDDSA] = { KEY_ED25519, "is not the Ed25519 key that this algorithm needs" },
};

bool signing_fits(const struct signing *signing, const struct key *key, const char **why) {
  if (signing->scheme == PLAIN_DIGEST) return true;
  *why = needed[signing->scheme].why;
  if (key_kind(key) != needed[signing->scheme].kind) return false;
  *why = "has another curve than this algorithm needs";
  if (signing->curve && (!key_curve(key) || strcmp(key_curve(key), signing->curve) != 0)) return false;
  *why = "is a public key where a private one is needed";
  return key_is_private(key);
}

static bool add_digest(const EVP_MD *digest, const void *text, size_t len, struct buf *out) {
  unsigned done = 0;
  if (!buf_reserve(out, (size_t)EVP_MD_get_size(digest)) || EVP_Digest(text, len, (unsigned char *)out->data + out->len, &done, digest, NULL) != 1)
    return false;
  buf_added(out, done);
  return true;
}

static bool add_code(const EVP_MD *digest, const struct key *key, const void *text, size_t len, struct buf *out) {
  OSSL_PARAM params[] = { OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)EVP_MD_get0_name(digest), 0), OSSL_PARAM_construct_end() };
  size_t key_len, size = (size_t)EVP_MD_get_size(digest), done;
  const unsigned char *bytes = key_bytes(key, &key_len);
  EVP_MAC *hmac = algorithm_hmac();
  EVP_MAC_CTX *context = hmac && buf_reserve(out, size) ? EVP_MAC_CTX_new(hmac) : NULL;
  bool ok = context && EVP_MAC_init(context, bytes, key_len, params) == 1 && EVP_MAC_update(context, text, len) == 1 &&
            EVP_MAC_final(context, (unsigned char *)out->data + out->len, &done, size) == 1;
  EVP_MAC_CTX_free(context);
  if (ok) buf_added(out, done);
  return ok;
}

_Static_assert(sizeof all / sizeof all[0] == KEY_CONTEXTS, "a key has a place for each");

/* A context that is ready to sign; NULL on failure. */
static const EVP_MD_CTX *prepare(const struct signing *signing, const EVP_MD *digest, const struct key *key) {
  size_t place = (size_t)(signing - all);
  EVP_PKEY_CTX *options; /* belongs to the context */
  const EVP_MD_CTX *known = key_context(key, place);
  EVP_MD_CTX *context = known ? NULL : EVP_MD_CTX_new();
  if (!context) return known;
  bool ok = EVP_DigestSignInit(context, &options, digest, NULL, key_pkey(key)) == 1;
  if (ok && signing->scheme == RSA_PSS)
    ok = EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) == 1 && EVP_PKEY_CTX_set_rsa_pss_saltlen(options, RSA_PSS_SALTLEN_DIGEST) == 1;
  if (ok) return key_keep_context(key, place, context);
  EVP_MD_CTX_free(context);
  return NULL;
}

/* Writes at most *made bytes to `to`. */
static bool sign(const struct signing *signing, const EVP_MD *digest, const struct key *key, const void *text, size_t len, unsigned char *to,
                 size_t *made) {
  size_t room = *made;
  const EVP_MD_CTX *prepared = prepare(signing, digest, key);
  EVP_MD_CTX *context = prepared ? EVP_MD_CTX_new() : NULL;
  bool ok = context && EVP_MD_CTX_copy_ex(context, prepared) == 1 && EVP_DigestSign(context, to, made, text, len) == 1 &&
            *made <= room; /* -1 of ECDSA where memory is used up */
  EVP_MD_CTX_free(context);
  return ok;
}

/* Appends r and s of a signature in DER, each with all its bytes. */
static bool add_raw(struct der der, size_t half, struct buf *out) {
  struct der both, number[2];
  if (!der_take(&der, DER_SEQUENCE, &both) || !buf_reserve(out, 2 * half)) return false;
  unsigned char *to = (unsigned char *)out->data + out->len;
  memset(to, 0, 2 * half);
  for (int i = 0; i < 2; i++, to += half) {
    if (!der_take_number(&both, &number[i]) || number[i].len > half) return false;
    memcpy(to + half - number[i].len, number[i].bytes, number[i].len);
  }
  buf_added(out, 2 * half);
  return true;
}

static bool add_signature(const struct signing *signing, const EVP_MD *digest, const struct key *key, const void *text, size_t len, struct buf *out) {
  if (signing->scheme == ECDSA_RAW) {
    unsigned char der[DER_MAX];
    size_t made = sizeof der;
    return sign(signing, digest, key, text, len, der, &made) && add_raw((struct der){ der, made }, signing->half, out);
  }
  size_t made = (size_t)EVP_PKEY_get_size(key_pkey(key));
  if (!buf_reserve(out, made) || !sign(signing, digest, key, text, len, (unsigned char *)out->data + out->len, &made)) return false;
  buf_added(out, made);
  return true;
}

bool signing_make(const struct signing *signing, const struct key *key, const void *text, size_t len, struct buf *out, const char **why) {
  const EVP_MD *digest = signing->scheme == EDDSA ? NULL : algorithm_digest(signing->digest);
  *why = "could not sign";
  if (!digest && signing->scheme != EDDSA) return false;
  ERR_set_mark();
  bool ok = signing->scheme == PLAIN_DIGEST ? add_digest(digest, text, len, out)
            : signing->scheme == HMAC_CODE  ? add_code(digest, key, text, len, out)
                                            : add_signature(signing, digest, key, text, len, out);
  ERR_pop_to_mark();
  return ok;
}
