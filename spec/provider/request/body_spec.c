/* src/provider/request/body: JSON bodies and forms, for random descriptors and values. */
#define _GNU_SOURCE 1
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "provider/request/body.h"
#include "random.h"
#include "requests.h"
#include "json/json.h"

#define SEED      UINT64_C(0x5eedca4dc)
#define MAX_PARTS 40

/* --- bodies --- */

static void refuses_text_that_is_no_utf8_in_a_body(void **state) {
  (void)state;
  static const struct part parts[] = { { .name = "name", .wire = "a.b", .into = INTO_BODY } };
  static const char *const bad[] = { "\xff", "a\xc3", "\xed\xa0\x80", "\xc0\x80", "x\ny" };
  for (size_t i = 0; i < COUNT_OF(bad); i++) {
    struct value value = value_of(bad[i]);
    struct request request;
    struct error error;
    if (build(&request, parts, 1, "/", &value, NULL, 0, &error)) fail_msg("case %zu", i);
    assert_int_equal(error.kind, ERROR_INVALID_REQUEST);
    assert_memory_equal(error.message, "name ", 5);
    request_free(&request);
  }
}

struct plan { /* a random descriptor and its values */
  struct part parts[MAX_PARTS];
  struct value values[MAX_PARTS];
  char names[MAX_PARTS][8], wires[MAX_PARTS][64], texts[MAX_PARTS][64];
  size_t count, given;
  bool has_payload; /* a value is below "params.payload" */
};

static size_t random_text(struct random *random, char *out) {
  static const char *const pieces[] = { "a", "Z", "7", " ", "\"",     "\\", "/", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x92\xb3",
                                        "{", "}", ",", ":", "\\u0041" };
  size_t len = 0;
  for (unsigned n = 1 + pick(random, 8); n > 0; n--)
    len = (size_t)(stpcpy(out + len, pieces[pick(random, COUNT_OF(pieces))]) - out);
  return len;
}

static void add_leaf(struct random *random, struct plan *plan, const char *path) {
  if (plan->count == MAX_PARTS) return;
  size_t i = plan->count++;
  struct part *part = &plan->parts[i];
  snprintf(plan->names[i], sizeof plan->names[i], "p%zu", i);
  snprintf(plan->wires[i], sizeof plan->wires[i], "%s", path);
  *part = (struct part){ .name = plan->names[i], .wire = plan->wires[i], .into = INTO_BODY, .type = (enum part_type)pick(random, 4) };
  char *text = plan->texts[i];
  size_t len;
  switch (part->type) {
  case PART_INTEGER: len = (size_t)snprintf(text, sizeof plan->texts[i], "%u", pick(random, 1000000)); break;
  case PART_NUMBER: len = (size_t)snprintf(text, sizeof plan->texts[i], "-%u.25", pick(random, 1000)); break;
  case PART_BOOLEAN: len = (size_t)snprintf(text, sizeof plan->texts[i], "%s", pick(random, 2) ? "true" : "false"); break;
  default: len = random_text(random, text);
  }
  if (pick(random, 4) == 0 && part->type == PART_STRING) part->prefix = "pre \"";
  if (pick(random, 4) == 0) { /* a constant */
    part->source = FROM_CONSTANT;
    part->value = text;
  } else if (pick(random, 4) > 0) {
    plan->values[i] = (struct value){ text, len };
  } else {
    return; /* not given */
  }
  plan->given++;
  plan->has_payload |= strncmp(path, "params.payload.", 15) == 0;
}

/* Members in the order of a walk down the tree, as the parts of a table stand; the one object that is signed is always called params.payload. */
static void add_members(struct random *random, struct plan *plan, const char *prefix, unsigned depth) {
  for (unsigned n = 1 + pick(random, 4), i = 0; i < n; i++) {
    char path[64];
    bool object = depth > 0 && pick(random, 3) == 0;
    snprintf(path, sizeof path, "%s%s%c%u", prefix, *prefix ? "." : "", object ? 'o' : 'k', i);
    if (object)
      add_members(random, plan, path, depth - 1);
    else
      add_leaf(random, plan, path);
  }
}

static void make_plan(struct random *random, struct plan *plan) {
  memset(plan, 0, sizeof *plan);
  add_members(random, plan, "", 3);
  add_members(random, plan, "params.payload", 2);
  add_members(random, plan, "params.api", 0);
}

static size_t count_leaves(const struct json_node *node) {
  if (json_type(node) != JSON_OBJECT) return 1;
  size_t leaves = 0;
  for (const struct json_node *child = json_child(node); child; child = json_next(child))
    leaves += count_leaves(child);
  return leaves;
}

static void check_leaf(const struct plan *plan, size_t i, const struct json_node *root, uint64_t seed) {
  const struct part *part = &plan->parts[i];
  const struct json_node *node = json_at(root, part->wire);
  bool given = part->source == FROM_CONSTANT || plan->values[i].bytes;
  if ((node != NULL) != given) fail_msg("seed %llu: %s", (unsigned long long)seed, part->wire);
  if (!given) return;
  struct buf text, expected;
  buf_init(&text, 256);
  buf_init(&expected, 256);
  size_t len = 0;
  if (json_type(node) == JSON_STRING)
    buf_add(&text, json_string(node, &len), 0), buf_add(&text, json_string(node, &len), len);
  else if (json_type(node) == JSON_BOOLEAN)
    buf_add_string(&text, json_boolean(node) ? "true" : "false");
  else
    buf_add_string(&text, json_number_text(node, (char[JSON_NUMBER_TEXT]){ "" }));
  if (part->prefix) buf_add_string(&expected, part->prefix);
  buf_add_string(&expected, plan->texts[i]);
  assert_int_equal(json_type(node), part->type == PART_STRING ? JSON_STRING : part->type == PART_BOOLEAN ? JSON_BOOLEAN : JSON_NUMBER);
  if (strcmp(buf_string(&text), buf_string(&expected)) != 0)
    fail_msg("seed %llu: %s is %s, not %s", (unsigned long long)seed, part->wire, buf_string(&text), buf_string(&expected));
  buf_free(&text);
  buf_free(&expected);
}

static void writes_a_body_that_reads_as_what_was_put_in(void **state) {
  (void)state;
  for (uint64_t seed = SEED; seed < SEED + 5000; seed++) {
    struct random random = random_of(seed);
    struct plan plan;
    struct request request;
    struct error error;
    make_plan(&random, &plan);
    if (!build(&request, plan.parts, plan.count, "/", plan.values, NULL, 0, &error))
      fail_msg("seed %llu: %s", (unsigned long long)seed, error.message);
    const char *why = "";
    size_t where = 0;
    struct span body = wire_of(&request).body;
    struct json_node *root = plan.given ? json_parse(body.bytes, body.len, &why, &where) : NULL;
    if (plan.given && !root) fail_msg("seed %llu: %s at %zu: %s", (unsigned long long)seed, why, where, body.bytes);
    for (size_t i = 0; root && i < plan.count; i++)
      check_leaf(&plan, i, root, seed);
    if (root)
      assert_int_equal(count_leaves(root), plan.given);
    else
      assert_int_equal(body.len, 0);
    json_free(root);
    request_free(&request);
  }
}

static void writes_one_object_as_it_stands_in_the_whole(void **state) {
  (void)state;
  size_t with_payload = 0;
  for (uint64_t seed = SEED; seed < SEED + 5000; seed++) {
    struct random random = random_of(seed);
    struct plan plan;
    struct request request;
    struct error error;
    struct buf part;
    const char *bad = NULL;
    make_plan(&random, &plan);
    struct operation operation = { .name = "op", .parts = plan.parts, .part_count = plan.count };
    if (!build(&request, plan.parts, plan.count, "/", plan.values, NULL, 0, &error))
      fail_msg("seed %llu: %s", (unsigned long long)seed, error.message);
    for (size_t i = 0; i < plan.count; i++)
      if (plan.parts[i].source == FROM_CONSTANT) plan.values[i] = value_of(plan.parts[i].value);
    buf_init(&part, REQUEST_MAX_BODY);
    assert_true(body_json_part(&part, &operation, plan.values, INTO_BODY, "params.payload", strlen("params.payload"), &bad));
    const char *key = strstr(body_of(&request), "\"payload\":");
    assert_int_equal(plan.has_payload, key != NULL);
    if (key) {
      with_payload++;
      assert_memory_equal(key + strlen("\"payload\":"), buf_string(&part), part.len);
      assert_int_equal(strcspn(key + strlen("\"payload\":") + part.len, ",}"), 0);
    } else {
      assert_string_equal(buf_string(&part), "{}");
    }
    buf_free(&part);
    request_free(&request);
  }
  assert_true(with_payload > 1000);
}

/* --- forms --- */

static void writes_a_form_with_names_in_brackets(void **state) {
  (void)state;
  static const struct part parts[] = {
    { .name = "a", .into = INTO_BODY },
    { .name = "b", .wire = "card.holder.name", .into = INTO_BODY },
    { .name = "c", .wire = "card.tags[]", .into = INTO_BODY, .type = PART_NUMBER },
    { .name = "absent", .into = INTO_BODY },
    { .wire = "kind[].x", .source = FROM_CONSTANT, .into = INTO_BODY, .value = "k" },
    { .name = "key", .source = FROM_CREDENTIAL, .into = INTO_BODY, .prefix = "Key " },
  };
  const struct operation operation = {
    .name = "op", .method = "POST", .path = "/", .parts = parts, .part_count = COUNT_OF(parts), .encoding = BODY_FORM
  };
  struct value values[COUNT_OF(parts)] = { value_of("1&2=\xff"), value_of("x y"), value_of("5"), [5] = value_of("+") };
  struct request request;
  struct error error;
  request_init(&request, &operation, &base);
  assert_true(give_values(&request, values) && request_build(&request, true, &error));
  assert_string_equal(body_of(&request), "a=1%262%3D%FF&card%5Bholder%5D%5Bname%5D=x%20y&card%5Btags%5D%5B%5D=5&kind%5B%5D%5Bx%5D=k&key=Key%20%2B");
  assert_int_equal(count_lines(&request, "Content-Type", "application/x-www-form-urlencoded"), 1);
  request_free(&request);
}

static void says_which_value_is_too_long_for_a_form(void **state) {
  (void)state;
  static const struct part parts[] = { { .name = "a", .into = INTO_BODY }, { .name = "b", .into = INTO_BODY } };
  const struct operation operation = { .name = "op", .method = "POST", .path = "/", .parts = parts, .part_count = 2, .encoding = BODY_FORM };
  char *text = test_malloc(REQUEST_MAX_BODY);
  memset(text, '&', REQUEST_MAX_BODY);
  struct value values[] = { value_of("1"), { text, REQUEST_MAX_BODY / 2 } }; /* thrice as long, when it is encoded */
  struct request request;
  struct error error;
  request_init(&request, &operation, &base);
  assert_true(give_values(&request, values));
  assert_false(request_build(&request, true, &error));
  assert_int_equal(error.kind, ERROR_INVALID_REQUEST);
  assert_string_equal(error.message, "b is too long");
  request_free(&request);
  test_free(text);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(refuses_text_that_is_no_utf8_in_a_body),      cmocka_unit_test(writes_a_body_that_reads_as_what_was_put_in),
    cmocka_unit_test(writes_one_object_as_it_stands_in_the_whole), cmocka_unit_test(writes_a_form_with_names_in_brackets),
    cmocka_unit_test(says_which_value_is_too_long_for_a_form),
  };
  return cmocka_run_group_tests(tests, make_base, free_base);
}
