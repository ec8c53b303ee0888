/* The request of a call: the values that go into it, and its bytes as they go over the wire, in one buffer. Owned by its job; used by one thread at a time. */
#ifndef CARDS_PROVIDER_REQUEST_H
#define CARDS_PROVIDER_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#include "provider/error.h"
#include "provider/provider.h"
#include "provider/values.h"
#include "secret/buf.h"
#include "text/redact.h"

#define REQUEST_MAX_ARGUMENT 1024          /* bytes of a parameter that goes into the path, the query or a header */
#define REQUEST_MAX_TARGET   (16 * 1024)   /* bytes of path and query */
#define REQUEST_MAX_HEADER   (64 * 1024)   /* bytes of the header lines of one call */
#define REQUEST_MAX_BODY     (1024 * 1024) /* bytes */

#define REQUEST_MAX_BASE_HEAD ((size_t)4 * 64 * 1024) /* bytes of the header lines of a client */

/* What is the same in every request of a client. Whoever fills it in owns it; here it is only read. */
struct request_base {
  const char *origin; /* "http://host:port", to go before the target where an HTTP proxy has to be told it; else NULL */
  char *prefix;       /* of the path, without a slash at the end */
  struct buf head;    /* lines "Name: value\r\n": the client's, then, from own_at on, ours, nothing secret */
  size_t own_at;      /* bytes */
};

struct request {
  const struct operation *operation;
  const struct request_base *base;
  struct values values;
  struct buf wire;              /* request line, header lines, an empty line, body */
  size_t target_at, target_len; /* of path and query, in `wire` */
  size_t head_len;              /* where the body begins */
  struct redact redact;           /* see request_redact */
  bool knows_head;              /* the redact knows the client's own headers */
};

/* Prepares a request without values. operation and base have to outlive it. */
void request_init(struct request *request, const struct operation *operation, const struct request_base *base);
/* Wipes and frees. */
void request_free(struct request *request);

/* Builds the bytes of the values, anew where it was built before. Without `complete`, credentials may be missing: for a preview. On failure false with error set to invalid_request,
 * naming the parameter or header, never its value. */
bool request_build(struct request *request, bool complete, struct error *error);

/* The checks of request_build on the values alone; credentials may be missing yet. */
bool request_check(const struct request *request, struct error *error);

/* Whether another attempt needs other bytes: a key makes a signature for each. It leaves more behind on the stack, too. */
bool request_renews(const struct request *request);

/* Appends the exact bytes that the signature covers which the credential `function` makes; nothing where there is none. On failure as request_build. */
bool request_payload(struct buf *out, const struct request *request, const char *function, struct error *error);

/* What was sent as the part of that name; bytes is NULL where nothing was. */
struct value request_sent(const struct request *request, const char *part);

/* What hides all values of the call, and of the client's own headers, in a text of somebody else's. It learns them when it is asked for: most calls need none. */
struct redact *request_redact(struct request *request);

/* Whether a line "Name: value\r\n" has that name, in any case. */
bool request_is_header(const char *line, const char *name);

/* Fills out with a text that no other call has, for a part that is `unique`. False when there is no randomness to be had. */
bool request_unique(char out[static 40]);

#endif
