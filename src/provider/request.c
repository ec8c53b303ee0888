#define _GNU_SOURCE 1 /* memmem */
#include "provider/request.h"

#include <string.h>
#include <strings.h>
#include <sys/random.h>

#include "provider/request/body.h"
#include "provider/request/signature.h"
#include "provider/request/template.h"
#include "text/chars.h"
#include "json/json_check.h"

#define FEW_BYTES   160 /* of the request line and headers of most calls */
#define SHORT_VALUE 4   /* bytes; a shorter one is found in many texts by chance */

void request_init(struct request *request, const struct operation *operation, const struct request_base *base) {
  request->operation = operation;
  request->base = base;
  request->target_at = request->target_len = request->head_len = 0;
  request->knows_head = false;
  values_init(&request->values);
  buf_init(&request->wire, REQUEST_MAX_TARGET + REQUEST_MAX_HEADER + REQUEST_MAX_BASE_HEAD + REQUEST_MAX_BODY + 4096);
  redact_init(&request->redact);
}

void request_free(struct request *request) {
  values_free(&request->values);
  buf_free(&request->wire);
  redact_free(&request->redact);
}

bool request_unique(char out[static 40]) {
  unsigned char random[16];
  if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random) return false;
  hex_write(out, random, sizeof random);
  out[2 * sizeof random] = '\0';
  return true;
}

static bool invalid(struct error *error, const char *name, const char *what) {
  error_set(error, ERROR_INVALID_REQUEST, "%s %s", name, what);
  return false;
}

static bool has_control(struct value value) {
  for (size_t i = 0; i < value.len; i++) {
    unsigned char c = (unsigned char)value.bytes[i];
    if (c < 0x20 || c == 0x7f) return true;
  }
  return false;
}

/* What is wrong with a text as a value of the type; NULL for nothing. */
static const char *wrong_type(enum part_type type, struct value value) {
  switch (type) {
  case PART_STRING:
  case PART_PEM: return NULL;
  case PART_INTEGER: return json_check_number(value.bytes, value.len, true) ? NULL : "must be a whole number";
  case PART_NUMBER: return json_check_number(value.bytes, value.len, false) ? NULL : "must be a number";
  case PART_BOOLEAN: break;
  }
  bool ok = (value.len == 4 && memcmp(value.bytes, "true", 4) == 0) || (value.len == 5 && memcmp(value.bytes, "false", 5) == 0);
  return ok ? NULL : "must be true or false";
}

/* Checks an argument or credential. Bodies escape what is left; a path, a query or a header takes less. */
static bool check(const struct part *part, struct value value, struct error *error) {
  const char *name = part_name(part);
  if (!value.bytes) return part->required ? invalid(error, name, "is required") : true;
  if (value.len == 0) return invalid(error, name, "is empty");
  if (part->type != PART_PEM && has_control(value)) return invalid(error, name, "contains a line break, a NUL or another control character");
  if (part->choices) {
    const char *const *choice = part->choices;
    while (*choice && (strlen(*choice) != value.len || memcmp(*choice, value.bytes, value.len) != 0))
      choice++;
    if (!*choice) return invalid(error, name, "is none of the values that the provider allows");
  }
  if (part->type != PART_STRING) {
    const char *what = wrong_type(part->type, value);
    if (what) return invalid(error, name, what);
  }
  if (part->basic && memchr(value.bytes, ':', value.len)) return invalid(error, name, "contains a colon, which would end the user's name");
  if (part->into == INTO_BODY || part->into == INTO_NOTHING) return true;
  if (part->source == FROM_ARGUMENT && value.len > REQUEST_MAX_ARGUMENT) return invalid(error, name, "is longer than 1024 bytes");
  if (part->into == INTO_PATH) {
    /* Some servers decode a slash or dots before they look up the path: such an id could become another path. */
    if (memchr(value.bytes, '/', value.len) || memchr(value.bytes, '\\', value.len)) return invalid(error, name, "contains a slash");
    if ((value.len == 1 && value.bytes[0] == '.') || (value.len == 2 && memcmp(value.bytes, "..", 2) == 0))
      return invalid(error, name, "is no id but a path");
  }
  return true;
}

static bool is_credential(const struct part *part) {
  return part->source == FROM_CREDENTIAL || part->source == FROM_SIGNATURE;
}

static bool exclude(const struct operation *operation, const struct value *values, const struct part *part, struct error *error) {
  for (size_t i = 0; i < operation->part_count; i++)
    if (operation->parts[i].name && values[i].bytes && strcmp(operation->parts[i].name, part->excludes) == 0) {
      error_set(error, ERROR_INVALID_REQUEST, "%s and %s exclude each other: give one of them", part->name, part->excludes);
      return false;
    }
  return true;
}

/* Checks all values, except signatures that are made later. Without `complete` credentials may be missing. */
static bool check_all(const struct operation *operation, const struct value *values, bool complete, struct error *error) {
  for (size_t i = 0; i < operation->part_count; i++) {
    const struct part *part = &operation->parts[i];
    if (part->source == FROM_CONSTANT || signature_key(operation, values, i).bytes) continue;
    if (!complete && is_credential(part) && !values[i].bytes) continue;
    if (!check(part, values[i], error)) return false;
    if (part->excludes && values[i].bytes && !exclude(operation, values, part, error)) return false;
  }
  return true;
}

/* Fills in one value for each part, constants included. */
static void get_all(const struct request *request, struct value *values) {
  for (size_t i = 0; i < request->operation->part_count; i++) {
    const struct part *part = &request->operation->parts[i];
    values[i] = part->source == FROM_CONSTANT ? (struct value){ part->value, strlen(part->value) } : values_get(&request->values, i);
  }
}

struct path_values {
  const struct operation *operation;
  const struct value *values;
};

/* Fills a placeholder of the path, percent-encoded. */
static bool fill_path(void *context, const char *name, size_t len, struct buf *out) {
  const struct path_values *path = context;
  for (size_t i = 0; i < path->operation->part_count; i++) {
    const struct part *part = &path->operation->parts[i];
    if (part->into == INTO_PATH && strlen(part_wire(part)) == len && memcmp(part_wire(part), name, len) == 0)
      return path->values[i].bytes && buf_add_percent_encoded(out, path->values[i].bytes, path->values[i].len);
  }
  return false;
}

/* Writes path and query, behind the origin if there is one. */
static bool build_target(struct request *request, const struct value *values) {
  const struct operation *operation = request->operation;
  const struct request_base *base = request->base;
  struct path_values path = { operation, values };
  struct buf *wire = &request->wire;
  if (base->origin) buf_add_string(wire, base->origin);
  request->target_at = wire->len;
  buf_add_string(wire, base->prefix);
  if (!template_fill(wire, operation->path, fill_path, &path)) return false;
  char separator = strchr(operation->path, '?') ? '&' : '?';
  for (size_t i = 0; i < operation->part_count; i++) {
    const struct part *part = &operation->parts[i];
    if (part->into != INTO_QUERY || !values[i].bytes) continue;
    buf_add_char(wire, separator);
    buf_add_percent_encoded(wire, part_wire(part), strlen(part_wire(part)));
    buf_add_char(wire, '=');
    buf_add_percent_encoded(wire, values[i].bytes, values[i].len);
    separator = '&';
  }
  request->target_len = wire->len - request->target_at;
  return !wire->failed && request->target_len <= REQUEST_MAX_TARGET;
}

/* False when the header lines of the call, which begin at lines_at, become too long. */
static bool add_line(struct request *request, size_t lines_at, const char *name, const char *prefix, struct value value) {
  struct buf *wire = &request->wire;
  buf_add_string(wire, name);
  buf_add(wire, ": ", 2);
  if (prefix) buf_add_string(wire, prefix);
  buf_add(wire, value.bytes, value.len);
  return buf_add(wire, "\r\n", 2) && wire->len - lines_at <= REQUEST_MAX_HEADER;
}

bool request_is_header(const char *line, const char *name) {
  size_t len = strlen(name);
  return strncasecmp(line, name, len) == 0 && line[len] == ':';
}

static bool is_among(const char *line, const struct values *values) {
  for (size_t i = 0; i < values->header_count; i++)
    if (request_is_header(line, values_header_name(values, i))) return true;
  return false;
}

/* Adds the header lines of the client, without those that the call has, too. */
static bool add_head(struct request *request) {
  const struct buf *head = &request->base->head;
  if (!request->values.header_count) return buf_add(&request->wire, head->data, head->len);
  bool ok = true;
  for (const char *line = buf_string(head), *next; ok && *line; line = next) {
    next = strchr(line, '\n') + 1;
    if (!is_among(line, &request->values)) ok = buf_add(&request->wire, line, (size_t)(next - line));
  }
  return ok;
}

/* Adds base64 of user:password. Redaction has to know it, as the forms of each alone do not show in it. */
static bool add_basic(struct request *request, size_t lines_at, const struct value *values, size_t place) {
  const struct operation *operation = request->operation;
  const struct part *part = &operation->parts[place];
  struct buf pair, encoded;
  buf_init(&pair, REQUEST_MAX_HEADER);
  buf_init(&encoded, REQUEST_MAX_HEADER);
  buf_add(&pair, values[place].bytes, values[place].len);
  buf_add_char(&pair, ':');
  for (size_t i = 0; part->password && i < operation->part_count; i++)
    if (operation->parts[i].into == INTO_NOTHING && strcmp(operation->parts[i].name, part->password) == 0 && values[i].bytes)
      buf_add(&pair, values[i].bytes, values[i].len);
  bool ok = !pair.failed && buf_add_base64(&encoded, pair.data, pair.len) && redact_add(&request->redact, encoded.data, encoded.len) &&
            add_line(request, lines_at, part->wire, part->prefix, (struct value){ encoded.data, encoded.len });
  buf_free(&pair);
  buf_free(&encoded);
  return ok;
}

static bool add_part_lines(struct request *request, size_t lines_at, const struct value *values, struct error *error) {
  for (size_t i = 0; i < request->operation->part_count; i++) {
    const struct part *part = &request->operation->parts[i];
    if (part->into != INTO_HEADER || !values[i].bytes) continue;
    if (!(part->basic ? add_basic(request, lines_at, values, i) : add_line(request, lines_at, part_wire(part), part->prefix, values[i])))
      return invalid(error, part_name(part), "is too long for a header");
  }
  return true;
}

/* Adds the headers of the call. An empty one is not sent, and removes the client's. */
static bool add_headers(struct request *request, size_t lines_at, struct error *error) {
  for (size_t i = 0; i < request->values.header_count; i++) {
    struct value value = values_header(&request->values, i);
    const char *wrong = NULL;
    if (has_control(value))
      wrong = "contains a line break, a NUL or another control character";
    else if (value.len && !add_line(request, lines_at, values_header_name(&request->values, i), NULL, value))
      wrong = "is too long";
    if (wrong) {
      error_set(error, ERROR_INVALID_REQUEST, "headers.%s %s", values_header_name(&request->values, i), wrong);
      return false;
    }
  }
  return true;
}

/* Adds the lines of the call, those of the client and those about the body, and then the body. */
static bool add_rest(struct request *request, const struct value *values, const struct buf *body, struct error *error) {
  size_t lines_at = request->wire.len;
  if (!add_part_lines(request, lines_at, values, error) || !add_headers(request, lines_at, error)) return false;
  bool ok = add_head(request);
  if (body->len || request->operation->body) { /* an empty form is a body, too */
    const char *kind = request->operation->form ? "application/x-www-form-urlencoded" : "application/json";
    ok = ok && buf_addf(&request->wire, "Content-Type: %s\r\nContent-Length: %zu\r\n", kind, body->len);
  }
  ok = ok && buf_add(&request->wire, "\r\n", 2);
  request->head_len = request->wire.len;
  ok = ok && buf_add(&request->wire, body->data, body->len);
  return ok || invalid(error, "the request", "does not fit into memory");
}

static bool build_body(struct buf *body, const struct operation *operation, const struct value *values, struct error *error) {
  const char *bad = NULL;
  if (body_build(body, operation, values, &bad)) return true;
  return invalid(error, bad ? bad : "the request", bad && !operation->form ? "is not valid UTF-8 or too long" : "is too long");
}

static bool build_wire(struct request *request, const struct value *values, const struct buf *body, struct error *error) {
  struct buf *wire = &request->wire;
  buf_clear(wire);
  buf_reserve(wire, FEW_BYTES + request->base->head.len + body->len);
  buf_add_string(wire, request->operation->method);
  buf_add_char(wire, ' ');
  if (!build_target(request, values)) return invalid(error, "the request", "makes a URL that is too long");
  if (!buf_add_string(wire, " HTTP/1.1\r\n")) return invalid(error, "the request", "does not fit into memory");
  return add_rest(request, values, body, error);
}

bool request_build(struct request *request, bool complete, struct error *error) {
  struct value values[VALUES_MAX_PARTS];
  struct buf made[SIGNATURE_MAX], body;
  for (size_t i = 0; i < SIGNATURE_MAX; i++)
    buf_init(&made[i], 16 * 1024);
  buf_init(&body, REQUEST_MAX_BODY);
  get_all(request, values);
  bool ok = check_all(request->operation, values, complete, error) && signature_make_all(made, request->operation, values, error) &&
            build_body(&body, request->operation, values, error) && build_wire(request, values, &body, error);
  for (size_t i = 0; i < SIGNATURE_MAX; i++)
    buf_free(&made[i]);
  buf_free(&body);
  return ok;
}

bool request_check(const struct request *request, struct error *error) {
  struct value values[VALUES_MAX_PARTS];
  get_all(request, values);
  return check_all(request->operation, values, false, error);
}

bool request_renews(const struct request *request) {
  struct value values[VALUES_MAX_PARTS];
  get_all(request, values);
  for (size_t i = 0; i < request->operation->part_count; i++)
    if (signature_key(request->operation, values, i).bytes) return true;
  return false;
}

bool request_payload(struct buf *out, const struct request *request, const char *function, struct error *error) {
  struct value values[VALUES_MAX_PARTS];
  get_all(request, values);
  if (!check_all(request->operation, values, false, error)) return false;
  for (size_t i = 0; i < request->operation->part_count; i++) {
    const struct signature *signature = request->operation->parts[i].signature;
    if (signature && signature->function && strcmp(signature->function, function) == 0)
      return signature_text(out, request->operation, signature, values, error);
  }
  return true;
}

struct value request_sent(const struct request *request, const char *name) {
  for (size_t i = 0; i < request->operation->part_count; i++) {
    const struct part *part = &request->operation->parts[i];
    if (strcmp(part_name(part), name) != 0) continue;
    if (part->source == FROM_CONSTANT) return (struct value){ part->value, strlen(part->value) };
    struct value value = values_get(&request->values, i);
    if (value.bytes) return value;
  }
  return (struct value){ NULL, 0 };
}

static bool has_value(const char *text, size_t len, struct value value) {
  if (!value.bytes || value.len == 0) return false;
  if (value.len < SHORT_VALUE) return value.len == len && memcmp(text, value.bytes, len) == 0;
  return memmem(text, len, value.bytes, value.len) != NULL;
}

bool request_has_secret(const struct request *request, const char *text, size_t len) {
  for (size_t i = 0; i < request->operation->part_count; i++) {
    const struct part *part = &request->operation->parts[i];
    bool is_secret = part->sensitive || part->source == FROM_CREDENTIAL || part->source == FROM_SIGNATURE;
    if (is_secret && has_value(text, len, values_get(&request->values, i))) return true;
  }
  for (size_t i = 0; i < request->values.header_count; i++)
    if (has_value(text, len, values_header(&request->values, i))) return true;
  return false;
}

struct redact *request_redact(struct request *request) {
  bool ok = values_hide(&request->values, &request->redact);
  const char *line = buf_string(&request->base->head), *own = line + request->base->own_at;
  while (ok && !request->knows_head && line < own) {
    const char *value = strchr(line, ':') + 2, *end = strchr(line, '\r');
    ok = redact_add(&request->redact, value, (size_t)(end - value));
    line = end + 2;
  }
  request->knows_head = true;
  return &request->redact;
}
