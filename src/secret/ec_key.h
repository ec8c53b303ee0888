/* Reads an EC private key from its PEM. */
#ifndef CARDS_SECRET_EC_KEY_H
#define CARDS_SECRET_EC_KEY_H

#include <openssl/types.h>
#include <stddef.h>

/* The key in `len` bytes of PEM: PKCS#8 or SEC1, with a named curve and without a password. Text and other blocks
 * around it are ignored. NULL when there is no such key or memory is used up. The caller frees it with EVP_PKEY_free,
 * which wipes it. */
EVP_PKEY *ec_key_read(const char *pem, size_t len);

#endif
