#include "crypto/key/numbers.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/params.h>
#include <string.h>

#include "crypto/key/parts.h"
#include "crypto/primitive/algorithm.h"
#include "secret/pool.h"

#define RSA_LEAST   2048 /* bits */
#define RSA_MOST    8192
#define EC_MOST     72 /* bytes of a number; P-521 has 66 */
#define OKP_BYTES   32
#define POINT_MOST  (1 + 2 * EC_MOST)
#define NO_CURVE    "has a curve that is not known"
#define OTHER_PARTS "has a public part that does not belong to the private one"

static size_t bits_of(const struct der *number) {
  return number->len == 0 ? 0 : number->len * 8 - (size_t)(__builtin_clz(number->bytes[0]) - 24);
}

/* Writes the number as OpenSSL's parameters have it: in the order of this machine. */
static void write_native(unsigned char *to, const struct der *number) {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
  for (size_t i = 0; i < number->len; i++)
    to[i] = number->bytes[number->len - 1 - i];
#else
  memcpy(to, number->bytes, number->len);
#endif
}

/* NULL when OpenSSL refuses the parameters. */
static EVP_PKEY *make(const char *type, bool private, OSSL_PARAM *params) {
  EVP_PKEY *pkey = NULL;
  EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
  if (context && EVP_PKEY_fromdata_init(context) == 1 &&
      EVP_PKEY_fromdata(context, &pkey, private ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY, params) != 1)
    pkey = NULL;
  EVP_PKEY_CTX_free(context);
  return pkey;
}

/* --- RSA --- */

/* Whether the factors are those of the modulus; true where there are none. */
static bool factors_fit(const struct der *rsa) {
  if (rsa[RSA_P].len == 0) return true;
  BN_CTX *context = BN_CTX_new();
  BIGNUM *n = BN_bin2bn(rsa[RSA_N].bytes, (int)rsa[RSA_N].len, NULL), *p = BN_bin2bn(rsa[RSA_P].bytes, (int)rsa[RSA_P].len, NULL);
  BIGNUM *q = BN_bin2bn(rsa[RSA_Q].bytes, (int)rsa[RSA_Q].len, NULL), *product = BN_new();
  bool fit = context && n && p && q && product && BN_mul(product, p, q, context) == 1 && BN_cmp(product, n) == 0;
  BN_free(n);
  BN_clear_free(p);
  BN_clear_free(q);
  BN_clear_free(product);
  BN_CTX_free(context);
  return fit;
}

static const char *rsa_fault(const struct der *rsa) {
  size_t bits = bits_of(&rsa[RSA_N]);
  if (bits < RSA_LEAST) return "is an RSA key of less than 2048 bits";
  if (bits > RSA_MOST) return "is an RSA key of more than 8192 bits";
  const struct der *e = &rsa[RSA_E];
  if (e->len == 0 || e->len > 8 || e->bytes[e->len - 1] % 2 == 0 || bits_of(e) < 2 || rsa[RSA_N].bytes[rsa[RSA_N].len - 1] % 2 == 0)
    return KEY_NO_KEY;
  size_t factors = 0;
  for (int i = RSA_D; i < RSA_NUMBERS; i++) {
    if (rsa[i].len > rsa[RSA_N].len) return KEY_NO_KEY;
    factors += i > RSA_D && rsa[i].len > 0;
  }
  if (factors != 0 && (factors != RSA_NUMBERS - RSA_P || rsa[RSA_D].len == 0)) return KEY_NO_KEY;
  return factors_fit(rsa) ? NULL : KEY_NO_KEY;
}

/* The hash of the private number with as many bytes as the modulus, as draft-irtf-cfrg-rsa-guidance has it. */
static bool hash_private(const struct der *rsa, unsigned char hash[static KEY_REJECT]) {
  size_t len = rsa[RSA_N].len;
  const EVP_MD *sha256 = algorithm_digest(DIGEST_SHA256);
  unsigned char *padded = sha256 ? pool_calloc(1, len) : NULL;
  if (!padded) return false;
  memcpy(padded + len - rsa[RSA_D].len, rsa[RSA_D].bytes, rsa[RSA_D].len);
  bool ok = EVP_Digest(padded, len, hash, NULL, sha256, NULL) == 1;
  pool_free(padded);
  return ok;
}

static struct key *make_rsa(const struct der *rsa, const char **why) {
  static const char *const names[RSA_NUMBERS] = {
    OSSL_PKEY_PARAM_RSA_N,       OSSL_PKEY_PARAM_RSA_E,         OSSL_PKEY_PARAM_RSA_D,         OSSL_PKEY_PARAM_RSA_FACTOR1,
    OSSL_PKEY_PARAM_RSA_FACTOR2, OSSL_PKEY_PARAM_RSA_EXPONENT1, OSSL_PKEY_PARAM_RSA_EXPONENT2, OSSL_PKEY_PARAM_RSA_COEFFICIENT1,
  };
  OSSL_PARAM params[RSA_NUMBERS + 1], *param = params;
  bool private = rsa[RSA_D].len > 0;
  unsigned char hash[KEY_REJECT];
  *why = rsa_fault(rsa);
  if (*why) return NULL;
  *why = KEY_NO_MEMORY;
  if (private && !hash_private(rsa, hash)) return NULL;
  unsigned char *native = pool_alloc(RSA_NUMBERS * rsa[RSA_N].len), *at = native;
  if (!native) return NULL;
  for (int i = 0; i < RSA_NUMBERS; i++) {
    if (rsa[i].len == 0) continue;
    write_native(at, &rsa[i]);
    *param++ = OSSL_PARAM_construct_BN(names[i], at, rsa[i].len);
    at += rsa[i].len;
  }
  *param = OSSL_PARAM_construct_end();
  EVP_PKEY *pkey = make("RSA", private, params);
  pool_free(native);
  struct key *key = key_wrap(KEY_RSA, pkey, private, bits_of(&rsa[RSA_N]), why);
  if (key && private) memcpy(key->reject, hash, sizeof hash);
  explicit_bzero(hash, sizeof hash);
  return key;
}

/* --- elliptic curves --- */

/* Computes the public point of a private number that is in range, and compares it with the one that is given. */
static bool compute_point(const EC_GROUP *group, const struct numbers *numbers, struct der *computed, unsigned char *to, const char **why) {
  BN_CTX *context = BN_CTX_new();
  BIGNUM *number = BN_bin2bn(numbers->private.bytes, (int)numbers->private.len, NULL);
  EC_POINT *point = EC_POINT_new(group), *given = EC_POINT_new(group);
  bool ok = context && number && point && given;
  if (ok) *why = KEY_NO_KEY;
  ok = ok && !BN_is_zero(number) && BN_cmp(number, EC_GROUP_get0_order(group)) < 0;
  if (ok) BN_set_flags(number, BN_FLG_CONSTTIME);
  ok = ok && EC_POINT_mul(group, point, number, NULL, NULL, context) == 1;
  if (ok) computed->len = EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, to, POINT_MOST, context);
  ok = ok && computed->len > 0;
  if (ok && numbers->public.len > 0) {
    *why = OTHER_PARTS;
    ok =
        EC_POINT_oct2point(group, given, numbers->public.bytes, numbers->public.len, context) == 1 && EC_POINT_cmp(group, point, given, context) == 0;
  }
  EC_POINT_free(given);
  EC_POINT_clear_free(point);
  BN_clear_free(number);
  BN_CTX_free(context);
  return ok;
}

/* The public point of a private number, at `to`. */
static bool complete(const struct numbers *numbers, struct der *public, unsigned char *to, const char **why) {
  EC_GROUP *group = EC_GROUP_new_by_curve_name(numbers->curve);
  *why = NO_CURVE;
  if (!group) return false;
  *public = (struct der){ to, 0 };
  *why = numbers->private.len > EC_MOST ? KEY_NO_KEY : KEY_NO_MEMORY;
  bool ok = numbers->private.len <= EC_MOST && compute_point(group, numbers, public, to, why);
  EC_GROUP_free(group);
  return ok;
}

static bool is_curve(int curve) {
  EC_GROUP *group = EC_GROUP_new_by_curve_name(curve);
  EC_GROUP_free(group);
  return group != NULL;
}

static struct key *make_ec(const struct numbers *numbers, const char **why) {
  unsigned char point[POINT_MOST];
  struct der public = numbers->public, private = numbers->private;
  const char *name = OBJ_nid2sn(numbers->curve);
  bool has_private = private.len > 0;
  *why = NO_CURVE;
  if (!name || (has_private && !complete(numbers, &public, point, why))) return NULL;
  *why = KEY_NO_KEY;
  if (public.len < 2) return NULL; /* none, or the point at infinity */
  unsigned char *native = pool_alloc(private.len);
  if (!native) {
    *why = KEY_NO_MEMORY;
    return NULL;
  }
  write_native(native, &private);
  OSSL_PARAM params[] = {
    OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, (char *)name, 0),
    OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, (void *)public.bytes, public.len),
    has_private ? OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_PRIV_KEY, native, private.len) : OSSL_PARAM_construct_end(),
    OSSL_PARAM_construct_end(),
  };
  EVP_PKEY *pkey = make("EC", has_private, params);
  pool_free(native);
  size_t bits = pkey ? (size_t)EVP_PKEY_get_bits(pkey) : 0;
  struct key *key = key_wrap(KEY_EC, pkey, has_private, bits, why);
  if (key) key->curve = numbers->curve;
  if (!pkey && !is_curve(numbers->curve)) *why = NO_CURVE; /* asked only now, as it takes half as long as to read a public key */
  return key;
}

static struct key *make_okp(const struct numbers *numbers, const char **why) {
  const char *name = numbers->kind == KEY_ED25519 ? "ED25519" : "X25519";
  const struct der *public = &numbers->public, *private = &numbers->private;
  unsigned char computed[OKP_BYTES];
  size_t len = sizeof computed;
  *why = KEY_NO_KEY;
  if (private->len > 0 ? private->len != OKP_BYTES : public->len != OKP_BYTES) return NULL;
  EVP_PKEY *pkey = private->len > 0 ? EVP_PKEY_new_raw_private_key_ex(NULL, name, NULL, private->bytes, OKP_BYTES)
                                    : EVP_PKEY_new_raw_public_key_ex(NULL, name, NULL, public->bytes, OKP_BYTES);
  if (pkey && public->len > 0 && (EVP_PKEY_get_raw_public_key(pkey, computed, &len) != 1 || !der_equals(public, computed, len))) {
    *why = OTHER_PARTS;
    EVP_PKEY_free(pkey);
    return NULL;
  }
  return key_wrap(numbers->kind, pkey, private->len > 0, 255, why);
}

struct key *numbers_to_key(const struct numbers *numbers, const char **why) {
  switch (numbers->kind) {
  case KEY_RSA: return make_rsa(numbers->rsa, why);
  case KEY_EC: return make_ec(numbers, why);
  default: return make_okp(numbers, why);
  }
}
