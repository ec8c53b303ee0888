/* The request of a call: its values, and its bytes as they are sent, in one buffer.
 *
 *   request_init(&request, operation, &settings->base);
 *   values_set(&request.values, 0, "c_1", 3);
 *   if (request_build(&request, true, &error)) send(request.wire.data, request.wire.len);
 *   request_free(&request);
 *
 * It belongs to its job and is used by one thread at a time. Functions that can fail return false with `error` set to
 * invalid_request; it names the parameter or header and never shows its value. */
#ifndef CARDS_PROVIDER_REQUEST_H
#define CARDS_PROVIDER_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#include "crypto/key_cache.h"
#include "provider/error.h"
#include "provider/provider.h"
#include "provider/values.h"
#include "secret/buf.h"
#include "text/redact.h"

#define REQUEST_MAX_ARGUMENT 8192          /* bytes of a parameter in the path or the query */
#define REQUEST_MAX_LINE     (16 * 1024)   /* bytes of a parameter in a header */
#define REQUEST_MAX_TARGET   (16 * 1024)   /* bytes of path and query */
#define REQUEST_MAX_HEADER   (64 * 1024)   /* bytes of the header lines of one call */
#define REQUEST_MAX_BODY     (1024 * 1024) /* bytes */

#define REQUEST_MAX_BASE_HEAD ((size_t)4 * 64 * 1024) /* bytes of the header lines of a client */

/* What all requests of a client have in common. It belongs to the client's settings. */
struct request_base {
  const char *site;       /* "https://host:port" as base_url has it */
  struct key_cache *keys; /* of its clients; NULL for none */
  const char *origin;     /* "http://host:port", sent before the target to an HTTP proxy; NULL otherwise */
  char *prefix;           /* of the path, without a slash at its end */
  struct buf head;        /* lines "Name: value\r\n": those of the client, then ours from own_at on, which are never secret */
  size_t own_at;          /* bytes */
};

struct request {
  const struct operation *operation;
  const struct request_base *base;
  struct values values;
  struct buf target; /* path and query out of an answer; empty for those of the operation */
  bool away;         /* it goes to another host than that of base_url: without what is `shared`, and the headers that are the client's secrets */
  struct buf wire;   /* request line, header lines, an empty line, body */
  size_t target_at, target_len; /* bytes: path and query within `wire` */
  size_t head_len;              /* bytes of `wire` before the body */
  struct redact redact;         /* see request_redact */
  bool knows_head;              /* `redact` knows the headers of the client */
};

/* Prepares a request without values. `operation` and `base` outlive it. */
void request_init(struct request *request, const struct operation *operation, const struct request_base *base);
/* Wipes and frees. */
void request_free(struct request *request);

/* Sends the request elsewhere: to a target out of an answer, path and query as they are written. `base` outlives it. The target is redacted from then on, and what in it may be a
 * token. False when memory is used up. */
bool request_aim(struct request *request, const struct request_base *base, const char *target, size_t len);

/* Whether the part is not for where the request goes. */
static inline bool request_leaves_out(const struct request *request, const struct part *part) {
  return request->away && part->shared;
}
/* How many of the headers of the call go there. */
size_t request_header_count(const struct request *request);

/* Builds `wire` from the values; also again, for another attempt. Without `complete` credentials may be missing,
 * which is for previews. */
bool request_build(struct request *request, bool complete, struct error *error);

/* Checks the values as request_build does, and builds nothing. Credentials may be missing. */
bool request_check(struct request *request, struct error *error);

/* Checks one value as request_check does, before there is a request. */
bool request_check_value(const struct part *part, struct value value, struct error *error);

/* Whether every attempt needs new bytes, as something is made for each. Signing also leaves more behind on the stack. */
bool request_renews(struct request *request);

/* Appends what the credential `function` has to sign, exactly as it will be sent; nothing when it signs nothing. */
bool request_payload(struct buf *out, struct request *request, const char *function, struct error *error);

/* The value that was sent as the part of that name; bytes is NULL when none was. */
struct value request_sent(const struct request *request, const char *part);

/* Whether a text has a credential of the request in it, a sensitive parameter or the value of a header; short ones count
 * where they are the whole text. */
bool request_has_secret(const struct request *request, const char *text, size_t len);
/* The redaction of all values of the call and of the headers of the client. It learns them here, when it is needed. */
struct redact *request_redact(struct request *request);

/* Whether a line "Name: value\r\n" has that name, in any case. */
bool request_is_header(const char *line, const char *name);

#endif
