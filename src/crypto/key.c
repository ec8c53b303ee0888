#include "crypto/key.h"

#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/x509.h>
#include <stdint.h>
#include <string.h>

#include "crypto/encoding.h"
#include "crypto/key/jwk.h"
#include "crypto/key/parts.h"
#include "secret/pool.h"

#define PEM_LINE 64 /* characters */

struct key *key_wrap(enum key_kind kind, EVP_PKEY *pkey, bool private, size_t bits, const char **why) {
  struct key *key = pkey ? pool_calloc(1, sizeof *key) : NULL;
  if (!key) {
    *why = pkey ? KEY_NO_MEMORY : KEY_NO_KEY;
    EVP_PKEY_free(pkey);
    return NULL;
  }
  atomic_init(&key->references, 1);
  key->kind = kind;
  key->private = private;
  key->bits = bits;
  key->pkey = pkey;
  return key;
}

struct key *key_symmetric(const void *bytes, size_t len) {
  struct key *key = pool_calloc(1, sizeof *key + len);
  if (!key) return NULL;
  atomic_init(&key->references, 1);
  key->kind = KEY_SYMMETRIC;
  key->private = true;
  key->bits = len * 8;
  key->len = len;
  memcpy(key->bytes, bytes, len);
  return key;
}

/* The other key is the template: by the name of its curve it takes twice as long. */
struct key *key_generate_like(const struct key *other) {
  const char *why;
  EVP_PKEY *pkey = NULL;
  EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, other->pkey, NULL);
  if (context && EVP_PKEY_keygen_init(context) == 1 && EVP_PKEY_generate(context, &pkey) != 1) pkey = NULL;
  EVP_PKEY_CTX_free(context);
  struct key *key = key_wrap(other->kind, pkey, true, other->bits, &why);
  if (key) key->curve = other->curve;
  return key;
}

struct key *key_ref(struct key *key) {
  atomic_fetch_add_explicit(&key->references, 1, memory_order_relaxed);
  return key;
}

void key_unref(struct key *key) {
  if (!key || atomic_fetch_sub_explicit(&key->references, 1, memory_order_acq_rel) != 1) return;
  for (size_t i = 0; i < KEY_CONTEXTS; i++)
    EVP_MD_CTX_free(atomic_load_explicit(&key->contexts[i], memory_order_relaxed));
  EVP_PKEY_free(key->pkey);
  pool_free(key);
}

enum key_kind key_kind(const struct key *key) {
  return key->kind;
}

bool key_is_private(const struct key *key) {
  return key->private;
}

size_t key_bits(const struct key *key) {
  return key->bits;
}

const char *key_curve(const struct key *key) {
  switch (key->kind) {
  case KEY_EC: return jwk_curve_name(key->curve);
  case KEY_ED25519: return "Ed25519";
  case KEY_X25519: return "X25519";
  default: return NULL;
  }
}

EVP_PKEY *key_pkey(const struct key *key) {
  return key->pkey;
}

const unsigned char *key_bytes(const struct key *key, size_t *len) {
  *len = key->len;
  return key->bytes;
}

const unsigned char *key_reject(const struct key *key) {
  return key->kind == KEY_RSA && key->private ? key->reject : NULL;
}

const EVP_MD_CTX *key_context(const struct key *key, size_t place) {
  return atomic_load_explicit(&key->contexts[place], memory_order_acquire);
}

const EVP_MD_CTX *key_keep_context(const struct key *key, size_t place, EVP_MD_CTX *context) {
  struct key *owner = (struct key *)(uintptr_t)key; /* what it does is the same */
  EVP_MD_CTX *known = NULL;
  if (atomic_compare_exchange_strong(&owner->contexts[place], &known, context)) return context;
  EVP_MD_CTX_free(context);
  return known;
}

static bool write_pem(const unsigned char *der, size_t len, struct buf *out) {
  struct buf text;
  buf_init(&text, KEY_TEXT_MAX);
  bool ok = buf_add_base64(&text, der, len) && buf_add_string(out, "-----BEGIN PUBLIC KEY-----\n");
  for (size_t i = 0; ok && i < text.len; i += PEM_LINE)
    ok = buf_add(out, text.data + i, text.len - i < PEM_LINE ? text.len - i : PEM_LINE) && buf_add_char(out, '\n');
  buf_free(&text);
  return ok && buf_add_string(out, "-----END PUBLIC KEY-----\n");
}

bool key_write_public(const struct key *key, enum key_form form, struct buf *out) {
  if (!key->pkey) return false;
  if (form == KEY_JWK) return jwk_write(key, out);
  unsigned char *der = NULL;
  int len = i2d_PUBKEY(key->pkey, &der); /* of the public numbers alone */
  bool ok = len > 0 && (form == KEY_PEM ? write_pem(der, (size_t)len, out) : buf_add_base64(out, der, (size_t)len));
  OPENSSL_free(der);
  return ok;
}
