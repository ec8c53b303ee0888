/* src/provider/request/moment: the time as providers want it. */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "provider/request/moment.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* The date of RFC 9110, section 5.6.7, and a bit. */
static const struct timespec rfc = { .tv_sec = 784111777, .tv_nsec = 41999999 };

static bool write(const struct timespec *moment, const char *form, size_t max, struct buf *out) {
  buf_init(out, max);
  return moment_write(out, moment, form, strlen(form));
}

static void is_written_as(const struct timespec *moment, const char *form, const char *expected) {
  struct buf out;
  if (!write(moment, form, 200, &out)) fail_msg("refused %s", form);
  assert_string_equal(buf_string(&out), expected);
  buf_free(&out);
}

static void has_the_forms_of_the_standards(void **state) {
  (void)state;
  is_written_as(&rfc, "http", "Sun, 06 Nov 1994 08:49:37 GMT");
  is_written_as(&rfc, "iso", "1994-11-06T08:49:37Z");
  is_written_as(&rfc, "iso_ms", "1994-11-06T08:49:37.041Z");
  is_written_as(&rfc, "unix", "784111777");
  is_written_as(&rfc, "unix_ms", "784111777041");
  is_written_as(&(struct timespec){ 0, 0 }, "http", "Thu, 01 Jan 1970 00:00:00 GMT");
  is_written_as(&(struct timespec){ 0, 999999999 }, "unix_ms", "0999");
  is_written_as(&(struct timespec){ 951782399, 0 }, "iso", "2000-02-28T23:59:59Z");
  is_written_as(&(struct timespec){ 951782400, 0 }, "http", "Tue, 29 Feb 2000 00:00:00 GMT");
  is_written_as(&(struct timespec){ 4102444800, 0 }, "iso", "2100-01-01T00:00:00Z");
}

static void has_patterns_of_numbers(void **state) {
  (void)state;
  is_written_as(&rfc, "%Y%m%d", "19941106");
  is_written_as(&rfc, "%H%M%S", "084937");
  is_written_as(&rfc, "%d/%m/%y", "06/11/94");
  is_written_as(&rfc, "%j%%", "310%");
}

static void is_later_or_earlier(void **state) {
  (void)state;
  is_written_as(&rfc, "unix+60", "784111837");
  is_written_as(&rfc, "unix-777", "784111000");
  is_written_as(&rfc, "unix_ms+1", "784111778041");
  is_written_as(&rfc, "iso+86400", "1994-11-07T08:49:37Z");
  is_written_as(&rfc, "http-86400", "Sat, 05 Nov 1994 08:49:37 GMT");
  is_written_as(&rfc, "%Y%m%d+0", "19941106");
  is_written_as(&rfc, "unix+315360000", "1099471777");
}

static void refuses_other_forms(void **state) {
  (void)state;
  static const char *const forms[] = { "",        "unix ",
                                       "Unix",    "iso8601",
                                       "unix+",   "unix-",
                                       "unix60",  "+60",
                                       "%",       "%Y%",
                                       "%A",      "%B",
                                       "%c",      "%Z",
                                       "%n",      "%s",
                                       "%Ey",     "Y",
                                       "%q",      "unix+315360001",
                                       "%-d",     "%Y%b",
                                       "unix+1+", "httpx",
                                       "unix++x", "unix-9999999999999999999999",
                                       "2026" };
  struct buf out;
  for (size_t i = 0; i < COUNT(forms); i++) {
    if (write(&rfc, forms[i], 200, &out)) fail_msg("took %s as %s", forms[i], buf_string(&out));
    buf_free(&out);
  }
  char longest[66];
  memset(longest, 'a', sizeof longest);
  longest[0] = '%';
  longest[1] = 'Y';
  buf_init(&out, 300);
  assert_false(moment_write(&out, &rfc, longest, 65));
  assert_true(moment_write(&out, &rfc, longest, 64));
  assert_int_equal(out.len, 66);
  buf_free(&out);
}

/* The form is cut out of a template: what follows it is not read. */
static void reads_no_further(void **state) {
  (void)state;
  struct buf out;
  buf_init(&out, 100);
  assert_true(moment_write(&out, &rfc, "unix+60|hex", 4));
  assert_string_equal(buf_string(&out), "784111777");
  buf_free(&out);
}

static void does_not_fit(void **state) {
  (void)state;
  static const char *const forms[] = { "http", "iso", "iso_ms", "unix", "unix_ms", "%Y%m%d" };
  for (size_t i = 0; i < COUNT(forms); i++) {
    struct buf out;
    assert_false(write(&rfc, forms[i], 5, &out));
    buf_free(&out);
  }
}

static void has_the_same_names_in_any_locale(void **state) {
  (void)state;
  static const char *const locales[] = { "de_DE.UTF-8", "fr_FR.UTF-8", "C.UTF-8" };
  for (size_t i = 0; i < COUNT(locales); i++) {
    setlocale(LC_ALL, locales[i]); /* where it is installed */
    is_written_as(&rfc, "http", "Sun, 06 Nov 1994 08:49:37 GMT");
  }
  setlocale(LC_ALL, "C");
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(has_the_forms_of_the_standards),
    cmocka_unit_test(has_patterns_of_numbers),
    cmocka_unit_test(is_later_or_earlier),
    cmocka_unit_test(refuses_other_forms),
    cmocka_unit_test(reads_no_further),
    cmocka_unit_test(does_not_fit),
    cmocka_unit_test(has_the_same_names_in_any_locale),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
