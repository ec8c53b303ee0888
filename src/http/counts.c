#include "http/counts.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define RECENT_BITS 7

const double counts_bounds[COUNTS_BOUNDS] = { 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30 };

#define LINE(place) ((offsetof(struct counts, values) + (place) * sizeof(uint64_t)) / 64)
_Static_assert(LINE(COUNTS_NANOSECONDS) < LINE(COUNTS_TRIES) && LINE(COUNTS_TRIES) == LINE(COUNTS_TRIES + 1), "the tries have a cache line");

static pthread_mutex_t adding = PTHREAD_MUTEX_INITIALIZER;
static struct counts all[COUNTS_OPERATIONS + 1]; /* the first one is other.other */
static _Atomic size_t used = 1;
/* Where an operation was found last, by its address. Another one may have that address later, so its names count. */
static _Atomic(struct counts *) recent[1 << RECENT_BITS];

static void add(_Atomic uint64_t *value, uint64_t more) {
  atomic_fetch_add_explicit(value, more, memory_order_relaxed);
}

/* --- which counts --- */

static bool is_of(const struct counts *counts, const struct provider *provider, const struct operation *operation) {
  return strcmp(counts->operation, operation->name) == 0 && strcmp(counts->provider, provider->name) == 0;
}

static struct counts *find(size_t from, const struct provider *provider, const struct operation *operation) {
  size_t count = atomic_load_explicit(&used, memory_order_acquire);
  for (size_t i = from; i < count; i++)
    if (is_of(&all[i], provider, operation)) return &all[i];
  return NULL;
}

static void set_names(struct counts *counts, const char *provider, const char *operation) {
  memcpy(counts->provider, provider, strlen(provider) + 1);
  memcpy(counts->operation, operation, strlen(operation) + 1);
}

static struct counts *find_or_add(const struct provider *provider, const struct operation *operation) {
  size_t count = atomic_load_explicit(&used, memory_order_acquire);
  struct counts *found = find(1, provider, operation);
  bool fits = strlen(provider->name) < COUNTS_NAME && strlen(operation->name) < COUNTS_NAME;
  if (found || count > COUNTS_OPERATIONS || !fits) return found ? found : all;
  if (pthread_mutex_lock(&adding) != 0) abort();
  found = find(count, provider, operation); /* another thread may have added it */
  count = atomic_load_explicit(&used, memory_order_relaxed);
  if (!found && count <= COUNTS_OPERATIONS) {
    found = &all[count];
    set_names(found, provider->name, operation->name);
    atomic_store_explicit(&used, count + 1, memory_order_release);
  }
  if (pthread_mutex_unlock(&adding) != 0) abort();
  return found ? found : all;
}

struct counts *counts_of(const struct provider *provider, const struct operation *operation) {
  size_t place = (uint64_t)(uintptr_t)operation * UINT64_C(0x9E3779B97F4A7C15) >> (64 - RECENT_BITS);
  struct counts *counts = atomic_load_explicit(&recent[place], memory_order_acquire);
  if (counts && is_of(counts, provider, operation)) return counts;
  counts = find_or_add(provider, operation);
  if (counts != all) atomic_store_explicit(&recent[place], counts, memory_order_release);
  return counts;
}

struct counts *counts_next(const struct counts *counts) {
  size_t next = counts ? (size_t)(counts - all) + 1 : 0;
  return next < atomic_load_explicit(&used, memory_order_acquire) ? &all[next] : NULL;
}

/* --- counting --- */

static size_t bucket_of(double seconds) {
  size_t bucket = 0;
  while (bucket < COUNTS_BOUNDS && seconds > counts_bounds[bucket])
    bucket++;
  return COUNTS_BUCKETS + bucket;
}

static uint64_t nanoseconds(double seconds) {
  return (uint64_t)(seconds * 1e9);
}

void counts_begin(struct counts *counts) {
  atomic_fetch_add_explicit(&counts->in_flight, 1, memory_order_relaxed);
}

void counts_try(struct counts *counts, bool reused) {
  if (counts) add(&counts->values[COUNTS_TRIES + reused], 1);
}

void counts_end(struct counts *counts, enum error_kind kind, double seconds) {
  add(&counts->values[COUNTS_RESULTS + kind], 1);
  atomic_fetch_sub_explicit(&counts->in_flight, 1, memory_order_relaxed);
  if (seconds < 0) return;
  add(&counts->values[bucket_of(seconds)], 1);
  add(&counts->values[COUNTS_NANOSECONDS], nanoseconds(seconds));
}

void counts_refuse(struct counts *counts, enum error_kind kind) {
  add(&counts->values[COUNTS_RESULTS + kind], 1);
}

void counts_undo(struct counts *counts, enum error_kind kind, double seconds) {
  add(&counts->values[COUNTS_RESULTS + kind], (uint64_t)-1);
  if (seconds < 0) return;
  add(&counts->values[bucket_of(seconds)], (uint64_t)-1);
  add(&counts->values[COUNTS_NANOSECONDS], -nanoseconds(seconds));
}

uint64_t counts_take(struct counts *counts, size_t place) {
  uint64_t value = counts_value(counts, place), before = atomic_load_explicit(&counts->taken[place], memory_order_relaxed);
  while (value > before)
    if (atomic_compare_exchange_weak_explicit(&counts->taken[place], &before, value, memory_order_relaxed, memory_order_relaxed))
      return value - before;
  return 0;
}

/* --- forks --- */

/* In the child, which has one thread. What the parent has counted stays the parent's. */
static void forget(void) {
  for (struct counts *counts = counts_next(NULL); counts; counts = counts_next(counts)) {
    for (size_t i = 0; i < COUNTS_VALUES; i++) {
      atomic_store_explicit(&counts->values[i], 0, memory_order_relaxed);
      atomic_store_explicit(&counts->taken[i], 0, memory_order_relaxed);
    }
    atomic_store_explicit(&counts->in_flight, 0, memory_order_relaxed);
  }
}

static void before_fork(void) {
  if (pthread_mutex_lock(&adding) != 0) abort();
}

static void after_fork(void) {
  if (pthread_mutex_unlock(&adding) != 0) abort();
}

static void in_child(void) {
  forget();
  after_fork();
}

void counts_setup(void) {
  set_names(all, "other", "other");
  if (pthread_atfork(before_fork, after_fork, in_child) != 0) abort();
}
