/* OpenSSL's digests and ciphers, each fetched once for the process: a fetch by its name takes longer than what is done
 * with it. All may be called from any thread. */
#ifndef CARDS_CRYPTO_PRIMITIVE_ALGORITHM_H
#define CARDS_CRYPTO_PRIMITIVE_ALGORITHM_H

#include <openssl/types.h>
#include <stddef.h>

enum digest { DIGEST_SHA1, DIGEST_SHA256, DIGEST_SHA384, DIGEST_SHA512, DIGESTS };
enum mode { MODE_CBC, MODE_CTR, MODE_ECB, MODE_GCM, MODE_WRAP, MODES };

/* NULL when memory is used up or this OpenSSL does not have it. */
const EVP_MD *algorithm_digest(enum digest digest);

/* AES with a key of 16, 24 or 32 bytes; NULL for any other size, too. MODE_WRAP is the key wrap of RFC 3394. */
const EVP_CIPHER *algorithm_aes(enum mode mode, size_t key_len);

/* NULL as above. */
EVP_MAC *algorithm_hmac(void);

#endif
