/* Whom a secret may be encrypted for: public keys of a few kinds, with one algorithm for each.
 *
 *   struct key *key = recipient_read(text, text_len, &jwk, &why, &where);
 *   jwe_close(recipient_alg(key), RECIPIENT_ENC, key, "{\"purpose\":\"show_card\"}", number, len, &out, &why);
 *   key_unref(key);
 *   json_free(jwk);
 *
 * P-256 and X25519 agree on a key by ECDH-ES, RSA of 2048 bits and more gets one by RSA-OAEP-256. All functions leave traces
 * on the stack, which the caller wipes; json_setup is called before. */
#ifndef CARDS_CRYPTO_RECIPIENT_H
#define CARDS_CRYPTO_RECIPIENT_H

#include "crypto/key.h"
#include "json/json.h"

#define RECIPIENT_ENC      "A256GCM"
#define RECIPIENT_TEXT_MAX (64 * 1024) /* bytes of a key as text */

/* As key_read, but NULL for a private key, for bytes, for a key of another kind, and for a JWK that is for something else or
 * has what is no base64url. *jwk is the JWK that it was, which the caller frees also after a failure; NULL for another form.
 * *why is a static phrase that follows the name of the key ("is a private key: give the public one only"). For what is no
 * JSON it is that of json_parse, and *where the number of the byte; else that is 0. */
struct key *recipient_read(const char *text, size_t len, struct json_node **jwk, const char **why, size_t *where);
/* "ECDH-ES" or "RSA-OAEP-256". */
const char *recipient_alg(const struct key *key);
/* Appends the SHA-256 thumbprint of RFC 7638, 43 characters. False when it does not fit. */
bool recipient_thumbprint(const struct key *key, struct buf *out);

#endif
