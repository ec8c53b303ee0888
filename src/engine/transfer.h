/* One attempt of a job: an easy handle, made for it and cleaned up after it (a handle that lives on keeps copies of what went through it). */
#ifndef CARDS_ENGINE_TRANSFER_H
#define CARDS_ENGINE_TRANSFER_H

#include "job.h"

/* Prepares job->easy for the job's request with the time that is left, without starting it. socket_closed(fd, context) closes a socket of the connection pool, maybe long after
 * the job. False with job->error set when libcurl refuses an option or memory is used up. */
bool transfer_prepare(struct job *job, double now, curl_closesocket_callback socket_closed, void *context);
/* Reads the outcome of job->easy into the job's record or error, and cleans the handle up. The handle is in no multi any more. */
void transfer_finish(struct job *job, CURLcode code);
/* Cleans the handle up without an outcome. */
void transfer_discard(struct job *job);

#endif
