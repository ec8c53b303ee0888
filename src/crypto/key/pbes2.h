/* Opens keys that are encrypted with a password: PBES2 of RFC 8018. */
#ifndef CARDS_CRYPTO_KEY_PBES2_H
#define CARDS_CRYPTO_KEY_PBES2_H

#include "crypto/key/der.h"
#include "secret/buf.h"

/* Appends what stands in the EncryptedPrivateKeyInfo (RFC 5208) whose content is `info`: PBKDF2 with HMAC-SHA-1, 256,
 * 384 or 512 and at most ten million rounds; AES in CBC or triple DES. On failure *why is as for key_read. */
bool pbes2_open(struct der info, const char *password, size_t password_len, struct buf *out, const char **why);

#endif
