/* When a call that failed is sent again. */
#ifndef CARDS_HTTP_RETRY_H
#define CARDS_HTTP_RETRY_H

#include "http/job.h"

/* True when the job's error is worth another attempt, with one left and time for it before the deadline; *at is then when (monotonic seconds): after what the provider asked
 * for, else after full jitter over a doubling time. */
bool retry_next(const struct job *job, double now, double *at);

#endif
