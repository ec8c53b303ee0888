/* src/provider/record: records whose fields are in lists, or have names with dots in them. */
#define _GNU_SOURCE 1
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "provider/record.h"

static struct field fields[8];
static struct operation operation = { .name = "show", .root = "", .fields = fields };
static const struct request request = { .operation = &operation };

static void declare(const char *path, enum field_type type) {
  assert_true(operation.field_count < COUNT_OF(fields));
  fields[operation.field_count++] = (struct field){ .path = path, .type = type };
}

static struct record *build(const char *text, struct error *error) {
  const char *why;
  size_t where;
  memset(error, 0, sizeof *error);
  struct json_node *root = json_parse(text, strlen(text), &why, &where);
  if (!root) fail_msg("%s at %zu: %s", why, where, text);
  struct record *record = record_build(root, &request, NULL, error);
  json_free(root);
  return record;
}

static struct record *built(const char *text) {
  struct error error;
  struct record *record = build(text, &error);
  if (!record) fail_msg("%s: %s", text, error.message);
  return record;
}

static void fails(const char *text, const char *message) {
  struct error error;
  assert_null(build(text, &error));
  assert_int_equal(error.kind, ERROR_PROTOCOL);
  assert_string_equal(error.message, message);
}

static const struct record *at(const struct record *record, const char *key) {
  for (record = record->child; record && strcmp(record->key, key) != 0;)
    record = record->next;
  assert_non_null(record);
  return record;
}

static const struct record *element(const struct record *record, size_t place) {
  assert_int_equal(record->type, RECORD_ARRAY);
  for (record = record->child; record && place > 0; place--)
    record = record->next;
  assert_non_null(record);
  return record;
}

static void is_secret(const struct record *record, enum secret_class class) {
  assert_int_equal(record->type, RECORD_SECRET);
  assert_int_equal(record->as.secret.class, class);
}

static void is_text(const struct record *record, const char *text) {
  assert_int_equal(record->type, RECORD_STRING);
  assert_string_equal(record->as.string.bytes, text);
}

static void may_be_a_list(void **state) {
  (void)state;
  declare("[].id", FIELD_STRING);
  declare("[].pan", FIELD_PAN);
  struct record *record = built("[{\"id\":\"1\",\"pan\":\"4111111111111111\"},{\"pan\":7,\"x\":\"y\"},null]");
  is_text(at(element(record, 0), "id"), "1");
  is_secret(at(element(record, 0), "pan"), SECRET_PAN);
  is_secret(at(element(record, 1), "pan"), SECRET_PAN);
  is_secret(at(element(record, 1), "x"), SECRET_UNDECLARED);
  assert_int_equal(element(record, 2)->type, RECORD_NULL);
  record_free(record);
  record = built("[]");
  assert_int_equal(record->type, RECORD_ARRAY);
  assert_int_equal(record->count, 0);
  record_free(record);
  static const char *const empty[] = { "null", "\"\"", "{}" };
  for (size_t i = 0; i < COUNT_OF(empty); i++) {
    record = built(empty[i]);
    assert_int_equal(record->type, RECORD_ARRAY);
    assert_int_equal(record->count, 0);
    record_free(record);
  }
  record = built("{\"id\":\"1\"}");
  is_text(at(element(record, 0), "id"), "1");
  assert_int_equal(record->count, 1);
  record_free(record);
  fails("{\"x\":1}", "the answer has none of the documented fields");
  fails("7", "the answer has no JSON list");
  fails("[{\"x\":1}]", "the answer has none of the documented fields");
  fails("[null]", "the answer has none of the documented fields");
  fails("[[1]]", "[]: something else stands where an object is documented");
  fails("[{\"pan\":[1]}]", "[].pan: an object or array stands where a single value is documented");
}

/* What is empty keeps its place among the elements, and an object alone is a list of it. */
static void may_have_what_is_empty(void **state) {
  (void)state;
  declare("a[].b", FIELD_PAN);
  declare("a[].c", FIELD_STRING);
  declare("t[]", FIELD_INTEGER);
  struct record *record = built("{\"a\":[\"\",{},[],null,{\"b\":\"\",\"c\":\"\"}],\"t\":[\"\",[],{},7]}");
  const struct record *list = at(record, "a");
  assert_int_equal(list->count, 5);
  assert_int_equal(element(list, 0)->type, RECORD_NULL);
  assert_int_equal(element(list, 1)->type, RECORD_OBJECT);
  assert_int_equal(element(list, 2)->type, RECORD_NULL);
  assert_int_equal(element(list, 4)->count, 1);
  assert_int_equal(element(at(record, "t"), 2)->type, RECORD_NULL);
  assert_int_equal(element(at(record, "t"), 3)->as.integer, 7);
  record_free(record);
  static const char *const empty[] = { "null", "\"\"", "{}", "[]" };
  for (size_t i = 0; i < COUNT_OF(empty); i++) {
    char text[100];
    snprintf(text, sizeof text, "{\"a\":%s,\"t\":%s}", empty[i], empty[i]);
    record = built(text);
    assert_int_equal(record->count, i == 3 ? 2 : 0);
    record_free(record);
  }
  record = built("{\"a\":{\"b\":\"1\",\"c\":\"x\"}}");
  is_secret(at(element(at(record, "a"), 0), "b"), SECRET_PAN);
  record_free(record);
  fails("{\"t\":7}", "t: something else stands where an array is documented");
  fails("{\"t\":{\"x\":1}}", "t: something else stands where an array is documented");
}

static void is_no_list_where_its_fields_are_in_none(void **state) {
  (void)state;
  declare("id", FIELD_STRING);
  fails("[{\"id\":\"1\"}]", "the answer has no JSON object");
}

static void is_either_without_fields(void **state) {
  (void)state;
  struct record *record = built("[\"a\"]");
  is_secret(element(record, 0), SECRET_UNDECLARED);
  record_free(record);
  record = built("{}");
  assert_int_equal(record->type, RECORD_OBJECT);
  record_free(record);
  fails("\"a\"", "the answer has no JSON object");
}

static void takes_the_most_exact_path(void **state) {
  (void)state;
  declare("a[].b", FIELD_STRING);
  declare("a[].c[]", FIELD_CVV);
  declare("a[1].b", FIELD_PAN);
  declare("a[1].c[1]", FIELD_STRING);
  declare("a[0].d", FIELD_INTEGER);
  struct record *record = built("{\"a\":[{\"b\":\"x\",\"c\":[\"1\",\"2\"],\"d\":3},{\"c\":[\"1\",\"2\"],\"d\":4,\"b\":\"5\"}]}");
  const struct record *first = element(at(record, "a"), 0), *second = element(at(record, "a"), 1);
  is_text(at(first, "b"), "x");
  is_secret(element(at(first, "c"), 1), SECRET_CVV);
  assert_int_equal(at(first, "d")->as.integer, 3);
  is_secret(at(second, "b"), SECRET_PAN);
  is_secret(element(at(second, "c"), 0), SECRET_CVV);
  is_text(element(at(second, "c"), 1), "2");
  is_secret(at(second, "d"), SECRET_UNDECLARED);
  record_free(record);
  fails("{\"a\":[{\"d\":\"x\"}]}", "a[0].d: a text stands where a number is documented");
  fails("{\"a\":[{},{\"b\":{\"c\":1}}]}", "a[1].b: an object or array stands where a single value is documented");
}

static void may_have_elements_of_different_kinds(void **state) {
  (void)state;
  declare("[0]", FIELD_STRING);
  declare("[1].pan", FIELD_PAN);
  struct record *record = built("[\"ok\",{\"pan\":\"1\"},\"z\"]");
  is_text(element(record, 0), "ok");
  is_secret(at(element(record, 1), "pan"), SECRET_PAN);
  is_secret(element(record, 2), SECRET_UNDECLARED);
  record_free(record);
  fails("[{\"pan\":\"1\"},\"ok\"]", "[0]: an object or array stands where a single value is documented");
}

static void knows_names_with_dots_and_brackets(void **state) {
  (void)state;
  declare("['x.y'].z", FIELD_STRING);
  declare("a['b[0]']", FIELD_PAN);
  declare("a[\"it's\"]", FIELD_STRING);
  struct record *record =
      built("{\"x.y\":{\"z\":\"1\"},\"a\":{\"b[0]\":\"2\",\"it's\":\"3\",\"b\":[\"4\"]},\"x\":{\"y\":{\"z\":\"5\"}},\"a['b[0]']\":\"6\"}");
  is_text(at(at(record, "x.y"), "z"), "1");
  is_secret(at(at(record, "a"), "b[0]"), SECRET_PAN);
  is_text(at(at(record, "a"), "it's"), "3");
  is_secret(element(at(at(record, "a"), "b"), 0), SECRET_UNDECLARED);
  is_secret(at(at(at(record, "x"), "y"), "z"), SECRET_UNDECLARED);
  is_secret(at(record, "a['b[0]']"), SECRET_UNDECLARED);
  record_free(record);
}

/* As many as 16 places in an element of an element. */
static void goes_through_lists_of_lists(void **state) {
  (void)state;
  declare("[][][][].a", FIELD_STRING);
  declare("[0][][][].b", FIELD_STRING);
  declare("[][0][][].c", FIELD_STRING);
  declare("[][][0][].d", FIELD_STRING);
  declare("[][][][0].e", FIELD_STRING);
  declare("[0][0][0][0].f", FIELD_STRING);
  struct record *record = built("[[[[{\"a\":\"1\",\"b\":\"1\",\"c\":\"1\",\"d\":\"1\",\"e\":\"1\",\"f\":\"1\"},{\"a\":\"1\",\"e\":\"1\"}]]]]");
  const struct record *list = element(element(element(record, 0), 0), 0);
  for (const struct record *member = element(list, 0)->child; member; member = member->next)
    is_text(member, "1");
  is_text(at(element(list, 1), "a"), "1");
  is_secret(at(element(list, 1), "e"), SECRET_UNDECLARED);
  record_free(record);
}

static void has_what_is_required(void **state) {
  (void)state;
  static const char *const required[] = { "a[].b", "c" };
  operation.required = required;
  operation.required_count = 2;
  declare("a[].b", FIELD_PAN);
  declare("c", FIELD_STRING);
  record_free(built("{\"a\":[{\"b\":\"1\"},{\"b\":\"2\"}],\"c\":\"\"}"));
  record_free(built("{\"a\":[],\"c\":\"x\"}"));
  fails("{\"a\":[{\"b\":\"1\"},{\"b\":null}],\"c\":\"x\"}", "a[].b: there is no value, and one is required");
  fails("{\"c\":\"x\"}", "a[].b: there is no value, and one is required");
  fails("{\"a\":[],\"c\":null}", "c: there is no value, and one is required");
  fails("{\"a\":[],\"c\":[]}", "c: there is no value, and one is required");
  fails("{\"a\":[{\"b\":\"1\"},{\"b\":\"\"}],\"c\":\"x\"}", "a[].b: there is no value, and one is required");
  fails("{\"a\":[{\"b\":\"1\"},[]],\"c\":\"x\"}", "a[].b: there is no value, and one is required");
  record_free(built("{\"a\":{\"b\":\"1\"},\"c\":\"x\"}"));
}

static void may_be_empty(void **state) {
  (void)state;
  struct error error;
  struct record *record = record_empty(&request, &error);
  assert_non_null(record);
  assert_int_equal(record->type, RECORD_OBJECT);
  assert_null(record->child);
  record_free(record);
  declare("[].id", FIELD_STRING);
  record = record_empty(&request, &error);
  assert_int_equal(record->type, RECORD_ARRAY);
  record_free(record);
}

static int set_up(void **state) {
  (void)state;
  json_setup();
  operation.field_count = operation.required_count = 0;
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  struct secret_stats stats;
  secret_stats(&stats);
  return stats.open == 0 ? 0 : -1;
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(may_be_a_list, set_up, tear_down),
    cmocka_unit_test_setup_teardown(may_have_what_is_empty, set_up, tear_down),
    cmocka_unit_test_setup_teardown(is_no_list_where_its_fields_are_in_none, set_up, tear_down),
    cmocka_unit_test_setup_teardown(is_either_without_fields, set_up, tear_down),
    cmocka_unit_test_setup_teardown(takes_the_most_exact_path, set_up, tear_down),
    cmocka_unit_test_setup_teardown(may_have_elements_of_different_kinds, set_up, tear_down),
    cmocka_unit_test_setup_teardown(knows_names_with_dots_and_brackets, set_up, tear_down),
    cmocka_unit_test_setup_teardown(goes_through_lists_of_lists, set_up, tear_down),
    cmocka_unit_test_setup_teardown(has_what_is_required, set_up, tear_down),
    cmocka_unit_test_setup_teardown(may_be_empty, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
