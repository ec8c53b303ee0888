/* One request as it goes over the wire, built from an operation's parts in one buffer, with everything that must not show in an error remembered. Owned by its job; used by one
 * thread at a time. */
#ifndef CARDS_PROVIDER_REQUEST_H
#define CARDS_PROVIDER_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#include "provider/error.h"
#include "provider/provider.h"
#include "secret/buf.h"
#include "text/scrub.h"

#define REQUEST_MAX_ARGUMENT 1024          /* bytes of a parameter that goes into the path, the query or a header */
#define REQUEST_MAX_TARGET   (16 * 1024)   /* bytes of path and query */
#define REQUEST_MAX_HEADER   (64 * 1024)   /* bytes of the header lines of one call */
#define REQUEST_MAX_BODY     (1024 * 1024) /* bytes */
#define REQUEST_MAX_ECHOES   4

#define REQUEST_MAX_BASE_HEAD ((size_t)4 * 64 * 1024) /* bytes of the header lines of a client */

/* A value as text; bytes is NULL where there is none. The bytes are only read while a function runs. */
struct value {
  const char *bytes;
  size_t len;
};

/* A header that the caller adds to one call. */
struct header {
  const char *name; /* checked by the caller: a token of RFC 9110 */
  struct value value;
};

/* What is the same in every request of a client. Whoever fills it in owns it; here it is only read. */
struct request_base {
  const char *origin; /* "http://host:port", to go before the target where an HTTP proxy has to be told it; else NULL */
  char *prefix;       /* of the path, without a slash at the end */
  struct buf head;    /* lines "Name: value\r\n": the client's, then, from own_at on, ours, nothing secret */
  size_t own_at;      /* bytes */
};

struct request {
  struct buf wire;                     /* request line, header lines, an empty line, body */
  size_t target_at, target_len;        /* of path and query, in `wire` */
  size_t head_len;                     /* where the body begins */
  struct buf sent[REQUEST_MAX_ECHOES]; /* the value of each of the operation's echoes; data is NULL where nothing was sent */
  struct scrub scrub;
};

void request_init(struct request *request);
/* Wipes and frees. */
void request_free(struct request *request);

/* Builds the request with what base says. values has one entry for each of operation->parts (for the signature: a ready one); key is the PEM that signs, or without bytes;
 * headers are added last. On failure false with error set to invalid_request, naming the parameter or header, never its value. */
bool request_build(struct request *request, const struct operation *operation, const struct request_base *base, const struct value *values,
                   struct value key, const struct header *headers, size_t header_count, struct error *error);

/* The checks of request_build on the values alone. */
bool request_check(const struct operation *operation, const struct value *values, struct error *error);

/* Appends the exact bytes that a signature covers. values as for request_build. On failure as there. */
bool request_payload(struct buf *out, const struct operation *operation, const struct value *values, struct error *error);

/* Whether a line "Name: value\r\n" has that name, in any case. */
bool request_is_header(const char *line, const char *name);

/* Fills out with a text that no other call has, for a part that is `unique`. False when there is no randomness to be had. */
bool request_unique(char out[static 40]);

#endif
