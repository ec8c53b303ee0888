/* The kinds of errors, and an error as plain data.
 *
 *   error_set(&error, ERROR_INVALID_REQUEST, "%s is required", "card_id");
 *
 * An error never holds a secret: text of a provider is redacted before it gets here. */
#ifndef CARDS_PROVIDER_ERROR_H
#define CARDS_PROVIDER_ERROR_H

#include <stdbool.h>

enum error_kind {
  ERROR_NONE,
  ERROR_INVALID_REQUEST, /* a parameter is missing or malformed, or the provider said 400, 405, 406, 409, 413, 415 or 422 */
  ERROR_AUTH,            /* 401, 403 */
  ERROR_NOT_FOUND,       /* 404, 410 */
  ERROR_RATE_LIMITED,    /* 429 */
  ERROR_DECLINED,        /* the provider refused, in an answer of its own or with 402 */
  ERROR_PROVIDER,        /* 5xx, 423, 424 */
  ERROR_TIMEOUT,         /* the deadline passed */
  ERROR_NETWORK,         /* name not found, connection refused, reset or cut short */
  ERROR_TLS,             /* a certificate or the handshake */
  ERROR_PROTOCOL,        /* not JSON, of the wrong shape, about another card, or too large */
  ERROR_BUSY,            /* no room for the call or for its secrets */
  ERROR_CANCELLED,       /* the caller or a closing worker gave it up */
  ERROR_KINDS
};

#define ERROR_CODE_MAX       96
#define ERROR_MESSAGE_MAX    512
#define ERROR_REQUEST_ID_MAX 128

struct error {
  enum error_kind kind;
  int status;                    /* of HTTP, 0 without an answer */
  int attempts;                  /* requests sent */
  double retry_after;            /* seconds that the provider asked for, below 0 when it did not */
  bool retryable;                /* the same call may succeed later, and is safe to send again */
  char code[ERROR_CODE_MAX + 4]; /* the provider's, "" for none */
  char message[ERROR_MESSAGE_MAX + 4];
  char request_id[ERROR_REQUEST_ID_MAX + 4];
};

/* "invalid_request" and so on; "none" for ERROR_NONE. */
const char *error_kind_name(enum error_kind kind);
/* The kind of that name; ERROR_NONE where there is none. */
enum error_kind error_kind_of(const char *name);
/* Clears the error and sets its kind and message, cut at ERROR_MESSAGE_MAX bytes. An argument may be a field of the
 * error itself, and must not be a secret. */
void error_set(struct error *error, enum error_kind kind, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
