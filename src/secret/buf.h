/* A growing byte buffer with a maximum that is stated when it is made; it wipes what it leaves behind on growth and on free.
 * Not shared between threads. The bytes are always followed by a NUL that is not counted. */
#ifndef CARDS_SECRET_BUF_H
#define CARDS_SECRET_BUF_H

#include <stdbool.h>
#include <stddef.h>

struct buf {
  char *data; /* NULL while nothing was added */
  size_t len;
  size_t cap;
  size_t max;  /* bytes, without the NUL */
  bool failed; /* an append did not fit or memory was used up: sticky, so that a chain of appends is checked once */
};

/* Prepares an empty buffer; allocates nothing. */
void buf_init(struct buf *buf, size_t max);
/* Appends; false (and buf->failed) when the maximum would be exceeded or memory is used up, and then the buffer is unchanged. */
bool buf_add(struct buf *buf, const void *bytes, size_t len);
/* Room for len more bytes, so that they can be written at data + len, or appended without growing; false as buf_add. */
bool buf_reserve(struct buf *buf, size_t len);
/* Counts len bytes in that were written at data + len; there was room for them. */
void buf_added(struct buf *buf, size_t len);
/* Forgets what is behind the first len bytes, of which there are as many; wiped only with the rest. */
void buf_cut(struct buf *buf, size_t len);
bool buf_add_string(struct buf *buf, const char *string);
bool buf_add_char(struct buf *buf, char c);
bool buf_addf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Appends percent-encoded: everything but the unreserved characters of RFC 3986. */
bool buf_add_percent_encoded(struct buf *buf, const void *bytes, size_t len);
/* Appends base64 (RFC 4648, with padding). */
bool buf_add_base64(struct buf *buf, const void *bytes, size_t len);
/* Wipes the content and forgets it; keeps the memory and the maximum, clears `failed`. */
void buf_clear(struct buf *buf);
/* Wipes and frees; the buffer may be used again as after buf_init. */
void buf_free(struct buf *buf);
/* The content as a C string: "" while empty. */
const char *buf_string(const struct buf *buf);

#endif
