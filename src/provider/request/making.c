#define _GNU_SOURCE 1 /* memmem */
#include "provider/request/making.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "crypto/encoding.h"
#include "crypto/jwt.h"
#include "crypto/key.h"
#include "crypto/signing.h"
#include "provider/encryption.h"
#include "provider/request/body.h"
#include "provider/request/names.h"
#include "provider/request/oauth1.h"
#include "provider/request/template.h"
#include "provider/request/unique.h"
#include "text/chars.h"
#include "json/xml.h"

#define SIGNATURE_MAX (16 * 1024) /* bytes of a bare signature, encoded */

static bool invalid(struct error *error, const char *name, const char *what) {
  error_set(error, ERROR_INVALID_REQUEST, "%s %s", name, what);
  return false;
}

void maker_init(struct maker *maker, struct request *request, struct error *error) {
  const struct operation *operation = request->operation;
  maker->request = request;
  maker->error = error;
  maker->made_count = 0;
  maker->under_way = 0;
  maker->secrets = request->values.secrets;
  maker->depth = 0;
  maker->core = (struct value){ NULL, 0 };
  maker->uses_secret = false;
  maker->nonce[0] = '\0';
  maker->has_body = maker->has_target = maker->has_now = false;
  buf_init(&maker->body, REQUEST_MAX_BODY);
  buf_init(&maker->target, REQUEST_MAX_TARGET);
  for (size_t i = 0; i < operation->part_count; i++) {
    const struct part *part = &operation->parts[i];
    maker->values[i] = part->source == FROM_CONSTANT ? (struct value){ part->value, strlen(part->value) } : values_get(&request->values, i);
    if (request_leaves_out(request, part)) maker->values[i] = (struct value){ NULL, 0 };
    if (part->sensitive || part->source == FROM_CREDENTIAL) maker->secrets |= UINT64_C(1) << i;
  }
}

bool maker_remember(struct maker *maker) {
  bool ok = true;
  for (size_t i = 0; ok && i < maker->made_count; i++) {
    struct value hidden = maker->hidden[i];
    if (!hidden.bytes) continue;
    ok = values_set_made(&maker->request->values, maker->places[i], hidden.bytes, hidden.len) ||
         invalid(maker->error, "the request", "does not fit into memory");
  }
  return ok;
}

void maker_free(struct maker *maker) {
  for (size_t i = 0; i < maker->made_count; i++)
    buf_free(&maker->made[i]);
  maker->made_count = 0;
  buf_free(&maker->body);
  buf_free(&maker->target);
}

int maker_place(const struct operation *operation, const char *name) {
  for (size_t i = 0; i < operation->part_count; i++) {
    const struct part *part = &operation->parts[i];
    if (part->name && part->into == INTO_NOTHING && strcmp(part->name, name) == 0) return (int)i;
  }
  return -1;
}

bool maker_can_make(const struct maker *maker, size_t place) {
  const struct making *making = maker->request->operation->parts[place].making;
  if (!making || maker->values[place].bytes || request_leaves_out(maker->request, &maker->request->operation->parts[place])) return false;
  if (!making->key) return making->kind == MAKING_TEXT || making->kind == MAKING_SESSION || making->algorithm; /* a digest has none */
  int key = maker_place(maker->request->operation, making->key);
  return key >= 0 && (maker->values[key].bytes || maker->request->operation->parts[key].making);
}

static const struct signing *signing_of(const struct making *making) {
  switch (making->kind) {
  case MAKING_SIGNATURE: return making->algorithm ? signing_find(making->algorithm) : NULL;
  case MAKING_JWT: return jwt_signing(making->algorithm);
  case MAKING_OAUTH1: return signing_find("rsa-sha256");
  default: return NULL;
  }
}

/* --- one value, by its kind --- */

bool making_fits(const struct making *making, const struct key *key, const char **why) {
  const struct signing *signing = signing_of(making);
  if (making->encryption) return encryption_fits(making->encryption, key, false, why);
  return !signing || signing_fits(signing, key, why);
}

/* The key that a making names. NULL with the error set where it is none, or does not fit. */
static struct key *get_key(struct maker *maker, const struct making *making) {
  const struct operation *operation = maker->request->operation;
  const char *why = "is missing";
  int place = maker_place(operation, making->key), password = -1;
  struct key *key = NULL;
  if (place >= 0 && maker_make(maker, (size_t)place) && maker->values[place].bytes) {
    const struct part *part = &operation->parts[place];
    struct value secret = { NULL, 0 };
    if (part->key_password) password = maker_place(operation, part->key_password);
    if (password >= 0) secret = maker->values[password];
    key = encryption_key(maker->request->base->keys, part, maker->values[place], secret, &why);
  }
  if (key && !making_fits(making, key, &why)) {
    key_unref(key);
    key = NULL;
  }
  if (!key && maker->error->kind == ERROR_NONE) invalid(maker->error, making->key, why);
  return key;
}

static bool make_text(struct maker *maker, const struct making *making, struct buf *out) {
  return maker_fill(maker, out, making->value);
}

/* Fills {signature} beside what all templates know. */
struct signed_value {
  struct maker *maker;
  const struct buf *bare;
};

static bool fill_signature(void *context, const char *name, size_t len, struct buf *out) {
  const struct signed_value *value = context;
  if (len == 9 && memcmp(name, "signature", 9) == 0) return buf_add(out, value->bare->data, value->bare->len);
  return names_fill(value->maker, name, len, out);
}

static bool add_encoded(struct buf *out, const char *name, const struct buf *bytes) {
  enum encoding encoding;
  return encoding_find(name ? name : "none", &encoding) && encoding_write(encoding, bytes->data, bytes->len, out);
}

static bool make_signature(struct maker *maker, const struct making *making, struct buf *out) {
  const char *why = "is too long";
  struct buf text, raw, bare;
  const struct signing *signing = signing_of(making);
  struct key *key = making->key ? get_key(maker, making) : NULL;
  bool ok = signing && (key || !making->key);
  buf_init(&text, REQUEST_MAX_BODY + MAKING_LENGTH);
  buf_init(&raw, SIGNATURE_MAX);
  buf_init(&bare, SIGNATURE_MAX);
  ok = ok && maker_fill(maker, &text, making->over);
  if (ok) {
    struct signed_value value = { maker, &bare };
    ok = signing_make(signing, key, buf_string(&text), text.len, &raw, &why) && add_encoded(&bare, making->encoding, &raw) &&
         template_fill(out, making->value ? making->value : "{signature}", fill_signature, NULL, &value);
    if (!ok && maker->error->kind == ERROR_NONE) invalid(maker->error, making->key ? making->key : "the signature", why);
  }
  maker->core = (struct value){ ok && bare.len ? memmem(out->data, out->len, bare.data, bare.len) : NULL, bare.len };
  maker->uses_secret = true;
  key_unref(key);
  buf_free(&text);
  buf_free(&raw);
  buf_free(&bare);
  return ok;
}

static bool make_jwt(struct maker *maker, const struct making *making, struct buf *out) {
  const char *why = "is too long";
  struct buf claims, header;
  struct key *key = get_key(maker, making);
  buf_init(&claims, MAKING_LENGTH);
  buf_init(&header, MAKING_LENGTH);
  bool ok = key && maker_fill(maker, &claims, making->over) && (!making->header || maker_fill(maker, &header, making->header));
  if (ok) {
    ok = jwt_make(making->algorithm, key, making->header ? buf_string(&header) : NULL, buf_string(&claims), out, &why);
    if (!ok) invalid(maker->error, "the token", why);
  }
  maker->uses_secret = true;
  key_unref(key);
  buf_free(&claims);
  buf_free(&header);
  return ok;
}

static bool make_oauth1(struct maker *maker, const struct making *making, struct buf *out) {
  const char *why = "is too long";
  struct key *key = get_key(maker, making);
  bool ok = key && oauth1_header(maker, making->consumer, key, out, &why);
  if (!ok && maker->error->kind == ERROR_NONE) invalid(maker->error, making->key, why);
  const char *signature = ok ? strstr(buf_string(out), OAUTH1_SIGNATURE) : NULL;
  if (signature) maker->core = (struct value){ signature + strlen(OAUTH1_SIGNATURE), strlen(signature) - strlen(OAUTH1_SIGNATURE) - 1 };
  maker->uses_secret = true;
  key_unref(key);
  return ok;
}

/* A key that nobody else has. */
static bool make_session(struct maker *maker, const struct making *making, struct buf *out) {
  maker->uses_secret = true;
  if (!buf_reserve(out, making->length) || getrandom(out->data, making->length, 0) != (ssize_t)making->length) return false;
  buf_added(out, making->length);
  return true;
}

static bool make_sealed(struct maker *maker, const struct making *making, struct buf *out) {
  const char *why = "is too long";
  struct buf text, header;
  struct key *key = get_key(maker, making);
  bool has_header = making->encryption->header != NULL;
  buf_init(&text, REQUEST_MAX_BODY);
  buf_init(&header, MAKING_LENGTH);
  bool ok = key && maker_fill(maker, &text, making->over) && (!has_header || maker_fill(maker, &header, making->encryption->header));
  if (ok) {
    ok = encryption_close(making->encryption, key, has_header ? buf_string(&header) : NULL, &text, out, &why);
    if (!ok) invalid(maker->error, "what is encrypted", why);
  }
  maker->uses_secret = false; /* it may be seen, that is what it is for */
  key_unref(key);
  buf_free(&text);
  buf_free(&header);
  return ok;
}

static bool make_public(struct maker *maker, const struct making *making, struct buf *out) {
  struct key *key = get_key(maker, making);
  bool ok = key && key_write_public(key, making->form, out);
  if (key && !ok) invalid(maker->error, making->key, "has no public part, or it is too long");
  maker->uses_secret = false;
  key_unref(key);
  return ok;
}

static bool (*const makers[MAKING_KINDS])(struct maker *maker, const struct making *making, struct buf *out) = {
  [MAKING_TEXT] = make_text,       [MAKING_SIGNATURE] = make_signature, [MAKING_JWT] = make_jwt,      [MAKING_OAUTH1] = make_oauth1,
  [MAKING_SESSION] = make_session, [MAKING_SEALED] = make_sealed,       [MAKING_PUBLIC] = make_public
};

/* --- all of them --- */

const struct timespec *maker_now(struct maker *maker) {
  if (!maker->has_now && clock_gettime(CLOCK_REALTIME, &maker->now) != 0) {
    error_set(maker->error, ERROR_BUSY, "the system has no clock");
    return NULL;
  }
  maker->has_now = true;
  return &maker->now;
}

const char *maker_nonce(struct maker *maker) {
  unsigned char random[MAKING_NONCE / 2];
  if (maker->nonce[0]) return maker->nonce;
  if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random) {
    error_set(maker->error, ERROR_BUSY, "the system has no randomness");
    return NULL;
  }
  hex_write(maker->nonce, random, sizeof random);
  maker->nonce[MAKING_NONCE] = '\0';
  return maker->nonce;
}

bool maker_fill(struct maker *maker, struct buf *out, const char *template) {
  return template_fill(out, template, names_fill, NULL, maker);
}

/* A header is one line. */
static bool fits(const struct part *part, const struct buf *made) {
  if (part->into == INTO_BODY || part->into == INTO_NOTHING) return true;
  for (size_t i = 0; i < made->len; i++)
    if ((unsigned char)made->data[i] < 0x20 || made->data[i] == 0x7f) return false;
  return true;
}

static bool make(struct maker *maker, size_t place, size_t number) {
  const struct part *part = &maker->request->operation->parts[place];
  struct buf *out = &maker->made[number];
  bool uses_secret = maker->uses_secret;
  maker->uses_secret = false;
  maker->under_way |= UINT64_C(1) << place;
  maker->depth++;
  bool ok = makers[part->making->kind](maker, part->making, out);
  maker->depth--;
  maker->under_way &= ~(UINT64_C(1) << place);
  if (ok && part->making->length && out->len > part->making->length) buf_cut(out, part->making->length);
  if (ok && !fits(part, out)) ok = invalid(maker->error, part_name(part), "is made of a text with a line break or another control character");
  if (!ok && maker->error->kind == ERROR_NONE) invalid(maker->error, part_name(part), "cannot be made: something in it is missing or too long");
  if (ok) maker->values[place] = (struct value){ buf_string(out), out->len };
  if (ok && maker->uses_secret) {
    maker->secrets |= UINT64_C(1) << place;
    maker->hidden[number] = maker->core.bytes ? maker->core : maker->values[place];
  }
  maker->core = (struct value){ NULL, 0 };
  maker->uses_secret = uses_secret;
  return ok;
}

bool maker_make(struct maker *maker, size_t place) {
  const struct part *part = &maker->request->operation->parts[place];
  if (maker->values[place].bytes || !maker_can_make(maker, place)) return true;
  if (maker->under_way >> place & 1 || maker->depth == MAKING_DEPTH || maker->made_count == MAKING_MOST)
    return invalid(maker->error, part_name(part), "cannot be made: it goes in a circle, or too much is made of each other");
  size_t number = maker->made_count++;
  buf_init(&maker->made[number], part->into == INTO_BODY ? REQUEST_MAX_BODY : MAKING_LENGTH);
  maker->places[number] = place;
  maker->hidden[number] = (struct value){ NULL, 0 };
  return make(maker, place, number);
}

bool maker_make_all(struct maker *maker, enum part_into into) {
  for (size_t i = 0; i < maker->request->operation->part_count; i++) {
    const struct part *part = &maker->request->operation->parts[i];
    if (part->into == into && part->making && !maker_make(maker, i)) return false;
  }
  return true;
}

/* --- parts of the request, as it is sent --- */

bool maker_header(struct maker *maker, size_t place, struct buf *out) {
  const struct operation *operation = maker->request->operation;
  const struct part *part = &operation->parts[place];
  if (!maker_make(maker, place)) return false;
  struct value value = maker->values[place];
  maker->uses_secret = maker->uses_secret || maker->secrets >> place & 1;
  if (!value.bytes) return true;
  if (part->prefix) buf_add_string(out, part->prefix);
  if (!part->basic) return buf_add(out, value.bytes, value.len);
  struct buf pair;
  buf_init(&pair, MAKING_LENGTH);
  buf_add(&pair, value.bytes, value.len);
  buf_add_char(&pair, ':');
  int password = part->password ? maker_place(operation, part->password) : -1;
  if (password >= 0) buf_add(&pair, maker->values[password].bytes, maker->values[password].len);
  size_t at = out->len;
  /* Redaction has to know it, as the forms of each alone do not show in it. */
  bool ok = !pair.failed && buf_add_base64(out, pair.data, pair.len) && redact_add(&maker->request->redact, out->data + at, out->len - at);
  buf_free(&pair);
  return ok;
}

/* Adds the pairs of the query: those that are signatures behind all others. */
static bool add_query(struct maker *maker, struct buf *out, bool signatures, char *separator) {
  const struct operation *operation = maker->request->operation;
  bool ok = true;
  for (size_t i = 0; ok && i < operation->part_count; i++) {
    const struct part *part = &operation->parts[i];
    bool is_signature = part->making && part->making->kind != MAKING_TEXT;
    if (part->into != INTO_QUERY || is_signature != signatures || maker->under_way >> i & 1) continue;
    ok = maker_make(maker, i) && (!maker->values[i].bytes || body_query_pair(out, part, maker->values[i], separator));
    maker->uses_secret = maker->uses_secret || (maker->values[i].bytes && maker->secrets >> i & 1);
  }
  return ok;
}

/* Fills a placeholder of the path, percent-encoded. */
static bool fill_path(void *context, const char *name, size_t len, struct buf *out) {
  struct maker *maker = context;
  const struct operation *operation = maker->request->operation;
  for (size_t i = 0; i < operation->part_count; i++) {
    const struct part *part = &operation->parts[i];
    if (part->into != INTO_PATH || strlen(part_wire(part)) != len || memcmp(part_wire(part), name, len) != 0) continue;
    if (!maker_make(maker, i)) return false;
    maker->uses_secret = maker->uses_secret || maker->secrets >> i & 1;
    return maker->values[i].bytes && buf_add_percent_encoded(out, maker->values[i].bytes, maker->values[i].len);
  }
  return false;
}

/* Whether a part of the query is being made, and whether that is a signature. */
static bool makes_query(const struct maker *maker, bool *signature) {
  bool makes = *signature = false;
  for (size_t i = 0; maker->under_way >> i; i++) {
    const struct part *part = &maker->request->operation->parts[i];
    if (part->into != INTO_QUERY || !(maker->under_way >> i & 1)) continue;
    makes = true;
    *signature = *signature || part->making->kind != MAKING_TEXT;
  }
  return makes;
}

/* What stands before the parts of the query: the path of the operation, or a target out of an answer. */
static bool begin_target(struct maker *maker, struct buf *out, char *separator) {
  const struct request *request = maker->request;
  const char *path = request->target.len ? buf_string(&request->target) : request->operation->path;
  *separator = strchr(path, '?') ? '&' : '?';
  if (!request->target.len) return buf_add_string(out, request->base->prefix) && template_fill(out, path, fill_path, NULL, maker);
  maker->uses_secret = true;
  return buf_add_string(out, path);
}

/* In a signature of the query, the query is without any of them. */
static bool make_target(struct maker *maker, struct buf *out, bool *partly) {
  char separator;
  bool for_signature;
  *partly = makes_query(maker, &for_signature);
  return begin_target(maker, out, &separator) && add_query(maker, out, false, &separator) &&
         (for_signature || add_query(maker, out, true, &separator));
}

const struct buf *maker_target(struct maker *maker) {
  bool uses_secret = maker->uses_secret, partly, ok = true;
  if (!maker->has_target) {
    struct buf target;
    buf_init(&target, REQUEST_MAX_TARGET);
    maker->uses_secret = false;
    ok = make_target(maker, &target, &partly);
    buf_free(&maker->target);
    maker->target = target;
    maker->target_secret = maker->uses_secret;
    maker->has_target = ok && !partly;
  }
  maker->uses_secret = uses_secret || maker->target_secret;
  return ok ? &maker->target : NULL;
}

/* --- the body --- */

static bool make_body_values(struct maker *maker, enum part_into into, const char *path, size_t len) {
  bool ok = true;
  for (size_t i = 0; ok && i < maker->request->operation->part_count; i++) {
    if (!body_is_within(&maker->request->operation->parts[i], into, path, len)) continue;
    ok = maker_make(maker, i);
    maker->uses_secret = maker->uses_secret || (maker->values[i].bytes && maker->secrets >> i & 1);
  }
  return ok;
}

/* Names the part that does not fit in. */
static bool written(struct maker *maker, bool ok, const char *bad) {
  if (ok) return true;
  bool json = maker->request->operation->encoding == BODY_JSON;
  if (maker->error->kind != ERROR_NONE) return false;
  if (maker->request->operation->encoding == BODY_XML)
    return invalid(maker->error, "the request", "has a value that XML cannot have, or is too long");
  return invalid(maker->error, bad ? bad : "the request", bad && json ? "is not valid UTF-8 or too long" : "is too long");
}

bool maker_body_part(struct maker *maker, struct buf *out, enum part_into into, const char *path, size_t len) {
  const char *bad = NULL;
  if (!make_body_values(maker, into, path, len)) return false;
  bool ok = body_json_part(out, maker->request->operation, maker->values, into, path, len, &bad);
  return written(maker, ok, bad);
}

/* The one part that is the body; false where there is none. */
static bool find_whole(const struct maker *maker, struct value *whole) {
  const struct operation *operation = maker->request->operation;
  for (size_t i = 0; i < operation->part_count; i++) {
    const struct part *part = &operation->parts[i];
    if (part->into != INTO_BODY || (part_wire(part)[0] && operation->encoding != BODY_RAW)) continue;
    *whole = maker->values[i];
    return true;
  }
  return false;
}

/* A value in XML is escaped behind its pipes. */
static bool fill_body(struct maker *maker, struct buf *out) {
  const struct operation *operation = maker->request->operation;
  return template_fill(out, operation->template, names_fill, operation->encoding == BODY_XML ? xml_write_text : NULL, maker);
}

bool maker_sealed(struct maker *maker, struct buf *out) {
  const struct operation *operation = maker->request->operation;
  const char *bad = NULL;
  if (operation->template) return written(maker, fill_body(maker, out), NULL);
  if (!make_body_values(maker, INTO_SEALED, "", 0)) return false;
  bool form = operation->encoding == BODY_FORM;
  bool ok =
      form ? body_form(out, operation, maker->values, INTO_SEALED, &bad) : body_json_part(out, operation, maker->values, INTO_SEALED, "", 0, &bad);
  return written(maker, ok, bad);
}

static bool make_body(struct maker *maker, struct buf *out) {
  const struct operation *operation = maker->request->operation;
  const char *bad = NULL;
  struct value whole = { NULL, 0 };
  if (!make_body_values(maker, INTO_BODY, "", 0)) return false;
  bool ok = true;
  if (find_whole(maker, &whole))
    ok = buf_add(out, whole.bytes, whole.len);
  else if (operation->template)
    ok = fill_body(maker, out);
  else if (operation->encoding == BODY_FORM)
    ok = body_form(out, operation, maker->values, INTO_BODY, &bad);
  else if (operation->encoding == BODY_JSON)
    ok = body_json_part(out, operation, maker->values, INTO_BODY, "", 0, &bad);
  return written(maker, ok, bad);
}

const struct buf *maker_body(struct maker *maker) {
  bool uses_secret = maker->uses_secret, ok = true;
  if (!maker->has_body) {
    struct buf body;
    buf_init(&body, REQUEST_MAX_BODY);
    maker->uses_secret = false;
    ok = make_body(maker, &body);
    buf_free(&maker->body);
    maker->body = body;
    maker->body_secret = maker->uses_secret;
    maker->has_body = ok;
  }
  maker->uses_secret = uses_secret || maker->body_secret;
  return ok ? &maker->body : NULL;
}
