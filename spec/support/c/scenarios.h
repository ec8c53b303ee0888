/* Scenarios that are run while each of their allocations fails. */
#ifndef CARDS_SPEC_SCENARIOS_H
#define CARDS_SPEC_SCENARIOS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <unistd.h>

#include "failing.h"

/* A scenario returns false when it did not come to its good end: it was told so by an error or a false, and has given everything back. */
typedef bool scenario(void *context);

/* A resolver of libcurl's that was left behind gives back what it has when it ends. */
static inline bool is_balanced(long blocks) {
  for (int i = 0; i < 1000 && atomic_load(&lent) != blocks; i++)
    usleep(1000);
  return atomic_load(&lent) == blocks;
}

/* Runs it again and again while its first, second, third, … allocation fails, alone or with all after it, until it needs no more. Where `balanced`, nothing may be lost on
 * the way. Afterwards it comes to its good end as before. */
static inline void fail_each(scenario *run, void *context, bool on, bool balanced) {
  long blocks = atomic_load(&lent), n = 0, refused = 0;
  size_t secrets = secrets_open();
  for (bool failed = true; failed; n++) {
    atomic_store(&failing_on, on);
    atomic_store(&failing_at, n + 1);
    bool good = run(context);
    failed = atomic_load(&failing_at) <= 0;
    atomic_store(&failing_on, false);
    atomic_store(&failing_at, 0);
    refused += failed && !good;
    if (!failed && !good) fail_msg("it fails without a failing allocation, after %ld", n);
    if (balanced && !is_balanced(blocks)) fail_msg("allocation %ld: %ld blocks are lost", n + 1, atomic_load(&lent) - blocks);
    if (secrets_open() != secrets) fail_msg("allocation %ld: a secret is left", n + 1);
  }
  if (n < 2 || refused == 0) fail_msg("nothing was refused: %ld allocations", n - 1);
  if (!run(context)) fail_msg("it fails afterwards");
}

static inline void each_allocation_fails(scenario *run, void *context) {
  if (!run(context)) fail_msg("it fails without a failing allocation");
  fail_each(run, context, false, true);
  fail_each(run, context, true, true);
}

#endif
