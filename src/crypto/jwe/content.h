/* The encryption of the text itself: RFC 7518, section 5. */
#ifndef CARDS_CRYPTO_JWE_CONTENT_H
#define CARDS_CRYPTO_JWE_CONTENT_H

#include "crypto/jwe/names.h"
#include "secret/buf.h"

struct jwe_bytes {
  const char *bytes;
  size_t len;
};

/* Appends the plain text; `key` has enc->key_len bytes. False, with nothing appended, when anything is wrong. */
bool content_open(const struct jwe_enc *enc, const unsigned char *key, struct jwe_bytes aad, struct jwe_bytes iv, struct jwe_bytes text,
                  struct jwe_bytes tag, struct buf *out);

/* Appends the cipher text, and writes the tag, enc->tag_len bytes, to `tag`; `iv` has enc->iv_len bytes. */
bool content_close(const struct jwe_enc *enc, const unsigned char *key, struct jwe_bytes aad, const unsigned char *iv, const void *text, size_t len,
                   unsigned char *tag, struct buf *out);

#endif
