/* One attempt of a job: an easy handle, made for it and cleaned up after it (a handle that lives on keeps copies of what went through it). */
#ifndef CARDS_ENGINE_TRANSFER_H
#define CARDS_ENGINE_TRANSFER_H

#include "job.h"
#include "sockets.h"

/* A handle with everything that a client's settings say and nothing of any call, so that it can be made while another call waits; for those sockets only. NULL when
 * libcurl refuses an option or memory is used up. */
CURL *transfer_blank(const struct settings *settings, struct sockets *sockets);
/* Fills blank (which it takes over; may be NULL) in for the job's request and the time that is left, as job->easy. False with job->error set when that fails. */
bool transfer_prepare(struct job *job, CURL *blank, double now);
/* Reads the outcome of job->easy into the job's record or error, and cleans the handle up. The handle is in no multi any more. */
void transfer_finish(struct job *job, CURLcode code);
/* Cleans the handle up without an outcome. */
void transfer_discard(struct job *job);

#endif
