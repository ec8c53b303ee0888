/* What an answer means: a record, or one error. */
#ifndef CARDS_PROVIDER_RESPONSE_H
#define CARDS_PROVIDER_RESPONSE_H

#include "http/job.h"

/* Reads a body, which goes with job->status and the headers in job->reader, into job->record or job->error, in the order that interface.md gives for kinds. */
void response_read(struct job *job, const char *body, size_t len);
/* Sets the request id of job->error, scrubbed; text may be NULL. */
void response_request_id(struct job *job, const char *text);

#endif
