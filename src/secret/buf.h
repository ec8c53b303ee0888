/* A growing byte buffer. Its maximum is stated when it is made, and it wipes what it leaves behind on growth and on
 * free.
 *
 *   struct buf text;
 *   buf_init(&text, 1024);
 *   buf_add_string(&text, "pan=");
 *   buf_add_percent_encoded(&text, pan, len);
 *   if (!text.failed) send(text.data, text.len);     a failure is sticky: a chain of appends is checked once
 *   buf_free(&text);
 *
 * The appends return false when the content would exceed the maximum or memory is used up. Then `failed` is set and
 * the content stays as it was. Used by one thread at a time. */
#ifndef CARDS_SECRET_BUF_H
#define CARDS_SECRET_BUF_H

#include <stdbool.h>
#include <stddef.h>

struct buf {
  char *data; /* NULL until the first append; a NUL that is not counted follows the content */
  size_t len;
  size_t cap;
  size_t max;  /* bytes, without the NUL */
  bool failed; /* an append has failed */
};

/* Prepares an empty buffer for at most `max` bytes. Allocates nothing. */
void buf_init(struct buf *buf, size_t max);
/* Wipes and frees the content. The buffer is then as after buf_init. */
void buf_free(struct buf *buf);
/* Wipes the content and clears `failed`. Memory and maximum stay. */
void buf_clear(struct buf *buf);
/* Shortens the content to `len` bytes. The rest is wiped only with the buffer. */
void buf_cut(struct buf *buf, size_t len);
/* The content as a C string, "" for an empty buffer. */
const char *buf_string(const struct buf *buf);

bool buf_add(struct buf *buf, const void *bytes, size_t len);
bool buf_add_string(struct buf *buf, const char *string);
bool buf_add_char(struct buf *buf, char c);
bool buf_addf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Everything but the unreserved characters of RFC 3986 becomes %XX. */
bool buf_add_percent_encoded(struct buf *buf, const void *bytes, size_t len);
/* As base64 (RFC 4648) with padding. */
bool buf_add_base64(struct buf *buf, const void *bytes, size_t len);

/* For a caller that writes at data + len itself: makes room for `len` bytes, and then counts them. */
bool buf_reserve(struct buf *buf, size_t len);
void buf_added(struct buf *buf, size_t len);

#endif
