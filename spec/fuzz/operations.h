/* Every operation of the registry, by number. */
#ifndef CARDS_SPEC_FUZZ_OPERATIONS_H
#define CARDS_SPEC_FUZZ_OPERATIONS_H

#include "fuzz.h"
#include "provider/builtin/builtin.h"

static inline unsigned count_operations(void) {
  size_t count = 0;
  for (size_t i = 0; registry[i]; i++)
    count += registry[i]->operation_count;
  return (unsigned)count;
}

/* The operation that the next digit chooses. */
static inline const struct operation *cut_operation(struct piece *rest, const struct provider **provider) {
  size_t number = cut_choice(rest, '0', count_operations());
  for (size_t i = 0; registry[i]; i++) {
    *provider = registry[i];
    if (number < registry[i]->operation_count) return &registry[i]->operations[number];
    number -= registry[i]->operation_count;
  }
  abort();
}

#endif
