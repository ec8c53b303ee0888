/* RSA without padding by EVP, and the padding here: EVP's own leave the padded text behind in memory that is freed, and
 * OpenSSL 3.0 has no implicit rejection. OpenSSL's functions that write a padding and check OAEP are
 * deprecated, but there are no others that do it alone. */
#define OPENSSL_SUPPRESS_DEPRECATED 1
#include "crypto/primitive/rsa.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rsa.h>
#include <string.h>

#include "crypto/primitive/algorithm.h"
#include "secret/pool.h"

#define HASH        32  /* bytes of SHA-256 */
#define PREFIX      2   /* bytes in front of the padding of PKCS#1 */
#define PADDING_MIN 8   /* bytes of it */
#define CANDIDATES  128 /* lengths of which the last that fits is taken */

/* With one of RSA's two numbers; `to` has as many bytes as the modulus. */
static bool raw(const struct key *key, bool private, const unsigned char *text, size_t len, unsigned char *to, size_t size) {
  EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, key_pkey(key), NULL);
  bool ok = context && (private ? EVP_PKEY_decrypt_init(context) : EVP_PKEY_encrypt_init(context)) == 1 &&
            EVP_PKEY_CTX_set_rsa_padding(context, RSA_NO_PADDING) == 1 &&
            (private ? EVP_PKEY_decrypt(context, to, &size, text, len) : EVP_PKEY_encrypt(context, to, &size, text, len)) == 1;
  EVP_PKEY_CTX_free(context);
  return ok;
}

static const EVP_MD *oaep_digest(enum rsa_padding padding) {
  return algorithm_digest(padding == RSA_PAD_OAEP_SHA1 ? DIGEST_SHA1 : DIGEST_SHA256);
}

static const EVP_MD *mask_digest(enum rsa_padding padding) {
  return algorithm_digest(padding == RSA_PAD_OAEP_SHA256 ? DIGEST_SHA256 : DIGEST_SHA1);
}

/* --- PKCS#1: no branch and no address depends on the padding before the message is chosen --- */

/* All bits where it holds, none where not. Below 2^31. */
static unsigned if_zero(unsigned x) {
  return 0 - ((~x & (x - 1)) >> 31);
}

static unsigned if_less(unsigned a, unsigned b) {
  return 0 - ((a - b) >> 31);
}

static unsigned choose(unsigned condition, unsigned a, unsigned b) {
  return (condition & a) | (~condition & b);
}

/* Fills `to` with what looks random and depends on the seed and the label: IRPRF of the draft. */
static bool fill(const unsigned char seed[static HASH], const char *label, unsigned char *to, size_t len) {
  unsigned char input[2 + 8 + 2], block[HASH];
  size_t label_len = strlen(label), bits = len * 8;
  const EVP_MD *sha256 = algorithm_digest(DIGEST_SHA256);
  memcpy(input + 2, label, label_len);
  input[2 + label_len] = (unsigned char)(bits >> 8);
  input[3 + label_len] = (unsigned char)bits;
  bool ok = sha256 != NULL;
  for (size_t i = 0; ok && i * HASH < len; i++) {
    size_t rest = len - i * HASH;
    input[0] = (unsigned char)(i >> 8);
    input[1] = (unsigned char)i;
    ok = HMAC(sha256, seed, HASH, input, 4 + label_len, block, NULL) != NULL;
    memcpy(to + i * HASH, block, rest < HASH ? rest : HASH);
  }
  explicit_bzero(block, sizeof block);
  return ok;
}

/* Where the message begins that is given in the place of one with a wrong padding. */
static bool find_other(const unsigned char seed[static HASH], unsigned size, unsigned *start) {
  unsigned char candidates[2 * CANDIDATES];
  unsigned most = size - PREFIX - PADDING_MIN, mask = most, len = 0;
  for (int shift = 1; shift < 16; shift *= 2)
    mask |= mask >> shift;
  bool ok = fill(seed, "length", candidates, sizeof candidates);
  for (int i = 0; ok && i < CANDIDATES; i++) {
    unsigned candidate = ((unsigned)candidates[2 * i] << 8 | candidates[2 * i + 1]) & mask;
    len = choose(if_less(candidate, most), candidate, len);
  }
  *start = size - len;
  return ok;
}

/* `other` has room for as many bytes as `padded`, the modulus' size. */
static bool unpad(const struct key *key, const unsigned char *text, const unsigned char *padded, unsigned char *other, unsigned size,
                  struct buf *out) {
  unsigned char seed[HASH];
  unsigned found = 0, zero = 0, start;
  bool ok = HMAC(algorithm_digest(DIGEST_SHA256), key_reject(key), KEY_REJECT, text, size, seed, NULL) != NULL &&
            fill(seed, "message", other, size) && find_other(seed, size, &start);
  explicit_bzero(seed, sizeof seed);
  if (!ok) return false;
  unsigned good = if_zero(padded[0]) & if_zero(padded[1] ^ 2u);
  for (unsigned i = PREFIX; i < size; i++) {
    unsigned here = if_zero(padded[i]);
    zero = choose(~found & here, i, zero);
    found |= here;
  }
  good &= ~if_less(zero, PREFIX + PADDING_MIN);
  start = choose(good, zero + 1, start);
  for (unsigned i = 0; i < size; i++)
    other[i] = (unsigned char)choose(good, padded[i], other[i]);
  return buf_add(out, other + start, size - start);
}

bool rsa_open(enum rsa_padding padding, const struct key *key, const unsigned char *text, size_t len, struct buf *out) {
  size_t size = (size_t)EVP_PKEY_get_size(key_pkey(key));
  if (len != size || !key_reject(key)) return false;
  unsigned char *padded = pool_alloc(2 * size);
  bool ok = padded && raw(key, true, text, len, padded, size);
  if (ok && padding == RSA_PAD_PKCS1) {
    ok = unpad(key, text, padded, padded + size, (unsigned)size, out);
  } else if (ok) {
    const EVP_MD *digest = oaep_digest(padding), *mask = mask_digest(padding);
    int got = -1;
    if (digest && mask && buf_reserve(out, size))
      got = RSA_padding_check_PKCS1_OAEP_mgf1((unsigned char *)out->data + out->len, (int)size, padded, (int)size, (int)size, NULL, 0, digest, mask);
    ok = got >= 0;
    if (ok) buf_added(out, (size_t)got);
  }
  pool_free(padded);
  return ok;
}

bool rsa_close(enum rsa_padding padding, const struct key *key, const void *text, size_t len, struct buf *out) {
  size_t size = (size_t)EVP_PKEY_get_size(key_pkey(key));
  const EVP_MD *digest = oaep_digest(padding), *mask = mask_digest(padding);
  if (len >= size || !digest || !mask || !buf_reserve(out, size)) return false;
  unsigned char *padded = pool_alloc(size);
  bool ok = padded && (padding == RSA_PAD_PKCS1 ? RSA_padding_add_PKCS1_type_2(padded, (int)size, text, (int)len) == 1
                                                : RSA_padding_add_PKCS1_OAEP_mgf1(padded, (int)size, text, (int)len, NULL, 0, digest, mask) == 1);
  ok = ok && raw(key, false, padded, size, (unsigned char *)out->data + out->len, size);
  pool_free(padded);
  if (ok) buf_added(out, size);
  return ok;
}
