#include "crypto/jwt.h"

#include <string.h>

#include "crypto/encoding.h"
#include "crypto/jose.h"

#define SIGNATURE_MAX 1024 /* bytes: RSA with 8192 bits */

const struct signing *jwt_signing(const char *alg) {
  static const struct {
    const char *alg, *signing;
  } names[] = {
    { "RS256", "rsa-sha256" },       { "RS512", "rsa-sha512" },       { "PS256", "rsa-pss-sha256" }, { "PS512", "rsa-pss-sha512" },
    { "ES256", "ecdsa-sha256-raw" }, { "ES384", "ecdsa-sha384-raw" }, { "HS256", "hmac-sha256" },    { "HS384", "hmac-sha384" },
    { "HS512", "hmac-sha512" },      { "EdDSA", "ed25519" },
  };
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
    if (strcmp(names[i].alg, alg) == 0) return signing_find(names[i].signing);
  return NULL;
}

static bool add_header(struct buf *out, const char *alg, const char *members, const char **why) {
  struct json_node *root = members ? jose_read(members, strlen(members)) : NULL;
  struct buf header;
  buf_init(&header, JOSE_HEADER_MAX);
  *why = "has a header that is no JSON object";
  bool ok = !members || root;
  if (ok) {
    *why = "has a header that sets alg";
    ok = !jose_member(root, "alg");
  }
  if (ok) {
    *why = "does not fit into memory";
    ok = buf_addf(&header, "{\"alg\":\"%s\"", alg) && (jose_member(root, "typ") || buf_add_string(&header, ",\"typ\":\"JWT\"")) &&
         (!members || jose_add_members(&header, members)) && buf_add_char(&header, '}') &&
         encoding_write(ENCODING_BASE64URL, header.data, header.len, out);
  }
  buf_free(&header);
  json_free(root);
  return ok;
}

static bool add_claims(struct buf *out, const char *claims, const char **why) {
  struct json_node *root = jose_read(claims, strlen(claims));
  *why = "has claims that are no JSON object";
  if (!root) return false;
  json_free(root);
  *why = "does not fit into memory";
  return buf_add_char(out, '.') && encoding_write(ENCODING_BASE64URL, claims, strlen(claims), out);
}

bool jwt_make(const char *alg, const struct key *key, const char *header, const char *claims, struct buf *out, const char **why) {
  const struct signing *signing = jwt_signing(alg);
  size_t start = out->len;
  struct buf made;
  *why = "has an alg that is not known";
  if (!signing) return false;
  buf_init(&made, SIGNATURE_MAX);
  bool ok = add_header(out, alg, header, why) && add_claims(out, claims, why) &&
            signing_make(signing, key, out->data + start, out->len - start, &made, why);
  if (ok) {
    *why = "does not fit into memory";
    ok = buf_add_char(out, '.') && encoding_write(ENCODING_BASE64URL, made.data, made.len, out);
  }
  buf_free(&made);
  if (!ok) buf_cut(out, start);
  return ok;
}
