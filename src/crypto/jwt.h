/* JSON Web Tokens that we make: RFC 7519 over RFC 7515. */
#ifndef CARDS_CRYPTO_JWT_H
#define CARDS_CRYPTO_JWT_H

#include <stdbool.h>
#include <stddef.h>

#include "crypto/key.h"
#include "crypto/signing.h"
#include "secret/buf.h"

/* What signs for RS256, RS512, PS256, PS512, ES256, ES384, HS256, HS384, HS512 or EdDSA; NULL for any other name. Whether a
 * key fits, and whether it is any bytes, is asked of that. */
const struct signing *jwt_signing(const char *alg);

/* Appends a token. `claims` is a JSON object; `header` is one with more members, such as {"kid":"1"}, or NULL: it may have
 * a typ of its own ("JWT" otherwise), but no alg. The key fits. On failure false, with nothing appended; *why is a static
 * phrase that follows the name of the token ("has claims that are no JSON object"). Leaves traces on the stack, which the
 * caller wipes; json_setup is called before. */
bool jwt_make(const char *alg, const struct key *key, const char *header, const char *claims, struct buf *out, const char **why);

#endif
