#include "http/fork_lock.h"

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

void fork_lock_enter(void) {
  take(&gate);
  take(&working);
  leave(&gate);
}

void fork_lock_leave(void) {
  leave(&working);
}

void fork_lock_acquire(void) {
  take(&gate);
  take(&working);
}

void fork_lock_release(void) {
  leave(&working);
  leave(&gate);
}
