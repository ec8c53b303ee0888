#include "secret/signing.h"

#include <openssl/evp.h>
#include <string.h>

#include "secret/ec_key.h"
#include "secret/pool.h"

bool signing_knows(const char *algorithm) {
  return strcmp(algorithm, "ecdsa-sha256") == 0;
}

bool signing_make(const char *algorithm, const char *key, size_t key_len, const char *text, size_t text_len, struct buf *out, const char **why) {
  *why = "is of an unknown algorithm";
  if (!signing_knows(algorithm)) return false;
  *why = "is not the PEM of an EC private key (PKCS#8 or SEC1, without a password)";
  EVP_PKEY *pkey = ec_key_read(key, key_len);
  if (!pkey) return false;
  *why = "could not sign";
  bool ok = false;
  unsigned char *der = NULL;
  size_t der_len = 0;
  EVP_MD_CTX *context = EVP_MD_CTX_new();
  if (!context || EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, pkey) != 1) goto done;
  if (EVP_DigestSign(context, NULL, &der_len, (const unsigned char *)text, text_len) != 1) goto done;
  der = pool_alloc(der_len);
  if (!der || EVP_DigestSign(context, der, &der_len, (const unsigned char *)text, text_len) != 1) goto done;
  ok = buf_add_base64(out, der, der_len);
done:
  pool_free(der);
  EVP_MD_CTX_free(context);
  EVP_PKEY_free(pkey);
  return ok;
}
