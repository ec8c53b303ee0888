/* Block ciphers: one call of EVP for each mode that algorithm.h has. */
#ifndef CARDS_CRYPTO_PRIMITIVE_BLOCK_H
#define CARDS_CRYPTO_PRIMITIVE_BLOCK_H

#include <openssl/types.h>
#include <stdbool.h>
#include <stddef.h>

#include "secret/buf.h"

#define BLOCK_BYTES 16
#define BLOCK_TAG   16 /* bytes that GCM authenticates with */

struct block {
  const EVP_CIPHER *cipher;
  const unsigned char *key; /* as long as the cipher has it */
  const unsigned char *iv;  /* NULL where the mode has none */
  size_t iv_len;            /* as the mode has it; any but 0 for GCM */
  const void *aad;          /* of GCM: what is authenticated and not encrypted; may be NULL */
  size_t aad_len;
};

/* Appends the plain text; `out` has room for as many bytes as the cipher text has. CBC and ECB drop PKCS#7 padding; GCM needs the tag, BLOCK_TAG bytes, others get NULL. False
 * when anything is wrong or does not fit; nothing of the text is left in `out` then. */
bool block_open(const struct block *block, const unsigned char *text, size_t len, const unsigned char *tag, struct buf *out);

/* Appends the cipher text. GCM writes BLOCK_TAG bytes to `tag`, others get NULL. */
bool block_close(const struct block *block, const void *text, size_t len, unsigned char *tag, struct buf *out);

#endif
