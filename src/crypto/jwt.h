/* JSON Web Tokens, signed (RFC 7515 and 7519), in their compact form.
 *
 *   jwt_make("RS256", key, "{\"kid\":\"1\"}", "{\"iss\":\"me\"}", &out, &why);        out is eyJ….eyJ….…
 */
#ifndef CARDS_CRYPTO_JWT_H
#define CARDS_CRYPTO_JWT_H

#include "crypto/signing.h"

/* How an algorithm of RFC 7518 or 8037 signs: RS256, RS512, PS256, PS512, ES256, ES384, HS256, HS384, HS512 or EdDSA.
 * NULL for any other one. */
const struct signing *jwt_signing(const char *alg);

/* Appends a token. header and claims are the texts of JSON objects; header may be NULL, and has members beside `alg`,
 * which it does not name. The key fits jwt_signing. On failure false, with a static phrase in *why that follows the name
 * of the key. Leaves traces on the stack, which the caller wipes. */
bool jwt_make(const char *alg, const struct key *key, const char *header, const char *claims, struct buf *out, const char **why);

#endif
