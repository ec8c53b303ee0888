/* What the fuzz targets share: pieces of the fuzzer's bytes, and properties that end the process when they do not hold. */
#ifndef CARDS_SPEC_FUZZ_H
#define CARDS_SPEC_FUZZ_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "secret/secret.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A property of the target. */
static inline __attribute__((format(printf, 2, 3))) void must(bool holds, const char *format, ...) {
  if (holds) return;
  va_list arguments;
  va_start(arguments, format);
  fputs("PROPERTY: ", stderr);
  vfprintf(stderr, format, arguments);
  fputc('\n', stderr);
  va_end(arguments);
  abort();
}

/* Bytes of the fuzzer's; not followed by a NUL. */
struct piece {
  const char *bytes;
  size_t len;
};

/* The piece up to the next `separator`, which is dropped, or to the end. */
static inline struct piece cut_piece(struct piece *rest, char separator) {
  const char *end = rest->len ? memchr(rest->bytes, separator, rest->len) : NULL;
  struct piece piece = { rest->bytes, end ? (size_t)(end - rest->bytes) : rest->len };
  size_t used = piece.len + (end != NULL);
  rest->bytes += used;
  rest->len -= used;
  return piece;
}

/* One byte as a choice, so that '0' is the first in a seed that people read; the first as well at the end. */
static inline unsigned cut_choice(struct piece *rest, char first, unsigned count) {
  if (!rest->len) return 0;
  rest->len--;
  return (unsigned)(unsigned char)(*rest->bytes++ - first) % count;
}

/* A copy in a block of its own, so that a sanitizer sees a byte read too far. Never NULL; to be freed. */
static inline char *copy_piece(struct piece piece) {
  char *copy = malloc(piece.len ? piece.len : 1);
  if (!copy) abort();
  if (piece.len) memcpy(copy, piece.bytes, piece.len);
  return copy;
}

static inline char lower(char c) {
  return c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c;
}

static inline bool is_letter_or_digit(char c) {
  return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z');
}

/* Where the bytes stand in the text, whatever the case, from `from` on; SIZE_MAX when they do not. */
static inline size_t find(struct piece text, const char *bytes, size_t len, size_t from) {
  for (size_t i = from; len && i + len <= text.len; i++) {
    size_t k = 0;
    while (k < len && lower(text.bytes[i + k]) == lower(bytes[k]))
      k++;
    if (k == len) return i;
  }
  return SIZE_MAX;
}

/* True for bytes that the cleaning itself may write: stars, and the dots after a cut. */
static inline bool is_of_cleaning(const char *bytes, size_t len) {
  for (size_t i = 0; i < len; i++)
    if (bytes[i] == '*' || (bytes[i] == '.' && (i + 1 == len || bytes[i + 1] == '.'))) return true;
  return false;
}

/* What docs/guide/errors-and-retries.md promises of a value: no run of 8 bytes of it, none of a shorter one as a whole; of 1 to 3 bytes none that stands alone. */
static inline bool shows(struct piece text, struct piece value) {
  if (value.len >= 8) {
    for (size_t i = 0; i + 8 <= value.len; i++)
      if (!is_of_cleaning(value.bytes + i, 8) && find(text, value.bytes + i, 8, 0) != SIZE_MAX) return true;
    return false;
  }
  if (!value.len || is_of_cleaning(value.bytes, value.len)) return false;
  for (size_t at = 0; (at = find(text, value.bytes, value.len, at)) != SIZE_MAX; at++) {
    size_t after = at + value.len;
    if (value.len > 3) return true;
    bool cut = after + 3 == text.len && memcmp(text.bytes + after, "...", 3) == 0; /* of a longer word */
    if ((at == 0 || !is_letter_or_digit(text.bytes[at - 1])) && (after == text.len || !is_letter_or_digit(text.bytes[after])) && !cut) return true;
  }
  return false;
}

/* Nothing of an input is left in the arena. */
static inline void must_have_no_secret_open(void) {
  struct secret_stats stats;
  secret_stats(&stats);
  must(stats.open == 0 && stats.used == 0, "%zu secrets are open, %zu bytes in use", stats.open, stats.used);
}

#endif
