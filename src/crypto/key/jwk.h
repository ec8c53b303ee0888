/* Keys as JSON: RFC 7517, RFC 7518 section 6, RFC 8037. */
#ifndef CARDS_CRYPTO_KEY_JWK_H
#define CARDS_CRYPTO_KEY_JWK_H

#include "crypto/key.h"
#include "json/json.h"

/* As key_read, of a JSON object. */
struct key *jwk_read(const struct json_node *object, const char **why);

/* As key_write_public. */
bool jwk_write(const struct key *key, struct buf *out);

/* What JWK calls one of OpenSSL's curves, by its NID; NULL when it has no name for it. */
const char *jwk_curve_name(int curve);

#endif
