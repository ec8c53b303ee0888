/* src/secret/secret and its memory: how much fits, what the kernel makes of it, what is left where little may be locked, and where it ends. */
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
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "child.h"
#include "secret/secret.h"
#include "secret_use.h"

#define ARENA_BYTES ((size_t)64 << 20)

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
    skip_if_child_did(status);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGSEGV);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(refuses_what_is_too_long),
    cmocka_unit_test(the_kernel_knows_what_the_stats_say),
    cmocka_unit_test(thousands_fit),
    cmocka_unit_test(a_lock_limit_of_64_kib_holds_3900_card_numbers),
    cmocka_unit_test(goes_on_unlocked_when_the_first_lock_is_refused),
    cmocka_unit_test(reading_before_or_behind_the_arena_faults),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
