#include "provider/signature.h"

#include <string.h>

#include "provider/body.h"
#include "secret/signing.h"
#include "text/template.h"

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

static bool make(struct buf *out, const struct operation *operation, const struct signature *signature, const struct value *values, struct value key,
                 struct error *error) {
  struct buf text, bare;
  const char *why = "is too long";
  buf_init(&text, REQUEST_MAX_BODY);
  buf_init(&bare, 16 * 1024);
  bool ok = signature_text(&text, operation, signature, values, error);
  if (ok) {
    ok = signing_make(signature->algorithm, key.bytes, key.len, buf_string(&text), text.len, &bare, &why) &&
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
