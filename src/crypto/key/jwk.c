#include "crypto/key/jwk.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <string.h>

#include "crypto/encoding.h"
#include "crypto/key/numbers.h"
#include "crypto/key/parts.h"
#include "secret/pool.h"

#define OKP_BYTES       32
#define COORDINATE_MOST 66   /* bytes, of P-521 */
#define EXPONENT_MOST   8    /* bytes, as numbers.c takes them */
#define JWK_MAX         8192 /* bytes of all numbers of a key */

static const struct {
  const char *name;
  int curve;
  size_t bytes; /* of a coordinate */
} curves[] = { { "P-256", NID_X9_62_prime256v1, 32 }, { "P-384", NID_secp384r1, 48 }, { "P-521", NID_secp521r1, 66 } };

#define CURVES (sizeof curves / sizeof curves[0])

const char *jwk_curve_name(int curve) {
  for (size_t i = 0; i < CURVES; i++)
    if (curves[i].curve == curve) return curves[i].name;
  return NULL;
}

/* --- in --- */

/* A string member; NULL when there is none. */
static const char *member(const struct json_node *object, const char *name, size_t *len) {
  const struct json_node *node = json_at(object, name);
  return node && json_type(node) == JSON_STRING ? json_string(node, len) : NULL;
}

/* Decodes a member to the end of `bytes`, which does not move. An absent one gives no bytes; false when it is no
 * base64url. */
static bool take(const struct json_node *object, const char *name, struct buf *bytes, struct der *number) {
  size_t len, start = bytes->len;
  const char *text = member(object, name, &len);
  *number = (struct der){ NULL, 0 };
  if (!text) return json_present(object, name) == NULL;
  if (!encoding_read(ENCODING_BASE64URL, text, len, bytes)) return false;
  *number = (struct der){ (const unsigned char *)bytes->data + start, bytes->len - start };
  return number->len > 0;
}

static void drop_zeros(struct der *number) {
  for (; number->len > 0 && number->bytes[0] == 0; number->len--)
    number->bytes++;
}

static bool read_rsa(const struct json_node *object, struct buf *bytes, struct numbers *numbers) {
  static const char *const names[RSA_NUMBERS] = { "n", "e", "d", "p", "q", "dp", "dq", "qi" };
  numbers->kind = KEY_RSA;
  for (int i = 0; i < RSA_NUMBERS; i++) {
    if (!take(object, names[i], bytes, &numbers->rsa[i])) return false;
    drop_zeros(&numbers->rsa[i]);
  }
  return json_present(object, "oth") == NULL;
}

static bool read_ec(const struct json_node *object, struct buf *bytes, struct numbers *numbers) {
  size_t len, size = 0;
  struct der x, y;
  const char *name = member(object, "crv", &len);
  numbers->kind = KEY_EC;
  for (size_t i = 0; name && i < CURVES; i++)
    if (strcmp(name, curves[i].name) == 0) {
      numbers->curve = curves[i].curve;
      size = curves[i].bytes;
    }
  if (size == 0 || !buf_add_char(bytes, POINT_CONVERSION_UNCOMPRESSED)) return false;
  if (!take(object, "x", bytes, &x) || !take(object, "y", bytes, &y) || x.len != size || y.len != size) return false;
  numbers->public = (struct der){ x.bytes - 1, 1 + 2 * size };
  return take(object, "d", bytes, &numbers->private) && (numbers->private.len == 0 || numbers->private.len == size);
}

static bool read_okp(const struct json_node *object, struct buf *bytes, struct numbers *numbers) {
  size_t len;
  const char *name = member(object, "crv", &len);
  if (!name || (strcmp(name, "Ed25519") != 0 && strcmp(name, "X25519") != 0)) return false;
  numbers->kind = strcmp(name, "X25519") == 0 ? KEY_X25519 : KEY_ED25519;
  return take(object, "x", bytes, &numbers->public) && numbers->public.len == OKP_BYTES && take(object, "d", bytes, &numbers->private);
}

static struct key *read_oct(const struct json_node *object, struct buf *bytes, const char **why) {
  struct der k;
  if (!take(object, "k", bytes, &k) || k.len == 0) return NULL;
  *why = KEY_NO_MEMORY;
  return key_symmetric(k.bytes, k.len);
}

struct key *jwk_read(const struct json_node *object, const char **why) {
  struct numbers numbers = { 0 };
  struct buf bytes;
  struct key *key = NULL;
  size_t len;
  const char *type = json_type(object) == JSON_OBJECT ? member(object, "kty", &len) : NULL;
  *why = "is a JWK of a type that is not known";
  if (!type) return NULL;
  buf_init(&bytes, JWK_MAX);
  *why = KEY_NO_MEMORY;
  if (buf_reserve(&bytes, JWK_MAX)) { /* so that it never moves */
    bool (*read)(const struct json_node *, struct buf *, struct numbers *) = strcmp(type, "RSA") == 0   ? read_rsa
                                                                             : strcmp(type, "EC") == 0  ? read_ec
                                                                             : strcmp(type, "OKP") == 0 ? read_okp
                                                                                                        : NULL;
    *why = read || strcmp(type, "oct") == 0 ? "is a JWK with members that are missing or wrong" : "is a JWK of a type that is not known";
    if (read && read(object, &bytes, &numbers))
      key = numbers_to_key(&numbers, why);
    else if (strcmp(type, "oct") == 0)
      key = read_oct(object, &bytes, why);
  }
  buf_free(&bytes);
  return key;
}

/* --- out --- */

static bool write_member(struct buf *out, const char *name, const unsigned char *bytes, size_t len) {
  return buf_addf(out, ",\"%s\":\"", name) && encoding_write(ENCODING_BASE64URL, bytes, len, out) && buf_add_char(out, '"');
}

/* The public number of that name, which has at most `size` bytes, in as few as it needs. Not by EVP_PKEY_get_bn_param, which fills 2048 bytes first. */
static bool write_number(struct buf *out, const struct key *key, const char *name, const char *param, size_t size) {
  BIGNUM *number = NULL;
  unsigned char *bytes = pool_alloc(size);
  OSSL_PARAM params[] = { OSSL_PARAM_construct_BN(param, bytes, size), OSSL_PARAM_construct_end() };
  bool ok = bytes && EVP_PKEY_get_params(key->pkey, params) == 1 && OSSL_PARAM_get_BN(&params[0], &number) == 1 &&
            write_member(out, name, bytes, (size_t)BN_bn2bin(number, bytes));
  pool_free(bytes);
  BN_free(number);
  return ok;
}

/* The point is asked for as a whole: to ask for one coordinate takes as long. */
static bool write_ec(struct buf *out, const struct key *key) {
  unsigned char point[1 + 2 * COORDINATE_MOST];
  size_t len = 0, place = 0;
  while (place < CURVES && curves[place].curve != key->curve)
    place++;
  if (place == CURVES) return false;
  size_t bytes = curves[place].bytes;
  return EVP_PKEY_get_octet_string_param(key->pkey, OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, point, sizeof point, &len) == 1 && len == 1 + 2 * bytes &&
         buf_addf(out, "{\"crv\":\"%s\",\"kty\":\"EC\"", curves[place].name) && write_member(out, "x", point + 1, bytes) &&
         write_member(out, "y", point + 1 + bytes, bytes) && buf_add_char(out, '}');
}

static bool write_okp(struct buf *out, const struct key *key) {
  unsigned char bytes[OKP_BYTES];
  size_t len = sizeof bytes;
  return EVP_PKEY_get_raw_public_key(key->pkey, bytes, &len) == 1 && buf_addf(out, "{\"crv\":\"%s\",\"kty\":\"OKP\"", key_curve(key)) &&
         write_member(out, "x", bytes, len) && buf_add_char(out, '}');
}

/* The order of RFC 7638: e, kty, n. */
static bool write_rsa(struct buf *out, const struct key *key) {
  size_t start = out->len;
  if (!write_number(out, key, "e", OSSL_PKEY_PARAM_RSA_E, EXPONENT_MOST)) return false;
  out->data[start] = '{'; /* in the place of the comma */
  return buf_add_string(out, ",\"kty\":\"RSA\"") && write_number(out, key, "n", OSSL_PKEY_PARAM_RSA_N, (key->bits + 7) / 8) && buf_add_char(out, '}');
}

bool jwk_write(const struct key *key, struct buf *out) {
  switch (key->kind) {
  case KEY_RSA: return write_rsa(out, key);
  case KEY_EC: return write_ec(out, key);
  default: return write_okp(out, key);
  }
}
