/* Monotonic time in seconds, for deadlines and durations. Any thread. */
#ifndef CARDS_HTTP_CLOCK_H
#define CARDS_HTTP_CLOCK_H

#include <time.h>

static inline double clock_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail for this clock and a valid pointer */
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

#endif
