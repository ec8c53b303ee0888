/* src/text/pan: the work that redacting takes, counted without a clock by the pages of memory that are turned. */
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
#include <sys/mman.h>
#include <unistd.h>

#include "child.h"
#include "text/pan.h"

#define PAGES          256
#define TURNS_PER_PAGE 100 /* linear: few, or some dozens where memcpy takes several pages in turns; quadratic: hundreds of thousands */

/* Memory of which only the two pages that were touched last are open; touching another one turns a page. Two, as one access may lie in both. */
struct watched {
  unsigned char *bytes;
  unsigned char *open[2];
  size_t turns;
};

static struct watched text, redacted;
static size_t page_size;

static void turn_page(int number, siginfo_t *fault, void *context) {
  (void)context;
  struct watched *const all[] = { &text, &redacted };
  unsigned char *address = fault->si_addr;
  for (size_t i = 0; i < 2; i++) {
    struct watched *one = all[i];
    if (address < one->bytes || address >= one->bytes + PAGES * page_size) continue;
    CHILD_CHECK(++one->turns <= (size_t)PAGES * TURNS_PER_PAGE);
    if (one->open[1] != NULL) CHILD_CHECK(mprotect(one->open[1], page_size, PROT_NONE) == 0);
    one->open[1] = one->open[0];
    one->open[0] = address - (size_t)(address - one->bytes) % page_size;
    CHILD_CHECK(mprotect(one->open[0], page_size, PROT_READ | PROT_WRITE) == 0);
    return;
  }
  signal(number, SIG_DFL); /* a fault of another kind, which comes again */
}

static void map(struct watched *one) {
  one->bytes = mmap(NULL, PAGES * page_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHILD_CHECK(one->bytes != MAP_FAILED);
}

static void redact(void *unit) {
  page_size = (size_t)sysconf(_SC_PAGESIZE);
  size_t len = PAGES * page_size - 1, unit_len = strlen(unit); /* and a NUL behind what comes out */
  map(&text);
  map(&redacted);
  for (size_t i = 0; i < len; i++)
    text.bytes[i] = (unsigned char)((const char *)unit)[i % unit_len];
  struct sigaction action = { .sa_sigaction = turn_page, .sa_flags = SA_SIGINFO };
  CHILD_CHECK(sigaction(SIGSEGV, &action, NULL) == 0);
  CHILD_CHECK(mprotect(text.bytes, PAGES * page_size, PROT_NONE) == 0);
  CHILD_CHECK(mprotect(redacted.bytes, PAGES * page_size, PROT_NONE) == 0);
  struct buf out = { .data = (char *)redacted.bytes, .cap = PAGES * page_size, .max = len };
  CHILD_CHECK(pan_redact(&out, (const char *)text.bytes, len));
  CHILD_CHECK(out.data == (char *)redacted.bytes && out.len == len);
  CHILD_CHECK(text.turns >= PAGES && redacted.turns >= PAGES); /* they were watched */
}

static void takes_linear_time(void **state) {
  (void)state;
  static char units[][20] = { "1", "1 ", "0 ", "12-", "411111111111111 " };
  for (size_t i = 0; i < sizeof units / sizeof *units; i++)
    run_in_child(redact, units[i]);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(takes_linear_time),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
