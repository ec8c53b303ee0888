/* One attempt of a job: sends its request over job->connection, and turns the answer into the job's record or error.
 *
 * Called by the thread that owns the engine. Received bytes pass through `scratch`, a buffer of `size` bytes, which
 * is wiped each time. */
#ifndef CARDS_HTTP_EXCHANGE_H
#define CARDS_HTTP_EXCHANGE_H

#include "http/connection/connection.h"
#include "http/job.h"

enum exchange_state {
  EXCHANGE_GOES_ON, /* waits for the other side */
  EXCHANGE_PAUSES,  /* has read so much that other connections and the clock come first; it is ready again at once */
  EXCHANGE_DONE,    /* the job has its record or error */
  EXCHANGE_REPLACE  /* the kept connection had ended before: no byte of an answer came, and the operation may be sent again */
};

/* Prepares the job for an attempt. */
void exchange_begin(struct job *job);
/* Sends as much of the request as the open connection takes. */
enum exchange_state exchange_send(struct job *job, char *scratch, size_t size);
/* Reads what has arrived. */
enum exchange_state exchange_receive(struct job *job, char *scratch, size_t size);
/* Sets the error of a job whose connection could not be made. */
void exchange_unconnected(struct job *job, CURLcode code);
/* Whether the request may be sent again: nothing was sent in this attempt, or the operation only reads. */
bool exchange_may_repeat(const struct job *job);
/* Whether the connection of a job that is done may carry another request. */
bool exchange_leaves_open(const struct job *job);

#endif
