/* What is counted of one call, COUNT times over the two operations of a provider: prints "count seconds cpu_seconds". */
#include <string.h>

#include "timed.h"

#include "http/counts.h"
#include "http/engine.h"
#include "secret/secret.h"

/* As src/lua/job.c and src/http/engine.c do it. */
static void count_one(const struct provider *provider, const struct operation *operation, double seconds) {
  struct counts *counts = counts_of(provider, operation);
  counts_begin(counts);
  uint32_t generation = secret_generation();
  counts_try(counts, true);
  if (generation == secret_generation()) counts_end(counts, ERROR_NONE, seconds);
}

int main(int argc, char **argv) {
  must(argc == 2, "an argument");
  long count = strtol(argv[1], NULL, 10);
  static const struct operation operations[] = { { .name = "private_info" }, { .name = "retrieve_token" } };
  static const struct provider provider = { .name = "alix", .operations = operations, .operation_count = 2 };
  engine_setup();
  double started = now(CLOCK_MONOTONIC), cpu = now(CLOCK_PROCESS_CPUTIME_ID);
  for (long i = 0; i < count; i++)
    count_one(&provider, &operations[i & 1], (double)(i & 63) / 64);
  printf("%ld %.6f %.6f\n", count, now(CLOCK_MONOTONIC) - started, now(CLOCK_PROCESS_CPUTIME_ID) - cpu);
  return 0;
}
