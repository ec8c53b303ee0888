/* Random numbers that a seed repeats: a property that fails for a seed can be tried again with it alone. */
#ifndef CARDS_SPEC_RANDOM_H
#define CARDS_SPEC_RANDOM_H

#include <stdint.h>

struct random {
  uint64_t state; /* never 0 */
};

static inline struct random random_of(uint64_t seed) {
  return (struct random){ .state = seed * 2 + 1 };
}

/* A number from 0 to below - 1 (xorshift64). */
static inline unsigned pick(struct random *random, unsigned below) {
  random->state ^= random->state << 13;
  random->state ^= random->state >> 7;
  random->state ^= random->state << 17;
  return (unsigned)((random->state >> 20) % below);
}

#endif
