/* src/secret/secret where the kernel refuses: each mmap, mprotect, mlock and madvise of it fails, alone and with all that follow. */
#define _GNU_SOURCE 1
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>

#include "child.h"
#include "secret_use.h"

/* --- the linker's --wrap has these called in place of the kernel's (see the Makefile) --- */

enum call { MMAP, MPROTECT, MLOCK, MADVISE, CALLS };

struct refusal {
  enum call call;
  int first, last; /* of those that are refused */
};

static const struct refusal *refusal; /* NULL while nothing is refused */
static int calls;                     /* of its kind so far */

static bool refuses(enum call call) {
  if (!refusal || refusal->call != call) return false;
  calls++;
  if (calls < refusal->first || calls > refusal->last) return false;
  errno = ENOMEM;
  return true;
}

void *__real_mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset);
int __real_mprotect(void *at, size_t size, int protection);
int __real_mlock(const void *at, size_t size);
int __real_madvise(void *at, size_t size, int advice);
void *__wrap_mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset);
int __wrap_mprotect(void *at, size_t size, int protection);
int __wrap_mlock(const void *at, size_t size);
int __wrap_madvise(void *at, size_t size, int advice);

void *__wrap_mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset) {
  return refuses(MMAP) ? MAP_FAILED : __real_mmap(at, size, protection, flags, fd, offset);
}

int __wrap_mprotect(void *at, size_t size, int protection) {
  return refuses(MPROTECT) ? -1 : __real_mprotect(at, size, protection);
}

int __wrap_mlock(const void *at, size_t size) {
  return refuses(MLOCK) ? -1 : __real_mlock(at, size);
}

int __wrap_madvise(void *at, size_t size, int advice) {
  return refuses(MADVISE) ? -1 : __real_madvise(at, size, advice);
}

/* --- what a process does with secrets meanwhile --- */

#define KEPT        16
#define BIG         3000 /* bytes: a page of its own, so that each asks the kernel */
#define NOT_REACHED 78

static size_t len_of(int i) {
  return i % 2 ? BIG : 16;
}

static void fill(unsigned char *bytes, int i) {
  for (size_t at = 0; at < len_of(i); at++)
    bytes[at] = (unsigned char)(at * 31 + (size_t)i + 1);
}

/* Makes what can be made, and returns how many were refused. Each of the others has its own bytes, whatever failed around it. */
static int use(struct secret *kept) {
  unsigned char bytes[BIG];
  int refused = 0;
  for (int i = 0; i < KEPT; i++) {
    const char *why = NULL;
    fill(bytes, i);
    if (secret_init(&kept[i], SECRET_TOKEN, bytes, len_of(i), &why)) continue;
    refused++;
    CHILD_CHECK(secret_state(&kept[i]) == SECRET_CLOSED && why != NULL);
    CHILD_CHECK(strstr(why, "is full: ") != NULL || strstr(why, "could not be made: ") != NULL);
  }
  for (int i = 0; i < KEPT; i++) {
    fill(bytes, i);
    CHILD_CHECK(secret_state(&kept[i]) == SECRET_CLOSED || secret_equals(&kept[i], bytes, len_of(i)));
  }
  return refused;
}

static void drop(struct secret *kept) {
  for (int i = 0; i < KEPT; i++)
    secret_wipe(&kept[i]);
  CHILD_CHECK(stats().open == 0 && stats().used == 0);
}

/* In a child, whose arena is yet to be made. */
static void live_through(void *argument) {
  static struct secret kept[KEPT];
  refusal = argument;
  int refused = use(kept);
  if (calls < refusal->first) _exit(NOT_REACHED);
  enum call call = refusal->call;
  bool all_unlocked = call == MLOCK && refusal->first == 1; /* the very first page decides for all */
  refusal = NULL;

  struct secret_stats now = stats();
  CHILD_CHECK(now.open == (size_t)(KEPT - refused));
  CHILD_CHECK(now.locked == (now.reason == NULL) && now.locked != all_unlocked);
  CHILD_CHECK((now.dump_excluded && now.wiped_on_fork) == (call != MADVISE));
  CHILD_CHECK((refused > 0) == (call != MADVISE && !all_unlocked));
  drop(kept);

  /* Nothing was lost: what was refused can be had the next time. */
  CHILD_CHECK(use(kept) == 0);
  drop(kept);
  CHILD_CHECK(churn(3, 500));
}

static void each_is_refused(enum call call, int least, bool all_that_follow) {
  for (int first = 1;; first++) {
    struct refusal one = { call, first, all_that_follow ? INT_MAX : first };
    int status = status_of_child(live_through, &one);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) != 0) {
      assert_int_equal(WEXITSTATUS(status), NOT_REACHED);
      assert_true(first > least);
      return;
    }
  }
}

static void a_page_that_cannot_be_had_is_an_error_and_nothing_is_lost(void **state) {
  (void)state;
  if (!stats().locked) skip();
  for (int all_that_follow = 0; all_that_follow < 2; all_that_follow++) {
    each_is_refused(MMAP, 2, all_that_follow);
    each_is_refused(MPROTECT, KEPT / 2 + 1, all_that_follow);
    each_is_refused(MLOCK, KEPT / 2 + 1, all_that_follow);
  }
}

static void a_protection_that_is_refused_is_told_and_costs_no_secret(void **state) {
  (void)state;
  if (!stats().locked) skip();
  for (int all_that_follow = 0; all_that_follow < 2; all_that_follow++)
    each_is_refused(MADVISE, 2, all_that_follow);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_page_that_cannot_be_had_is_an_error_and_nothing_is_lost),
    cmocka_unit_test(a_protection_that_is_refused_is_told_and_costs_no_secret),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
