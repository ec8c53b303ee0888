#include "crypto/jwe/content_key.h"

#include <openssl/evp.h>
#include <string.h>

#include "crypto/encoding.h"
#include "crypto/key/jwk.h"
#include "crypto/primitive/algorithm.h"
#include "crypto/primitive/block.h"
#include "crypto/primitive/random.h"

#define SHARED_MAX 66   /* bytes that P-521 agrees upon */
#define PARTY_MAX  1024 /* bytes of apu and of apv */
#define HASH_LEN   32   /* bytes of SHA-256 */

/* --- agreement --- */

static bool add_length(struct buf *out, size_t len) {
  const unsigned char bytes[] = { (unsigned char)(len >> 24), (unsigned char)(len >> 16), (unsigned char)(len >> 8), (unsigned char)len };
  return buf_add(out, bytes, sizeof bytes);
}

/* Bytes with their length in front; `text` is base64url. */
static bool add_party(struct buf *out, struct jwe_bytes text) {
  struct buf bytes;
  buf_init(&bytes, PARTY_MAX);
  bool ok = encoding_read(ENCODING_BASE64URL, text.bytes, text.len, &bytes) && add_length(out, bytes.len) && buf_add(out, bytes.data, bytes.len);
  buf_free(&bytes);
  return ok;
}

/* The text that goes into the derivation: section 4.6.2. */
static bool add_info(struct buf *out, const char *name, const struct jwe_agreement *agreement, size_t len) {
  return add_length(out, strlen(name)) && buf_add_string(out, name) && add_party(out, agreement->apu) && add_party(out, agreement->apv) &&
         add_length(out, len * 8);
}

/* The peer's point is on the curve, as nothing else is read as a key, and the curves have no small subgroups: to check it once more takes as long as the rest. */
static bool agree(const struct key *own, const struct key *peer, unsigned char shared[static SHARED_MAX], size_t *len) {
  *len = SHARED_MAX;
  EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, key_pkey(own), NULL);
  bool ok = context && EVP_PKEY_derive_init(context) == 1 && EVP_PKEY_derive_set_peer_ex(context, key_pkey(peer), 0) == 1 &&
            EVP_PKEY_derive(context, shared, len) == 1;
  EVP_PKEY_CTX_free(context);
  return ok;
}

/* Writes `len` bytes that both sides derive: the Concat KDF of NIST SP 800-56A with SHA-256. OpenSSL's own (SSKDF) crashes in 3.0 where it gets no
 * memory. */
static bool derive(const struct key *own, const struct key *peer, const char *name, const struct jwe_agreement *agreement, unsigned char *to,
                   size_t len) {
  unsigned char shared[SHARED_MAX], hash[HASH_LEN];
  size_t shared_len;
  struct buf text;
  buf_init(&text, 4 * PARTY_MAX);
  bool ok =
      agree(own, peer, shared, &shared_len) && add_length(&text, 0) && buf_add(&text, shared, shared_len) && add_info(&text, name, agreement, len);
  for (char round = 1; ok && len > 0; round++) {
    size_t some = len < HASH_LEN ? len : HASH_LEN;
    text.data[3] = round;
    ok = EVP_Digest(text.data, text.len, hash, NULL, algorithm_digest(DIGEST_SHA256), NULL) == 1;
    if (ok) memcpy(to, hash, some);
    to += some;
    len -= some;
  }
  explicit_bzero(shared, sizeof shared);
  explicit_bzero(hash, sizeof hash);
  buf_free(&text);
  return ok;
}

/* Our private key and the public one in the header agree upon a key of `len` bytes. */
static bool derive_with_header(const struct key *key, const char *name, const struct jwe_agreement *agreement, unsigned char *to, size_t len) {
  const char *why;
  struct key *peer = agreement->epk ? jwk_read(agreement->epk, &why) : NULL;
  bool ok = peer && !key_is_private(peer) && key_kind(peer) == key_kind(key) && key_curve(peer) && strcmp(key_curve(peer), key_curve(key)) == 0 &&
            derive(key, peer, name, agreement, to, len);
  key_unref(peer);
  return ok;
}

/* --- wrapping --- */

static bool unwrap(const unsigned char *key, size_t key_len, struct jwe_bytes wrapped, struct buf *out) {
  const struct block block = { .cipher = algorithm_aes(MODE_WRAP, key_len), .key = key };
  return block.cipher && block_open(&block, (const unsigned char *)wrapped.bytes, wrapped.len, NULL, out);
}

static bool wrap(const unsigned char *key, size_t key_len, const unsigned char *content_key, size_t len, struct buf *out) {
  const struct block block = { .cipher = algorithm_aes(MODE_WRAP, key_len), .key = key };
  return block.cipher && block_close(&block, content_key, len, NULL, out);
}

bool content_key_open(const struct jwe_alg *alg, const struct jwe_enc *enc, const struct key *key, const struct jwe_agreement *agreement,
                      struct jwe_bytes wrapped, unsigned char content_key[static JWE_KEY_MAX]) {
  unsigned char agreed[JWE_KEY_MAX];
  const unsigned char *with = agreed;
  size_t len = alg->wrap;
  bool is_wrapped = alg->way == JWE_ENCRYPT || alg->wrap > 0;
  if ((wrapped.len > 0) != is_wrapped || !random_fill(content_key, JWE_KEY_MAX)) return false;
  if (alg->way == JWE_WRAP || alg->way == JWE_DIRECT) with = key_bytes(key, &len);
  if (alg->way == JWE_DIRECT) memcpy(content_key, with, enc->key_len);
  if (alg->way == JWE_AGREE && alg->wrap == 0) return derive_with_header(key, enc->name, agreement, content_key, enc->key_len);
  bool ok = alg->way != JWE_AGREE || derive_with_header(key, alg->name, agreement, agreed, len);
  if (ok && is_wrapped) {
    struct buf bytes;
    buf_init(&bytes, 1024 + BLOCK_BYTES); /* as long as RSA with 8192 bits may be */
    bool opened = alg->way == JWE_ENCRYPT ? rsa_open(alg->padding, key, (const unsigned char *)wrapped.bytes, wrapped.len, &bytes)
                                          : unwrap(with, len, wrapped, &bytes);
    if (opened && bytes.len == enc->key_len) memcpy(content_key, bytes.data, bytes.len);
    buf_free(&bytes);
  }
  explicit_bzero(agreed, sizeof agreed);
  return ok;
}

bool content_key_close(const struct jwe_alg *alg, const struct jwe_enc *enc, const struct key *key, const struct key *own,
                       const struct jwe_agreement *agreement, struct buf *wrapped, unsigned char content_key[static JWE_KEY_MAX]) {
  unsigned char agreed[JWE_KEY_MAX];
  size_t len = alg->wrap;
  const unsigned char *with = agreed;
  if (!random_fill(content_key, JWE_KEY_MAX)) return false;
  if (alg->way == JWE_WRAP || alg->way == JWE_DIRECT) with = key_bytes(key, &len);
  if (alg->way == JWE_DIRECT) memcpy(content_key, with, enc->key_len);
  if (alg->way == JWE_DIRECT) return true;
  if (alg->way == JWE_AGREE && alg->wrap == 0) return derive(own, key, enc->name, agreement, content_key, enc->key_len);
  bool ok = alg->way != JWE_AGREE || derive(own, key, alg->name, agreement, agreed, len);
  ok = ok && (alg->way == JWE_ENCRYPT ? rsa_close(alg->padding, key, content_key, enc->key_len, wrapped)
                                      : wrap(with, len, content_key, enc->key_len, wrapped));
  explicit_bzero(agreed, sizeof agreed);
  return ok;
}
