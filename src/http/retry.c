#include "http/retry.h"

#include <stdint.h>
#include <sys/random.h>

#define FIRST_DELAY 0.5 /* seconds; doubles with every attempt */
#define MAX_DELAY   8.0

/* Uniform in [0, 1). */
static double jitter(void) {
  uint32_t random;
  if (getrandom(&random, sizeof random, GRND_NONBLOCK) != (ssize_t)sizeof random) return 0.5;
  return random / 4294967296.0;
}

bool retry_next(const struct job *job, double now, double *at) {
  const struct error *error = &job->error;
  if (job->retries <= 0 || !error->retryable || error->kind == ERROR_BUSY) return false;
  double delay = FIRST_DELAY;
  for (int i = 1; i < job->attempts && delay < MAX_DELAY; i++)
    delay *= 2;
  if (delay > MAX_DELAY) delay = MAX_DELAY;
  delay = error->retry_after >= 0 ? error->retry_after : delay * jitter();
  *at = now + delay;
  return *at < job->deadline;
}
