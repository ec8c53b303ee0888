/* Reads one HTTP/1.1 answer (RFC 9112) from bytes in pieces of any size, without I/O. It is strict: what can be read
 * in two ways is refused.
 *
 *   struct reader reader = { 0 };
 *   reader_init(&reader, 1024 * 1024, false);
 *   enum reader_state state = reader_feed(&reader, bytes, len);
 *   if (state == READER_DONE) use(reader.status, reader_header(&reader, "content-type"), buf_string(&reader.body));
 *   reader_free(&reader);
 *
 * Any part of an answer may be a secret, so it is kept only in buffers that are wiped. Used by one thread at a time. */
#ifndef CARDS_HTTP_MESSAGE_READER_H
#define CARDS_HTTP_MESSAGE_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "http/message/gunzip.h"
#include "secret/buf.h"

#define READER_MAX_HEAD (64 * 1024) /* bytes of status line, headers and trailers, with those of 1xx answers */

enum reader_state {
  READER_HUNGRY, /* it needs more bytes */
  READER_DONE,
  READER_FAILED
};

/* Why it failed. */
enum reader_fault {
  READER_OK,
  READER_NOT_HTTP,  /* no status line of HTTP/1.0 or 1.1 */
  READER_MALFORMED, /* an invalid header, length or chunk, or one that can be read in two ways */
  READER_HEAD_TOO_LARGE,
  READER_BODY_TOO_LARGE,
  READER_ENCODING, /* broken gzip */
  READER_CUT,      /* the connection ended before the answer did */
  READER_NOTHING,  /* the connection ended before the answer began */
  READER_NO_MEMORY
};

/* Where in the answer it is. Private to the reader. */
enum reader_stage {
  READER_AT_STATUS,
  READER_AT_HEADER,
  READER_AT_BODY, /* with a length that was announced */
  READER_AT_OPEN_BODY,
  READER_AT_CHUNK_SIZE,
  READER_AT_CHUNK,
  READER_AT_CHUNK_END,
  READER_AT_TRAILER,
  READER_AT_END,
  READER_AT_FAULT
};

enum reader_coding { READER_PLAIN, READER_GZIP, READER_UNKNOWN_CODING };

struct reader {
  int status;   /* 0 until the status line was read; never that of a 1xx answer */
  bool keep;    /* once READER_DONE: the connection may carry another request */
  bool encoded; /* the body has an encoding that is not decoded here, so it was dropped and `body` is empty */
  enum reader_fault fault;
  const char *why; /* a static phrase for "the answer is malformed: …", without any of the answer; NULL while fault is READER_OK */
  size_t bytes;    /* that it was fed in total */
  struct buf body; /* decoded, once READER_DONE; empty after a failure */

  /* Private to the reader. */
  enum reader_stage stage;
  enum reader_coding coding;
  bool no_body, is_interim, is_1_1;
  bool has_length, is_chunked, says_close, says_keep_alive;
  size_t max_body;
  size_t raw_left;       /* bytes that the encoded body may still have */
  uint64_t left;         /* bytes to come of the body, of a chunk, or of the line end behind it */
  struct buf head;       /* the headers as they came, with NULs behind names and values; then the current line */
  size_t headers;        /* bytes of `head` that are headers */
  size_t head_bytes;     /* bytes that count for READER_MAX_HEAD */
  struct gunzip *gunzip; /* NULL until it is needed */
};

/* Prepares for one answer with at most max_body bytes of decoded body; with `no_body` for an answer to HEAD. Allocates
 * nothing. */
void reader_init(struct reader *reader, size_t max_body, bool no_body);
/* Wipes and frees. */
void reader_free(struct reader *reader);
/* Reads the next bytes. Must not be called again after READER_DONE or READER_FAILED. */
enum reader_state reader_feed(struct reader *reader, const char *bytes, size_t len);
/* The connection has ended in order. READER_DONE for a body that ends so, READER_FAILED for anything else. */
enum reader_state reader_end(struct reader *reader);
/* The value of the first header of that name, in any case, without spaces around it and with a NUL; NULL when there is
 * none. Valid until the next reader_feed or reader_free. */
const char *reader_header(const struct reader *reader, const char *name);

#endif
