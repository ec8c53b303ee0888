/* A request as it goes over the wire, taken apart strictly: the grammar of RFC 9112, and what src/provider/request.h says of where the parts are. Knows nothing of how it was built. */
#ifndef CARDS_SPEC_WIRE_H
#define CARDS_SPEC_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "provider/request.h"

/* Bytes of the request; not followed by a NUL. */
struct span {
  const char *bytes;
  size_t len;
};

struct wire_line {
  struct span name, value;
};

struct wire {
  struct span method, origin, target, lines, body; /* origin: what stands before the target, for a proxy; lines: each with its CRLF */
  size_t line_count;
};

static inline bool span_is(struct span span, const char *text) {
  return span.len == strlen(text) && memcmp(span.bytes, text, span.len) == 0;
}

static inline bool is_token(struct span span) {
  for (size_t i = 0; i < span.len; i++) {
    char c = span.bytes[i];
    bool alphanumeric = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (!alphanumeric && (c == '\0' || !strchr("!#$%&'*+-.^_`|~", c))) return false;
  }
  return span.len > 0;
}

/* Takes what stands before the next `end`, and that; bytes is NULL where there is none. */
static inline struct span take_until(struct span *rest, const char *end) {
  const char *found = rest->len ? memmem(rest->bytes, rest->len, end, strlen(end)) : NULL;
  if (!found) return (struct span){ NULL, 0 };
  struct span taken = { rest->bytes, (size_t)(found - rest->bytes) };
  rest->bytes += taken.len + strlen(end);
  rest->len -= taken.len + strlen(end);
  return taken;
}

/* The next header line, taken off `rest`; name.bytes is NULL at the end. */
static inline struct wire_line next_line(struct span *rest) {
  struct span line = take_until(rest, "\r\n");
  struct wire_line taken = { { NULL, 0 }, { NULL, 0 } };
  if (!line.bytes) return taken;
  taken.name = take_until(&line, ": ");
  taken.value = line;
  return taken;
}

/* Lines of that name, in any case; the value of the last one in *value. */
static inline size_t wire_named(const struct wire *wire, const char *name, struct span *value) {
  size_t found = 0;
  struct span rest = wire->lines;
  for (struct wire_line line; (line = next_line(&rest)).name.bytes;) {
    if (line.name.len != strlen(name) || strncasecmp(line.name.bytes, name, line.name.len) != 0) continue;
    *value = line.value;
    found++;
  }
  return found;
}

/* Lines that are exactly so. */
static inline size_t wire_count(const struct wire *wire, const char *name, const char *value, size_t len) {
  size_t found = 0;
  struct span rest = wire->lines;
  for (struct wire_line line; (line = next_line(&rest)).name.bytes;)
    found += span_is(line.name, name) && line.value.len == len && memcmp(line.value.bytes, value, len) == 0;
  return found;
}

/* NULL, or what is wrong with the line "METHOD target HTTP/1.1". */
static inline const char *read_request_line(struct wire *wire, const struct request *request, struct span line) {
  wire->method = take_until(&line, " ");
  struct span whole = take_until(&line, " ");
  if (!wire->method.bytes || !is_token(wire->method)) return "no method";
  if (!whole.bytes || !span_is(line, "HTTP/1.1")) return "no version at the end of the request line";
  const char *target = request->wire.data + request->target_at;
  if (target < whole.bytes || target + request->target_len != whole.bytes + whole.len) return "target_at and target_len are of something else";
  wire->origin = (struct span){ whole.bytes, (size_t)(target - whole.bytes) };
  wire->target = (struct span){ target, request->target_len };
  if (!wire->target.len || *target != '/') return "a target that does not begin with a slash";
  for (size_t i = 0; i < whole.len; i++)
    if (whole.bytes[i] <= ' ' || whole.bytes[i] > '~' || whole.bytes[i] == '#') return "a byte in the target that must not be there";
  return NULL;
}

static inline const char *read_lines(struct wire *wire) {
  struct span rest = wire->lines;
  wire->line_count = 0;
  while (rest.len) {
    struct wire_line line = next_line(&rest);
    if (!line.name.bytes || !is_token(line.name)) return "a header line without a name";
    if (!line.value.len) return "a header line without a value";
    for (size_t i = 0; i < line.value.len; i++)
      if ((unsigned char)line.value.bytes[i] < ' ' || line.value.bytes[i] == 0x7f) return "a control character in a header";
    wire->line_count++;
  }
  return NULL;
}

/* Where it ends is said once, and it is said to one host. */
static inline const char *check_framing(const struct wire *wire) {
  struct span value;
  size_t lengths = wire_named(wire, "Content-Length", &value), announced = 0;
  if (lengths > 1 || (lengths == 0 && wire->body.len)) return "not one Content-Length";
  for (size_t i = 0; lengths && i < value.len; i++) {
    if (value.bytes[i] < '0' || value.bytes[i] > '9' || i > 9) return "a Content-Length that is no number";
    announced = announced * 10 + (size_t)(value.bytes[i] - '0');
  }
  if (announced != wire->body.len) return "a Content-Length of something else";
  if (wire_named(wire, "Transfer-Encoding", &value)) return "a Transfer-Encoding";
  return wire_named(wire, "Host", &value) == 1 ? NULL : "not one Host";
}

/* Takes a request apart that was built. NULL, or what is wrong with it. */
static inline const char *wire_read(struct wire *wire, const struct request *request) {
  struct span rest = { request->wire.data, request->wire.len };
  memset(wire, 0, sizeof *wire);
  struct span line = take_until(&rest, "\r\n");
  const char *why = line.bytes ? read_request_line(wire, request, line) : "no request line";
  if (why) return why;
  const char *end = memmem(rest.bytes - 2, rest.len + 2, "\r\n\r\n", 4);
  if (!end) return "no empty line";
  wire->lines = (struct span){ rest.bytes, (size_t)(end + 2 - rest.bytes) };
  wire->body = (struct span){ end + 4, (size_t)(rest.bytes + rest.len - end - 4) };
  if (wire->body.bytes != request->wire.data + request->head_len) return "head_len is of something else";
  why = read_lines(wire);
  return why ? why : check_framing(wire);
}

#endif
