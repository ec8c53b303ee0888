/* One attempt of a job: its request over a connection, the answer into its record or error. */
#ifndef CARDS_HTTP_EXCHANGE_H
#define CARDS_HTTP_EXCHANGE_H

#include "http/connection/connection.h"
#include "http/job.h"

enum exchange_state {
  EXCHANGE_GOES_ON, /* the connection waits for the other side */
  EXCHANGE_PAUSES,  /* so much has come that others and the clock are first; the connection is ready again at once */
  EXCHANGE_DONE,    /* the job has its record or error */
  EXCHANGE_REPLACE  /* the kept connection had ended before: nothing of an answer came, and the operation may be sent again */
};

/* Prepares for an attempt. */
void exchange_begin(struct job *job);
/* Sends what goes of the request; job->connection is open. scratch as for exchange_receive. */
enum exchange_state exchange_send(struct job *job, char *scratch, size_t size);
/* Takes what has come, by way of `size` bytes of scratch, which are wiped. */
enum exchange_state exchange_receive(struct job *job, char *scratch, size_t size);
/* The connection could not be made: sets the job's error. */
void exchange_unconnected(struct job *job, CURLcode code);
/* Whether the request may be sent again: nothing of it went out in this attempt, or the operation only reads. */
bool exchange_may_repeat(const struct job *job);
/* Whether the connection of a job that is done may carry another request. */
bool exchange_leaves_open(const struct job *job);

#endif
