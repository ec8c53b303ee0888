/* src/provider/record: what becomes of an answer's payload, for random ones and for the cases that matter. */
#define _GNU_SOURCE 1
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "provider/record.h"
#include <stdio.h>

#include "random.h"

#define SEED   UINT64_C(0x5eedca4db)
#define MARKER "Zq9" /* in every random string, in no name and no message */

static const struct field fields[] = {
  { .path = "id", .type = FIELD_STRING },
  { .path = "month", .type = FIELD_INTEGER },
  { .path = "amount", .type = FIELD_NUMBER },
  { .path = "active", .type = FIELD_BOOLEAN },
  { .path = "at", .type = FIELD_TIMESTAMP },
  { .path = "pan", .type = FIELD_PAN },
  { .path = "cvv", .type = FIELD_CVV },
  { .path = "last4", .type = FIELD_STRING, .digits = 4 },
  { .path = "token", .type = FIELD_TOKEN },
  { .path = "key", .type = FIELD_SECRET },
  { .path = "holder.name", .type = FIELD_STRING },
  { .path = "holder.home.city", .type = FIELD_STRING },
  { .path = "tags", .type = FIELD_STRING },
  { .path = "list[].pan", .type = FIELD_PAN },
  { .path = "list[].code", .type = FIELD_CVV },
  { .path = "codes.cvc", .type = FIELD_CVV },
  { .path = "codes.each[]", .type = FIELD_CVV },
  { .path = "card.face.number", .type = FIELD_PAN },
};
static const struct operation operation = { .name = "show", .root = "", .fields = fields, .field_count = COUNT_OF(fields) };

static const struct request request = { .operation = &operation };

static struct record *build(const char *text, struct error *error) {
  const char *why;
  size_t where;
  memset(error, 0, sizeof *error);
  json_setup();
  struct json_node *root = json_parse(text, strlen(text), &why, &where);
  if (!root) fail_msg("%s at %zu: %s", why, where, text);
  struct record *record = record_build(root, &request, NULL, error);
  json_free(root);
  return record;
}

static size_t open_secrets(void) {
  struct secret_stats stats;
  secret_stats(&stats);
  return stats.open;
}

static const struct record *member(const struct record *object, const char *key) {
  const struct record *child = object->child;
  while (child && strcmp(child->key, key) != 0)
    child = child->next;
  return child;
}

static void assert_secret(const struct record *record, enum secret_class class, const char *value) {
  assert_non_null(record);
  assert_int_equal(record->type, RECORD_SECRET);
  assert_int_equal(record->as.secret.class, class);
  assert_int_equal(record->as.secret.len, strlen(value));
  assert_memory_equal(record->as.secret.bytes, value, strlen(value));
}

static void assert_text(const struct record *record, const char *value) {
  assert_non_null(record);
  assert_int_equal(record->type, RECORD_STRING);
  assert_int_equal(record->as.string.len, strlen(value));
  assert_string_equal(record->as.string.bytes, value);
}

static void gives_each_field_its_type(void **state) {
  (void)state;
  struct error error;
  size_t before = open_secrets();
  struct record *record =
      build("{\"id\":\"c_1\",\"month\":7,\"amount\":1.5,\"active\":true,\"at\":1700000000,\"pan\":\"4111111111111111\",\"cvv\":\"111\","
            "\"token\":\"tok\",\"key\":\"k\",\"holder\":{\"name\":\"N\",\"home\":{\"city\":\"C\"}}}",
            &error);
  assert_non_null(record);
  assert_text(member(record, "id"), "c_1");
  assert_int_equal(member(record, "month")->type, RECORD_INTEGER);
  assert_int_equal(member(record, "month")->as.integer, 7);
  assert_int_equal(member(record, "amount")->type, RECORD_NUMBER);
  assert_true(member(record, "active")->as.boolean);
  assert_int_equal(member(record, "at")->as.integer, 1700000000);
  assert_secret(member(record, "pan"), SECRET_PAN, "4111111111111111");
  assert_secret(member(record, "cvv"), SECRET_CVV, "111");
  assert_secret(member(record, "token"), SECRET_TOKEN, "tok");
  assert_secret(member(record, "key"), SECRET_CREDENTIAL, "k");
  assert_text(member(member(record, "holder"), "name"), "N");
  assert_text(member(member(member(record, "holder"), "home"), "city"), "C");
  assert_int_equal(record->count, 10);
  record_free(record);
  assert_int_equal(open_secrets(), before);
}

static void takes_a_number_for_a_text_and_the_reverse(void **state) {
  (void)state;
  struct error error;
  struct record *record = build("{\"cvv\":12,\"last4\":42,\"pan\":4111111111111111,\"id\":5,\"month\":\"07\",\"amount\":\"2.5\"}", &error);
  assert_non_null(record);
  assert_secret(member(record, "cvv"), SECRET_CVV, "012");
  assert_text(member(record, "last4"), "0042");
  assert_secret(member(record, "pan"), SECRET_PAN, "4111111111111111");
  assert_text(member(record, "id"), "5");
  assert_int_equal(member(record, "month")->as.integer, 7);
  assert_true(member(record, "amount")->as.number == 2.5);
  record_free(record);
}

/* American Express's have four digits, and the number of the card tells them, wherever in the answer it stands. */
static void gives_a_cvv_the_zeros_that_its_number_lost(void **state) {
  (void)state;
  static const struct {
    const char *answer, *key, *within, *cvv;
  } cases[] = {
    { "{\"pan\":\"378282246310005\",\"cvv\":12}", "cvv", NULL, "0012" },
    { "{\"cvv\":12,\"pan\":\"3782-822463-10005\"}", "cvv", NULL, "0012" },
    { "{\"cvv\":0,\"pan\":341111111111111}", "cvv", NULL, "0000" },
    { "{\"cvv\":345,\"pan\":\"378282246310005\"}", "cvv", NULL, "0345" },
    { "{\"cvv\":1345,\"pan\":\"378282246310005\"}", "cvv", NULL, "1345" },
    { "{\"cvv\":12345,\"pan\":\"378282246310005\"}", "cvv", NULL, "12345" },
    { "{\"cvv\":\"012\",\"pan\":\"378282246310005\"}", "cvv", NULL, "012" },
    { "{\"cvv\":-1,\"pan\":\"378282246310005\"}", "cvv", NULL, "-1" },
    { "{\"cvv\":1.5,\"pan\":\"378282246310005\"}", "cvv", NULL, "1.5" },
    { "{\"cvv\":12,\"pan\":\"4111111111111111\"}", "cvv", NULL, "012" },
    { "{\"cvv\":12,\"pan\":\"36000000000008\"}", "cvv", NULL, "012" },
    { "{\"cvv\":12,\"pan\":null}", "cvv", NULL, "012" },
    { "{\"cvv\":12,\"new\":\"378282246310005\"}", "cvv", NULL, "012" },
    { "{\"codes\":{\"cvc\":12},\"card\":{\"face\":{\"number\":\"378282246310005\"}}}", "cvc", "codes", "0012" },
    { "{\"codes\":{\"each\":[7]},\"pan\":\"378282246310005\"}", NULL, "codes", "0007" },
    { "{\"codes\":{\"cvc\":12},\"list\":[{\"pan\":\"378282246310005\"}]}", "cvc", "codes", "012" },
  };
  for (size_t i = 0; i < COUNT_OF(cases); i++) {
    struct error error;
    struct record *record = build(cases[i].answer, &error);
    if (!record) fail_msg("%s: %s", cases[i].answer, error.message);
    const struct record *within = cases[i].within ? member(record, cases[i].within) : record;
    assert_secret(cases[i].key ? member(within, cases[i].key) : within->child->child, SECRET_CVV, cases[i].cvv);
    record_free(record);
  }
}

static void gives_each_cvv_of_a_list_those_of_its_own_card(void **state) {
  (void)state;
  struct error error;
  size_t before = open_secrets();
  struct record *record = build("{\"list\":[{\"code\":1,\"pan\":\"4111111111111111\"},{\"code\":2,\"pan\":\"378282246310005\"},{\"code\":3},"
                                "{\"pan\":\"341111111111111\",\"code\":4}]}",
                                &error);
  static const char *const codes[] = { "001", "0002", "003", "0004" };
  assert_non_null(record);
  const struct record *element = member(record, "list")->child;
  for (size_t i = 0; i < COUNT_OF(codes); i++, element = element->next)
    assert_secret(member(element, "code"), SECRET_CVV, codes[i]);
  record_free(record);
  assert_int_equal(open_secrets(), before);
}

static void makes_secrets_of_what_is_not_declared(void **state) {
  (void)state;
  struct error error;
  struct record *record =
      build("{\"id\":\"c_1\",\"new\":\"text\",\"n\":12.5,\"b\":false,\"o\":{\"id\":\"inner\",\"x\":[1,null,\"y\",{\"pan\":\"z\"}]},"
            "\"4111111111111111\":\"k\",\"holder.name\":\"dotted\",\"holder\":{\"more\":\"m\"}}",
            &error);
  assert_non_null(record);
  assert_secret(member(record, "new"), SECRET_UNDECLARED, "text");
  assert_secret(member(record, "n"), SECRET_UNDECLARED, "12.5");
  assert_int_equal(member(record, "b")->type, RECORD_BOOLEAN);
  const struct record *object = member(record, "o");
  assert_secret(member(object, "id"), SECRET_UNDECLARED, "inner");
  const struct record *array = member(object, "x");
  assert_int_equal(array->count, 4);
  assert_secret(array->child, SECRET_UNDECLARED, "1");
  assert_int_equal(array->child->next->type, RECORD_NULL);
  assert_secret(member(array->child->next->next->next, "pan"), SECRET_UNDECLARED, "z");
  assert_null(member(record, "4111111111111111"));
  assert_secret(member(record, "undeclared#1"), SECRET_UNDECLARED, "k");
  assert_secret(member(record, "holder.name"), SECRET_UNDECLARED, "dotted");
  assert_secret(member(member(record, "holder"), "more"), SECRET_UNDECLARED, "m");
  record_free(record);
}

static void leaves_nulls_out(void **state) {
  (void)state;
  struct error error;
  struct record *record = build("{\"id\":null,\"new\":null,\"pan\":null,\"holder\":null}", &error);
  assert_non_null(record);
  assert_null(record->child);
  assert_int_equal(record->count, 0);
  record_free(record);
}

/* What is of another type than is documented, and empty, is no value. */
static void leaves_out_what_is_empty(void **state) {
  (void)state;
  static const char *const empty[] = { "null", "\"\"", "[]", "{}" };
  static const char *const fields_of[] = { "month", "amount", "active", "at", "pan", "cvv", "token", "key", "holder" };
  struct error error;
  char text[100];
  for (size_t i = 0; i < COUNT_OF(empty); i++) {
    for (size_t j = 0; j < COUNT_OF(fields_of); j++) {
      snprintf(text, sizeof text, "{\"%s\":%s}", fields_of[j], empty[i]);
      struct record *record = build(text, &error);
      if (!record) fail_msg("%s: %s", text, error.message);
      if (record->child) fail_msg("%s is there", text);
      assert_int_equal(record->count, 0);
      record_free(record);
    }
    snprintf(text, sizeof text, "{\"id\":%s,\"holder\":{\"home\":%s,\"name\":%s}}", empty[i], empty[i], empty[i]);
    struct record *record = build(text, &error);
    assert_non_null(record);
    bool is_text = strcmp(empty[i], "\"\"") == 0;
    if (is_text) assert_text(member(record, "id"), "");
    assert_int_equal(member(record, "holder")->count, is_text);
    record_free(record);
  }
}

/* An undeclared number and one in the place of a text have the text that was sent; where it stands for digits, digits. */
static void keeps_all_digits_of_a_number(void **state) {
  (void)state;
  static const char *const numbers[] = { "1618065507111835497",
                                         "-9007199254740993",
                                         "1e20",
                                         "1.0",
                                         "-0",
                                         "0.10",
                                         "18446744073709551617",
                                         "1234567890123456789012345678901234567890123456789012345678901234567890.5" };
  struct error error;
  char text[600];
  for (size_t i = 0; i < COUNT_OF(numbers); i++) {
    snprintf(text, sizeof text, "{\"new\":[{\"n\":%s}],\"id\":%s,\"token\":%s,\"key\":%s}", numbers[i], numbers[i], numbers[i], numbers[i]);
    struct record *record = build(text, &error);
    if (!record) fail_msg("%s: %s", text, error.message);
    assert_secret(member(member(record, "new")->child, "n"), SECRET_UNDECLARED, numbers[i]);
    assert_text(member(record, "id"), numbers[i]);
    assert_secret(member(record, "token"), SECRET_TOKEN, numbers[i]);
    assert_secret(member(record, "key"), SECRET_CREDENTIAL, numbers[i]);
    record_free(record);
  }
  struct record *record = build("{\"pan\":6212345678901234567,\"cvv\":7.0,\"last4\":4.2e1}", &error);
  assert_secret(member(record, "pan"), SECRET_PAN, "6212345678901234567");
  assert_secret(member(record, "cvv"), SECRET_CVV, "007");
  assert_text(member(record, "last4"), "0042");
  record_free(record);
  record = build("{\"pan\":4.111111111111111E15,\"id\":4.111111111111111E15,\"amount\":4111111111111111.0}", &error);
  assert_secret(member(record, "pan"), SECRET_PAN, "4111111111111111");
  assert_secret(member(record, "id"), SECRET_UNDECLARED, "4111111111111111");
  assert_secret(member(record, "amount"), SECRET_UNDECLARED, "4111111111111111");
  record_free(record);
}

static void has_exact_integers_up_to_what_the_host_can_hold(void **state) {
  (void)state;
  struct error error;
  struct record *record = build("{\"month\":9223372036854775807,\"amount\":-9007199254740993,\"at\":1618065507111835497}", &error);
  assert_non_null(record);
  assert_true(member(record, "month")->as.integer == INT64_MAX);
  assert_true(member(record, "amount")->as.integer == -9007199254740993);
  assert_true(member(record, "at")->as.integer == 1618065507111835497);
  record_free(record);
  record = build("{\"month\":\"1618065507111835497\",\"amount\":1.5e300,\"at\":18446744073709551616}", &error);
  assert_true(member(record, "month")->as.integer == 1618065507111835497);
  assert_true(member(record, "amount")->as.number == 1.5e300);
  assert_true(member(record, "at")->as.number == 0x1p64);
  record_free(record);
  record_setup(true);
  record = build("{\"month\":9007199254740992,\"amount\":-1152921504606846976,\"id\":9007199254740993}", &error);
  assert_true(member(record, "month")->as.integer == 9007199254740992);
  assert_true(member(record, "amount")->as.integer == -1152921504606846976);
  record_free(record);
  static const char *const rounded[] = { "{\"month\":9007199254740993}", "{\"month\":\"9007199254740993\"}", "{\"month\":9223372036854775807}" };
  for (size_t i = 0; i < COUNT_OF(rounded); i++) {
    assert_null(build(rounded[i], &error));
    assert_int_equal(error.kind, ERROR_PROTOCOL);
    assert_string_equal(error.message, "month: a number that is too large to be exact");
  }
  record_setup(false);
}

static void replaces_what_is_no_character_in_a_plain_text(void **state) {
  (void)state;
  struct error error;
  struct record *record = build("{\"id\":\"a\\u0000b\",\"holder\":{\"name\":\"\\ud83dN\"},\"new\":\"\\udc00\",\"n\\u0000\":1}", &error);
  assert_non_null(record);
  assert_text(member(record, "id"), "a\xef\xbf\xbd"
                                    "b");
  assert_text(member(member(record, "holder"), "name"), "\xef\xbf\xbd"
                                                        "N");
  assert_secret(member(record, "new"), SECRET_UNDECLARED, "\xef\xbf\xbd");
  assert_secret(member(record, "n\xef\xbf\xbd"), SECRET_UNDECLARED, "1");
  record_free(record);
  static const char *const numbers[] = { "4111111111111111\\u0000\\u0000", "41111111\\u000011111111", "no. 4111111111111111\\ud800" };
  for (size_t i = 0; i < COUNT_OF(numbers); i++) {
    char text[100];
    snprintf(text, sizeof text, "{\"id\":\"%s\"}", numbers[i]);
    record = build(text, &error);
    assert_int_equal(member(record, "id")->type, RECORD_SECRET);
    record_free(record);
  }
  record = build("{\"last4\":\"11\\u000011\"}", &error);
  assert_text(member(record, "last4"), "11\xef\xbf\xbd"
                                       "11");
  record_free(record);
  record = build("{\"last4\":\"11\\u0000111\"}", &error);
  assert_int_equal(member(record, "last4")->type, RECORD_SECRET);
  record_free(record);
}

static void refuses_another_shape(void **state) {
  (void)state;
  static const char *const cases[][2] = {
    { "[]", "object" },
    { "\"x\"", "object" },
    { "{}", "none of the documented fields" },
    { "{\"new\":1}", "none of the documented fields" },
    { "{\"id\":[\"x\"]}", "id: " },
    { "{\"id\":true}", "id: " },
    { "{\"month\":1.5}", "month: " },
    { "{\"id\":{\"a\":1}}", "id: " },
    { "{\"month\":[1]}", "month: " },
    { "{\"month\":\" \"}", "month: " },
    { "{\"holder\":[{\"name\":\"N\"}]}", "holder: " },
    { "{\"month\":9223372036854775808}", "month: " },
    { "{\"month\":1e400}", "month: " },
    { "{\"amount\":1e400}", "amount: a number that is too large" },
    { "{\"pan\":1e400}", "pan: a number that is too large" },
    { "{\"amount\":9223372036854775809}", "amount: a number that is too large" },
    { "{\"amount\":\"9223372036854775809\"}", "amount: a number that is too large" },
    { "{\"at\":18446744073709551617}", "at: a number that is too large" },
    { "{\"pan\":\"4111\\u0000\"}", "pan: a character of the text is none" },
    { "{\"cvv\":\"\\ud83d\"}", "cvv: a character of the text is none" },
    { "{\"token\":\"t\\udc00\\ud800\"}", "token: a character of the text is none" },
    { "{\"key\":\"\\u0000\"}", "key: a character of the text is none" },
    { "{\"month\":\"7\\u0000\"}", "month: " },
    { "{\"month\":\"July\"}", "month: " },
    { "{\"amount\":\"1x\"}", "amount: " },
    { "{\"amount\":false}", "amount: " },
    { "{\"active\":\"yes\"}", "active: " },
    { "{\"active\":1}", "active: " },
    { "{\"holder\":\"x\"}", "holder: " },
    { "{\"holder\":{\"home\":3}}", "holder.home: " },
  };
  size_t before = open_secrets();
  for (size_t i = 0; i < COUNT_OF(cases); i++) {
    struct error error;
    struct record *record = build(cases[i][0], &error);
    if (record || error.kind != ERROR_PROTOCOL || !strstr(error.message, cases[i][1])) fail_msg("%s: '%s'", cases[i][0], error.message);
  }
  struct error error;
  assert_null(record_build(NULL, &request, NULL, &error));
  assert_int_equal(error.kind, ERROR_PROTOCOL);
  assert_int_equal(open_secrets(), before);
}

static void refuses_a_value_that_is_too_large_for_a_secret(void **state) {
  (void)state;
  size_t len = SECRET_MAX_LEN + 1;
  char *text = malloc(len + 64);
  assert_non_null(text);
  char *end = stpcpy(text, "{\"pan\":\"4\",\"new\":\"");
  memset(end, 'x', len);
  strcpy(end + len, "\"}");
  struct error error;
  size_t before = open_secrets();
  assert_null(build(text, &error));
  assert_int_equal(error.kind, ERROR_PROTOCOL);
  assert_int_equal(open_secrets(), before);
  free(text);
}

static void frees_nothing(void **state) {
  (void)state;
  record_free(NULL);
}

/* --- random payloads --- */

static const char *const names[] = {
  "id",   "month", "amount", "active", "at",          "pan", "cvv", "last4", "token",   "key",   "holder",
  "name", "home",  "city",   "tags",   "holder.name", "new", "",    "NAME",  "\\u00e9", "pan.x", "4111111111111111"
};

static void random_value(struct random *random, struct buf *out, unsigned depth);

static void random_object(struct random *random, struct buf *out, unsigned depth) {
  bool used[COUNT_OF(names)] = { false };
  bool first = true;
  buf_add_char(out, '{');
  for (unsigned n = pick(random, 8); n > 0; n--) {
    unsigned name = pick(random, COUNT_OF(names));
    if (used[name]) continue;
    used[name] = true;
    buf_addf(out, "%s\"%s\":", first ? "" : ",", names[name]);
    first = false;
    random_value(random, out, depth);
  }
  buf_add_char(out, '}');
}

static void random_value(struct random *random, struct buf *out, unsigned depth) {
  switch (pick(random, depth ? 10 : 8)) {
  case 0: buf_add_string(out, "null"); break;
  case 1: buf_add_string(out, pick(random, 2) ? "true" : "false"); break;
  case 2: buf_addf(out, "%u", pick(random, 100000)); break;
  case 3: buf_addf(out, "-%u.%u", pick(random, 100), pick(random, 100)); break;
  case 4: buf_addf(out, "\"%u\"", pick(random, 100)); break;
  case 5:
  case 6: buf_addf(out, "\"%s%u\"", MARKER, pick(random, 100000)); break;
  case 7: buf_add_string(out, "\"" MARKER "\\u20ac\\n\\\"\""); break;
  case 8: random_object(random, out, depth - 1); break;
  default:
    buf_add_char(out, '[');
    for (unsigned n = pick(random, 4), i = 0; i < n; i++) {
      if (i) buf_add_char(out, ',');
      random_value(random, out, depth - 1);
    }
    buf_add_char(out, ']');
  }
}

/* The type that is declared for the keys from the root down, or FIELD_TYPES; a key with a dot is never part of a path. */
static enum field_type declared(const char *const *keys, size_t depth) {
  for (size_t i = 0; i < COUNT_OF(fields); i++) {
    const char *rest = fields[i].path;
    size_t at = 0;
    for (; at < depth; at++) {
      size_t len = strcspn(rest, ".");
      if (strlen(keys[at]) != len || memcmp(rest, keys[at], len) != 0) break;
      rest += len + (rest[len] == '.');
    }
    if (at == depth && *rest == '\0') return fields[i].type;
  }
  return FIELD_TYPES;
}

static void check_tree(const struct record *record, const char **keys, size_t depth, uint64_t seed) {
  enum field_type type = declared(keys, depth);
  size_t children = 0;
  switch (record->type) {
  case RECORD_STRING:
    if (type >= FIELD_PAN || type == FIELD_BOOLEAN || type == FIELD_INTEGER || type == FIELD_NUMBER)
      fail_msg("seed %llu: a plain text below %s", (unsigned long long)seed, keys[0]);
    break;
  case RECORD_INTEGER:
  case RECORD_NUMBER:
    if (type != FIELD_INTEGER && type != FIELD_NUMBER && type != FIELD_TIMESTAMP)
      fail_msg("seed %llu: a plain number below %s", (unsigned long long)seed, keys[0]);
    break;
  case RECORD_SECRET:
    if (type < FIELD_PAN && record->as.secret.class != SECRET_UNDECLARED) fail_msg("seed %llu: a secret in a plain field", (unsigned long long)seed);
    if (type == FIELD_TYPES) assert_int_equal(record->as.secret.class, SECRET_UNDECLARED);
    assert_int_equal(secret_state(&record->as.secret), SECRET_OPEN);
    break;
  case RECORD_OBJECT:
  case RECORD_ARRAY:
    for (const struct record *child = record->child; child; child = child->next, children++) {
      if (record->type == RECORD_OBJECT) {
        assert_int_not_equal(child->type, RECORD_NULL);
        keys[depth] = child->key;
      } else {
        assert_null(child->key);
      }
      /* An element of an array has the array's path. */
      check_tree(child, keys, depth + (record->type == RECORD_OBJECT), seed);
    }
    assert_int_equal(children, record->count);
    break;
  case RECORD_NULL:
  case RECORD_BOOLEAN: break;
  }
}

static void hides_a_card_number_in_a_plain_field(void **state) {
  (void)state;
  static const char *const numbers[] = { "4111111111111111", "4111 1111 1111 1111", "378282246310005", "6304000000000000" };
  static const char *const others[] = { "4111111111111112", "1732086388000", "c_4111111111111111", "9999999999999995" };
  struct error error;
  char text[100];
  for (size_t i = 0; i < COUNT_OF(numbers); i++) {
    snprintf(text, sizeof text, "{\"id\":\"%s\"}", numbers[i]);
    struct record *record = build(text, &error);
    assert_non_null(record);
    assert_secret(member(record, "id"), SECRET_UNDECLARED, numbers[i]);
    record_free(record);
  }
  for (size_t i = 0; i < COUNT_OF(others); i++) {
    snprintf(text, sizeof text, "{\"id\":\"%s\"}", others[i]);
    struct record *record = build(text, &error);
    assert_non_null(record);
    assert_int_equal(member(record, "id")->type, RECORD_STRING);
    record_free(record);
  }
}

/* A name that may be a secret, or has one of the request's in it, is not shown. */
static void numbers_names_that_may_be_secrets(void **state) {
  (void)state;
  struct error error;
  struct record *record = build("{\"id\":\"c\",\"739\":1,\"a\":2,\"tok_9f8e7d6c5b4a\":3,\"o\":{\"4111 1111\":4,\"b_22\":5}}", &error);
  assert_non_null(record);
  assert_secret(member(record, "undeclared#1"), SECRET_UNDECLARED, "1");
  assert_secret(member(record, "a"), SECRET_UNDECLARED, "2");
  assert_secret(member(record, "undeclared#2"), SECRET_UNDECLARED, "3");
  assert_secret(member(member(record, "o"), "undeclared#3"), SECRET_UNDECLARED, "4");
  assert_secret(member(member(record, "o"), "b_22"), SECRET_UNDECLARED, "5");
  record_free(record);
}

static void never_shows_what_is_not_declared(void **state) {
  (void)state;
  size_t before = open_secrets();
  unsigned built = 0, refused = 0;
  for (uint64_t seed = SEED; seed < SEED + 20000; seed++) {
    struct random random = random_of(seed);
    struct buf text;
    struct error error;
    const char *keys[16] = { "?" };
    buf_init(&text, 1 << 20);
    random_object(&random, &text, 4);
    struct record *record = build(buf_string(&text), &error);
    if (record) {
      built++;
      check_tree(record, keys, 0, seed);
      record_free(record);
    } else {
      refused++;
      if (error.kind != ERROR_PROTOCOL || strstr(error.message, MARKER)) fail_msg("seed %llu: %s", (unsigned long long)seed, error.message);
    }
    buf_free(&text);
    if (open_secrets() != before) fail_msg("seed %llu: %zu secrets are left", (unsigned long long)seed, open_secrets() - before);
  }
  assert_true(built > 2000 && refused > 2000); /* both ways were taken */
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(gives_each_field_its_type),
    cmocka_unit_test(takes_a_number_for_a_text_and_the_reverse),
    cmocka_unit_test(gives_a_cvv_the_zeros_that_its_number_lost),
    cmocka_unit_test(gives_each_cvv_of_a_list_those_of_its_own_card),
    cmocka_unit_test(makes_secrets_of_what_is_not_declared),
    cmocka_unit_test(leaves_nulls_out),
    cmocka_unit_test(leaves_out_what_is_empty),
    cmocka_unit_test(keeps_all_digits_of_a_number),
    cmocka_unit_test(has_exact_integers_up_to_what_the_host_can_hold),
    cmocka_unit_test(replaces_what_is_no_character_in_a_plain_text),
    cmocka_unit_test(refuses_another_shape),
    cmocka_unit_test(refuses_a_value_that_is_too_large_for_a_secret),
    cmocka_unit_test(frees_nothing),
    cmocka_unit_test(hides_a_card_number_in_a_plain_field),
    cmocka_unit_test(numbers_names_that_may_be_secrets),
    cmocka_unit_test(never_shows_what_is_not_declared),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
