#define _GNU_SOURCE 1 /* memmem */
#include "provider/request.h"

#include <string.h>
#include <strings.h>
#include <sys/random.h>

#include "provider/request/body.h"
#include "provider/request/making.h"
#include "text/chars.h"
#include "text/pan.h"
#include "json/json_check.h"

#define FEW_BYTES   160 /* of the request line and headers of most calls */
#define SHORT_VALUE 4   /* bytes; a shorter one is found in many texts by chance */

void request_init(struct request *request, const struct operation *operation, const struct request_base *base) {
  request->operation = operation;
  request->base = base;
  request->target_at = request->target_len = request->head_len = 0;
  request->knows_head = request->away = false;
  buf_init(&request->target, REQUEST_MAX_TARGET);
  values_init(&request->values);
  buf_init(&request->wire, REQUEST_MAX_TARGET + REQUEST_MAX_HEADER + REQUEST_MAX_BASE_HEAD + REQUEST_MAX_BODY + 4096);
  redact_init(&request->redact);
}

void request_free(struct request *request) {
  values_free(&request->values);
  buf_free(&request->target);
  buf_free(&request->wire);
  redact_free(&request->redact);
}

/* Whether a piece of a target is long enough for a token, and no plain word. */
static bool may_be_token(const char *bytes, size_t len) {
  bool digit = false;
  for (size_t i = 0; i < len; i++)
    digit = digit || is_digit(bytes[i]);
  return len >= 20 || (len >= 6 && digit);
}

/* The segments of the path where they may be tokens, and every value of the query. */
static bool hide_pieces(struct redact *redact, const char *target, size_t len) {
  bool query = false;
  for (size_t at = 0, end; at < len; at = end + 1) {
    end = at;
    while (end < len && !strchr(query ? "&=" : "/?", target[end]))
      end++;
    bool is_value = query && at > 0 && target[at - 1] == '=';
    if ((is_value || may_be_token(target + at, end - at)) && !redact_add(redact, target + at, end - at)) return false;
    query = query || (end < len && target[end] == '?');
  }
  return true;
}

bool request_aim(struct request *request, const struct request_base *base, const char *target, size_t len) {
  request->base = base;
  buf_clear(&request->target);
  bool ok = (len && target[0] == '/') || buf_add_char(&request->target, '/');
  ok = ok && buf_add(&request->target, target, len);
  return ok && redact_add(&request->redact, target, len) && hide_pieces(&request->redact, target, len);
}

size_t request_header_count(const struct request *request) {
  return request->away ? request->values.own_headers : request->values.header_count;
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
  case PART_LIST:
  case PART_OBJECT:
  case PART_BYTES:
  case PART_PEM: return NULL;
  case PART_INTEGER: return json_check_number(value.bytes, value.len, true) ? NULL : "must be a whole number";
  case PART_NUMBER: return json_check_number(value.bytes, value.len, false) ? NULL : "must be a number";
  case PART_BOOLEAN: break;
  }
  bool ok = (value.len == 4 && memcmp(value.bytes, "true", 4) == 0) || (value.len == 5 && memcmp(value.bytes, "false", 5) == 0);
  return ok ? NULL : "must be true or false";
}

/* What goes into a path, a query or a header takes less than a body, which escapes everything. */
static bool check_line(const struct part *part, struct value value, struct error *error) {
  const char *name = part_name(part);
  bool dots = (value.len == 1 && value.bytes[0] == '.') || (value.len == 2 && memcmp(value.bytes, "..", 2) == 0);
  if (part->into == INTO_PATH && dots) return invalid(error, name, "is no id but a path"); /* whoever gave it */
  if (part->source != FROM_ARGUMENT) return true;
  if (part->into == INTO_HEADER) return value.len <= REQUEST_MAX_LINE || invalid(error, name, "is longer than 16384 bytes");
  if (value.len > REQUEST_MAX_ARGUMENT) return invalid(error, name, "is longer than 8192 bytes");
  if (part->into != INTO_PATH) return true;
  /* Some servers decode a slash before they look up the path: such an id could become another path. */
  return (!memchr(value.bytes, '/', value.len) && !memchr(value.bytes, '\\', value.len)) || invalid(error, name, "contains a slash");
}

bool request_check_value(const struct part *part, struct value value, struct error *error) {
  const char *name = part_name(part);
  if (!value.bytes) return part->required ? invalid(error, name, "is required") : true;
  if (value.len == 0) return invalid(error, name, "is empty");
  bool is_line = part->into == INTO_PATH || part->into == INTO_QUERY || part->into == INTO_HEADER;
  bool many_lines = !is_line && (part->escapes || part->type == PART_PEM || part->type == PART_BYTES);
  if (!many_lines && has_control(value)) return invalid(error, name, "contains a line break, a NUL or another control character");
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
  return !is_line || check_line(part, value, error);
}

/* Whether the value may come later than the caller's. */
static bool comes_later(const struct part *part) {
  return part->source == FROM_CREDENTIAL || part->source == FROM_MAKING || part->source == FROM_STEP;
}

static bool exclude(const struct operation *operation, const struct value *values, const struct part *part, struct error *error) {
  for (size_t i = 0; i < operation->part_count; i++)
    if (operation->parts[i].name && values[i].bytes && strcmp(operation->parts[i].name, part->excludes) == 0) {
      error_set(error, ERROR_INVALID_REQUEST, "%s and %s exclude each other: give one of them", part->name, part->excludes);
      return false;
    }
  return true;
}

/* Checks all values, except those that are made later. Without `complete` credentials may be missing. */
static bool check_all(const struct maker *maker, bool complete) {
  const struct operation *operation = maker->request->operation;
  for (size_t i = 0; i < operation->part_count; i++) {
    const struct part *part = &operation->parts[i];
    struct value value = maker->values[i];
    if (part->source == FROM_CONSTANT || request_leaves_out(maker->request, part) || (part->making && maker_can_make(maker, i))) continue;
    if (!complete && comes_later(part) && !value.bytes) continue;
    if (!request_check_value(part, value, maker->error)) return false;
    if (part->excludes && value.bytes && !exclude(operation, maker->values, part, maker->error)) return false;
  }
  return true;
}

/* Writes path and query, behind the origin if there is one. */
static bool build_target(struct maker *maker) {
  struct request *request = maker->request;
  struct buf *wire = &request->wire;
  if (request->base->origin) buf_add_string(wire, request->base->origin);
  request->target_at = wire->len;
  const struct buf *target = maker_target(maker);
  if (!target) return false;
  request->target_len = target->len;
  return buf_add(wire, target->data, target->len);
}

/* False when the header lines of the call, which begin at lines_at, become too long. */
static bool add_line(struct request *request, size_t lines_at, const char *name, struct value value) {
  struct buf *wire = &request->wire;
  buf_add_string(wire, name);
  buf_add(wire, ": ", 2);
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

static bool add_part_lines(struct maker *maker, size_t lines_at) {
  struct buf *wire = &maker->request->wire;
  for (size_t i = 0; i < maker->request->operation->part_count; i++) {
    const struct part *part = &maker->request->operation->parts[i];
    if (part->into != INTO_HEADER || !maker->values[i].bytes) continue;
    buf_add_string(wire, part_wire(part));
    buf_add(wire, ": ", 2);
    if (!maker_header(maker, i, wire) || !buf_add(wire, "\r\n", 2) || wire->len - lines_at > REQUEST_MAX_HEADER)
      return invalid(maker->error, part_name(part), "is too long for a header");
  }
  return true;
}

/* Adds the headers of the call. An empty one is not sent, and removes the client's. */
static bool add_headers(struct request *request, size_t lines_at, struct error *error) {
  for (size_t i = 0; i < request_header_count(request); i++) {
    struct value value = values_header(&request->values, i);
    const char *wrong = NULL;
    if (has_control(value))
      wrong = "contains a line break, a NUL or another control character";
    else if (value.len && !add_line(request, lines_at, values_header_name(&request->values, i), value))
      wrong = "is too long";
    if (wrong) {
      error_set(error, ERROR_INVALID_REQUEST, "headers.%s %s", values_header_name(&request->values, i), wrong);
      return false;
    }
  }
  return true;
}

/* Adds the lines of the call, those of the client and those about the body, and then the body. */
static bool add_rest(struct maker *maker, const struct buf *body) {
  struct request *request = maker->request;
  const struct operation *operation = request->operation;
  struct buf *wire = &request->wire;
  size_t lines_at = wire->len;
  if (!add_part_lines(maker, lines_at) || !add_headers(request, lines_at, maker->error)) return false;
  bool ok = add_head(request);
  if (operation->accept) ok = ok && buf_addf(wire, "Accept: %s\r\n", operation->accept);
  if (body->len || operation->body) /* an empty form is a body, too */
    ok = ok && buf_addf(wire, "Content-Type: %s\r\nContent-Length: %zu\r\n", body_content_type(operation), body->len);
  ok = ok && buf_add(wire, "\r\n", 2);
  request->head_len = wire->len;
  ok = ok && buf_add(wire, body->data, body->len);
  return ok || invalid(maker->error, "the request", "does not fit into memory");
}

static bool build_wire(struct maker *maker) {
  struct request *request = maker->request;
  const struct buf *body = &maker->body;
  struct buf *wire = &request->wire;
  buf_clear(wire);
  buf_reserve(wire, FEW_BYTES + request->base->head.len + body->len);
  buf_add_string(wire, request->operation->method);
  buf_add_char(wire, ' ');
  if (!build_target(maker)) return maker->error->kind == ERROR_NONE ? invalid(maker->error, "the request", "makes a URL that is too long") : false;
  if (!buf_add_string(wire, " HTTP/1.1\r\n")) return invalid(maker->error, "the request", "does not fit into memory");
  return add_rest(maker, body);
}

bool request_build(struct request *request, bool complete, struct error *error) {
  struct maker maker;
  struct error fault = { .kind = ERROR_NONE };
  maker_init(&maker, request, &fault);
  bool ok = check_all(&maker, complete) && maker_body(&maker) && maker_make_all(&maker, INTO_HEADER) && maker_make_all(&maker, INTO_NOTHING) &&
            build_wire(&maker) && maker_remember(&maker);
  maker_free(&maker);
  if (!ok) *error = fault; /* else that of the last attempt stays */
  return ok;
}

bool request_check(struct request *request, struct error *error) {
  struct maker maker;
  struct error fault = { .kind = ERROR_NONE };
  maker_init(&maker, request, &fault);
  bool ok = check_all(&maker, false);
  if (!ok) *error = fault;
  return ok;
}

bool request_renews(struct request *request) {
  struct maker maker;
  struct error error = { .kind = ERROR_NONE };
  bool renews = false, begun = false;
  for (size_t i = 0; !renews && i < request->operation->part_count; i++) {
    if (!request->operation->parts[i].making) continue;
    if (!begun) maker_init(&maker, request, &error);
    begun = true;
    renews = maker_can_make(&maker, i);
  }
  return renews;
}

bool request_payload(struct buf *out, struct request *request, const char *function, struct error *error) {
  struct maker maker;
  struct error fault = { .kind = ERROR_NONE };
  bool ok = true;
  maker_init(&maker, request, &fault);
  for (size_t i = 0; ok && i < request->operation->part_count; i++) {
    const struct making *making = request->operation->parts[i].making;
    if (!making || !making->function || strcmp(making->function, function) != 0) continue;
    ok = check_all(&maker, false) && maker_fill(&maker, out, making->over);
    if (!ok && fault.kind == ERROR_NONE) invalid(&fault, "the request", "is too long");
    break;
  }
  maker_free(&maker);
  if (!ok) *error = fault;
  return ok;
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
    bool is_secret = part->sensitive || comes_later(part);
    if (is_secret && has_value(text, len, values_get(&request->values, i))) return true;
    if (has_value(text, len, values_made(&request->values, i))) return true;
  }
  for (size_t i = 0; i < request->values.header_count; i++)
    if (has_value(text, len, values_header(&request->values, i))) return true;
  return false;
}

struct redact *request_redact(struct request *request) {
  bool ok = values_hide(&request->values, request->operation, &request->redact);
  const char *line = buf_string(&request->base->head), *own = line + request->base->own_at;
  while (ok && !request->knows_head && line < own) {
    const char *value = strchr(line, ':') + 2, *end = strchr(line, '\r');
    ok = redact_add(&request->redact, value, (size_t)(end - value));
    line = end + 2;
  }
  request->knows_head = true;
  return &request->redact;
}
