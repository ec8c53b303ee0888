#include "crypto/cipher.h"

#include <openssl/err.h>
#include <string.h>

#include "crypto/primitive/algorithm.h"
#include "crypto/primitive/block.h"
#include "crypto/primitive/random.h"
#include "crypto/primitive/rsa.h"

#define GCM_IV 12

struct cipher {
  const char *name;
  bool rsa;
  enum rsa_padding padding;
  enum mode mode;
  size_t key_len; /* bytes; 0 for any that AES has */
};

/* With the key's size, and without. */
#define AES(suffix, its_mode)                                                                                                                        \
  { .name = "aes-" suffix, .mode = its_mode }, { .name = "aes-128-" suffix, .mode = its_mode, .key_len = 16 },                                       \
      { .name = "aes-192-" suffix, .mode = its_mode, .key_len = 24 }, {                                                                              \
    .name = "aes-256-" suffix, .mode = its_mode, .key_len = 32                                                                                       \
  }

static const struct cipher all[] = {
  { .name = "rsa-pkcs1", .rsa = true, .padding = RSA_PAD_PKCS1 },
  { .name = "rsa-oaep", .rsa = true, .padding = RSA_PAD_OAEP_SHA1 },
  { .name = "rsa-oaep-sha256", .rsa = true, .padding = RSA_PAD_OAEP_SHA256 },
  { .name = "rsa-oaep-sha256-mgf1-sha1", .rsa = true, .padding = RSA_PAD_OAEP_SHA256_SHA1 },
  AES("cbc", MODE_CBC),
  AES("ctr", MODE_CTR),
  AES("ecb", MODE_ECB),
  AES("gcm", MODE_GCM),
};

const struct cipher *cipher_find(const char *name) {
  for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
    if (strcmp(all[i].name, name) == 0) return &all[i];
  return NULL;
}

const char *cipher_name(size_t place) {
  return place < sizeof all / sizeof all[0] ? all[place].name : NULL;
}

const char *cipher_word(const struct cipher *cipher) {
  return cipher->name;
}

bool cipher_has_iv(const struct cipher *cipher) {
  return !cipher->rsa && cipher->mode != MODE_ECB;
}

bool cipher_has_tag(const struct cipher *cipher) {
  return !cipher->rsa && cipher->mode == MODE_GCM;
}

bool cipher_takes_bytes(const struct cipher *cipher) {
  return !cipher->rsa;
}

bool cipher_fits(const struct cipher *cipher, const struct key *key, bool decrypt, const char **why) {
  if (cipher->rsa) {
    *why = "is not the RSA key that this cipher needs";
    if (key_kind(key) != KEY_RSA) return false;
    *why = "is a public key where a private one is needed";
    return !decrypt || key_is_private(key);
  }
  *why = "is not bytes, as this cipher needs";
  if (key_kind(key) != KEY_SYMMETRIC) return false;
  *why = cipher->key_len == 16   ? "has not the 16 bytes that this cipher needs"
         : cipher->key_len == 24 ? "has not the 24 bytes that this cipher needs"
         : cipher->key_len == 32 ? "has not the 32 bytes that this cipher needs"
                                 : "has not the 16, 24 or 32 bytes that this cipher needs";
  size_t len;
  key_bytes(key, &len);
  return cipher->key_len ? len == cipher->key_len : len == 16 || len == 24 || len == 32;
}

static size_t iv_bytes(const struct cipher *cipher) {
  return cipher->mode == MODE_GCM ? GCM_IV : BLOCK_BYTES;
}

static struct block block_of(const struct cipher *cipher, const struct key *key) {
  size_t len;
  const unsigned char *bytes = key_bytes(key, &len);
  return (struct block){ .cipher = algorithm_aes(cipher->mode, len), .key = bytes };
}

/* --- decryption --- */

struct span {
  const unsigned char *bytes;
  size_t len;
};

static const unsigned char zeros[BLOCK_BYTES];

/* Finds an IV or a tag of `size` bytes, and takes it off the text where it stands in it. What is beside is decoded into
 * `room`. */
static bool take(enum cipher_place place, size_t size, const struct cipher_text *beside, enum encoding encoding, struct buf *room, struct span *text,
                 struct span *taken) {
  *taken = (struct span){ zeros, size };
  if (place == CIPHER_ZERO) return true;
  if (place == CIPHER_BESIDE) {
    if (!beside || !encoding_read(encoding, beside->bytes, beside->len, room)) return false;
    *taken = (struct span){ (const unsigned char *)room->data, room->len };
    return true;
  }
  if (text->len < size) return false;
  text->len -= size;
  taken->bytes = place == CIPHER_PREFIX ? text->bytes : text->bytes + text->len;
  if (place == CIPHER_PREFIX) text->bytes += size;
  return true;
}

static bool open_aes(const struct cipher_spec *spec, const struct key *key, struct span text, const struct cipher_text *iv_text,
                     const struct cipher_text *tag_text, struct buf *out) {
  const struct cipher *cipher = spec->cipher;
  struct block block = block_of(cipher, key);
  struct span iv = { 0 }, tag = { 0 };
  struct buf iv_room, tag_room;
  buf_init(&iv_room, 128);
  buf_init(&tag_room, 64);
  bool ok = block.cipher != NULL;
  if (ok && cipher_has_iv(cipher)) ok = take(spec->iv, iv_bytes(cipher), iv_text, spec->encoding, &iv_room, &text, &iv) && iv.len > 0;
  if (ok && cipher_has_tag(cipher))
    ok = spec->tag != CIPHER_ZERO && take(spec->tag, BLOCK_TAG, tag_text, spec->encoding, &tag_room, &text, &tag) && tag.len == BLOCK_TAG;
  block.iv = iv.bytes;
  block.iv_len = iv.len;
  ok = ok && block_open(&block, text.bytes, text.len, tag.bytes, out);
  buf_free(&iv_room);
  buf_free(&tag_room);
  return ok;
}

bool cipher_open(const struct cipher_spec *spec, const struct key *key, const char *text, size_t len, const struct cipher_text *iv,
                 const struct cipher_text *tag, struct buf *out, const char **why) {
  struct buf raw;
  bool fits = cipher_fits(spec->cipher, key, true, why);
  *why = "cannot be decrypted"; /* also where a key that was itself encrypted does not fit */
  if (!fits) return false;
  buf_init(&raw, len);
  ERR_set_mark();
  bool ok = encoding_read(spec->encoding, text, len, &raw);
  struct span all_of_it = { (const unsigned char *)buf_string(&raw), raw.len };
  if (ok && spec->cipher->rsa)
    ok = rsa_open(spec->cipher->padding, key, all_of_it.bytes, all_of_it.len, out);
  else
    ok = ok && open_aes(spec, key, all_of_it, iv, tag, out);
  ERR_pop_to_mark();
  buf_free(&raw);
  return ok;
}

/* --- encryption --- */

/* Puts an IV or a tag where it belongs: around the text in `raw`, or encoded into `beside`. */
static bool put(enum cipher_place place, const unsigned char *bytes, size_t len, enum encoding encoding, struct buf *raw, struct buf *beside) {
  switch (place) {
  case CIPHER_BESIDE: return beside && encoding_write(encoding, bytes, len, beside);
  case CIPHER_ZERO: return true;
  case CIPHER_SUFFIX: return buf_add(raw, bytes, len);
  default:
    if (!buf_reserve(raw, len)) return false;
    memmove(raw->data + len, raw->data, raw->len);
    memcpy(raw->data, bytes, len);
    buf_added(raw, len);
    return true;
  }
}

static bool close_aes(const struct cipher_spec *spec, const struct key *key, const void *text, size_t len, struct buf *iv_out, struct buf *tag_out,
                      struct buf *raw) {
  const struct cipher *cipher = spec->cipher;
  struct block block = block_of(cipher, key);
  unsigned char iv[BLOCK_BYTES] = { 0 }, tag[BLOCK_TAG] = { 0 };
  size_t iv_len = iv_bytes(cipher);
  bool has_iv = cipher_has_iv(cipher), has_tag = cipher_has_tag(cipher);
  if (has_iv && spec->iv != CIPHER_ZERO && !random_fill(iv, iv_len)) return false;
  if (has_iv) block.iv = iv;
  if (has_iv) block.iv_len = iv_len;
  if (!block.cipher || !block_close(&block, text, len, has_tag ? tag : NULL, raw)) return false;
  return (!has_tag || (spec->tag != CIPHER_ZERO && put(spec->tag, tag, BLOCK_TAG, spec->encoding, raw, tag_out))) &&
         (!has_iv || put(spec->iv, iv, iv_len, spec->encoding, raw, iv_out));
}

bool cipher_close(const struct cipher_spec *spec, const struct key *key, const void *text, size_t len, struct buf *iv, struct buf *tag,
                  struct buf *out, const char **why) {
  const struct cipher *cipher = spec->cipher;
  struct buf raw;
  *why = "needs an IV that is not always zero";
  if (cipher_has_iv(cipher) && spec->iv == CIPHER_ZERO && cipher->mode != MODE_CBC) return false;
  if (!cipher_fits(cipher, key, false, why)) return false;
  *why = "cannot be encrypted";
  buf_init(&raw, len + 8 * 1024); /* room for what RSA makes, and for IV and tag */
  ERR_set_mark();
  bool ok = (cipher->rsa ? rsa_close(cipher->padding, key, text, len, &raw) : close_aes(spec, key, text, len, iv, tag, &raw)) &&
            encoding_write(spec->encoding, raw.data, raw.len, out);
  ERR_pop_to_mark();
  buf_free(&raw);
  return ok;
}
