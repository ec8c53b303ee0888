#include "provider/request.h"

#include <string.h>
#include <strings.h>
#include <sys/random.h>

#include "provider/body.h"
#include "provider/template.h"

#define FEW_BYTES 160 /* of request line and headers, in most calls */

void request_init(struct request *request) {
  memset(request, 0, sizeof *request);
  buf_init(&request->wire, REQUEST_MAX_TARGET + REQUEST_MAX_HEADER + REQUEST_MAX_BASE_HEAD + REQUEST_MAX_BODY + 4096);
  for (size_t i = 0; i < REQUEST_MAX_ECHOES; i++)
    buf_init(&request->sent[i], REQUEST_MAX_BODY);
  scrub_init(&request->scrub);
}

void request_free(struct request *request) {
  buf_free(&request->wire);
  for (size_t i = 0; i < REQUEST_MAX_ECHOES; i++)
    buf_free(&request->sent[i]);
  scrub_free(&request->scrub);
}

bool request_unique(char out[static 40]) {
  static const char digits[] = "0123456789abcdef";
  unsigned char random[16];
  if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random) return false;
  char *p = out;
  for (size_t i = 0; i < sizeof random; i++) {
    *p++ = digits[random[i] >> 4];
    *p++ = digits[random[i] & 15];
  }
  *p = '\0';
  return true;
}

static const char *part_name(const struct part *part) {
  return part->name ? part->name : part->wire;
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

/* Digits from `at` on; none is 0. */
static size_t digits_end(struct value value, size_t at) {
  while (at < value.len && value.bytes[at] >= '0' && value.bytes[at] <= '9')
    at++;
  return at;
}

/* A number as JSON writes it: it goes into bodies as it is. */
static bool is_number(struct value value, bool whole) {
  size_t at = value.len && value.bytes[0] == '-' ? 1 : 0, end = digits_end(value, at);
  if (end == at || (value.bytes[at] == '0' && end > at + 1)) return false;
  if (whole) return end == value.len;
  if (end < value.len && value.bytes[end] == '.') {
    at = end + 1;
    end = digits_end(value, at);
    if (end == at) return false;
  }
  if (end < value.len && (value.bytes[end] == 'e' || value.bytes[end] == 'E')) {
    at = end + 1;
    if (at < value.len && (value.bytes[at] == '+' || value.bytes[at] == '-')) at++;
    end = digits_end(value, at);
    if (end == at) return false;
  }
  return end == value.len;
}

/* NULL, or what is wrong with a text that stands for a value of the type. */
static const char *unfit(enum part_type type, struct value value) {
  switch (type) {
  case PART_STRING: return NULL;
  case PART_INTEGER: return is_number(value, true) ? NULL : "must be a whole number";
  case PART_NUMBER: return is_number(value, false) ? NULL : "must be a number";
  case PART_BOOLEAN: break;
  }
  bool ok = (value.len == 4 && memcmp(value.bytes, "true", 4) == 0) || (value.len == 5 && memcmp(value.bytes, "false", 5) == 0);
  return ok ? NULL : "must be true or false";
}

/* What an argument or credential may be, wherever it goes; bodies escape what is left, the other places are narrower. */
static bool check(const struct part *part, struct value value, struct error *error) {
  const char *name = part_name(part);
  if (!value.bytes) return part->required ? invalid(error, name, "is required") : true;
  if (value.len == 0) return invalid(error, name, "is empty");
  if (has_control(value)) return invalid(error, name, "contains a line break, a NUL or another control character");
  if (part->choices) {
    const char *const *choice = part->choices;
    while (*choice && (strlen(*choice) != value.len || memcmp(*choice, value.bytes, value.len) != 0))
      choice++;
    if (!*choice) return invalid(error, name, "is none of the values that the provider allows");
  }
  if (part->type != PART_STRING) {
    const char *what = unfit(part->type, value);
    if (what) return invalid(error, name, what);
  }
  if (part->basic && memchr(value.bytes, ':', value.len)) return invalid(error, name, "contains a colon, which would end the user's name");
  if (part->into == INTO_BODY || part->into == INTO_NOTHING) return true;
  if (part->source == FROM_ARGUMENT && value.len > REQUEST_MAX_ARGUMENT) return invalid(error, name, "is longer than 1024 bytes");
  if (part->into == INTO_PATH) {
    /* Servers undo the encoding of a slash or of dots before they look for the path: such an id could become another path. */
    if (memchr(value.bytes, '/', value.len) || memchr(value.bytes, '\\', value.len)) return invalid(error, name, "contains a slash");
    if ((value.len == 1 && value.bytes[0] == '.') || (value.len == 2 && memcmp(value.bytes, "..", 2) == 0))
      return invalid(error, name, "is no id but a path");
  }
  return true;
}

bool request_check(const struct operation *operation, const struct value *values, struct error *error) {
  for (size_t i = 0; i < operation->part_count; i++) {
    const struct part *part = &operation->parts[i];
    if (part->source == FROM_CONSTANT) continue;
    if (part->source == FROM_SIGNATURE) {
      struct part given = { .name = operation->signature->value, .into = INTO_BODY };
      if (!check(&given, values[i], error)) return false;
      continue;
    }
    if (!check(part, values[i], error)) return false;
    if (!part->excludes || !values[i].bytes) continue;
    for (size_t j = 0; j < operation->part_count; j++)
      if (operation->parts[j].name && values[j].bytes && strcmp(operation->parts[j].name, part->excludes) == 0) {
        error_set(error, ERROR_INVALID_REQUEST, "%s and %s exclude each other: give one of them", part->name, part->excludes);
        return false;
      }
  }
  return true;
}

struct path_values {
  const struct operation *operation;
  const struct value *values;
};

/* A placeholder of the path, percent-encoded. */
static bool fill_path(void *context, const char *name, size_t len, struct buf *out) {
  const struct path_values *path = context;
  for (size_t i = 0; i < path->operation->part_count; i++) {
    const struct part *part = &path->operation->parts[i];
    const char *wire = part->wire ? part->wire : part->name;
    if (part->into == INTO_PATH && strlen(wire) == len && memcmp(wire, name, len) == 0)
      return path->values[i].bytes && buf_add_percent_encoded(out, path->values[i].bytes, path->values[i].len);
  }
  return false;
}

/* Path and query, behind the origin where there is one. */
static bool build_target(struct request *request, const struct operation *operation, const struct request_base *base, const struct value *values) {
  struct path_values path = { operation, values };
  struct buf *wire = &request->wire;
  if (base->origin) buf_add_string(wire, base->origin);
  request->target_at = wire->len;
  buf_add_string(wire, base->prefix);
  if (!template_fill(wire, operation->path, fill_path, &path)) return false;
  char separator = strchr(operation->path, '?') ? '&' : '?';
  for (size_t i = 0; i < operation->part_count; i++) {
    const struct part *part = &operation->parts[i];
    const char *bytes = part->source == FROM_CONSTANT ? part->value : values[i].bytes;
    if (part->into != INTO_QUERY || !bytes) continue;
    const char *wire_name = part->wire ? part->wire : part->name;
    buf_add_char(wire, separator);
    buf_add_percent_encoded(wire, wire_name, strlen(wire_name));
    buf_add_char(wire, '=');
    buf_add_percent_encoded(wire, bytes, part->source == FROM_CONSTANT ? strlen(bytes) : values[i].len);
    separator = '&';
  }
  request->target_len = wire->len - request->target_at;
  return !wire->failed && request->target_len <= REQUEST_MAX_TARGET;
}

/* False where the header lines of the call, which begin at lines_at, are too long. */
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

static bool is_among(const char *line, const struct header *headers, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (request_is_header(line, headers[i].name)) return true;
  return false;
}

/* The lines of the client, but for those that the call has, too. */
static bool add_head(struct request *request, const struct request_base *base, const struct header *headers, size_t header_count) {
  if (!header_count) return buf_add(&request->wire, base->head.data, base->head.len);
  bool ok = true;
  for (const char *line = buf_string(&base->head), *next; ok && *line; line = next) {
    next = strchr(line, '\n') + 1;
    if (!is_among(line, headers, header_count)) ok = buf_add(&request->wire, line, (size_t)(next - line));
  }
  return ok;
}

/* base64 of user:password, which is remembered, too: what is known of each alone says nothing of both. */
static bool add_basic(struct request *request, size_t lines_at, const struct operation *operation, const struct value *values, size_t place) {
  const struct part *part = &operation->parts[place];
  struct buf pair, encoded;
  buf_init(&pair, REQUEST_MAX_HEADER);
  buf_init(&encoded, REQUEST_MAX_HEADER);
  buf_add(&pair, values[place].bytes, values[place].len);
  buf_add_char(&pair, ':');
  for (size_t i = 0; part->password && i < operation->part_count; i++)
    if (operation->parts[i].into == INTO_NOTHING && strcmp(operation->parts[i].name, part->password) == 0 && values[i].bytes)
      buf_add(&pair, values[i].bytes, values[i].len);
  bool ok = !pair.failed && buf_add_base64(&encoded, pair.data, pair.len) && scrub_add(&request->scrub, encoded.data, encoded.len) &&
            add_line(request, lines_at, part->wire, part->prefix, (struct value){ encoded.data, encoded.len });
  buf_free(&pair);
  buf_free(&encoded);
  return ok;
}

static bool add_part_lines(struct request *request, size_t lines_at, const struct operation *operation, const struct value *values,
                           struct error *error) {
  for (size_t i = 0; i < operation->part_count; i++) {
    const struct part *part = &operation->parts[i];
    struct value value = values[i];
    if (part->source == FROM_CONSTANT) value = (struct value){ part->value, strlen(part->value) };
    if (part->into != INTO_HEADER || !value.bytes) continue;
    const char *name = part->wire ? part->wire : part->name;
    if (!(part->basic ? add_basic(request, lines_at, operation, values, i) : add_line(request, lines_at, name, part->prefix, value)))
      return invalid(error, part_name(part), "is too long for a header");
  }
  return true;
}

/* The call's own lines, the client's, and those about the body; then the body. */
static bool add_rest(struct request *request, const struct operation *operation, const struct request_base *base, const struct value *values,
                     const struct buf *body, const struct header *headers, size_t header_count, struct error *error) {
  size_t lines_at = request->wire.len;
  if (!add_part_lines(request, lines_at, operation, values, error)) return false;
  for (size_t i = 0; i < header_count; i++) {
    if (has_control(headers[i].value)) {
      error_set(error, ERROR_INVALID_REQUEST, "headers.%s contains a line break, a NUL or another control character", headers[i].name);
      return false;
    }
    /* A caller who adds an empty header wants none. */
    if (headers[i].value.len && !add_line(request, lines_at, headers[i].name, NULL, headers[i].value)) {
      error_set(error, ERROR_INVALID_REQUEST, "headers.%s is too long", headers[i].name);
      return false;
    }
  }
  bool ok = add_head(request, base, headers, header_count);
  if (body->len || operation->body) { /* an empty form is a body, too */
    const char *kind = operation->form ? "application/x-www-form-urlencoded" : "application/json";
    ok = ok && buf_addf(&request->wire, "Content-Type: %s\r\nContent-Length: %zu\r\n", kind, body->len);
  }
  ok = ok && buf_add(&request->wire, "\r\n", 2);
  request->head_len = request->wire.len;
  ok = ok && buf_add(&request->wire, body->data, body->len);
  return ok || invalid(error, "the request", "does not fit into memory");
}

/* Keeps what the answer has to repeat, and what must not show. */
static bool remember(struct request *request, const struct operation *operation, const struct request_base *base, const struct value *values,
                     struct value key, const struct header *headers, size_t header_count) {
  for (size_t i = 0; i < operation->part_count; i++) {
    const struct part *part = &operation->parts[i];
    struct value value = values[i];
    if (part->source == FROM_CONSTANT) value = (struct value){ part->value, strlen(part->value) };
    if (!value.bytes) continue;
    for (size_t e = 0; e < operation->echo_count; e++)
      if (strcmp(part_name(part), operation->echoes[e].part) == 0 && !buf_add(&request->sent[e], value.bytes, value.len)) return false;
    if (part->source != FROM_CONSTANT && !scrub_add(&request->scrub, value.bytes, value.len)) return false;
  }
  for (const char *line = buf_string(&base->head), *own = line + base->own_at; line < own;) {
    const char *value = strchr(line, ':') + 2, *end = strchr(line, '\r');
    if (!scrub_add(&request->scrub, value, (size_t)(end - value))) return false;
    line = end + 2;
  }
  for (size_t i = 0; i < header_count; i++)
    if (!scrub_add(&request->scrub, headers[i].value.bytes, headers[i].value.len)) return false;
  return !key.bytes || scrub_add(&request->scrub, key.bytes, key.len);
}

/* Signs with the key where there is one; a signature that is there already stays. */
static bool make_signature(struct buf *out, const struct operation *operation, const struct value *values, struct value key, struct error *error) {
  const struct signature *signature = operation->signature;
  struct buf payload;
  buf_init(&payload, REQUEST_MAX_BODY);
  const char *why = NULL;
  bool ok = request_payload(&payload, operation, values, error);
  if (ok && !signature->make(key.bytes, key.len, buf_string(&payload), payload.len, out, &why)) ok = invalid(error, signature->key, why);
  buf_free(&payload);
  return ok;
}

static bool build_body(struct buf *body, const struct operation *operation, const struct value *values, struct value signature, struct error *error) {
  const char *bad = NULL;
  if (operation->form ? !body_build_form(body, operation, values, &bad) : !body_build(body, operation, values, signature, NULL, &bad))
    return invalid(error, bad ? bad : "the request", bad && !operation->form ? "is not valid UTF-8 or too long" : "is too long");
  if (!body->len && operation->body && !operation->form && !buf_add_string(body, "{}"))
    return invalid(error, "the request", "does not fit into memory");
  return true;
}

bool request_build(struct request *request, const struct operation *operation, const struct request_base *base, const struct value *values,
                   struct value key, const struct header *headers, size_t header_count, struct error *error) {
  struct buf made, body;
  buf_init(&made, 16 * 1024);
  buf_init(&body, REQUEST_MAX_BODY);
  bool ok = request_check(operation, values, error);
  if (ok && operation->signature && key.bytes) ok = make_signature(&made, operation, values, key, error);
  ok = ok && build_body(&body, operation, values, (struct value){ made.data, made.len }, error);
  if (ok) {
    struct buf *wire = &request->wire;
    buf_reserve(wire, FEW_BYTES + base->head.len + body.len);
    buf_add_string(wire, operation->method);
    buf_add_char(wire, ' ');
    if (!build_target(request, operation, base, values))
      ok = invalid(error, "the request", "makes a URL that is too long");
    else
      ok = (buf_add_string(wire, " HTTP/1.1\r\n") || invalid(error, "the request", "does not fit into memory")) &&
           add_rest(request, operation, base, values, &body, headers, header_count, error);
    if (ok && !remember(request, operation, base, values, key, headers, header_count)) ok = invalid(error, "the request", "does not fit into memory");
  }
  buf_free(&made);
  buf_free(&body);
  return ok;
}

bool request_payload(struct buf *out, const struct operation *operation, const struct value *values, struct error *error) {
  const char *bad = NULL;
  if (!request_check(operation, values, error)) return false;
  if (body_build(out, operation, values, (struct value){ NULL, 0 }, operation->signature->over, &bad)) return true;
  return invalid(error, bad ? bad : "the request", "is not valid UTF-8 or too long");
}
