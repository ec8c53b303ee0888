/* src/secret/secret across forks: a child never sees what its parent holds. */
#define _GNU_SOURCE 1
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "churn.h"
#include "secret/secret.h"
#include "secret_use.h"

static void look_from_grandchild(void *inherited) {
  struct secret *secrets = inherited;
  CHILD_CHECK(secret_state(&secrets[0]) == SECRET_FORKED);
  CHILD_CHECK(secret_state(&secrets[1]) == SECRET_FORKED);
  CHILD_CHECK(churn(4, 500));
}

static void look_from_child(void *inherited) {
  struct secret *secrets = inherited;
  const char *why = NULL;
  CHILD_CHECK(secret_state(&secrets[0]) == SECRET_FORKED);
  CHILD_CHECK(strcmp(secret_state_reason(&secrets[0]), "was made before this process was forked") == 0);
  CHILD_CHECK(!secret_equals(&secrets[0], PAN, 16));
  CHILD_CHECK(stats().open == 0 && stats().used == 0);
  CHILD_CHECK(secret_init(&secrets[2], SECRET_PAN, "5500000000000004", 16, &why));
  secret_wipe(&secrets[0]);
  CHILD_CHECK(secret_state(&secrets[0]) == SECRET_CLOSED && stats().open == 1);
  CHILD_CHECK(secret_equals(&secrets[2], "5500000000000004", 16) && churn(3, 500));

  secrets[0] = secrets[2];
  int status = status_of_child(look_from_grandchild, secrets);
  CHILD_CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void a_forked_child_has_an_arena_of_its_own(void **state) {
  (void)state;
  struct secret secrets[3] = { 0 };
  const char *why = NULL;
  assert_true(secret_init(&secrets[0], SECRET_PAN, PAN, 16, &why));
  assert_true(secret_init(&secrets[1], SECRET_CVV, "123", 3, &why));
  run_in_child(look_from_child, secrets);
  assert_int_equal(secret_state(&secrets[0]), SECRET_OPEN);
  assert_true(secret_equals(&secrets[0], PAN, 16));
  assert_true(secret_equals(&secrets[1], "123", 3));
  secret_wipe(&secrets[0]);
  secret_wipe(&secrets[1]);
}

/* What a child sees that was made past the fork handlers, as by a raw clone. */
static void fork_without_handlers(void **state) {
  (void)state;
  struct secret secret;
  const char *why = NULL;
  assert_true(secret_init(&secret, SECRET_PAN, PAN, 16, &why));
  if (!stats().wiped_on_fork) skip();
  pid_t pid = (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
  assert_true(pid >= 0);
  if (pid == 0) {
    for (int i = 0; i < 16; i++)
      if (secret.bytes[i] != 0) _exit(1);
    _exit(0);
  }
  int status;
  assert_int_equal(waitpid(pid, &status, 0), pid);
  assert_true(WIFEXITED(status));
  assert_int_equal(WEXITSTATUS(status), 0);
  secret_wipe(&secret);
}

static void use_in_child(void *unused) {
  (void)unused;
  CHILD_CHECK(stats().open == 0);
  CHILD_CHECK(churn(3, 300));
}

static void a_child_forked_under_a_busy_thread_can_make_secrets(void **state) {
  (void)state;
  fork_under_churn(churn, 200, use_in_child);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_forked_child_has_an_arena_of_its_own),
    cmocka_unit_test(fork_without_handlers),
    cmocka_unit_test(a_child_forked_under_a_busy_thread_can_make_secrets),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
