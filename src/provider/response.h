/* What an answer means: a record or one error.
 *
 *   struct response response = { .request = &request, .status = 200, .body = text, .len = len };
 *   struct record *record = response_read(&response, &error);
 */
#ifndef CARDS_PROVIDER_RESPONSE_H
#define CARDS_PROVIDER_RESPONSE_H

#include "provider/record.h"
#include "provider/request.h"

/* An answer, and the request that it is for. Its texts are only borrowed; NULL means none. */
struct response {
  struct request *request;   /* what the answer has to repeat; its redaction learns the secrets of the answer */
  int status;                /* of HTTP */
  const char *body;          /* without its content encoding */
  size_t len;                /* bytes of the body */
  bool plain;                /* what is encrypted stands there in plain text: an example */
  const char *unread;        /* why there was a body and `body` is empty: "the encoding of the answer is unknown" */
  const char *content_type;  /* the value of the header */
  const char *redirect_host; /* where a redirect leads */
  const char *unexpected;    /* a static phrase for a status that no provider documents */
};

/* Reads the answer; docs/design/contract.md has the order in which kinds of errors are decided. Returns its record with
 * `error` cleared, or NULL with `error` set, except for its attempts. */
struct record *response_read(const struct response *response, struct error *error);
/* The same where the body is the record alone, as JSON, without what stands around it in an answer: for tests. */
struct record *response_read_record(const struct response *response, struct error *error);
/* Sets the request id of an error to the redacted text. NULL is allowed. */
void response_request_id(struct error *error, struct redact *redact, const char *text);

#endif
