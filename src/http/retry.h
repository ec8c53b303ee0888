/* When a call that failed is sent again. A pure function, except for its random numbers. */
#ifndef CARDS_HTTP_RETRY_H
#define CARDS_HTTP_RETRY_H

#include "http/job.h"

/* True when the job's error is worth another attempt, the job has one left, and there is time before its deadline.
 * *at is then when it begins, in monotonic seconds: after the time that the provider asked for, otherwise after a
 * random part ("full jitter") of a time that doubles with each attempt, from 0.5 s to 8 s. */
bool retry_next(const struct job *job, double now, double *at);

#endif
