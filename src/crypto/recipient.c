#include "crypto/recipient.h"

#include <openssl/evp.h>
#include <string.h>

#include "crypto/encoding.h"
#include "crypto/primitive/algorithm.h"

#define JWK_MAX 2048 /* bytes of the members of an RSA key of 8192 bits */

/* What is wrong with the key; NULL for nothing. */
static const char *fault_of(const struct key *key) {
  switch (key_kind(key)) {
  case KEY_SYMMETRIC: return "is no public key";
  case KEY_ED25519: return "signs, and does not encrypt: use P-256, X25519 or RSA";
  case KEY_EC:
    if (!key_curve(key) || strcmp(key_curve(key), "P-256") != 0) return "has another curve than P-256";
    break;
  case KEY_RSA:
  case KEY_X25519: break;
  }
  return key_is_private(key) ? "is a private key: give the public one only" : NULL;
}

/* Whether a JWK that was written without white space has base64url only in it. Keys are read less strictly elsewhere, where people write them. */
static bool is_strict(const char *text, size_t len) {
  static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_{}\":,";
  size_t at = 0;
  while (at < len && memchr(allowed, text[at], sizeof allowed - 1))
    at++;
  return at == len || *text != '{';
}

struct key *recipient_read(const char *text, size_t len, const char **why) {
  *why = len > RECIPIENT_TEXT_MAX ? "is too long" : is_strict(text, len) ? NULL : "is a JWK with members that are no base64url";
  struct key *key = *why ? NULL : key_read(text, len, NULL, 0, why);
  const char *fault = key ? fault_of(key) : NULL;
  if (!fault) return key;
  *why = fault;
  key_unref(key);
  return NULL;
}

const char *recipient_alg(const struct key *key) {
  return key_kind(key) == KEY_RSA ? "RSA-OAEP-256" : "ECDH-ES";
}

bool recipient_thumbprint(const struct key *key, struct buf *out) {
  unsigned char hash[EVP_MAX_MD_SIZE];
  unsigned int len = 0;
  struct buf members;
  buf_init(&members, JWK_MAX);
  bool ok = key_write_public(key, KEY_JWK, &members) &&
            EVP_Digest(members.data, members.len, hash, &len, algorithm_digest(DIGEST_SHA256), NULL) == 1 &&
            encoding_write(ENCODING_BASE64URL, hash, len, out);
  buf_free(&members);
  return ok;
}
