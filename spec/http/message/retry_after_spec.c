/* src/http/message/retry_after: how long to wait, in all the ways in which a header says it. */
#define _GNU_SOURCE 1
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "http/message/retry_after.h"

#define NOW 1795884624 /* 2026-11-28T16:50:24Z */

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static void waits(const char *text, double seconds) {
  double wait = retry_after(text, NOW);
  if (seconds < 0 ? wait >= 0 : wait < seconds - 1e-6 || wait > seconds + 1e-6) fail_msg("'%s': %g, not %g", text, wait, seconds);
}

static void takes_seconds(void **state) {
  (void)state;
  waits("0", 0);
  waits("7", 7);
  waits("1.5", 1.5);
  waits("999999999", 999999999);
}

static void takes_a_unix_time(void **state) {
  (void)state;
  waits("1795884654", 30);
  waits("1795884654.5", 30.5);
  waits("1795884654500", 30.5);
  waits("1795884600", 0);
  waits("1000000000", 0);
}

static void takes_a_time_of_iso_8601(void **state) {
  (void)state;
  waits("2026-11-28T16:50:54Z", 30);
  waits("2026-11-28t16:50:54.999z", 30);
  waits("2026-11-28 16:50:54", 30);
  waits("2026-11-28T16:51", 36);
  waits("2026-11-28T17:50:54+01:00", 30);
  waits("2026-11-28T11:20:54-0530", 30);
  waits("2026-11-28T18:50:54+02", 30);
  waits("2026-11-28T16:50:00Z", 0);
  waits("2027-02-28T16:50:24Z", 92 * 86400.0);
}

static void takes_an_http_date(void **state) {
  (void)state;
  waits("Sat, 28 Nov 2026 16:50:54 GMT", 30);
  waits("Thu, 01 Jan 1970 00:00:10 GMT", 0);
}

static void takes_nothing_else(void **state) {
  (void)state;
  static const char *const others[] = { "",
                                        "soon",
                                        "-1",
                                        "1e3",
                                        "0x10",
                                        "1,5",
                                        "7 s",
                                        "2026-13-28T16:50:54Z",
                                        "2026-11-28T24:50:54Z",
                                        "2026-11-28T16:50:54X",
                                        "2026-11-28T16:50:54+1",
                                        "2026-11-28T16:50:54Z2",
                                        "2026-1128T16:50:54Z",
                                        "2026-11-28T" };
  for (size_t i = 0; i < COUNT_OF(others); i++)
    waits(others[i], -1);
}

static void takes_milliseconds(void **state) {
  (void)state;
  assert_true(retry_after_ms("250") == 0.25);
  assert_true(retry_after_ms("x") < 0);
  assert_true(retry_after_ms("") < 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(takes_seconds),      cmocka_unit_test(takes_a_unix_time),  cmocka_unit_test(takes_a_time_of_iso_8601),
    cmocka_unit_test(takes_an_http_date), cmocka_unit_test(takes_nothing_else), cmocka_unit_test(takes_milliseconds),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
