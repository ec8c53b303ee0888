/* Threads that use a thing at random, beside each other and under forks. A churn makes so many random steps and is true while the thing is sane. */
#ifndef CARDS_SPEC_CHURN_H
#define CARDS_SPEC_CHURN_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "child.h"

#define MOST_CHURNERS 4

struct churner {
  int (*churn)(unsigned seed, int steps);
  unsigned seed;
  int steps;
  atomic_bool stop; /* for churn_until_stopped */
};

static inline void *churn_once(void *churner) {
  struct churner *self = churner;
  return self->churn(self->seed, self->steps) ? self : NULL;
}

static inline void *churn_until_stopped(void *churner) {
  struct churner *self = churner;
  for (unsigned seed = self->seed;; seed++) {
    int stop = atomic_load(&self->stop);
    if (stop || !self->churn(seed, self->steps)) return stop ? self : NULL;
  }
}

static inline void join_sane(pthread_t thread) {
  void *sane;
  assert_int_equal(pthread_join(thread, &sane), 0);
  assert_non_null(sane);
}

/* So many threads at once, each with a seed of its own. */
static inline void churn_in_threads(int (*churn)(unsigned seed, int steps), unsigned first_seed, int count) {
  pthread_t threads[MOST_CHURNERS];
  static struct churner churners[MOST_CHURNERS]; /* not on the stack, which a failed assert leaves while they run */
  assert_true(count <= MOST_CHURNERS);
  for (int i = 0; i < count; i++) {
    churners[i] = (struct churner){ .churn = churn, .seed = first_seed + (unsigned)i, .steps = 5000 };
    assert_int_equal(pthread_create(&threads[i], NULL, churn_once, &churners[i]), 0);
  }
  for (int i = 0; i < count; i++)
    join_sane(threads[i]);
}

/* Runs the body in 30 children, one after the other, while a thread of the parent churns, so many steps at a time. */
static inline void fork_under_churn(int (*churn)(unsigned seed, int steps), int steps, void (*body)(void *)) {
  pthread_t thread;
  static struct churner churner; /* see above */
  churner = (struct churner){ .churn = churn, .seed = 20, .steps = steps };
  assert_int_equal(pthread_create(&thread, NULL, churn_until_stopped, &churner), 0);
  for (int i = 0; i < 30; i++)
    run_in_child(body, NULL);
  atomic_store(&churner.stop, true);
  join_sane(thread);
}

#endif
