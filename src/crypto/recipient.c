#include "crypto/recipient.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <string.h>

#include "crypto/encoding.h"
#include "crypto/key/jwk.h"
#include "crypto/primitive/algorithm.h"
#include "text/chars.h"

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

/* --- what a JWK says --- */

static bool is_text(const struct json_node *node, const char *text) {
  size_t len;
  return node && json_type(node) == JSON_STRING && strcmp(json_string(node, &len), text) == 0;
}

/* Keys are read less strictly elsewhere, where people write them. */
static bool is_base64url(const struct json_node *node) {
  size_t len;
  const char *text = json_string(node, &len);
  return strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") == len;
}

/* Of key_ops those that a key for encryption may have; the public half of an ECDH pair has none. */
static bool encrypts(const struct json_node *operation) {
  return is_text(operation, "encrypt") || is_text(operation, "wrapKey") || is_text(operation, "deriveKey") || is_text(operation, "deriveBits");
}

/* What a JWK has that does not fit; NULL for nothing. */
static const char *unfit(const struct json_node *jwk) {
  static const char *const public[] = { "kty", "crv", "x", "y", "n", "e", NULL }, *const private[] = { "d",  "p",   "q", "dp", "dq",
                                                                                                       "qi", "oth", "k", NULL };
  const struct json_node *use = json_present(jwk, "use"), *operations = json_present(jwk, "key_ops"), *kid = json_present(jwk, "kid"), *node;
  for (size_t i = 0; public[i]; i++)
    if ((node = json_present(jwk, public[i])) && json_type(node) != JSON_STRING) return "is a JWK with members that are no texts";
  for (size_t i = 0; private[i]; i++)
    if (json_present(jwk, private[i]))
      return is_text(json_present(jwk, "kty"), "oct") ? "is no public key" : "is a private key: give the public one only";
  if (use && !is_text(use, "enc")) return "has a use that is not enc";
  if (operations && json_type(operations) != JSON_ARRAY && json_type(operations) != JSON_OBJECT) return "has key_ops that are no list";
  for (node = operations ? json_child(operations) : NULL; node; node = json_next(node))
    if (!encrypts(node)) return "has key_ops that do not encrypt";
  for (size_t i = 0; public[i]; i++)
    if ((node = json_present(jwk, public[i])) && !is_base64url(node)) return "is a JWK with members that are no base64url";
  return kid && json_type(kid) == JSON_STRING && json_is_lossy(kid) ? "has a kid with \\u0000 or half a surrogate pair in it" : NULL;
}

/* What is wrong with the alg that a JWK names; NULL for nothing. */
static const char *alg_fault(const struct json_node *jwk, const struct key *key) {
  const struct json_node *alg = json_present(jwk, "alg");
  if (!alg || is_text(alg, recipient_alg(key))) return NULL;
  return key_kind(key) == KEY_RSA ? "is for another alg than RSA-OAEP-256" : "is for another alg than ECDH-ES";
}

/* --- reading --- */

static bool is_json(const char *text, size_t len) {
  size_t at = 0;
  while (at < len && is_space(text[at]))
    at++;
  return at < len && text[at] == '{';
}

static struct key *read_json(const char *text, size_t len, struct json_node **jwk, const char **why, size_t *where) {
  *jwk = json_parse(text, len, why, where);
  *where = *jwk ? 0 : *where + 1;
  if (!*jwk || (*why = unfit(*jwk))) return NULL;
  ERR_set_mark();
  struct key *key = jwk_read(*jwk, why);
  ERR_pop_to_mark();
  return key;
}

struct key *recipient_read(const char *text, size_t len, struct json_node **jwk, const char **why, size_t *where) {
  *jwk = NULL;
  *where = 0;
  *why = "is too long";
  if (len > RECIPIENT_TEXT_MAX) return NULL;
  struct key *key = is_json(text, len) ? read_json(text, len, jwk, why, where) : key_read(text, len, NULL, 0, why);
  const char *fault = key ? fault_of(key) : NULL;
  if (key && !fault) fault = alg_fault(*jwk, key);
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
