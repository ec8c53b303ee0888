/* A request and what it is made of: what is the same for a whole group of tests, operations made of parts, and what went onto the wire. */
#ifndef CARDS_SPEC_REQUESTS_H
#define CARDS_SPEC_REQUESTS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "give.h"
#include "wire.h"
#include "json/json.h"

#define HOST   "host.example"
#define PREFIX "/base"

static struct request_base base = { .prefix = (char[]){ PREFIX } };

static inline int make_base(void **state) {
  (void)state;
  json_setup();
  buf_init(&base.head, REQUEST_MAX_BASE_HEAD);
  buf_add_string(&base.head, "X-Client: yes\r\n");
  base.own_at = base.head.len;
  return buf_add_string(&base.head, "Host: " HOST "\r\nUser-Agent: cards\r\nAccept-Encoding: gzip\r\n") ? 0 : -1;
}

static inline int free_base(void **state) {
  (void)state;
  buf_free(&base.head);
  return 0;
}

static inline struct value value_of(const char *text) {
  return (struct value){ text, strlen(text) };
}

/* Builds with these parts; the request is in a state to be freed whatever comes out, and refers to the operation only until then. */
static inline bool build(struct request *request, const struct part *parts, size_t count, const char *path, const struct value *values,
                         const struct header *headers, size_t header_count, struct error *error) {
  static struct operation operation;
  operation = (struct operation){ .name = "op", .method = "POST", .path = path, .parts = parts, .part_count = count };
  memset(error, 0, sizeof *error);
  request_init(request, &operation, &base);
  assert_true(give(request, values, headers, header_count));
  return request_build(request, true, error);
}

/* A request that was built, taken apart. */
static inline struct wire wire_of(const struct request *request) {
  struct wire wire;
  struct span host;
  const char *why = wire_read(&wire, request);
  if (why) fail_msg("%s: %s", why, buf_string(&request->wire));
  if (wire_named(&wire, "Host", &host) != 1 || !span_is(host, HOST)) fail_msg("another host: %s", buf_string(&request->wire));
  return wire;
}

/* The target with a NUL behind it, until the next call. */
static inline const char *target_of(const struct request *request) {
  static char text[REQUEST_MAX_TARGET + 1];
  struct wire wire = wire_of(request);
  assert_true(wire.target.len < sizeof text);
  memcpy(text, wire.target.bytes, wire.target.len);
  text[wire.target.len] = '\0';
  return text;
}

/* The body, which is the rest of the wire and so is followed by a NUL. */
static inline const char *body_of(const struct request *request) {
  struct wire wire = wire_of(request);
  assert_int_equal(strlen(wire.body.bytes), wire.body.len);
  return wire.body.bytes;
}

static inline size_t count_lines(const struct request *request, const char *name, const char *value) {
  struct wire wire = wire_of(request);
  return wire_count(&wire, name, value, strlen(value));
}

/* The first of its lines. */
static inline bool begins_with_line(const struct request *request, const char *name, const char *value) {
  struct span rest = wire_of(request).lines;
  struct wire_line line = next_line(&rest);
  return line.name.bytes && span_is(line.name, name) && span_is(line.value, value);
}

#endif
