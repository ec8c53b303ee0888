/* The forms that a key comes in, told apart by what is in them and not by what is written on them. */
#define _GNU_SOURCE 1
#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <string.h>

#include "crypto/encoding.h"
#include "crypto/key/jwk.h"
#include "crypto/key/numbers.h"
#include "crypto/key/parts.h"
#include "crypto/key/pbes2.h"
#include "text/chars.h"

#define NO_FORM "is neither PEM, JWK nor base64 of DER"
#define DAMAGED "is a damaged key, or of a kind that is not supported"
#define NO_TYPE "is of a type that is not supported: RSA, EC, Ed25519 and X25519 are"

struct password {
  const char *bytes; /* NULL for none */
  size_t len;
};

/* --- DER --- */

/* The NID of a curve by its OID; NID_undef when OpenSSL does not know it. */
static int curve_of(const struct der *name) {
  unsigned char encoded[2 + 32] = { DER_OID, (unsigned char)name->len };
  const unsigned char *at = encoded;
  if (name->len == 0 || name->len > sizeof encoded - 2) return NID_undef;
  memcpy(encoded + 2, name->bytes, name->len);
  ASN1_OBJECT *object = d2i_ASN1_OBJECT(NULL, &at, (long)(name->len + 2));
  int curve = object ? OBJ_obj2nid(object) : NID_undef;
  ASN1_OBJECT_free(object);
  return curve;
}

/* Takes an AlgorithmIdentifier: the kind of a key, and the curve of an EC key where it is named. */
static bool take_type(struct der *in, struct numbers *numbers) {
  static const unsigned char rsa[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01 };
  static const unsigned char ec[] = { 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01 };
  static const unsigned char ed25519[] = { 0x2b, 0x65, 0x70 }, x25519[] = { 0x2b, 0x65, 0x6e };
  struct der algorithm, name, curve;
  if (!der_take(in, DER_SEQUENCE, &algorithm) || !der_take(&algorithm, DER_OID, &name)) return false;
  if (der_equals(&name, rsa, sizeof rsa))
    numbers->kind = KEY_RSA;
  else if (der_equals(&name, ec, sizeof ec))
    numbers->kind = KEY_EC;
  else if (der_equals(&name, ed25519, sizeof ed25519))
    numbers->kind = KEY_ED25519;
  else if (der_equals(&name, x25519, sizeof x25519))
    numbers->kind = KEY_X25519;
  else
    return false;
  if (numbers->kind == KEY_EC && der_take(&algorithm, DER_OID, &curve)) numbers->curve = curve_of(&curve);
  return true;
}

/* RSAPublicKey, or RSAPrivateKey without its version (RFC 8017). */
static bool read_pkcs1(struct der der, bool private, struct numbers *numbers) {
  numbers->kind = KEY_RSA;
  for (int i = 0; i < (private ? RSA_NUMBERS : RSA_D); i++)
    if (!der_take_number(&der, &numbers->rsa[i]) || numbers->rsa[i].len == 0) return false;
  return der.len == 0;
}

/* ECPrivateKey without its version (RFC 5915). The curve stays as it is when the key names none. */
static bool read_sec1(struct der der, struct numbers *numbers) {
  struct der parameters, curve, point;
  numbers->kind = KEY_EC;
  if (!der_take(&der, DER_OCTETS, &numbers->private) || numbers->private.len == 0) return false;
  if (der_take(&der, DER_CONTEXT_0, &parameters) && der_take(&parameters, DER_OID, &curve)) numbers->curve = curve_of(&curve);
  return !der_take(&der, DER_CONTEXT_1, &point) || der_take_bits(&point, &numbers->public);
}

/* PrivateKeyInfo (RFC 5208, RFC 5958) without its version. */
static bool read_pkcs8(struct der der, struct numbers *numbers, const char **why) {
  struct der content, inner;
  unsigned long version;
  *why = NO_TYPE;
  if (!take_type(&der, numbers)) return false;
  *why = DAMAGED;
  if (!der_take(&der, DER_OCTETS, &content)) return false;
  if (numbers->kind != KEY_RSA && numbers->kind != KEY_EC) return der_take(&content, DER_OCTETS, &numbers->private) && numbers->private.len > 0;
  if (!der_take(&content, DER_SEQUENCE, &inner) || !der_take_small(&inner, &version)) return false;
  return numbers->kind == KEY_RSA ? version == 0 && read_pkcs1(inner, true, numbers) : version == 1 && read_sec1(inner, numbers);
}

/* SubjectPublicKeyInfo (RFC 5280). */
static bool read_spki(struct der der, struct numbers *numbers, const char **why) {
  struct der inner;
  *why = NO_TYPE;
  if (!take_type(&der, numbers)) return false;
  *why = DAMAGED;
  if (!der_take_bits(&der, &numbers->public)) return false;
  if (numbers->kind != KEY_RSA) return true;
  return der_take(&numbers->public, DER_SEQUENCE, &inner) && read_pkcs1(inner, false, numbers);
}

/* TBSCertificate (RFC 5280), as far as its key. */
static bool read_certificate(struct der der, struct numbers *numbers, const char **why) {
  struct der spki;
  der_skip(&der, DER_CONTEXT_0); /* version */
  bool found = der_skip(&der, DER_INTEGER) && der_skip(&der, DER_SEQUENCE) && der_skip(&der, DER_SEQUENCE) && der_skip(&der, DER_SEQUENCE) &&
               der_skip(&der, DER_SEQUENCE) && der_take(&der, DER_SEQUENCE, &spki);
  return found && read_spki(spki, numbers, why);
}

/* Anything that begins with a version: PKCS#8, SEC1, PKCS#1. */
static bool read_versioned(struct der der, struct numbers *numbers, const char **why) {
  struct der whole = der, version;
  if (!der_take_number(&der, &version) || der.len == 0) return false;
  if (der.bytes[0] == DER_SEQUENCE) return version.len <= 1 && read_pkcs8(der, numbers, why);
  if (der.bytes[0] == DER_OCTETS) return der_equals(&version, "\1", 1) && read_sec1(der, numbers);
  return version.len == 0 ? read_pkcs1(der, true, numbers) : read_pkcs1(whole, false, numbers);
}

static struct key *read_encrypted(struct der info, const struct password *password, const char **why) {
  struct numbers numbers = { 0 };
  struct buf plain;
  struct key *key = NULL;
  buf_init(&plain, KEY_TEXT_MAX);
  if (pbes2_open(info, password->bytes, password->len, &plain, why)) {
    struct der all = { (const unsigned char *)plain.data, plain.len }, content;
    *why = "cannot be opened with that password"; /* the padding may be right by chance */
    if (der_take(&all, DER_SEQUENCE, &content) && read_versioned(content, &numbers, why)) key = numbers_to_key(&numbers, why);
  }
  buf_free(&plain);
  return key;
}

static struct key *read_der(struct der all, const struct password *password, const char **why) {
  struct numbers numbers = { 0 };
  struct der content, rest, first;
  if (!der_take(&all, DER_SEQUENCE, &content) || all.len > 0) return NULL;
  rest = content;
  bool read = false;
  if (!der_take(&rest, DER_SEQUENCE, &first))
    read = read_versioned(content, &numbers, why);
  else if (rest.len > 0 && rest.bytes[0] == DER_BITS)
    read = read_spki(content, &numbers, why);
  else if (rest.len > 0 && rest.bytes[0] == DER_OCTETS)
    return read_encrypted(content, password, why);
  else
    read = rest.len > 0 && rest.bytes[0] == DER_SEQUENCE && read_certificate(first, &numbers, why);
  return read ? numbers_to_key(&numbers, why) : NULL;
}

/* --- text --- */

static struct key *read_base64(const char *text, size_t len, const struct password *password, const char **why) {
  struct buf bare, der;
  buf_init(&bare, len);
  buf_init(&der, len);
  bool ok = buf_reserve(&bare, len);
  for (size_t i = 0; ok && i < len; i++)
    if (!is_space(text[i])) ok = buf_add_char(&bare, text[i]); /* PEM may be indented */
  struct key *key = NULL;
  if (!ok)
    *why = KEY_NO_MEMORY;
  else if (encoding_read(ENCODING_BASE64, bare.data, bare.len, &der))
    key = read_der((struct der){ (const unsigned char *)der.data, der.len }, password, why);
  buf_free(&bare);
  buf_free(&der);
  return key;
}

struct block {
  const char *text; /* NULL for none */
  size_t len;
  bool private;
};

/* What stands between the lines of the next block with a key in it, from *at on. */
static struct block next_block(const char **at, const char *end) {
  static const char begin[] = "-----BEGIN ", stop[] = "-----END ", dashes[] = "-----";
  static const char *const labels[] = { "PRIVATE KEY", "ENCRYPTED PRIVATE KEY", "EC PRIVATE KEY", "RSA PRIVATE KEY",
                                        "PUBLIC KEY",  "RSA PUBLIC KEY",        "CERTIFICATE" };
  const char *start;
  while ((start = memmem(*at, (size_t)(end - *at), begin, sizeof begin - 1))) {
    const char *label = start + sizeof begin - 1;
    const char *text = memmem(label, (size_t)(end - label), dashes, sizeof dashes - 1);
    if (!text) break;
    size_t label_len = (size_t)(text - label);
    text += sizeof dashes - 1;
    *at = text;
    const char *last = memmem(text, (size_t)(end - text), stop, sizeof stop - 1);
    if (!last) break;
    for (size_t i = 0; i < sizeof labels / sizeof labels[0]; i++)
      if (strlen(labels[i]) == label_len && memcmp(label, labels[i], label_len) == 0) return (struct block){ text, (size_t)(last - text), i < 4 };
  }
  return (struct block){ 0 };
}

static struct key *read_pem(const char *text, size_t len, const struct password *password, const char **why) {
  const char *at = text;
  struct block chosen = { 0 }, block;
  while (!chosen.private && (block = next_block(&at, text + len)).text)
    if (!chosen.text || block.private) chosen = block;
  *why = "is a PEM without a key in it";
  if (!chosen.text) return NULL;
  *why = "is encrypted in the old form of PEM, which is not supported: make it PKCS#8";
  if (memmem(chosen.text, chosen.len, "Proc-Type:", 10)) return NULL;
  *why = DAMAGED;
  return read_base64(chosen.text, chosen.len, password, why);
}

static struct key *read_json(const char *text, size_t len, const char **why) {
  size_t where;
  struct json_node *root = json_parse(text, len, why, &where);
  *why = "is a JWK that is no valid JSON";
  if (!root) return NULL;
  struct key *key = jwk_read(root, why);
  json_free(root);
  return key;
}

struct key *key_read(const char *text, size_t len, const char *password, size_t password_len, const char **why) {
  const struct password given = { password, password_len };
  *why = "is too long for a key";
  if (len > KEY_TEXT_MAX || password_len > KEY_TEXT_MAX) return NULL;
  while (len > 0 && is_space(*text)) {
    text++;
    len--;
  }
  *why = NO_FORM;
  ERR_set_mark(); /* OpenSSL's list of errors is the thread's, where TLS looks as well */
  struct key *key = len == 0                               ? NULL
                    : *text == '{'                         ? read_json(text, len, why)
                    : memmem(text, len, "-----BEGIN ", 11) ? read_pem(text, len, &given, why)
                                                           : read_base64(text, len, &given, why);
  ERR_pop_to_mark();
  return key;
}
