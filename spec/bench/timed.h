/* What programs have in common that do the same again and again and say how long it took: checks, files, clocks. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static inline void must(bool ok, const char *what) {
  if (ok) return;
  fprintf(stderr, "%s: %s failed\n", program_invocation_short_name, what);
  exit(1);
}

static inline FILE *open_file(const char *folder, const char *name, const char *mode) {
  char path[4096];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  FILE *file = fopen(path, mode);
  must(file, path);
  return file;
}

static inline double now(clockid_t clock) {
  struct timespec time;
  clock_gettime(clock, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* Calls `once` for so many seconds of CPU, and prints "count seconds cpu_seconds". The first calls, which fetch and read, are not counted. */
static inline void measure(void (*once)(void *user), void *user, double seconds) {
  long count = 0;
  for (int i = 0; i < 50; i++)
    once(user);
  double started = now(CLOCK_MONOTONIC), cpu = now(CLOCK_PROCESS_CPUTIME_ID);
  while (now(CLOCK_PROCESS_CPUTIME_ID) - cpu < seconds)
    for (int i = 0; i < 50; i++, count++)
      once(user);
  printf("%ld %.6f %.6f\n", count, now(CLOCK_MONOTONIC) - started, now(CLOCK_PROCESS_CPUTIME_ID) - cpu);
}
