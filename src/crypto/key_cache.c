#include "crypto/key_cache.h"

#include <openssl/evp.h>
#include <pthread.h>
#include <string.h>

#include "crypto/primitive/algorithm.h"
#include "secret/pool.h"

#define NAME 32 /* bytes of a SHA-256 */

struct key_cache {
  pthread_mutex_t lock;
  struct {
    unsigned char name[NAME]; /* of the text and the password, of which no copy is kept */
    struct key *key;          /* NULL in a free place */
  } entries[KEY_CACHE_MOST];
  size_t next; /* where the next key goes */
};

struct key_cache *key_cache_new(void) {
  struct key_cache *cache = pool_calloc(1, sizeof *cache);
  if (!cache || pthread_mutex_init(&cache->lock, NULL) == 0) return cache;
  pool_free(cache);
  return NULL;
}

void key_cache_free(struct key_cache *cache) {
  if (!cache) return;
  for (size_t i = 0; i < KEY_CACHE_MOST; i++)
    key_unref(cache->entries[i].key);
  pthread_mutex_destroy(&cache->lock);
  pool_free(cache);
}

static bool make_name(unsigned char name[static NAME], const char *text, size_t len, const char *password, size_t password_len) {
  EVP_MD_CTX *context = EVP_MD_CTX_new();
  bool ok = context && EVP_DigestInit_ex(context, algorithm_digest(DIGEST_SHA256), NULL) == 1 && EVP_DigestUpdate(context, &len, sizeof len) == 1 &&
            EVP_DigestUpdate(context, text, len) == 1 && EVP_DigestUpdate(context, password, password_len) == 1 &&
            EVP_DigestFinal_ex(context, name, NULL) == 1;
  EVP_MD_CTX_free(context);
  return ok;
}

/* The key of that name, with a reference; NULL where there is none. */
static struct key *find(struct key_cache *cache, const unsigned char *name) {
  struct key *key = NULL;
  pthread_mutex_lock(&cache->lock);
  for (size_t i = 0; !key && i < KEY_CACHE_MOST; i++)
    if (cache->entries[i].key && memcmp(cache->entries[i].name, name, NAME) == 0) key = key_ref(cache->entries[i].key);
  pthread_mutex_unlock(&cache->lock);
  return key;
}

static void add(struct key_cache *cache, const unsigned char *name, struct key *key) {
  pthread_mutex_lock(&cache->lock);
  struct key *former = cache->entries[cache->next].key;
  cache->entries[cache->next].key = key_ref(key);
  memcpy(cache->entries[cache->next].name, name, NAME);
  cache->next = (cache->next + 1) % KEY_CACHE_MOST;
  pthread_mutex_unlock(&cache->lock);
  key_unref(former);
}

struct key *key_cache_read(struct key_cache *cache, const char *text, size_t len, const char *password, size_t password_len, const char **why) {
  unsigned char name[NAME];
  if (!make_name(name, text, len, password, password_len)) return key_read(text, len, password, password_len, why);
  struct key *key = find(cache, name);
  if (key) return key;
  key = key_read(text, len, password, password_len, why);
  if (key) add(cache, name, key);
  return key;
}
