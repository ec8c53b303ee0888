#define _GNU_SOURCE 1 /* memmem */
#include "provider/request/names.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "provider/request/body.h"
#include "provider/request/moment.h"
#include "provider/request/unique.h"

typedef bool write_name(struct maker *maker, const char *rest, size_t len, struct buf *out);

static bool write_method(struct maker *maker, const char *rest, size_t len, struct buf *out) {
  (void)rest;
  (void)len;
  return buf_add_string(out, maker->request->operation->method);
}

static bool write_url(struct maker *maker, const char *rest, size_t len, struct buf *out) {
  (void)rest;
  (void)len;
  const struct buf *target = maker_target(maker);
  return target && buf_add_string(out, maker->request->base->site) && buf_add(out, target->data, target->len);
}

static bool write_host(struct maker *maker, const char *rest, size_t len, struct buf *out) {
  (void)rest;
  (void)len;
  const char *host = strstr(maker->request->base->site, "://");
  return host && buf_add_string(out, host + 3);
}

static bool write_target(struct maker *maker, const char *rest, size_t len, struct buf *out) {
  (void)rest;
  (void)len;
  const struct buf *target = maker_target(maker);
  return target && buf_add(out, target->data, target->len);
}

/* Appends the path without the first `skip` bytes, or what stands behind the question mark. */
static bool write_part_of_target(struct maker *maker, struct buf *out, size_t skip, bool query) {
  const struct buf *target = maker_target(maker);
  if (!target) return false;
  const char *text = buf_string(target), *mark = strchr(text, '?');
  size_t path = mark ? (size_t)(mark - text) : target->len;
  if (query) return !mark || buf_add_string(out, mark + 1);
  return skip > path || buf_add(out, text + skip, path - skip);
}

static bool write_path(struct maker *maker, const char *rest, size_t len, struct buf *out) {
  (void)rest;
  (void)len;
  return write_part_of_target(maker, out, 0, false);
}

static bool write_query(struct maker *maker, const char *rest, size_t len, struct buf *out) {
  (void)rest;
  (void)len;
  return write_part_of_target(maker, out, 0, true);
}

static bool write_resource(struct maker *maker, const char *rest, size_t len, struct buf *out) {
  (void)rest;
  (void)len;
  size_t prefix = maker->request->target.len ? 0 : strlen(maker->request->base->prefix);
  return write_part_of_target(maker, out, prefix + 1, false);
}

static bool write_body(struct maker *maker, const char *rest, size_t len, struct buf *out) {
  if (len) return maker_body_part(maker, out, INTO_BODY, rest, len);
  const struct buf *body = maker_body(maker);
  return body && buf_add(out, body->data, body->len);
}

/* A header as it is sent: of a part, of the call or of the client. */
static bool write_header(struct maker *maker, const char *name, size_t len, struct buf *out) {
  const struct request *request = maker->request;
  const struct operation *operation = request->operation;
  for (size_t i = 0; i < operation->part_count; i++) {
    const char *wire = part_wire(&operation->parts[i]);
    if (operation->parts[i].into == INTO_HEADER && strlen(wire) == len && strncasecmp(wire, name, len) == 0) return maker_header(maker, i, out);
  }
  for (size_t i = 0; i < request_header_count(request); i++) {
    const char *other = values_header_name(&request->values, i);
    if (strlen(other) != len || strncasecmp(other, name, len) != 0) continue;
    maker->uses_secret = true;
    return buf_add(out, values_header(&request->values, i).bytes, values_header(&request->values, i).len);
  }
  if (len == 12 && strncasecmp(name, "content-type", len) == 0) return buf_add_string(out, body_content_type(operation));
  if (len == 6 && strncasecmp(name, "accept", len) == 0 && operation->accept) return buf_add_string(out, operation->accept);
  for (const char *line = buf_string(&request->base->head); *line; line = strchr(line, '\n') + 1)
    if (strncasecmp(line, name, len) == 0 && line[len] == ':') return buf_add(out, line + len + 2, strcspn(line + len + 2, "\r"));
  return false;
}

static bool write_value(struct maker *maker, size_t place, struct buf *out, bool as_sent) {
  const struct part *part = &maker->request->operation->parts[place];
  if (!maker_make(maker, place)) return false;
  struct value value = maker->values[place];
  maker->uses_secret = maker->uses_secret || maker->secrets >> place & 1;
  if (!value.bytes) return true; /* a parameter that was not given */
  bool encoded = as_sent && (part->into == INTO_PATH || part->into == INTO_QUERY);
  return encoded ? buf_add_percent_encoded(out, value.bytes, value.len) : buf_add(out, value.bytes, value.len);
}

/* What is encrypted: a single value at the path, or an object or list; without a path the whole body. */
static bool write_sealed(struct maker *maker, const char *rest, size_t len, struct buf *out) {
  const struct operation *operation = maker->request->operation;
  for (size_t i = 0; len && i < operation->part_count; i++) {
    const struct part *part = &operation->parts[i];
    if (part->into == INTO_SEALED && strlen(part_wire(part)) == len && memcmp(part_wire(part), rest, len) == 0)
      return write_value(maker, i, out, false);
  }
  return len ? maker_body_part(maker, out, INTO_SEALED, rest, len) : maker_sealed(maker, out);
}

static bool is_name(const char *known, const char *name, size_t len) {
  return known && *known == *name && strncmp(known, name, len) == 0 && !known[len];
}

/* Of two parts with that name the one that is not sent, as the other one may be made of it. */
static int find(const struct operation *operation, const char *name, size_t len, bool argument) {
  int found = -1;
  for (size_t i = 0; i < operation->part_count; i++) {
    const struct part *part = &operation->parts[i];
    bool is_it = (part->source == FROM_ARGUMENT) == argument && is_name(part->name, name, len);
    if (is_it && (found < 0 || part->into == INTO_NOTHING)) found = (int)i;
  }
  return found;
}

static bool write_param(struct maker *maker, const char *name, size_t len, struct buf *out) {
  int place = find(maker->request->operation, name, len, true);
  if (place < 0) place = find(maker->request->operation, name, len, false); /* a constant or what is made */
  return place >= 0 && write_value(maker, (size_t)place, out, true);
}

static bool write_now(struct maker *maker, const char *form, size_t len, struct buf *out) {
  const struct timespec *now = maker_now(maker);
  return now && moment_write(out, now, form, len);
}

static bool write_nonce(struct maker *maker, const char *rest, size_t len, struct buf *out) {
  (void)rest;
  (void)len;
  const char *nonce = maker_nonce(maker);
  return nonce && buf_add_string(out, nonce);
}

static bool write_unique(struct maker *maker, const char *form, size_t len, struct buf *out) {
  (void)maker;
  return unique_write(out, form, len);
}

/* A name with a dot behind it has a rest. */
static const struct {
  const char *name;
  write_name *write;
} known[] = {
  { "method", write_method }, { "url", write_url },        { "host", write_host },      { "path", write_path },
  { "query", write_query },   { "target", write_target },  { "body", write_body },      { "resource", write_resource },
  { "nonce", write_nonce },   { "body.", write_body },     { "header.", write_header }, { "param.", write_param },
  { "now.", write_now },      { "unique.", write_unique }, { "sealed", write_sealed },  { "sealed.", write_sealed },
};

bool names_fill(void *context, const char *name, size_t len, struct buf *out) {
  struct maker *maker = context;
  const struct operation *operation = maker->request->operation;
  int place = find(operation, name, len, false);
  if (place >= 0) return write_value(maker, (size_t)place, out, false);
  const char *dot = memchr(name, '.', len);
  size_t known_len = dot ? (size_t)(dot + 1 - name) : len;
  for (size_t i = 0; (!dot || known_len < len) && i < COUNT_OF(known); i++)
    if (is_name(known[i].name, name, known_len)) return known[i].write(maker, name + known_len, len - known_len, out);
  place = find(operation, name, len, true);
  return place >= 0 && write_value(maker, (size_t)place, out, false);
}
