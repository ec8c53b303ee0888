/* src/base/secret. Limits and forks are tried in children; a child that cannot try says why and the test counts as skipped. */
#define _GNU_SOURCE 1
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <linux/capability.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../src/base/secret.h"

#define CHILD_SKIPS 77
#define ARENA_BYTES ((size_t)64 << 20)
#define PAN         "4111111111111111"

/* In a forked child, where cmocka's asserts would run on with the parent's remaining tests. */
#define CHILD_CHECK(condition)                                                                                                                       \
  do {                                                                                                                                               \
    if (!(condition)) {                                                                                                                              \
      fprintf(stderr, "%s:%d: in a child: %s\n", __FILE__, __LINE__, #condition);                                                                    \
      _exit(1);                                                                                                                                      \
    }                                                                                                                                                \
  } while (0)

static int status_of_child(void (*body)(void *), void *argument) {
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

static void run_in_child(void (*body)(void *), void *argument) {
  int status = status_of_child(body, argument);
  if (WIFEXITED(status) && WEXITSTATUS(status) == CHILD_SKIPS) skip();
  assert_true(WIFEXITED(status));
  assert_int_equal(WEXITSTATUS(status), 0);
}

static void cannot_try(const char *reason) {
  fprintf(stderr, "skipped: %s\n", reason);
  _exit(CHILD_SKIPS);
}

/* Leaves the child with `bytes` to lock and no way around it. */
static void limit_locking(rlim_t bytes) {
  struct rlimit limit;
  CHILD_CHECK(getrlimit(RLIMIT_MEMLOCK, &limit) == 0);
  limit.rlim_cur = bytes;
  if (setrlimit(RLIMIT_MEMLOCK, &limit) != 0) cannot_try("RLIMIT_MEMLOCK cannot be set here");

  struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
  struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3];
  CHILD_CHECK(syscall(SYS_capget, &header, sets) == 0);
  sets[0].effective &= ~(1u << CAP_IPC_LOCK);
  sets[0].permitted &= ~(1u << CAP_IPC_LOCK);
  if (syscall(SYS_capset, &header, sets) != 0) cannot_try("CAP_IPC_LOCK cannot be dropped here");

  size_t more = (size_t)bytes + (size_t)sysconf(_SC_PAGESIZE);
  void *probe = mmap(NULL, more, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHILD_CHECK(probe != MAP_FAILED);
  if (mlock(probe, more) == 0) cannot_try("mlock does not obey the limit (a sanitizer replaces it)");
  CHILD_CHECK(munmap(probe, more) == 0);
}

static struct secret_stats stats(void) {
  struct secret_stats now;
  secret_stats(&now);
  return now;
}

static void holds_wipes_and_closes(void **state) {
  (void)state;
  struct secret secret = { 0 };
  const char *why = NULL;
  assert_int_equal(secret_state(&secret), SECRET_CLOSED);
  assert_true(secret_init(&secret, SECRET_PAN, PAN, 16, &why));
  assert_int_equal(secret_state(&secret), SECRET_OPEN);
  assert_null(secret_state_reason(&secret));
  assert_int_equal(secret.class, SECRET_PAN);
  assert_int_equal(secret.len, 16);
  assert_memory_equal(secret.bytes, PAN, 16);
  assert_int_equal(stats().open, 1);
  assert_int_equal(stats().used, 16);

  const unsigned char *slot = secret.bytes;
  secret_wipe(&secret);
  for (int i = 0; i < 16; i++)
    assert_int_equal(slot[i], 0);
  assert_int_equal(secret_state(&secret), SECRET_CLOSED);
  assert_string_equal(secret_state_reason(&secret), "is closed");
  assert_int_equal(stats().open, 0);
  assert_int_equal(stats().used, 0);
}

static void a_second_wipe_does_nothing(void **state) {
  (void)state;
  struct secret secret;
  struct secret other;
  const char *why = NULL;
  assert_true(secret_init(&secret, SECRET_CVV, "123", 3, &why));
  secret_wipe(&secret);
  assert_true(secret_init(&other, SECRET_CVV, "456", 3, &why)); /* in the slot that was freed */
  secret_wipe(&secret);
  assert_memory_equal(other.bytes, "456", 3);
  assert_int_equal(stats().open, 1);
  secret_wipe(&other);
}

static void a_secret_may_be_empty(void **state) {
  (void)state;
  struct secret secret;
  const char *why = NULL;
  assert_true(secret_init(&secret, SECRET_TOKEN, NULL, 0, &why));
  assert_int_equal(secret_state(&secret), SECRET_OPEN);
  assert_true(secret_equals(&secret, "", 0));
  assert_false(secret_equals(&secret, "a", 1));
  secret_wipe(&secret);
}

static void refuses_what_is_too_long(void **state) {
  (void)state;
  struct secret secret;
  const char *why = NULL;
  if (stats().limit >= 2 * (size_t)SECRET_MAX_LEN) {
    assert_true(secret_reserve(&secret, SECRET_UNDECLARED, SECRET_MAX_LEN, &why));
    secret_wipe(&secret);
  }
  assert_false(secret_reserve(&secret, SECRET_UNDECLARED, SECRET_MAX_LEN + 1, &why));
  assert_int_equal(secret_state(&secret), SECRET_CLOSED);
  assert_non_null(strstr(why, "1048576"));
  secret_wipe(&secret);
}

static void compares(void **state) {
  (void)state;
  struct secret secret;
  const char *why = NULL;
  assert_true(secret_init(&secret, SECRET_PAN, PAN, 16, &why));
  assert_true(secret_equals(&secret, PAN, 16));
  assert_false(secret_equals(&secret, "4111111111111112", 16));
  assert_false(secret_equals(&secret, "5111111111111111", 16));
  assert_false(secret_equals(&secret, PAN, 15));
  secret_wipe(&secret);
  assert_false(secret_equals(&secret, "", 0));
}

static void classes_have_names(void **state) {
  (void)state;
  for (unsigned i = 0; i < SECRET_CLASSES; i++) {
    enum secret_class class = SECRET_CLASSES;
    assert_true(secret_class_from_name(secret_class_name((enum secret_class)i), &class));
    assert_int_equal(class, i);
  }
  enum secret_class class;
  assert_false(secret_class_from_name("PAN", &class));
  assert_string_equal(secret_class_name(SECRET_CREDENTIAL), "credential");
}

/* The VmFlags that the kernel lists for the mapping that holds an address. */
static void kernel_flags(const void *address, char *flags, size_t size) {
  char line[512];
  int inside = 0;
  flags[0] = '\0';
  FILE *file = fopen("/proc/self/smaps", "r");
  assert_non_null(file);
  while (fgets(line, sizeof line, file) != NULL) {
    uintptr_t start;
    uintptr_t end;
    if (sscanf(line, "%lx-%lx ", &start, &end) == 2) inside = start <= (uintptr_t)address && (uintptr_t)address < end;
    if (inside && strncmp(line, "VmFlags:", 8) == 0) snprintf(flags, size, "%s", line);
  }
  fclose(file);
}

static void the_kernel_knows_what_the_stats_say(void **state) {
  (void)state;
  struct secret secret;
  const char *why = NULL;
  char flags[512];
  assert_true(secret_init(&secret, SECRET_PAN, PAN, 16, &why));
  struct secret_stats now = stats();
  kernel_flags(secret.bytes, flags, sizeof flags);
  if (now.locked && strstr(flags, " lo") == NULL)
    fprintf(stderr, "not tried: mlock does nothing here (a sanitizer replaces it)\n");
  else
    assert_true(now.locked == (strstr(flags, " lo") != NULL));
  assert_true(now.locked == (now.reason == NULL));
  assert_true(now.dump_excluded == (strstr(flags, " dd") != NULL));
  assert_true(now.wiped_on_fork == (strstr(flags, " wf") != NULL));
  assert_true(now.committed > 0);
  secret_wipe(&secret);
}

static void thousands_fit(void **state) {
  (void)state;
  size_t limit = stats().limit;
  size_t count = limit / 32 < 20000 ? limit / 32 : 20000;
  struct secret *secrets = calloc(count, sizeof *secrets);
  const char *why = NULL;
  char digits[32];
  assert_non_null(secrets);
  for (size_t i = 0; i < count; i++) {
    snprintf(digits, sizeof digits, "%016zu", i);
    assert_true(secret_init(&secrets[i], SECRET_PAN, digits, 16, &why));
  }
  assert_int_equal(stats().open, count);
  assert_int_equal(stats().used, count * 16);
  for (size_t i = 0; i < count; i++) {
    snprintf(digits, sizeof digits, "%016zu", i);
    assert_true(secret_equals(&secrets[i], digits, 16));
    secret_wipe(&secrets[i]);
  }
  assert_int_equal(stats().used, 0);
  free(secrets);
}

#define MODEL_SECRETS 300

struct model_secret {
  struct secret secret;
  unsigned char fill;
};

static size_t random_len(unsigned *seed) {
  static const size_t most[] = { 9, 17, 100, 2100, 2100, 20000 };
  return (size_t)rand_r(seed) % most[(size_t)rand_r(seed) % 6];
}

/* True while every open secret holds what was put in and every slot is zero when it is taken and when it is given back. */
static int churn(unsigned seed, int steps) {
  struct model_secret model[MODEL_SECRETS] = { 0 }; /* not malloc'ed: a sanitizer's malloc is not sane in a child forked under threads */
  const char *why = NULL;
  int sane = 1;
  for (int step = 0; sane && step < steps; step++) {
    struct model_secret *one = &model[(size_t)rand_r(&seed) % MODEL_SECRETS];
    if (secret_state(&one->secret) == SECRET_OPEN) {
      for (size_t i = 0; i < one->secret.len; i++)
        sane &= one->secret.bytes[i] == one->fill;
      secret_wipe(&one->secret);
      continue;
    }
    one->fill = (unsigned char)rand_r(&seed);
    size_t len = random_len(&seed);
    if (!secret_reserve(&one->secret, SECRET_TOKEN, len, &why)) {
      sane &= strstr(why, "full") != NULL && secret_state(&one->secret) == SECRET_CLOSED;
      continue;
    }
    for (size_t i = 0; i < len; i++)
      sane &= one->secret.bytes[i] == 0;
    memset(one->secret.bytes, one->fill, len);
  }
  for (int i = 0; i < MODEL_SECRETS; i++)
    secret_wipe(&model[i].secret);
  return sane;
}

static void random_use_matches_a_model(void **state) {
  (void)state;
  assert_true(churn(1, 30000));
  assert_int_equal(stats().used, 0);
  assert_int_equal(stats().open, 0);
}

static void *churn_in_thread(void *seed) {
  return churn(*(unsigned *)seed, 5000) ? seed : NULL;
}

static void threads_do_not_disturb_each_other(void **state) {
  (void)state;
  pthread_t threads[2];
  unsigned seeds[2] = { 5, 6 };
  for (int i = 0; i < 2; i++)
    assert_int_equal(pthread_create(&threads[i], NULL, churn_in_thread, &seeds[i]), 0);
  for (int i = 0; i < 2; i++) {
    void *sane;
    assert_int_equal(pthread_join(threads[i], &sane), 0);
    assert_non_null(sane);
  }
  assert_int_equal(stats().open, 0);
}

static void open_until_full(void *unused) {
  (void)unused;
  limit_locking(65536);
  static struct secret secrets[5000];
  const char *why = NULL;
  struct secret_stats before = stats();
  CHILD_CHECK(before.locked && before.limit == 65536);
  for (int round = 0; round < 2; round++) {
    size_t count = 0;
    while (count < 5000 && secret_init(&secrets[count], SECRET_PAN, PAN, 16, &why))
      count++;
    CHILD_CHECK(count >= 3900 && count < 5000);
    CHILD_CHECK(strcmp(why, "the arena of secrets is full: this process may lock 65536 bytes (ulimit -l); close secrets or raise the limit") == 0);
    CHILD_CHECK(secret_state(&secrets[count]) == SECRET_CLOSED);
    CHILD_CHECK(stats().locked && stats().committed <= 65536 && stats().used == count * 16 && secret_arena_is_tight());
    for (size_t i = 0; i < count; i++) {
      CHILD_CHECK(secret_equals(&secrets[i], PAN, 16));
      secret_wipe(&secrets[i]);
    }
    CHILD_CHECK(stats().used == 0 && !secret_arena_is_tight());
  }
  CHILD_CHECK(!secret_reserve(&secrets[0], SECRET_TOKEN, 65537, &why));
  /* What is locked serves every size once it is free. */
  CHILD_CHECK(secret_reserve(&secrets[0], SECRET_TOKEN, 60000, &why));
  secret_wipe(&secrets[0]);
  for (size_t i = 0; i < 30; i++)
    CHILD_CHECK(secret_reserve(&secrets[i], SECRET_TOKEN, 2048, &why));
  CHILD_CHECK(secret_arena_is_tight());
  /* No page is left for 8-byte slots, one larger slot is. */
  CHILD_CHECK(secret_reserve(&secrets[30], SECRET_TOKEN, 2048, &why) && secret_init(&secrets[31], SECRET_CVV, "123", 3, &why));
  CHILD_CHECK(!secret_init(&secrets[32], SECRET_CVV, "123", 3, &why));
  CHILD_CHECK(secret_equals(&secrets[31], "123", 3));
}

static void a_lock_limit_of_64_kib_holds_3900_card_numbers(void **state) {
  (void)state;
  run_in_child(open_until_full, NULL);
}

static void live_unlocked(void *reason) {
  struct secret secret;
  const char *why = NULL;
  CHILD_CHECK(!stats().locked && strstr(stats().reason, reason) != NULL);
  for (int i = 0; i < 3000; i++)
    CHILD_CHECK(secret_init(&secret, SECRET_PAN, PAN, 16, &why));
  CHILD_CHECK(stats().open == 3000 && !secret_arena_is_tight());
  CHILD_CHECK(churn(9, 1000));
}

static void live_with_nothing_to_lock(void *unused) {
  (void)unused;
  limit_locking(0);
  live_unlocked("ulimit -l is 0");
}

static void live_with_less_than_a_page_to_lock(void *unused) {
  (void)unused;
  limit_locking(1000);
  live_unlocked("1000 bytes");
}

static void goes_on_unlocked_when_the_first_lock_is_refused(void **state) {
  (void)state;
  run_in_child(live_with_nothing_to_lock, NULL);
  run_in_child(live_with_less_than_a_page_to_lock, NULL);
}

/* Uses up the arena, whose base is then known; nothing is written, so that it costs address space only. */
static unsigned char *fill_arena(void) {
  struct secret secret;
  const char *why = NULL;
  unsigned char *base = NULL;
  limit_locking(0);
  for (size_t i = 0; i < ARENA_BYTES / SECRET_MAX_LEN; i++) {
    CHILD_CHECK(secret_reserve(&secret, SECRET_TOKEN, SECRET_MAX_LEN, &why));
    if (i == 0) base = secret.bytes;
  }
  CHILD_CHECK(secret_arena_is_tight() && stats().used == ARENA_BYTES);
  CHILD_CHECK(!secret_reserve(&secret, SECRET_TOKEN, 1, &why) && strstr(why, "67108864") != NULL);
  return base;
}

static void touch(void *offset) {
  volatile unsigned char *base = fill_arena();
  CHILD_CHECK(base[0] == 0 && base[ARENA_BYTES - 1] == 0);
  CHILD_CHECK(signal(SIGSEGV, SIG_DFL) != SIG_ERR); /* a sanitizer has a handler of its own */
  (void)base[*(ptrdiff_t *)offset];
}

static void reading_before_or_behind_the_arena_faults(void **state) {
  (void)state;
  ptrdiff_t offsets[] = { -1, (ptrdiff_t)ARENA_BYTES };
  for (int i = 0; i < 2; i++) {
    int status = status_of_child(touch, &offsets[i]);
    if (WIFEXITED(status) && WEXITSTATUS(status) == CHILD_SKIPS) skip();
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGSEGV);
  }
}

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

static pthread_mutex_t stop_lock = PTHREAD_MUTEX_INITIALIZER;
static int stop_churning;

static void *churn_until_stopped(void *sane) {
  for (unsigned seed = 20;; seed++) {
    pthread_mutex_lock(&stop_lock);
    int stop = stop_churning;
    pthread_mutex_unlock(&stop_lock);
    if (stop || !churn(seed, 200)) return stop ? sane : NULL;
  }
}

static void use_in_child(void *unused) {
  (void)unused;
  CHILD_CHECK(stats().open == 0);
  CHILD_CHECK(churn(3, 300));
}

static void a_child_forked_under_a_busy_thread_can_make_secrets(void **state) {
  (void)state;
  pthread_t thread;
  char yes;
  assert_int_equal(pthread_create(&thread, NULL, churn_until_stopped, &yes), 0);
  for (int i = 0; i < 30; i++)
    run_in_child(use_in_child, NULL);
  pthread_mutex_lock(&stop_lock);
  stop_churning = 1;
  pthread_mutex_unlock(&stop_lock);
  void *sane;
  assert_int_equal(pthread_join(thread, &sane), 0);
  assert_non_null(sane);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(holds_wipes_and_closes),
    cmocka_unit_test(a_second_wipe_does_nothing),
    cmocka_unit_test(a_secret_may_be_empty),
    cmocka_unit_test(refuses_what_is_too_long),
    cmocka_unit_test(compares),
    cmocka_unit_test(classes_have_names),
    cmocka_unit_test(the_kernel_knows_what_the_stats_say),
    cmocka_unit_test(thousands_fit),
    cmocka_unit_test(random_use_matches_a_model),
    cmocka_unit_test(threads_do_not_disturb_each_other),
    cmocka_unit_test(a_lock_limit_of_64_kib_holds_3900_card_numbers),
    cmocka_unit_test(goes_on_unlocked_when_the_first_lock_is_refused),
    cmocka_unit_test(reading_before_or_behind_the_arena_faults),
    cmocka_unit_test(a_forked_child_has_an_arena_of_its_own),
    cmocka_unit_test(fork_without_handlers),
    cmocka_unit_test(a_child_forked_under_a_busy_thread_can_make_secrets),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
