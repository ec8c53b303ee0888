/* Keys that were read, for those who use the same ones again and again: reading an EC or RSA key takes about as long as
 * using it.
 *
 *   struct key_cache *cache = key_cache_new();
 *   struct key *key = key_cache_read(cache, pem, pem_len, NULL, 0, &why);      the same one as last time
 *   key_unref(key);
 *   key_cache_free(cache);
 *
 * A cache may be used from any thread. The keys in it are wiped with it, when nobody else has them. */
#ifndef CARDS_CRYPTO_KEY_CACHE_H
#define CARDS_CRYPTO_KEY_CACHE_H

#include "crypto/key.h"

#define KEY_CACHE_MOST 8 /* keys; the oldest makes room */

struct key_cache;

/* NULL when memory is used up. */
struct key_cache *key_cache_new(void);
/* NULL is allowed. */
void key_cache_free(struct key_cache *cache);
/* As key_read, with a reference for the caller. What is no key is not remembered. */
struct key *key_cache_read(struct key_cache *cache, const char *text, size_t len, const char *password, size_t password_len, const char **why);

#endif
