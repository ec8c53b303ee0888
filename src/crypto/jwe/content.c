#include "crypto/jwe/content.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <string.h>

#include "crypto/primitive/block.h"

/* HMAC of what is authenticated, the IV, the cipher text, and the length in bits of the first. */
static bool authenticate(const struct jwe_enc *enc, const unsigned char *key, struct jwe_bytes aad, struct jwe_bytes iv, struct jwe_bytes text,
                         unsigned char code[static EVP_MAX_MD_SIZE]) {
  static const char *const digests[DIGESTS] = { "SHA1", "SHA2-256", "SHA2-384", "SHA2-512" };
  OSSL_PARAM params[] = { OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)digests[enc->digest], 0), OSSL_PARAM_construct_end() };
  unsigned char bits[8];
  size_t made;
  for (size_t i = 0; i < sizeof bits; i++)
    bits[i] = (unsigned char)((unsigned long long)aad.len * 8 >> (56 - 8 * i));
  EVP_MAC *hmac = algorithm_hmac();
  EVP_MAC_CTX *context = hmac ? EVP_MAC_CTX_new(hmac) : NULL;
  bool ok = context && EVP_MAC_init(context, key, enc->key_len / 2, params) == 1 &&
            EVP_MAC_update(context, (const unsigned char *)aad.bytes, aad.len) == 1 &&
            EVP_MAC_update(context, (const unsigned char *)iv.bytes, iv.len) == 1 &&
            EVP_MAC_update(context, (const unsigned char *)text.bytes, text.len) == 1 && EVP_MAC_update(context, bits, sizeof bits) == 1 &&
            EVP_MAC_final(context, code, &made, EVP_MAX_MD_SIZE) == 1;
  EVP_MAC_CTX_free(context);
  return ok;
}

static struct block block_of(const struct jwe_enc *enc, const unsigned char *key, struct jwe_bytes aad, const unsigned char *iv) {
  if (enc->mode == MODE_CBC)
    return (struct block){ .cipher = algorithm_aes(MODE_CBC, enc->key_len / 2), .key = key + enc->key_len / 2, .iv = iv, .iv_len = enc->iv_len };
  return (struct block){ algorithm_aes(MODE_GCM, enc->key_len), key, iv, enc->iv_len, aad.bytes, aad.len };
}

bool content_open(const struct jwe_enc *enc, const unsigned char *key, struct jwe_bytes aad, struct jwe_bytes iv, struct jwe_bytes text,
                  struct jwe_bytes tag, struct buf *out) {
  unsigned char code[EVP_MAX_MD_SIZE];
  struct block block = block_of(enc, key, aad, (const unsigned char *)iv.bytes);
  if (!block.cipher || iv.len != enc->iv_len || tag.len != enc->tag_len) return false;
  const unsigned char *bytes = (const unsigned char *)text.bytes;
  if (enc->mode == MODE_GCM) return block_open(&block, bytes, text.len, (const unsigned char *)tag.bytes, out);
  return authenticate(enc, key, aad, iv, text, code) && CRYPTO_memcmp(code, tag.bytes, tag.len) == 0 &&
         block_open(&block, bytes, text.len, NULL, out);
}

bool content_close(const struct jwe_enc *enc, const unsigned char *key, struct jwe_bytes aad, const unsigned char *iv, const void *text, size_t len,
                   unsigned char *tag, struct buf *out) {
  unsigned char code[EVP_MAX_MD_SIZE];
  struct block block = block_of(enc, key, aad, iv);
  size_t start = out->len;
  if (!block.cipher) return false;
  if (enc->mode == MODE_GCM) return block_close(&block, text, len, tag, out);
  if (!block_close(&block, text, len, NULL, out)) return false;
  struct jwe_bytes made = { out->data + start, out->len - start };
  if (!authenticate(enc, key, aad, (struct jwe_bytes){ (const char *)iv, enc->iv_len }, made, code)) return false;
  memcpy(tag, code, enc->tag_len);
  return true;
}
