#define _GNU_SOURCE 1
#include "secret/seal.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

#include "secret/stack.h"

enum { VERSION = 1, HEAD = 2, NONCE = 12, TAG = 16, KEY = 32 };

_Static_assert(SEAL_OVERHEAD == HEAD + NONCE + TAG, "the layout is head, nonce, bytes, tag");

/* The keys have a page of their own, locked and left out of core dumps as the arena is. A fork does not wipe it: workers
 * have to open what others have sealed. It becomes read-only, so that all processes share one page of memory, and the
 * lock of any of them keeps it in memory for all. */
static unsigned char *key; /* to seal, and behind it another one for names */
static uint32_t made_in;   /* generation of the process that made them */
static size_t page_bytes;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static _Atomic uint32_t locked_in; /* generation of the process that locked the page, as children do not inherit locks */

static bool fill_random(unsigned char *bytes, size_t len) {
  return getrandom(bytes, len, 0) == (ssize_t)len; /* up to 256 bytes come at once or not at all */
}

static void make_key(void) {
  long page = sysconf(_SC_PAGESIZE);
  if (page < 2 * KEY) return;
  page_bytes = (size_t)page;
  unsigned char *made = mmap(NULL, page_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (made == MAP_FAILED) return;
  (void)madvise(made, page_bytes, MADV_DONTDUMP);
  (void)mlock(made, page_bytes); /* cards.memory() reports where nothing can be locked */
  made_in = secret_generation();
  atomic_store(&locked_in, made_in);
  if (fill_random(made, 2 * KEY) && mprotect(made, page_bytes, PROT_READ) == 0)
    key = made;
  else
    (void)munmap(made, page_bytes);
}

bool seal_prepare(const char **why) {
  *why = "there is no key: no memory or no randomness";
  if (pthread_once(&once, make_key) != 0 || !key) return false;
  uint32_t generation = secret_generation();
  if (atomic_exchange(&locked_in, generation) != generation) (void)mlock(key, page_bytes);
  return true;
}

bool seal_is_shared(void) {
  const char *why;
  return seal_prepare(&why) && made_in != secret_generation();
}

bool seal_name(const void *text, size_t len, unsigned char name[static SEAL_NAME], const char **why) {
  unsigned name_len = 0;
  if (!seal_prepare(why)) return false;
  *why = "memory is used up";
  bool ok = HMAC(EVP_sha256(), key + KEY, KEY, text, len, name, &name_len) != NULL;
  stack_wipe(STACK_DEEP);
  return ok;
}

/* What is authenticated but not encrypted: version, class and context. */
static bool add_rest(EVP_CIPHER_CTX *cipher, const unsigned char *head, const void *context, size_t context_len) {
  int done;
  return EVP_CipherUpdate(cipher, NULL, &done, head, HEAD) == 1 &&
         (context_len == 0 || EVP_CipherUpdate(cipher, NULL, &done, context, (int)context_len) == 1);
}

bool seal(const struct secret *secret, const void *context, size_t context_len, unsigned char *sealed, const char **why) {
  if (!seal_prepare(why)) return false;
  *why = "it could not be encrypted";
  unsigned char *nonce = sealed + HEAD, *bytes = nonce + NONCE;
  int done = 0;
  sealed[0] = VERSION;
  sealed[1] = (unsigned char)secret->class;
  EVP_CIPHER_CTX *cipher = fill_random(nonce, NONCE) && context_len <= 4096 ? EVP_CIPHER_CTX_new() : NULL;
  bool ok = cipher && EVP_EncryptInit_ex(cipher, EVP_aes_256_gcm(), NULL, key, nonce) == 1 && add_rest(cipher, sealed, context, context_len) &&
            (secret->len == 0 || EVP_EncryptUpdate(cipher, bytes, &done, secret->bytes, (int)secret->len) == 1) &&
            EVP_EncryptFinal_ex(cipher, bytes + secret->len, &done) == 1 &&
            EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_GCM_GET_TAG, TAG, bytes + secret->len) == 1;
  EVP_CIPHER_CTX_free(cipher);
  stack_wipe(STACK_DEEP);
  return ok;
}

bool seal_open(struct secret *secret, const unsigned char *sealed, size_t len, const void *context, size_t context_len, const char **why) {
  *secret = (struct secret){ 0 };
  if (!seal_prepare(why)) return false;
  *why = "it was sealed by another process, for something else, or is damaged";
  if (len < SEAL_OVERHEAD || sealed[0] != VERSION || sealed[1] >= SECRET_CLASSES || context_len > 4096) return false;
  size_t inner = len - SEAL_OVERHEAD;
  const unsigned char *nonce = sealed + HEAD, *bytes = nonce + NONCE;
  unsigned char tag[TAG];
  int done = 0;
  const char *full = NULL;
  if (!secret_reserve(secret, (enum secret_class)sealed[1], inner, &full)) {
    *why = full;
    return false;
  }
  memcpy(tag, bytes + inner, TAG);
  EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
  bool ok = cipher && EVP_DecryptInit_ex(cipher, EVP_aes_256_gcm(), NULL, key, nonce) == 1 && add_rest(cipher, sealed, context, context_len) &&
            (inner == 0 || EVP_DecryptUpdate(cipher, secret->bytes, &done, bytes, (int)inner) == 1) &&
            EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_GCM_SET_TAG, TAG, tag) == 1 && EVP_DecryptFinal_ex(cipher, secret->bytes + inner, &done) == 1;
  EVP_CIPHER_CTX_free(cipher);
  stack_wipe(STACK_DEEP);
  if (!ok) secret_wipe(secret);
  return ok;
}
