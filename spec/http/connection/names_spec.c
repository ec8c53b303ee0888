/* src/http/connection/names: what came of a look-up, for whom, and for how long. Time is what the tests say; who waits is only counted here (connection_spec.c has the rest). */
#define _GNU_SOURCE 1
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "http/connection/connection.h"

#define NOW 1000.0

static size_t count(const struct names *names) {
  size_t found = 0;
  for (const struct name *name = names->first; name; name = name->next)
    found++;
  return found;
}

static struct name *find(struct names *names, const char *host, double now) {
  struct name *name = names_find(names, host, now);
  assert_non_null(name);
  assert_string_equal(name->host, host);
  return name;
}

static void has_one_entry_for_each_name(void **state) {
  (void)state;
  struct names names = { NULL, false };
  struct connection one = { 0 }, other = { 0 };
  struct name *a = find(&names, "a.example:443", NOW);
  a->looking = &one;
  struct name *b = find(&names, "a.example:8443", NOW);
  b->looking = &other;
  assert_ptr_not_equal(a, b);
  assert_ptr_equal(find(&names, "a.example:443", NOW), a);
  assert_ptr_equal(find(&names, "a.example:8443", NOW), b);
  assert_int_equal(count(&names), 2);
  assert_false(names.changed);
  names_free(&names);
  assert_null(names.first);
}

static void knows_a_new_name_neither_found_nor_failed(void **state) {
  (void)state;
  struct names names = { NULL, false };
  struct name *name = find(&names, "a.example:443", NOW);
  assert_true(name->known_until <= NOW && name->failed_until <= NOW);
  assert_null(name->looking);
  assert_null(name->waiting);
  assert_ptr_equal(name->last, &name->waiting);
  names_free(&names);
}

/* A little less long than libcurl does: what is known here is known there. */
static void knows_a_name_as_long_as_libcurl(void **state) {
  (void)state;
  struct names names = { NULL, false };
  struct connection connection = { 0 };
  struct name *name = find(&names, "a.example:443", NOW);
  name->looking = &connection;
  names_found(&names, name, NOW);
  assert_true(names.changed);
  assert_null(name->looking);
  assert_true(name->known_until < NOW + NAMES_KEPT && name->known_until > NOW + NAMES_KEPT - 5);
  assert_true(name->failed_until <= NOW);
  names_free(&names);
}

static void remembers_a_failure_for_a_moment(void **state) {
  (void)state;
  struct names names = { NULL, false };
  struct connection connection = { 0 };
  char text[CURL_ERROR_SIZE];
  memset(text, 'x', sizeof text - 1);
  text[sizeof text - 1] = '\0';
  struct name *name = find(&names, "a.example:443", NOW);
  name->looking = &connection;
  names_failed(&names, name, CURLE_COULDNT_RESOLVE_HOST, "Could not resolve host: a.example", NOW);
  assert_true(names.changed);
  assert_null(name->looking);
  assert_int_equal(name->failure, CURLE_COULDNT_RESOLVE_HOST);
  assert_string_equal(name->failure_text, "Could not resolve host: a.example");
  if (name->failed_until != NOW + NAMES_FAILED || name->known_until > NOW) fail_msg("it is remembered until %g", name->failed_until);
  names_failed(&names, name, CURLE_COULDNT_RESOLVE_PROXY, text, NOW + 2);
  assert_int_equal(name->failure, CURLE_COULDNT_RESOLVE_PROXY);
  assert_int_equal(strlen(name->failure_text), sizeof name->failure_text - 1);
  names_free(&names);
}

static void tells_that_a_look_up_was_given_up(void **state) {
  (void)state;
  struct names names = { NULL, false };
  struct connection connection = { 0 };
  struct name *name = find(&names, "a.example:443", NOW);
  name->looking = &connection;
  names_given_up(&names, name);
  assert_true(names.changed);
  assert_null(name->looking);
  assert_true(name->known_until <= NOW && name->failed_until <= NOW);
  names_free(&names);
}

/* What somebody waits for, or is known, stays; the rest goes as soon as another name is asked for. */
static void forgets_what_nobody_needs(void **state) {
  (void)state;
  struct names names = { NULL, false };
  struct connection looking = { 0 }, waiting = { 0 };
  struct name *looked_up = find(&names, "looked-up:1", NOW);
  looked_up->looking = &looking;
  struct name *waited_for = find(&names, "waited-for:1", NOW);
  waited_for->waiting = &waiting;
  waited_for->last = &waiting.next;
  struct name *known = find(&names, "known:1", NOW);
  known->looking = &looking;
  names_found(&names, known, NOW);
  struct name *failed = find(&names, "failed:1", NOW);
  failed->looking = &looking;
  names_failed(&names, failed, CURLE_COULDNT_RESOLVE_HOST, "", NOW);
  struct name *given_up = find(&names, "given-up:1", NOW);
  given_up->looking = &looking;
  names_given_up(&names, given_up);
  assert_int_equal(count(&names), 5);

  find(&names, "looked-up:1", NOW); /* of the ones that go by the way: the one given up */
  assert_int_equal(count(&names), 4);
  find(&names, "looked-up:1", NOW + NAMES_FAILED + 0.1);
  assert_int_equal(count(&names), 3);
  assert_ptr_equal(find(&names, "known:1", NOW + NAMES_KEPT + 1), known);
  assert_int_equal(count(&names), 3); /* what is asked for stays itself */
  find(&names, "looked-up:1", NOW + NAMES_KEPT + 1);
  assert_int_equal(count(&names), 2);
  assert_ptr_equal(find(&names, "looked-up:1", NOW + 1e6), looked_up);
  assert_ptr_equal(find(&names, "waited-for:1", NOW + 1e6), waited_for);
  names_free(&names);
}

static void grows_with_what_is_known_only(void **state) {
  (void)state;
  struct names names = { NULL, false };
  char host[64];
  for (int i = 0; i < 1000; i++) {
    snprintf(host, sizeof host, "host%d.example:443", i);
    struct connection connection = { 0 };
    struct name *name = find(&names, host, NOW + i);
    name->looking = &connection;
    names_found(&names, name, NOW + i);
    assert_true(count(&names) <= (size_t)NAMES_KEPT + 1);
  }
  names_free(&names);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(has_one_entry_for_each_name),       cmocka_unit_test(knows_a_new_name_neither_found_nor_failed),
    cmocka_unit_test(knows_a_name_as_long_as_libcurl),   cmocka_unit_test(remembers_a_failure_for_a_moment),
    cmocka_unit_test(tells_that_a_look_up_was_given_up), cmocka_unit_test(forgets_what_nobody_needs),
    cmocka_unit_test(grows_with_what_is_known_only),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
