/* Reads one answer of HTTP/1.1 (RFC 9112): a pure function of bytes, without I/O, that takes them in any cut. Strict: what can be read in two ways is refused.
 *
 * Everything of the answer may be a secret: it lies in buffers that are wiped, and nowhere else. A reader is used by one thread at a time. */
#ifndef CARDS_HTTP_MESSAGE_READER_H
#define CARDS_HTTP_MESSAGE_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "http/message/gunzip.h"
#include "secret/buf.h"

#define READER_MAX_HEAD (64 * 1024) /* bytes of status line, headers and trailers, those of 1xx answers included */

enum reader_state {
  READER_HUNGRY, /* it wants more bytes */
  READER_DONE,
  READER_FAILED
};

/* Why it failed. */
enum reader_fault {
  READER_OK,
  READER_NOT_HTTP,  /* no status line of HTTP/1.0 or 1.1 */
  READER_MALFORMED, /* a header, a length or a chunk that is none, or that can be read in two ways */
  READER_HEAD_TOO_LARGE,
  READER_BODY_TOO_LARGE,
  READER_ENCODING, /* gzip that is broken */
  READER_CUT,      /* the connection ended before the answer did */
  READER_NOTHING,  /* the connection ended before the answer began */
  READER_NO_MEMORY
};

/* Where in the answer it is: the reader's own. */
enum reader_stage {
  READER_AT_STATUS,
  READER_AT_HEADER,
  READER_AT_BODY, /* of a length that was announced */
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
  int status;   /* of the answer, 0 until its status line was read: of a 1xx it is not set */
  bool keep;    /* once READER_DONE: the connection may carry another request */
  bool encoded; /* the body is in an encoding that is not known, and was thrown away: body is empty */
  enum reader_fault fault;
  const char *why; /* a static phrase that goes on from "the answer is malformed: ", without any of the answer; NULL while fault is READER_OK */
  size_t bytes;    /* that it was fed, all in all */
  struct buf body; /* decoded, once READER_DONE; empty when it failed */

  /* The rest is the reader's own. */
  enum reader_stage stage;
  enum reader_coding coding;
  bool no_body, is_interim, is_1_1;
  bool has_length, is_chunked, has_coding, says_close, says_keep_alive;
  size_t max_body;
  size_t raw_left;       /* bytes that the body may still have before it is decoded */
  uint64_t left;         /* bytes to come: of the body, of a chunk, or of the line end behind it */
  struct buf head;       /* the headers of the answer as they came, but with NUL behind names and values; then the line that has begun */
  size_t headers;        /* bytes of head that are headers */
  size_t head_bytes;     /* that count for READER_MAX_HEAD */
  struct gunzip *gunzip; /* NULL until there are bytes for it */
};

/* Prepares for one answer whose decoded body has at most max_body bytes; no_body for an answer to HEAD. Allocates nothing. */
void reader_init(struct reader *reader, size_t max_body, bool no_body);
/* Wipes and frees. */
void reader_free(struct reader *reader);
/* Takes the next bytes. After READER_DONE or READER_FAILED it must not be called again. */
enum reader_state reader_feed(struct reader *reader, const char *bytes, size_t len);
/* The connection has ended, in order: READER_DONE for a body that ends so, READER_FAILED for anything else. */
enum reader_state reader_end(struct reader *reader);
/* The value of a header of the answer, without spaces around it, ended by NUL; NULL where there is none. The first of several; name in any case. Valid until the next
 * reader_feed or reader_free. */
const char *reader_header(const struct reader *reader, const char *name);

#endif
