/* OpenSSL can read a PEM, but leaves the private number behind in the heap: its ASN.1 types free octet strings without
 * wiping them. So base64 and DER are read here, in memory that is wiped, and OpenSSL gets only the number. */
#include "secret/ec_key.h"

#include <limits.h>
#include <openssl/asn1.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/params.h>
#include <stdbool.h>
#include <string.h>

#include "secret/buf.h"
#include "secret/pool.h"

#define DER_MAX    4096
#define NUMBER_MAX 128 /* bytes; P-521 has 66 */

enum { DER_INTEGER = 0x02, DER_OCTETS = 0x04, DER_OID = 0x06, DER_SEQUENCE = 0x30, DER_PARAMETERS = 0xa0 };

struct der {
  const unsigned char *bytes;
  size_t len;
};

/* Takes the first element off `in` if it has that type. */
static bool der_take(struct der *in, unsigned char type, struct der *content) {
  if (in->len < 2 || in->bytes[0] != type) return false;
  size_t len = in->bytes[1], head = 2;
  if (len > 0x80) {
    size_t count = len - 0x80;
    if (count > 2 || in->len < 2 + count) return false;
    for (len = 0; head < 2 + count; head++)
      len = len << 8 | in->bytes[head];
  } else if (len == 0x80) {
    return false;
  }
  if (len > in->len - head) return false;
  *content = (struct der){ in->bytes + head, len };
  in->bytes += head + len;
  in->len -= head + len;
  return true;
}

/* ECPrivateKey (RFC 5915). The curve stays as it is when the key names none. */
static bool read_sec1(struct der der, struct der *number, struct der *curve) {
  struct der key, version, parameters;
  if (!der_take(&der, DER_SEQUENCE, &key) || !der_take(&key, DER_INTEGER, &version) || !der_take(&key, DER_OCTETS, number)) return false;
  if (der_take(&key, DER_PARAMETERS, &parameters)) der_take(&parameters, DER_OID, curve);
  return true;
}

/* PrivateKeyInfo (RFC 5208) with an ECPrivateKey in it. */
static bool read_pkcs8(struct der der, struct der *number, struct der *curve) {
  static const unsigned char ec[] = { 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01 };
  struct der info, version, algorithm, name, key;
  if (!der_take(&der, DER_SEQUENCE, &info) || !der_take(&info, DER_INTEGER, &version) || !der_take(&info, DER_SEQUENCE, &algorithm)) return false;
  if (!der_take(&algorithm, DER_OID, &name) || name.len != sizeof ec || memcmp(name.bytes, ec, sizeof ec) != 0) return false;
  if (!der_take(&info, DER_OCTETS, &key) || !read_sec1(key, number, curve)) return false;
  return der_take(&algorithm, DER_OID, curve) || curve->len > 0;
}

/* OpenSSL's name of a curve; NULL when it has none. */
static const char *curve_name(const struct der *curve) {
  unsigned char encoded[2 + 32] = { DER_OID, (unsigned char)curve->len };
  const unsigned char *at = encoded;
  if (curve->len == 0 || curve->len > sizeof encoded - 2) return NULL;
  memcpy(encoded + 2, curve->bytes, curve->len);
  ASN1_OBJECT *object = d2i_ASN1_OBJECT(NULL, &at, (long)(curve->len + 2));
  int nid = object ? OBJ_obj2nid(object) : NID_undef;
  ASN1_OBJECT_free(object);
  return nid == NID_undef ? NULL : OBJ_nid2sn(nid);
}

/* Whether the number is in the range of its curve. */
static bool is_valid(EVP_PKEY *key) {
  EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
  bool valid = context && EVP_PKEY_private_check(context) == 1;
  EVP_PKEY_CTX_free(context);
  return valid;
}

static EVP_PKEY *make(const struct der *number, const struct der *curve) {
  const char *name = curve_name(curve);
  if (!name || number->len == 0 || number->len > NUMBER_MAX) return NULL;
  unsigned char *native = pool_alloc(number->len);
  EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
  EVP_PKEY *key = NULL;
  if (native && context) {
    for (size_t i = 0; i < number->len; i++)
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
      native[i] = number->bytes[number->len - 1 - i];
#else
      native[i] = number->bytes[i];
#endif
    OSSL_PARAM params[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, (char *)name, 0),
      OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_PRIV_KEY, native, number->len),
      OSSL_PARAM_construct_end(),
    };
    if (EVP_PKEY_fromdata_init(context) != 1 || EVP_PKEY_fromdata(context, &key, EVP_PKEY_KEYPAIR, params) != 1) key = NULL;
  }
  pool_free(native);
  EVP_PKEY_CTX_free(context);
  if (!key || is_valid(key)) return key;
  EVP_PKEY_free(key);
  return NULL;
}

/* Decodes the base64 between these two lines; false when there is none. */
static bool decode(struct buf *der, const char *pem, size_t len, const char *header, const char *footer) {
  const char *end = pem + len, *start = memmem(pem, len, header, strlen(header));
  if (!start) return false;
  start += strlen(header);
  struct buf text;
  buf_init(&text, DER_MAX);
  for (; start < end && *start != '-'; start++)
    if (!strchr(" \t\r\n", *start)) buf_add_char(&text, *start);
  size_t padding = 0;
  while (padding < 2 && padding < text.len && text.data[text.len - 1 - padding] == '=')
    padding++;
  bool ok =
      !text.failed && text.len > 0 && text.len % 4 == 0 && (size_t)(end - start) >= strlen(footer) && memcmp(start, footer, strlen(footer)) == 0;
  unsigned char *bytes = ok ? pool_alloc(text.len) : NULL;
  int got = bytes ? EVP_DecodeBlock(bytes, (const unsigned char *)text.data, (int)text.len) : -1;
  ok = got > (int)padding && buf_add(der, bytes, (size_t)got - padding);
  pool_free(bytes);
  buf_free(&text);
  return ok;
}

EVP_PKEY *ec_key_read(const char *pem, size_t len) {
  EVP_PKEY *key = NULL;
  struct der number = { 0 }, curve = { 0 };
  struct buf der;
  buf_init(&der, DER_MAX);
  bool pkcs8 = decode(&der, pem, len, "-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----");
  if (pkcs8 || decode(&der, pem, len, "-----BEGIN EC PRIVATE KEY-----", "-----END EC PRIVATE KEY-----")) {
    struct der all = { (const unsigned char *)der.data, der.len };
    if (pkcs8 ? read_pkcs8(all, &number, &curve) : read_sec1(all, &number, &curve)) key = make(&number, &curve);
  }
  buf_free(&der);
  return key;
}
