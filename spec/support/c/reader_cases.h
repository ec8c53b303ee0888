/* Answers that are read whole, byte by byte and in every cut into two: the outcome has to be the same. */
#ifndef CARDS_SPEC_READER_CASES_H
#define CARDS_SPEC_READER_CASES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "http/message/reader.h"

#define T(text)     text, sizeof text - 1
#define COUNT(list) (sizeof(list) / sizeof(list)[0])
#define OK          "HTTP/1.1 200 OK\r\n"
#define BEHIND      "bytes behind the end"
#define PLENTY      ((size_t)1 << 20)

/* What is read, and how. */
struct given {
  const char *text;
  size_t len;
  size_t max_body;
  bool no_body;
  bool ends; /* the connection does, behind the text */
};

struct outcome {
  enum reader_state state;
  enum reader_fault fault;
  const char *why; /* NULL: none */
  int status;
  bool keep, encoded;
  const char *body;
  size_t body_len;
};

static inline void is_outcome(const struct reader *reader, enum reader_state state, const struct given *given, size_t fed,
                              const struct outcome *expected) {
  const char *what = given->text;
  bool behind = expected->why && strcmp(expected->why, BEHIND) == 0;
  if (behind && state == READER_DONE && fed < given->len) return; /* which nobody can know yet */
  if (state != expected->state)
    fail_msg("%s: state %d, not %d, after %zu bytes: %s", what, (int)state, (int)expected->state, fed, reader->why ? reader->why : "");
  if (reader->fault != expected->fault) fail_msg("%s: fault %d (%s), not %d", what, (int)reader->fault, reader->why, (int)expected->fault);
  if ((reader->why != NULL) != (reader->fault != READER_OK)) fail_msg("%s: a fault without a reason, or the other way round", what);
  if (expected->why && strcmp(reader->why, expected->why) != 0) fail_msg("%s: '%s', not '%s'", what, reader->why, expected->why);
  if (reader->status != expected->status) fail_msg("%s: status %d, not %d", what, reader->status, expected->status);
  if (reader->keep != expected->keep) fail_msg("%s: keep is %d", what, (int)reader->keep);
  if (reader->encoded != expected->encoded) fail_msg("%s: encoded is %d", what, (int)reader->encoded);
  if (reader->bytes != fed) fail_msg("%s: %zu bytes, not %zu", what, reader->bytes, fed);
  if (state == READER_HUNGRY) return;
  if (reader->body.len != expected->body_len || memcmp(buf_string(&reader->body), expected->body, expected->body_len) != 0)
    fail_msg("%s: a body of %zu bytes, not %zu: %s", what, reader->body.len, expected->body_len, buf_string(&reader->body));
}

/* Feeds the first piece, then pieces of `step` bytes; each in a block of its own, so that a sanitizer sees a byte read too far. */
static inline size_t feed_pieces(struct reader *reader, const struct given *given, size_t first, size_t step, enum reader_state *state) {
  size_t fed = 0, piece = first;
  *state = READER_HUNGRY;
  while (fed < given->len && *state == READER_HUNGRY) {
    if (piece > given->len - fed) piece = given->len - fed;
    char *copy = malloc(piece > 0 ? piece : 1);
    assert_non_null(copy);
    memcpy(copy, given->text + fed, piece);
    *state = reader_feed(reader, copy, piece);
    free(copy);
    fed += piece;
    piece = step;
  }
  if (*state == READER_HUNGRY && given->ends) *state = reader_end(reader);
  return fed;
}

static inline void reads_in(const struct given *given, size_t first, size_t step, const struct outcome *expected) {
  struct reader reader;
  enum reader_state state;
  reader_init(&reader, given->max_body, given->no_body);
  size_t fed = feed_pieces(&reader, given, first, step, &state);
  is_outcome(&reader, state, given, fed, expected);
  reader_free(&reader);
}

static inline void reads(const struct given *given, const struct outcome *expected) {
  reads_in(given, given->len, 1, expected);
  reads_in(given, 1, 1, expected);
  for (size_t cut = 0; cut < given->len; cut++)
    reads_in(given, cut, given->len, expected);
}

/* DONE with this, over a connection that may be kept. */
static inline void reads_as(const char *text, size_t len, int status, const char *body) {
  reads(&(struct given){ text, len, PLENTY, false, false },
        &(struct outcome){ READER_DONE, READER_OK, NULL, status, true, false, body, strlen(body) });
}

/* FAILED with this; status is what was known of it by then. */
static inline void refuses(const char *text, size_t len, int status, enum reader_fault fault, const char *why) {
  reads(&(struct given){ text, len, PLENTY, false, false }, &(struct outcome){ READER_FAILED, fault, why, status, false, false, "", 0 });
}

#endif
