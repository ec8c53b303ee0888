/* Encrypted texts, by the names that definitions use: RSA and AES in all the ways in which providers lay them out.
 *
 *   const struct cipher_spec spec = { cipher_find("aes-gcm"), CIPHER_PREFIX, CIPHER_SUFFIX, ENCODING_BASE64 };
 *   if (!cipher_open(&spec, key, text, len, NULL, NULL, &out, &why)) refuse(why);
 */
#ifndef CARDS_CRYPTO_CIPHER_H
#define CARDS_CRYPTO_CIPHER_H

#include <stdbool.h>
#include <stddef.h>

#include "crypto/encoding.h"
#include "crypto/key.h"
#include "secret/buf.h"

struct cipher; /* static */

/* Where an IV or a tag is. What stands in the text is encoded together with it: the IV outermost, then the tag. */
enum cipher_place {
  CIPHER_BESIDE, /* a text of its own, with the same encoding */
  CIPHER_PREFIX,
  CIPHER_SUFFIX,
  CIPHER_ZERO /* nowhere: all bytes are zero; only for the IV */
};

struct cipher_spec {
  const struct cipher *cipher;
  enum cipher_place iv;  /* 16 bytes, 12 for GCM, which takes any other length beside; counts where cipher_has_iv */
  enum cipher_place tag; /* 16 bytes; counts where cipher_has_tag */
  enum encoding encoding;
};

struct cipher_text {
  const char *bytes;
  size_t len;
};

/* The cipher of that name; NULL when there is none:
 * - rsa-pkcs1, rsa-oaep (SHA-1), rsa-oaep-sha256, rsa-oaep-sha256-mgf1-sha1
 * - aes-cbc, aes-ecb (PKCS#7 padding), aes-ctr, aes-gcm; aes-128-…, aes-192-… and aes-256-… demand a key of that size */
const struct cipher *cipher_find(const char *name);
/* The name of the cipher at a place, from 0 on, NULL behind the last one; and that of a cipher. */
const char *cipher_name(size_t place);
const char *cipher_word(const struct cipher *cipher);
bool cipher_has_iv(const struct cipher *cipher);
bool cipher_has_tag(const struct cipher *cipher);
/* Whether its key is any bytes (key_symmetric) and not a text that key_read takes. */
bool cipher_takes_bytes(const struct cipher *cipher);

/* Whether the key decrypts so, or encrypts. On false *why is a static phrase that follows the name of the key. */
bool cipher_fits(const struct cipher *cipher, const struct key *key, bool decrypt, const char **why);

/* Appends the plain text; `out` has room for as many bytes as the encrypted text stands for. `iv` and `tag` are read where
 * they are beside, and may be NULL elsewhere. On failure false, with nothing appended; *why is one static phrase that
 * follows the name of the text ("cannot be decrypted"), whether the encoding, a length, the padding, the tag or the key was
 * wrong, or the text does not fit into `out`.
 *
 * Only GCM and OAEP notice a text that was changed. With rsa-pkcs1 such a text, or one for another key, opens as random
 * bytes (see primitive/rsa.h): the caller has to see whether they mean anything, and say the same when they do not. Leaves
 * traces on the stack, which the caller wipes. */
bool cipher_open(const struct cipher_spec *spec, const struct key *key, const char *text, size_t len, const struct cipher_text *iv,
                 const struct cipher_text *tag, struct buf *out, const char **why);

/* Appends the encoded text, and to `iv` and `tag`, where they are beside, theirs. The IV is random; where it would be
 * zero, CTR and GCM refuse, as two texts with the same key and IV give each other away. On failure *why is a static
 * phrase ("cannot be encrypted"). The same counts for the stack. */
bool cipher_close(const struct cipher_spec *spec, const struct key *key, const void *text, size_t len, struct buf *iv, struct buf *tag,
                  struct buf *out, const char **why);

#endif
