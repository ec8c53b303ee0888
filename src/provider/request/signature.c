#include "provider/request/signature.h"

#include <string.h>

#include "crypto/signing.h"
#include "provider/request/body.h"
#include "provider/request/template.h"

#define SIGNATURE_BYTES 1024 /* of one that is not encoded: RSA with 8192 bits */

struct signed_body {
  const struct operation *operation;
  const struct value *values;
  const char *bad;
};

/* Fills {body}, or {body.a.b} for an object in it. */
static bool fill_body(void *context, const char *name, size_t len, struct buf *out) {
  struct signed_body *body = context;
  if (len == 4 && memcmp(name, "body", 4) == 0) return body_build(out, body->operation, body->values, &body->bad);
  return len > 5 && memcmp(name, "body.", 5) == 0 && body_build_part(out, body->operation, body->values, name + 5, len - 5, &body->bad);
}

bool signature_text(struct buf *out, const struct operation *operation, const struct signature *signature, const struct value *values,
                    struct error *error) {
  struct signed_body body = { operation, values, NULL };
  if (template_fill(out, signature->over, fill_body, &body)) return true;
  error_set(error, ERROR_INVALID_REQUEST, "%s is not valid UTF-8 or too long", body.bad ? body.bad : "the request");
  return false;
}

static bool fill_value(void *context, const char *name, size_t len, struct buf *out) {
  const struct buf *bare = context;
  return len == 9 && memcmp(name, "signature", 9) == 0 && buf_add(out, bare->data, bare->len);
}

bool signature_sign(const struct signature *signature, struct value key, const char *text, size_t len, struct buf *base64, const char **why) {
  const struct signing *signing = signing_find(signature->algorithm);
  struct buf made;
  *why = "does not fit into memory";
  struct key *read = signing_takes_bytes(signing) ? key_symmetric(key.bytes, key.len) : key_read(key.bytes, key.len, NULL, 0, why);
  buf_init(&made, SIGNATURE_BYTES);
  bool ok =
      read && signing_fits(signing, read, why) && signing_make(signing, read, text, len, &made, why) && buf_add_base64(base64, made.data, made.len);
  buf_free(&made);
  key_unref(read);
  return ok;
}

static bool make(struct buf *out, const struct operation *operation, const struct signature *signature, const struct value *values, struct value key,
                 struct error *error) {
  struct buf text, bare;
  const char *why = "is too long";
  buf_init(&text, REQUEST_MAX_BODY);
  buf_init(&bare, 16 * 1024);
  bool ok = signature_text(&text, operation, signature, values, error);
  if (ok) {
    ok = signature_sign(signature, key, buf_string(&text), text.len, &bare, &why) &&
         template_fill(out, signature->value ? signature->value : "{signature}", fill_value, &bare);
    if (!ok) error_set(error, ERROR_INVALID_REQUEST, "%s %s", signature->key, why);
  }
  buf_free(&text);
  buf_free(&bare);
  return ok;
}

struct value signature_key(const struct operation *operation, const struct value *values, size_t place) {
  const struct signature *signature = operation->parts[place].signature;
  for (size_t i = 0; signature && signature->key && !values[place].bytes && i < operation->part_count; i++)
    if (operation->parts[i].source == FROM_CREDENTIAL && strcmp(operation->parts[i].name, signature->key) == 0) return values[i];
  return (struct value){ NULL, 0 };
}

bool signature_make_all(struct buf made[static SIGNATURE_MAX], const struct operation *operation, struct value *values, struct error *error) {
  size_t count = 0;
  for (int in_body = 1; in_body >= 0; in_body--)
    for (size_t i = 0; i < operation->part_count && count < SIGNATURE_MAX; i++) {
      const struct part *part = &operation->parts[i];
      struct value key = signature_key(operation, values, i);
      if (!key.bytes || (part->into == INTO_BODY) != in_body) continue;
      if (!make(&made[count], operation, part->signature, values, key, error)) return false;
      values[i] = (struct value){ made[count].data, made[count].len };
      count++;
    }
  return true;
}
