#include "crypto/jwe.h"

#include <openssl/err.h>
#include <string.h>

#include "crypto/encoding.h"
#include "crypto/jose.h"
#include "crypto/jwe/message.h"
#include "crypto/primitive/random.h"

#define WRAPPED_MAX 1024 /* bytes: RSA with 8192 bits */

bool jwe_knows_alg(const char *alg) {
  return jwe_alg_find(alg) != NULL;
}

bool jwe_knows_enc(const char *enc) {
  return jwe_enc_find(enc) != NULL;
}

bool jwe_takes_bytes(const char *alg) {
  const struct jwe_alg *known = jwe_alg_find(alg);
  return known && (known->way == JWE_WRAP || known->way == JWE_DIRECT);
}

bool jwe_fits(const char *alg, const char *enc, const struct key *key, bool decrypt, const char **why) {
  if (alg) return jwe_alg_fits(jwe_alg_find(alg), jwe_enc_find(enc), key, decrypt, why);
  *why = "is not an RSA, EC or X25519 key, and no bytes either";
  if (key_kind(key) == KEY_ED25519 || (key_kind(key) == KEY_EC && !key_curve(key))) return false;
  *why = "is a public key where a private one is needed";
  return !decrypt || key_is_private(key);
}

/* --- decryption --- */

struct attempt {
  const struct jwe_message *message;
  const struct key *key;
  const char *alg, *enc; /* NULL for any */
  struct jwe_bytes aad;
};

static bool open_content(const struct attempt *attempt, const struct jwe_recipient *recipient, struct buf *out) {
  const struct jwe_message *message = attempt->message;
  unsigned char content_key[JWE_KEY_MAX];
  struct buf wrapped;
  buf_init(&wrapped, WRAPPED_MAX);
  bool ok = message_decode(recipient->wrapped, &wrapped) && content_key_open(recipient->alg, recipient->enc, attempt->key, &recipient->agreement,
                                                                             (struct jwe_bytes){ buf_string(&wrapped), wrapped.len }, content_key);
  ok = ok && content_open(recipient->enc, content_key, attempt->aad, (struct jwe_bytes){ buf_string(&message->iv), message->iv.len },
                          (struct jwe_bytes){ buf_string(&message->text), message->text.len },
                          (struct jwe_bytes){ buf_string(&message->tag), message->tag.len }, out);
  explicit_bzero(content_key, sizeof content_key);
  buf_free(&wrapped);
  return ok;
}

/* Whether what is allowed and the key's type fit what the headers say. */
static bool is_allowed(const struct attempt *attempt, const struct jwe_recipient *recipient, const char **why) {
  const char *unfit;
  *why = "has an alg that is not allowed";
  if (!recipient->alg || (attempt->alg && strcmp(attempt->alg, recipient->alg->name) != 0)) return false;
  if (!attempt->alg && !jwe_alg_fits(recipient->alg, NULL, attempt->key, true, &unfit)) return false;
  *why = "has an enc that is not allowed";
  if (!recipient->enc || (attempt->enc && strcmp(attempt->enc, recipient->enc->name) != 0)) return false;
  *why = "cannot be decrypted";
  return jwe_alg_fits(recipient->alg, recipient->enc, attempt->key, true, &unfit);
}

/* Tries one recipient after the other. What is said is about the last that could have been meant. */
static bool open_any(const struct attempt *attempt, struct buf *out, const char **why) {
  struct jwe_recipient recipient;
  const char *said = "is no JWE", *here;
  bool tried = false;
  for (size_t i = 0; message_recipient(attempt->message, i, &recipient, &here); i++) {
    if (is_allowed(attempt, &recipient, &here)) {
      if (open_content(attempt, &recipient, out)) return true;
      tried = true;
    }
    said = here;
  }
  if (here) said = here; /* a recipient that is none */
  *why = tried ? "cannot be decrypted" : said;
  return false;
}

bool jwe_open(const char *text, size_t len, const struct key *key, const char *alg, const char *enc, struct buf *out, const char **why) {
  struct jwe_message message;
  struct buf aad;
  ERR_set_mark();
  bool ok = message_read(&message, text, len, why);
  buf_init(&aad, ok ? message.protected.len + 1 + message.aad.len : 0);
  if (ok) {
    struct attempt attempt = { &message, key, alg, enc, message.protected };
    if (message.aad.len > 0) {
      *why = "cannot be decrypted";
      ok = buf_add(&aad, message.protected.bytes, message.protected.len) && buf_add_char(&aad, '.') &&
           buf_add(&aad, message.aad.bytes, message.aad.len);
      attempt.aad = (struct jwe_bytes){ aad.data, aad.len };
    }
    ok = ok && open_any(&attempt, out, why);
  }
  buf_free(&aad);
  message_free(&message);
  ERR_pop_to_mark();
  return ok;
}

/* --- encryption --- */

/* Reads the members that come in addition. NULL is allowed. */
static bool read_members(const char *header, struct json_node **root, struct jwe_agreement *agreement, const char **why) {
  static const char *const ours[] = { "alg", "enc", "epk", "zip", "crit" };
  agreement->epk = NULL;
  agreement->apu = agreement->apv = (struct jwe_bytes){ "", 0 };
  *root = NULL;
  if (!header) return true;
  *why = "has a header that is no JSON object";
  *root = jose_read(header, strlen(header));
  if (!*root) return false;
  *why = "has a header that sets alg, enc, epk, zip or crit";
  for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++)
    if (jose_member(*root, ours[i])) return false;
  *why = "has a header whose apu or apv is no text";
  if (jose_member(*root, "apu") && !(agreement->apu.bytes = jose_string(*root, "apu", &agreement->apu.len))) return false;
  return !jose_member(*root, "apv") || (agreement->apv.bytes = jose_string(*root, "apv", &agreement->apv.len));
}

static bool add_header(struct buf *out, const struct jwe_alg *alg, const struct jwe_enc *enc, const struct key *own, const char *members) {
  struct buf header;
  buf_init(&header, JOSE_HEADER_MAX);
  bool ok = buf_addf(&header, "{\"alg\":\"%s\",\"enc\":\"%s\"", alg->name, enc->name) &&
            (!own || (buf_add_string(&header, ",\"epk\":") && key_write_public(own, KEY_JWK, &header))) &&
            (!members || jose_add_members(&header, members)) && buf_add_char(&header, '}') &&
            encoding_write(ENCODING_BASE64URL, header.data, header.len, out);
  buf_free(&header);
  return ok;
}

static bool add_part(struct buf *out, const void *bytes, size_t len) {
  return buf_add_char(out, '.') && encoding_write(ENCODING_BASE64URL, bytes, len, out);
}

/* What follows the header, which stands in `out` from `start` on. */
static bool add_content(struct buf *out, size_t start, const struct jwe_enc *enc, const unsigned char *content_key, const struct buf *wrapped,
                        const void *text, size_t len) {
  unsigned char iv[JWE_IV_MAX], tag[JWE_TAG_MAX];
  struct buf sealed;
  struct jwe_bytes aad = { out->data + start, out->len - start };
  buf_init(&sealed, len + 64);
  bool ok = random_fill(iv, enc->iv_len) && content_close(enc, content_key, aad, iv, text, len, tag, &sealed) &&
            add_part(out, wrapped->data, wrapped->len) && add_part(out, iv, enc->iv_len) && add_part(out, sealed.data, sealed.len) &&
            add_part(out, tag, enc->tag_len);
  buf_free(&sealed);
  return ok;
}

static bool close_with(const struct jwe_alg *alg, const struct jwe_enc *enc, const struct key *key, const char *members,
                       const struct jwe_agreement *agreement, const void *text, size_t len, struct buf *out) {
  unsigned char content_key[JWE_KEY_MAX];
  size_t start = out->len;
  struct buf wrapped;
  struct key *own = alg->way == JWE_AGREE ? key_generate_like(key) : NULL;
  buf_init(&wrapped, WRAPPED_MAX + 16);
  bool ok = (own || alg->way != JWE_AGREE) && content_key_close(alg, enc, key, own, agreement, &wrapped, content_key) &&
            add_header(out, alg, enc, own, members) && add_content(out, start, enc, content_key, &wrapped, text, len);
  explicit_bzero(content_key, sizeof content_key);
  buf_free(&wrapped);
  key_unref(own);
  if (!ok) buf_cut(out, start);
  return ok;
}

bool jwe_close(const char *alg, const char *enc, const struct key *key, const char *header, const void *text, size_t len, struct buf *out,
               const char **why) {
  const struct jwe_alg *known_alg = jwe_alg_find(alg);
  const struct jwe_enc *known_enc = jwe_enc_find(enc);
  struct jwe_agreement agreement;
  struct json_node *root;
  *why = "cannot be encrypted";
  const char *unfit;
  if (!known_alg || !known_enc || !jwe_alg_fits(known_alg, known_enc, key, false, &unfit)) return false;
  ERR_set_mark();
  bool ok = read_members(header, &root, &agreement, why);
  if (ok) {
    *why = "cannot be encrypted";
    ok = close_with(known_alg, known_enc, key, header, &agreement, text, len, out);
  }
  json_free(root);
  ERR_pop_to_mark();
  return ok;
}
