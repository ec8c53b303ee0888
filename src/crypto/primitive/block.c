#include "crypto/primitive/block.h"

#include <limits.h>
#include <openssl/evp.h>
#include <string.h>

#define LEN_MAX ((size_t)INT_MAX - 2 * BLOCK_BYTES) /* as OpenSSL counts in int */

/* A context that is ready for the text; NULL when something does not fit. */
static EVP_CIPHER_CTX *begin(const struct block *block, int encrypt, unsigned char *tag) {
  EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
  int done;
  if (!context) return NULL;
  EVP_CIPHER_CTX_set_flags(context, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
  bool ok = EVP_CipherInit_ex2(context, block->cipher, NULL, NULL, encrypt, NULL) == 1;
  if (ok && tag) ok = EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_IVLEN, (int)block->iv_len, NULL) == 1;
  ok = ok && (!block->iv || block->iv_len == (size_t)EVP_CIPHER_CTX_get_iv_length(context)) &&
       EVP_CipherInit_ex2(context, NULL, block->key, block->iv, encrypt, NULL) == 1;
  if (ok && tag && !encrypt) ok = EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, BLOCK_TAG, tag) == 1;
  if (ok && block->aad_len > 0) ok = EVP_CipherUpdate(context, NULL, &done, block->aad, (int)block->aad_len) == 1;
  if (ok) return context;
  EVP_CIPHER_CTX_free(context);
  return NULL;
}

static bool run(const struct block *block, int encrypt, const unsigned char *text, size_t len, unsigned char *tag, struct buf *out) {
  int done = 0, last = 0;
  /* OpenSSL asks for one more block also to decrypt, but of a whole text it holds the last one back for its padding. */
  size_t room = encrypt ? len + BLOCK_BYTES : len;
  if (len > LEN_MAX || block->aad_len > LEN_MAX || block->iv_len > LEN_MAX || !buf_reserve(out, room)) return false;
  unsigned char *to = (unsigned char *)out->data + out->len;
  EVP_CIPHER_CTX *context = begin(block, encrypt, tag);
  bool ok = context && (len == 0 || EVP_CipherUpdate(context, to, &done, text, (int)len) == 1) && EVP_CipherFinal_ex(context, to + done, &last) == 1;
  if (ok && tag && encrypt) ok = EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, BLOCK_TAG, tag) == 1;
  EVP_CIPHER_CTX_free(context);
  if (ok)
    buf_added(out, (size_t)(done + last));
  else
    explicit_bzero(to, room);
  return ok;
}

bool block_open(const struct block *block, const unsigned char *text, size_t len, const unsigned char *tag, struct buf *out) {
  unsigned char given[BLOCK_TAG];
  if (tag) memcpy(given, tag, BLOCK_TAG);
  return run(block, 0, text, len, tag ? given : NULL, out);
}

bool block_close(const struct block *block, const void *text, size_t len, unsigned char *tag, struct buf *out) {
  return run(block, 1, text, len, tag, out);
}
