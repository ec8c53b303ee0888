#include "crypto/jwe/message.h"

#include <string.h>

#include "crypto/encoding.h"
#include "crypto/jose.h"
#include "crypto/jwe.h"
#include "text/chars.h"

#define PARTS       5  /* of the compact form */
#define MEMBERS_MAX 64 /* of a header, as each is compared with each */
#define IV_MAX      64 /* bytes, of which any but the right number is refused later */
#define TAG_MAX     64

static const char no_jwe[] = "is no JWE";
static const char no_text[] = "cannot be decrypted";

bool message_decode(struct jwe_bytes text, struct buf *out) {
  static const char refused[] = "=\r\n";
  for (size_t i = 0; i < sizeof refused - 1; i++)
    if (text.len > 0 && memchr(text.bytes, refused[i], text.len)) return false;
  return encoding_read(ENCODING_BASE64URL, text.bytes, text.len, out);
}

/* Whether the object, or none, has few members. */
static bool is_header(const struct json_node *node) {
  size_t count = 0;
  if (!node) return true;
  if (json_type(node) != JSON_OBJECT) return false;
  for (const struct json_node *member = json_child(node); member; member = json_next(member))
    count++;
  return count <= MEMBERS_MAX;
}

static bool read_header(struct jwe_message *message) {
  struct buf text;
  if (message->protected.len == 0) return true;
  buf_init(&text, JOSE_HEADER_MAX);
  if (message_decode(message->protected, &text)) message->header = jose_read(text.data, text.len);
  buf_free(&text);
  return message->header && is_header(message->header);
}

static bool read_parts(struct jwe_message *message, struct jwe_bytes iv, struct jwe_bytes text, struct jwe_bytes tag) {
  buf_init(&message->iv, IV_MAX);
  buf_init(&message->text, text.len);
  buf_init(&message->tag, TAG_MAX);
  return message_decode(iv, &message->iv) && message_decode(text, &message->text) && message_decode(tag, &message->tag) && read_header(message);
}

static bool read_compact(struct jwe_message *message, const char *text, size_t len) {
  struct jwe_bytes parts[PARTS];
  const char *end = text + len;
  for (size_t i = 0; i < PARTS; i++) {
    const char *dot = i < PARTS - 1 ? memchr(text, '.', (size_t)(end - text)) : end;
    if (!dot) return false;
    parts[i] = (struct jwe_bytes){ text, (size_t)(dot - text) };
    text = dot < end ? dot + 1 : end;
  }
  message->protected = parts[0];
  message->wrapped = parts[1];
  return parts[0].len > 0 && read_parts(message, parts[2], parts[3], parts[4]);
}

/* A member that is a string, or nothing where it is absent; false for anything else. */
static bool take(const struct json_node *object, const char *name, struct jwe_bytes *taken) {
  *taken = (struct jwe_bytes){ "", 0 };
  if (!jose_member(object, name)) return true;
  taken->bytes = jose_string(object, name, &taken->len);
  return taken->bytes != NULL;
}

static bool read_json(struct jwe_message *message, const char *text, size_t len) {
  struct jwe_bytes iv, cipher_text, tag;
  const struct json_node *root = message->root = jose_read(text, len);
  if (!root || !take(root, "protected", &message->protected) || !take(root, "aad", &message->aad) || !take(root, "iv", &iv)) return false;
  if (!take(root, "encrypted_key", &message->wrapped) || !take(root, "ciphertext", &cipher_text) || !take(root, "tag", &tag)) return false;
  message->unprotected = jose_member(root, "unprotected");
  message->per_recipient = jose_member(root, "header");
  message->recipients = jose_member(root, "recipients");
  if (message->recipients && (json_type(message->recipients) != JSON_ARRAY || message->per_recipient || jose_member(root, "encrypted_key")))
    return false;
  return jose_member(root, "ciphertext") && is_header(message->unprotected) && is_header(message->per_recipient) &&
         read_parts(message, iv, cipher_text, tag);
}

bool message_read(struct jwe_message *message, const char *text, size_t len, const char **why) {
  *message = (struct jwe_message){ .aad = { "", 0 } };
  while (len > 0 && is_space(*text)) {
    text++;
    len--;
  }
  while (len > 0 && is_space(text[len - 1]))
    len--;
  *why = no_jwe;
  return len > 0 && (*text == '{' ? read_json(message, text, len) : read_compact(message, text, len));
}

void message_free(struct jwe_message *message) {
  json_free(message->root);
  json_free(message->header);
  buf_free(&message->iv);
  buf_free(&message->text);
  buf_free(&message->tag);
}

/* --- one recipient --- */

/* The one header that has the member; NULL for none. */
static const struct json_node *find(const struct json_node *const headers[static 3], const char *name) {
  for (int i = 0; i < 3; i++) {
    const struct json_node *member = jose_member(headers[i], name);
    if (member) return member;
  }
  return NULL;
}

/* A string in whichever header has it; NULL for anything else. */
static const char *find_string(const struct json_node *const headers[static 3], const char *name, size_t *len) {
  const struct json_node *member = find(headers, name);
  return member && json_type(member) == JSON_STRING ? json_string(member, len) : NULL;
}

/* Whether no name stands in two of the headers. */
static bool are_disjoint(const struct json_node *const headers[static 3]) {
  for (int i = 0; i < 2; i++)
    for (const struct json_node *member = headers[i] ? json_child(headers[i]) : NULL; member; member = json_next(member))
      for (int k = i + 1; k < 3; k++)
        if (jose_member(headers[k], json_key(member))) return false;
  return true;
}

static bool read_agreement(const struct json_node *const headers[static 3], struct jwe_agreement *agreement) {
  agreement->epk = find(headers, "epk");
  agreement->apu = agreement->apv = (struct jwe_bytes){ "", 0 };
  if (find(headers, "apu") && !(agreement->apu.bytes = find_string(headers, "apu", &agreement->apu.len))) return false;
  return !find(headers, "apv") || (agreement->apv.bytes = find_string(headers, "apv", &agreement->apv.len));
}

/* The header and the wrapped key of one recipient. False when there is none of that number, or *why says why. */
static bool pick(const struct jwe_message *message, size_t index, const struct json_node **header, struct jwe_bytes *wrapped, const char **why) {
  *why = NULL;
  *header = message->per_recipient;
  *wrapped = message->wrapped;
  if (!message->recipients) return index == 0;
  const struct json_node *entry = json_child(message->recipients);
  for (size_t i = 0; entry && i < index; i++)
    entry = json_next(entry);
  if (!entry) return false;
  *why = no_jwe;
  if (index >= JWE_MAX_RECIPIENTS || json_type(entry) != JSON_OBJECT) return false;
  *header = jose_member(entry, "header");
  return is_header(*header) && take(entry, "encrypted_key", wrapped);
}

bool message_recipient(const struct jwe_message *message, size_t index, struct jwe_recipient *recipient, const char **why) {
  const struct json_node *header;
  size_t len;
  if (!pick(message, index, &header, &recipient->wrapped, why)) return false;
  const struct json_node *const headers[3] = { message->header, message->unprotected, header };
  *why = no_jwe;
  const char *alg = find_string(headers, "alg", &len), *enc = find_string(headers, "enc", &len);
  if (!are_disjoint(headers) || !alg || !enc) return false;
  *why = "is compressed, which is not supported";
  if (find(headers, "zip")) return false;
  *why = "has a critical extension, which is not supported";
  if (find(headers, "crit")) return false;
  *why = no_text;
  recipient->alg = jwe_alg_find(alg);
  recipient->enc = jwe_enc_find(enc);
  return read_agreement(headers, &recipient->agreement);
}
