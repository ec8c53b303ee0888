/* The key of a text: encrypted, wrapped, agreed upon or known. RFC 7518, section 4. */
#ifndef CARDS_CRYPTO_JWE_CONTENT_KEY_H
#define CARDS_CRYPTO_JWE_CONTENT_KEY_H

#include "crypto/jwe/content.h"
#include "json/json.h"

/* What a header says besides the names of algorithms. */
struct jwe_agreement {
  const struct json_node *epk; /* NULL for none */
  struct jwe_bytes apu, apv;   /* base64url */
};

/* Writes enc->key_len bytes. `key` fits alg. What is wrong with a wrapped key is not told: then the bytes are random. False
 * for what does not depend on our key: a wrapped key where there is none to be, no key or one of another curve in the header,
 * and when memory is used up. */
bool content_key_open(const struct jwe_alg *alg, const struct jwe_enc *enc, const struct key *key, const struct jwe_agreement *agreement,
                      struct jwe_bytes wrapped, unsigned char content_key[static JWE_KEY_MAX]);

/* Makes a key for a text: writes enc->key_len bytes, and appends the wrapped key to `wrapped` where there is one. For
 * JWE_AGREE `own` is a new key, whose public part goes into the header. */
bool content_key_close(const struct jwe_alg *alg, const struct jwe_enc *enc, const struct key *key, const struct key *own,
                       const struct jwe_agreement *agreement, struct buf *wrapped, unsigned char content_key[static JWE_KEY_MAX]);

#endif
