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

#define CONTEXT_MAX 4096
#define SALT        "cards" /* of HKDF, and what a derived key is for */
#define FOR_SEALS   "cards seals 1"
#define FOR_NAMES   "cards names 1"

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

static bool name_under(const unsigned char *with, const void *text, size_t len, unsigned char name[static SEAL_NAME], const char **why) {
  unsigned name_len = 0;
  *why = "memory is used up";
  return HMAC(EVP_sha256(), with, KEY, text, len, name, &name_len) != NULL;
}

/* What is authenticated but not encrypted: version, class and context. */
static bool add_rest(EVP_CIPHER_CTX *cipher, const unsigned char *head, const void *context, size_t context_len) {
  int done;
  return EVP_CipherUpdate(cipher, NULL, &done, head, HEAD) == 1 &&
         (context_len == 0 || EVP_CipherUpdate(cipher, NULL, &done, context, (int)context_len) == 1);
}

static bool seal_under(const unsigned char *with, enum secret_class class, const void *from, size_t len, const void *context, size_t context_len,
                       unsigned char *sealed, const char **why) {
  *why = "it could not be encrypted";
  unsigned char *nonce = sealed + HEAD, *bytes = nonce + NONCE;
  int done = 0;
  sealed[0] = VERSION;
  sealed[1] = (unsigned char)class;
  EVP_CIPHER_CTX *cipher = fill_random(nonce, NONCE) && context_len <= CONTEXT_MAX && len <= SECRET_MAX_LEN ? EVP_CIPHER_CTX_new() : NULL;
  bool ok = cipher && EVP_EncryptInit_ex(cipher, EVP_aes_256_gcm(), NULL, with, nonce) == 1 && add_rest(cipher, sealed, context, context_len) &&
            (len == 0 || EVP_EncryptUpdate(cipher, bytes, &done, from, (int)len) == 1) && EVP_EncryptFinal_ex(cipher, bytes + len, &done) == 1 &&
            EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_GCM_GET_TAG, TAG, bytes + len) == 1;
  EVP_CIPHER_CTX_free(cipher);
  return ok;
}

/* *why says what is wrong with the bytes; it changes where there is no room. */
static bool open_under(const unsigned char *with, struct secret *secret, const unsigned char *sealed, size_t len, const void *context,
                       size_t context_len, const char **why) {
  *secret = (struct secret){ 0 };
  if (len < SEAL_OVERHEAD || sealed[0] != VERSION || sealed[1] >= SECRET_CLASSES || context_len > CONTEXT_MAX) return false;
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
  bool ok = cipher && EVP_DecryptInit_ex(cipher, EVP_aes_256_gcm(), NULL, with, nonce) == 1 && add_rest(cipher, sealed, context, context_len) &&
            (inner == 0 || EVP_DecryptUpdate(cipher, secret->bytes, &done, bytes, (int)inner) == 1) &&
            EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_GCM_SET_TAG, TAG, tag) == 1 && EVP_DecryptFinal_ex(cipher, secret->bytes + inner, &done) == 1;
  EVP_CIPHER_CTX_free(cipher);
  if (!ok) secret_wipe(secret);
  return ok;
}

/* --- under the key of this process and those forked from it --- */

bool seal_name(const void *text, size_t len, unsigned char name[static SEAL_NAME], const char **why) {
  if (!seal_prepare(why)) return false;
  bool ok = name_under(key + KEY, text, len, name, why);
  stack_wipe(STACK_DEEP);
  return ok;
}

bool seal(const struct secret *secret, const void *context, size_t context_len, unsigned char *sealed, const char **why) {
  if (!seal_prepare(why)) return false;
  bool ok = seal_under(key, secret->class, secret->bytes, secret->len, context, context_len, sealed, why);
  stack_wipe(STACK_DEEP);
  return ok;
}

bool seal_open(struct secret *secret, const unsigned char *sealed, size_t len, const void *context, size_t context_len, const char **why) {
  *secret = (struct secret){ 0 };
  if (!seal_prepare(why)) return false;
  *why = "it was sealed by another process, for something else, or is damaged";
  bool ok = open_under(key, secret, sealed, len, context, context_len, why);
  stack_wipe(STACK_DEEP);
  return ok;
}

/* --- under a key of what hosts share --- */

/* The second step of HKDF-SHA-256 (RFC 5869), for 32 bytes. */
static bool expand(const unsigned char extracted[static KEY], const char *what, unsigned char derived[static KEY]) {
  unsigned char info[32];
  unsigned len = 0;
  size_t info_len = strlen(what);
  memcpy(info, what, info_len);
  info[info_len] = 1;
  return HMAC(EVP_sha256(), extracted, KEY, info, info_len + 1, derived, &len) != NULL;
}

bool seal_derive(struct secret *with, const void *shared, size_t len, const char **why) {
  unsigned char extracted[KEY];
  unsigned extracted_len = 0;
  *with = (struct secret){ 0 };
  *why = "a key that hosts share has 16 to 4096 bytes";
  if (len < SEAL_SHARED_MIN || len > SEAL_SHARED_MAX) return false;
  if (!secret_reserve(with, SECRET_CREDENTIAL, 2 * KEY, why)) return false;
  *why = "memory is used up";
  bool ok = HMAC(EVP_sha256(), SALT, sizeof SALT - 1, shared, len, extracted, &extracted_len) != NULL && expand(extracted, FOR_SEALS, with->bytes) &&
            expand(extracted, FOR_NAMES, with->bytes + KEY);
  explicit_bzero(extracted, sizeof extracted);
  stack_wipe(STACK_DEEP);
  if (!ok) secret_wipe(with);
  return ok;
}

bool seal_name_with(const struct secret *with, const void *text, size_t len, unsigned char name[static SEAL_NAME], const char **why) {
  bool ok = name_under(with->bytes + KEY, text, len, name, why);
  stack_wipe(STACK_DEEP);
  return ok;
}

bool seal_with(const struct secret *with, enum secret_class class, const void *bytes, size_t len, const void *context, size_t context_len,
               unsigned char *sealed, const char **why) {
  bool ok = seal_under(with->bytes, class, bytes, len, context, context_len, sealed, why);
  stack_wipe(STACK_DEEP);
  return ok;
}

bool seal_open_with(const struct secret *with, struct secret *secret, const unsigned char *sealed, size_t len, const void *context,
                    size_t context_len, const char **why) {
  *why = "it was sealed under another key, for something else, or is damaged";
  bool ok = open_under(with->bytes, secret, sealed, len, context, context_len, why);
  stack_wipe(STACK_DEEP);
  return ok;
}
