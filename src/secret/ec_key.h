/* An EC private key from its PEM. */
#ifndef CARDS_SECRET_EC_KEY_H
#define CARDS_SECRET_EC_KEY_H

#include <openssl/types.h>
#include <stddef.h>

/* The key in a PEM of len bytes: PKCS#8 or SEC1 with a named curve, no password; text and other blocks around it do not matter. NULL where there is none, or no memory. The
 * caller frees it with EVP_PKEY_free, which wipes it. */
EVP_PKEY *ec_key_read(const char *pem, size_t len);

#endif
