/* src/provider/request/template. */
#define _GNU_SOURCE 1
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "provider/request/template.h"

/* Knows "id" and "empty"; counts how often it is asked. */
static bool fill(void *context, const char *name, size_t len, struct buf *out) {
  ++*(int *)context;
  if (len == 2 && memcmp(name, "id", 2) == 0) return buf_add_string(out, "{c_1}");
  return len == 5 && memcmp(name, "empty", 5) == 0;
}

static bool fills(const char *template, const char *expected, int asked, size_t max) {
  struct buf out;
  int count = 0;
  buf_init(&out, max);
  buf_add_string(&out, ">");
  bool ok = template_fill(&out, template, fill, NULL, &count);
  if (ok) {
    assert_string_equal(buf_string(&out), expected);
    assert_int_equal(count, asked);
  }
  buf_free(&out);
  return ok;
}

static void fills_placeholders(void **state) {
  (void)state;
  assert_true(fills("", ">", 0, 100));
  assert_true(fills("/cards", ">/cards", 0, 100));
  assert_true(fills("/cards/{id}", ">/cards/{c_1}", 1, 100));
  assert_true(fills("{id}/x", ">{c_1}/x", 1, 100));
  assert_true(fills("{id}{id}", ">{c_1}{c_1}", 2, 100));
  assert_true(fills("a{empty}b", ">ab", 1, 100));
}

/* What was filled in is never taken for a placeholder itself: "{c_1}" above stays. */
static void leaves_other_braces_alone(void **state) {
  (void)state;
  assert_true(fills("a}b{id}}", ">a}b{c_1}}", 1, 100));
  assert_true(fills("{", ">{", 0, 100));
  assert_true(fills("{}{ id}{1}", ">{}{ id}{1}", 0, 100));
  assert_true(fills("{\"a\":{\"b\":\"{id}\"}}", ">{\"a\":{\"b\":\"{c_1}\"}}", 1, 100));
  assert_true(fills("{{id}{{{id}", ">{id}{{c_1}", 1, 100));
}

static void refuses_what_it_does_not_know(void **state) {
  (void)state;
  static const char *const templates[] = {
    "{id", "{i}", "{idx}", "{ID}", "{id}{x", "{id|sha}", "{id||hex}", "{_}", "{id|}", "{id|hex|}", "{id|hex|hex|hex|hex|hex|hex|hex|hex|hex}"
  };
  for (size_t i = 0; i < sizeof templates / sizeof *templates; i++)
    if (fills(templates[i], "", 0, 100)) fail_msg("took %s", templates[i]);
}

static void has_pipes(void **state) {
  (void)state;
  assert_true(fills("{id|upper}", ">{C_1}", 1, 100));
  assert_true(fills("{id|upper|lower|trim}", ">{c_1}", 1, 100));
  assert_true(fills("{id|hex}", ">7b635f317d", 1, 100));
  assert_true(fills("{id|base64}-{id|base64url}", ">e2NfMX0=-e2NfMX0", 2, 100));
  assert_true(fills("{id|percent}", ">%7Bc_1%7D", 1, 100));
  assert_true(fills("{id|json|json}", ">\"\\\"{c_1}\\\"\"", 1, 100));
  assert_true(fills("\"{id|json|escaped}\"", ">\"\\\"{c_1}\\\"\"", 1, 100));
  /* printf '{c_1}' | sha1sum, and so on */
  assert_true(fills("{id|sha1|hex}", ">456e96e5858853e9f145bceb5b8abb1ffaac6340", 1, 100));
  assert_true(fills("{empty|sha256|base64}", ">47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", 1, 100));
}

/* The faults that are found are those that fill refuses whatever the names are. */
static void tells_what_is_wrong_with_a_template(void **state) {
  (void)state;
  assert_null(template_fault("", NULL, NULL));
  assert_null(template_fault("{\"a\":\"{id|sha256|hex}\"} {{x} {", NULL, NULL));
  assert_non_null(strstr(template_fault("{id", NULL, NULL), "brace"));
  assert_non_null(strstr(template_fault("{id|}", NULL, NULL), "brace"));
  assert_non_null(strstr(template_fault("{id|sha}", NULL, NULL), "unknown pipe"));
  assert_non_null(strstr(template_fault("{id|hex|hex|hex|hex|hex|hex|hex|hex|hex}", NULL, NULL), "more than 8"));
}

static void says_when_it_does_not_fit(void **state) {
  (void)state;
  assert_true(fills("/cards/{id}/x", ">/cards/{c_1}/x", 1, 15));
  for (size_t max = 1; max < 15; max++)
    assert_false(fills("/cards/{id}/x", "", 1, max));
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(fills_placeholders),
    cmocka_unit_test(leaves_other_braces_alone),
    cmocka_unit_test(has_pipes),
    cmocka_unit_test(tells_what_is_wrong_with_a_template),
    cmocka_unit_test(refuses_what_it_does_not_know),
    cmocka_unit_test(says_when_it_does_not_fit),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
