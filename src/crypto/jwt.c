#include "crypto/jwt.h"

#include <string.h>

#include "crypto/encoding.h"
#include "json/json.h"

#define HEADER_MAX    (64 * 1024) /* bytes */
#define SIGNATURE_MAX 1024        /* bytes of one that is not encoded: RSA with 8192 bits */

static const struct {
  const char *alg, *signing;
} algorithms[] = {
  { "RS256", "rsa-sha256" },       { "RS512", "rsa-sha512" },       { "PS256", "rsa-pss-sha256" }, { "PS512", "rsa-pss-sha512" },
  { "ES256", "ecdsa-sha256-raw" }, { "ES384", "ecdsa-sha384-raw" }, { "HS256", "hmac-sha256" },    { "HS384", "hmac-sha384" },
  { "HS512", "hmac-sha512" },      { "EdDSA", "ed25519" },
};

const struct signing *jwt_signing(const char *alg) {
  for (size_t i = 0; i < sizeof algorithms / sizeof *algorithms; i++)
    if (strcmp(algorithms[i].alg, alg) == 0) return signing_find(algorithms[i].signing);
  return NULL;
}

/* Whether the text is a JSON object; whether it has a member `typ`. An `alg` of the caller's is refused. */
static bool read_object(const char *text, bool *has_typ, bool *has_alg) {
  const char *why;
  size_t where;
  struct json_node *root = json_parse(text, strlen(text), &why, &where);
  bool ok = root && json_type(root) == JSON_OBJECT;
  *has_typ = ok && json_at(root, "typ");
  *has_alg = ok && json_at(root, "alg");
  json_free(root);
  return ok;
}

static bool add_header(const char *alg, const char *header, struct buf *out, const char **why) {
  bool has_typ = false, has_alg = false;
  *why = "cannot sign: the header is no JSON object";
  if (header && !read_object(header, &has_typ, &has_alg)) return false;
  *why = "cannot sign: the header has an alg of its own";
  if (has_alg) return false;
  const char *members = header ? strchr(header, '{') + 1 : "}";
  bool empty = members[strspn(members, " \t\r\n")] == '}';
  struct buf text;
  buf_init(&text, HEADER_MAX);
  *why = "is too long";
  bool ok = buf_addf(&text, "{\"alg\":\"%s\"%s%s", alg, has_typ ? "" : ",\"typ\":\"JWT\"", empty ? "" : ",") && buf_add_string(&text, members) &&
            encoding_write(ENCODING_BASE64URL, text.data, text.len, out);
  buf_free(&text);
  return ok;
}

bool jwt_make(const char *alg, const struct key *key, const char *header, const char *claims, struct buf *out, const char **why) {
  const struct signing *signing = jwt_signing(alg);
  bool has_typ, has_alg;
  struct buf made;
  size_t start = out->len;
  *why = "cannot sign: the algorithm is unknown";
  if (!signing || !add_header(alg, header, out, why)) return false;
  *why = "cannot sign: the claims are no JSON object";
  if (!read_object(claims, &has_typ, &has_alg)) return false;
  *why = "is too long";
  if (!buf_add_char(out, '.') || !encoding_write(ENCODING_BASE64URL, claims, strlen(claims), out)) return false;
  buf_init(&made, SIGNATURE_MAX);
  bool ok = signing_make(signing, key, out->data + start, out->len - start, &made, why) && buf_add_char(out, '.') &&
            encoding_write(ENCODING_BASE64URL, made.data, made.len, out);
  buf_free(&made);
  return ok;
}
