/* What an answer means: a record, or one error. */
#ifndef CARDS_PROVIDER_RESPONSE_H
#define CARDS_PROVIDER_RESPONSE_H

#include "provider/record.h"
#include "provider/request.h"

/* An answer and the request that it is for. Texts are NULL where there are none, and are read only while a function runs. */
struct response {
  struct request *request;   /* says what the answer has to repeat; its redact takes in the secrets of the answer */
  int status;                /* of HTTP */
  const char *body;          /* decoded */
  size_t len;                /* bytes of the body */
  bool encoded;              /* in a way that is not known: the body is empty */
  const char *content_type;  /* as the header has it */
  const char *redirect_host; /* that a redirect leads to */
  const char *unexpected;    /* a static phrase that says more of a status that no provider documents */
};

/* Reads the answer, in the order that docs/design/contract.md gives for kinds. Returns its record, with the error cleared; or NULL with the error set, but for its attempts, which are 0. */
struct record *response_read(const struct response *response, struct error *error);
/* Sets the request id of an error, redacted; text may be NULL. */
void response_request_id(struct error *error, struct redact *redact, const char *text);

#endif
