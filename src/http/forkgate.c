#include "http/forkgate.h"

#include <pthread.h>
#include <stdlib.h>

/* Whoever forks takes the gate first: a busy thread, which rests only for moments, then cannot go by. */
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER, working = PTHREAD_MUTEX_INITIALIZER;

static void take(pthread_mutex_t *mutex) {
  if (pthread_mutex_lock(mutex) != 0) abort();
}

static void leave(pthread_mutex_t *mutex) {
  if (pthread_mutex_unlock(mutex) != 0) abort();
}

void forkgate_work(void) {
  take(&gate);
  take(&working);
  leave(&gate);
}

void forkgate_rest(void) {
  leave(&working);
}

void forkgate_close(void) {
  take(&gate);
  take(&working);
}

void forkgate_open(void) {
  leave(&working);
  leave(&gate);
}
