#include "crypto/primitive/algorithm.h"

#include <openssl/evp.h>
#include <stdatomic.h>

/* Two threads may both fetch one; the second gives its own back. */
const EVP_MD *algorithm_digest(enum digest digest) {
  static const char *const names[DIGESTS] = { "SHA1", "SHA2-256", "SHA2-384", "SHA2-512" };
  static _Atomic(EVP_MD *) fetched[DIGESTS];
  EVP_MD *known = atomic_load_explicit(&fetched[digest], memory_order_acquire);
  if (known) return known;
  EVP_MD *made = EVP_MD_fetch(NULL, names[digest], NULL);
  if (!made || atomic_compare_exchange_strong(&fetched[digest], &known, made)) return made;
  EVP_MD_free(made);
  return known;
}

const EVP_CIPHER *algorithm_aes(enum mode mode, size_t key_len) {
  static const char *const names[MODES][3] = {
    [MODE_CBC] = { "AES-128-CBC", "AES-192-CBC", "AES-256-CBC" },     [MODE_CTR] = { "AES-128-CTR", "AES-192-CTR", "AES-256-CTR" },
    [MODE_ECB] = { "AES-128-ECB", "AES-192-ECB", "AES-256-ECB" },     [MODE_GCM] = { "AES-128-GCM", "AES-192-GCM", "AES-256-GCM" },
    [MODE_WRAP] = { "AES-128-WRAP", "AES-192-WRAP", "AES-256-WRAP" },
  };
  static _Atomic(EVP_CIPHER *) fetched[MODES][3];
  if (key_len != 16 && key_len != 24 && key_len != 32) return NULL;
  size_t size = key_len / 8 - 2;
  EVP_CIPHER *known = atomic_load_explicit(&fetched[mode][size], memory_order_acquire);
  if (known) return known;
  EVP_CIPHER *made = EVP_CIPHER_fetch(NULL, names[mode][size], NULL);
  if (!made || atomic_compare_exchange_strong(&fetched[mode][size], &known, made)) return made;
  EVP_CIPHER_free(made);
  return known;
}

EVP_MAC *algorithm_hmac(void) {
  static _Atomic(EVP_MAC *) fetched;
  EVP_MAC *known = atomic_load_explicit(&fetched, memory_order_acquire);
  if (known) return known;
  EVP_MAC *made = EVP_MAC_fetch(NULL, "HMAC", NULL);
  if (!made || atomic_compare_exchange_strong(&fetched, &known, made)) return made;
  EVP_MAC_free(made);
  return known;
}
