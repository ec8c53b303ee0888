#include "provider/encryption.h"

#include <string.h>

#include "crypto/jwe.h"
#include "text/chars.h"

/* --- keys --- */

static struct key *read_bytes(const struct part *part, struct value value, const char **why) {
  enum encoding encoding;
  struct buf bytes;
  struct key *key = NULL;
  *why = "is not in the encoding that is declared for it";
  buf_init(&bytes, KEY_TEXT_MAX);
  if (encoding_find(part->encoding ? part->encoding : "none", &encoding) && encoding_read(encoding, value.bytes, value.len, &bytes) && bytes.len) {
    *why = "does not fit into memory";
    key = key_symmetric(bytes.data, bytes.len);
  } else if (bytes.failed) {
    *why = "does not fit into memory";
  }
  buf_free(&bytes);
  return key;
}

struct key *encryption_key(struct key_cache *cache, const struct part *part, struct value value, struct value password, const char **why) {
  if (part->type != PART_PEM) return read_bytes(part, value, why);
  if (cache) return key_cache_read(cache, value.bytes, value.len, password.bytes, password.len, why);
  return key_read(value.bytes, value.len, password.bytes, password.len, why);
}

bool encryption_fits(const struct encryption *encryption, const struct key *key, bool decrypt, const char **why) {
  if (encryption->jwe) return jwe_fits(encryption->alg, encryption->enc, key, decrypt, why);
  return cipher_fits(encryption->spec.cipher, key, decrypt, why);
}

/* --- requests --- */

bool encryption_close(const struct encryption *encryption, const struct key *key, const char *header, const struct buf *text, struct buf *out,
                      const char **why) {
  if (encryption->jwe) return jwe_close(encryption->alg, encryption->enc, key, header, buf_string(text), text->len, out, why);
  return cipher_close(&encryption->spec, key, buf_string(text), text->len, NULL, NULL, out, why);
}

/* --- answers --- */

/* The value of the part INTO_NOTHING of that name. */
static const struct part *find_part(const struct encrypted_answer *answer, const char *name, struct value *value) {
  for (size_t i = 0; i < answer->operation->part_count; i++) {
    const struct part *part = &answer->operation->parts[i];
    if (part->into != INTO_NOTHING || !part->name || strcmp(part->name, name) != 0) continue;
    *value = values_get(answer->values, i);
    if (!value->bytes) *value = values_made(answer->values, i);
    return value->bytes ? part : NULL;
  }
  return NULL;
}

/* The text at a path of the answer; false where there is none. */
static bool text_at(const struct encrypted_answer *answer, const char *path, struct cipher_text *text) {
  const struct json_node *node = answer->root ? json_at(answer->root, path) : NULL;
  if (!node || json_type(node) != JSON_STRING) return false;
  text->bytes = json_string(node, &text->len);
  return true;
}

/* The key that stands in the answer itself. */
static struct key *unwrap(const struct encryption *wrapped, const struct encrypted_answer *answer) {
  struct cipher_text text;
  struct buf bytes;
  struct key *key = NULL;
  buf_init(&bytes, KEY_TEXT_MAX);
  if (text_at(answer, wrapped->at, &text) && encryption_open(wrapped, answer, text.bytes, text.len, &bytes) && bytes.len)
    key = key_symmetric(bytes.data, bytes.len);
  buf_free(&bytes);
  return key;
}

static struct key *get_key(const struct encryption *encryption, const struct encrypted_answer *answer) {
  struct value value, password = { NULL, 0 };
  const char *why;
  if (encryption->wrapped) return unwrap(encryption->wrapped, answer);
  const struct part *part = find_part(answer, encryption->key, &value);
  if (part && part->key_password) find_part(answer, part->key_password, &password);
  return part ? encryption_key(answer->cache, part, value, password, &why) : NULL;
}

bool encryption_open(const struct encryption *encryption, const struct encrypted_answer *answer, const char *text, size_t len, struct buf *out) {
  const char *why;
  struct cipher_text iv = { NULL, 0 }, tag = { NULL, 0 };
  if (answer->plain) return buf_add(out, text, len);
  struct key *key = get_key(encryption, answer);
  bool ok = key && encryption_fits(encryption, key, true, &why) && (!encryption->iv || text_at(answer, encryption->iv, &iv)) &&
            (!encryption->tag || text_at(answer, encryption->tag, &tag));
  if (ok && encryption->jwe)
    ok = jwe_open(text, len, key, encryption->alg, encryption->enc, out, &why);
  else
    ok = ok && cipher_open(&encryption->spec, key, text, len, &iv, &tag, out, &why);
  key_unref(key);
  return ok;
}

/* All of an answer without a byte order mark and white space around it, and without quotes where it is a JSON text. */
static struct cipher_text trim(const char *body, size_t len) {
  if (!len) return (struct cipher_text){ "", 0 }; /* body may be NULL */
  size_t mark = utf8_mark(body, len);
  body += mark;
  len -= mark;
  while (len && is_space(*body)) {
    body++;
    len--;
  }
  while (len && is_space(body[len - 1]))
    len--;
  bool quoted = len > 1 && body[0] == '"' && body[len - 1] == '"';
  return (struct cipher_text){ body + quoted, len - 2 * (size_t)quoted };
}

struct json_node *encryption_tree(const struct encrypted_answer *answer, const char *body, size_t len) {
  const struct encryption *encryption = answer->operation->decrypt;
  struct cipher_text text = trim(body, len);
  struct json_node *tree = NULL;
  struct buf plain;
  const char *why;
  size_t where;
  if (encryption->at && !text_at(answer, encryption->at, &text)) return NULL;
  buf_init(&plain, text.len + 1); /* it is never longer */
  if (encryption_open(encryption, answer, text.bytes, text.len, &plain)) tree = json_parse(buf_string(&plain), plain.len, &why, &where);
  buf_free(&plain);
  return tree;
}
