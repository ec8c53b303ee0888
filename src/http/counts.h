/* What is counted of calls in this process, by operation: their results, how long they took, their tries, and how many
 * are in flight.
 *
 *   struct counts *counts = counts_of(provider, operation);
 *   counts_begin(counts);
 *   counts_try(counts, reused);
 *   counts_end(counts, error.kind, seconds);
 *
 * Any thread. Only counts_of takes a lock, for an operation that was not seen before. There is nothing to free: the
 * memory is static. A forked child begins with zeros. */
#ifndef CARDS_HTTP_COUNTS_H
#define CARDS_HTTP_COUNTS_H

#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "provider/error.h"
#include "provider/provider.h"

#define COUNTS_OPERATIONS 64 /* that are counted by their names; all others are counted together as other.other */
#define COUNTS_NAME       64 /* bytes of a name with its end; an operation with a longer one is among the others */
#define COUNTS_BOUNDS     12

/* The upper bounds of the histogram's buckets in seconds, ascending; a last bucket has what took longer. */
extern const double counts_bounds[COUNTS_BOUNDS];

/* The places of values: first those of results, by their kind. The tries have a cache line of their own, as in nginx
 * another thread counts them. */
enum {
  COUNTS_RESULTS = 0,
  COUNTS_BUCKETS = COUNTS_RESULTS + ERROR_KINDS,
  COUNTS_NANOSECONDS = COUNTS_BUCKETS + COUNTS_BOUNDS + 1, /* of all calls in the buckets */
  COUNTS_TRIES = 32,                                       /* over a new connection; the next one, over a kept one */
  COUNTS_VALUES = COUNTS_TRIES + 2
};

struct counts {
  alignas(64) _Atomic int64_t in_flight;
  _Atomic uint64_t values[COUNTS_VALUES];
  _Atomic uint64_t taken[COUNTS_VALUES]; /* what counts_take has returned so far */
  char provider[COUNTS_NAME], operation[COUNTS_NAME];
};

/* Once for the process, before anything is counted. */
void counts_setup(void);
/* Those of an operation. Never NULL. */
struct counts *counts_of(const struct provider *provider, const struct operation *operation);
/* The first one that there is, or the next one; NULL after the last one. */
struct counts *counts_next(const struct counts *counts);

/* A call was made. */
void counts_begin(struct counts *counts);
/* One of its requests is sent. NULL is allowed. */
void counts_try(struct counts *counts, bool reused);
/* It has ended: with an error of that kind, or ERROR_NONE; so many seconds after it was made, below 0 where it was
 * never started. */
void counts_end(struct counts *counts, enum error_kind kind, double seconds);
/* A call was refused before it was made. */
void counts_refuse(struct counts *counts, enum error_kind kind);
/* Takes back that a call has ended so: it goes on. */
void counts_undo(struct counts *counts, enum error_kind kind, double seconds);

static inline uint64_t counts_value(const struct counts *counts, size_t place) {
  return atomic_load_explicit(&counts->values[place], memory_order_relaxed);
}
/* How much the value has grown since it was taken last. */
uint64_t counts_take(struct counts *counts, size_t place);

#endif
