/* What only a process of its own can try: limits, faults, a fork. A child that cannot try says why, and its test counts as skipped. */
#ifndef CARDS_SPEC_CHILD_H
#define CARDS_SPEC_CHILD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHILD_SKIPS 77

/* In a forked child, where cmocka's asserts would run on with the parent's remaining tests. */
#define CHILD_CHECK(condition)                                                                                                                       \
  do {                                                                                                                                               \
    if (!(condition)) {                                                                                                                              \
      fprintf(stderr, "%s:%d: in a child: %s\n", __FILE__, __LINE__, #condition);                                                                    \
      _exit(1);                                                                                                                                      \
    }                                                                                                                                                \
  } while (0)

/* For the child. */
_Noreturn static inline void cannot_try(const char *reason) {
  fprintf(stderr, "skipped: %s\n", reason);
  _exit(CHILD_SKIPS);
}

/* How a child ended, as waitpid tells it; one whose body returns exits with 0. */
static inline int status_of_child(void (*body)(void *), void *argument) {
  fflush(NULL);
  pid_t pid = fork();
  assert_true(pid >= 0);
  if (pid == 0) {
    body(argument);
    _exit(0);
  }
  int status;
  assert_int_equal(waitpid(pid, &status, 0), pid);
  return status;
}

static inline void skip_if_child_did(int status) {
  if (WIFEXITED(status) && WEXITSTATUS(status) == CHILD_SKIPS) skip();
}

static inline void run_in_child(void (*body)(void *), void *argument) {
  int status = status_of_child(body, argument);
  skip_if_child_did(status);
  assert_true(WIFEXITED(status));
  assert_int_equal(WEXITSTATUS(status), 0);
}

#endif
