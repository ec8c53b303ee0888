/* Trees as text, and parsers of them: what a unit expects of a document is one line of JSON. */
#ifndef CARDS_SPEC_TREE_H
#define CARDS_SPEC_TREE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "json/json.h"

#define TREE_MAX ((size_t)1 << 28)

typedef struct json_node *parser(const char *text, size_t len, const char **why, size_t *where);

/* The tree as JSON without a choice: no white space, json_write_string, json_number_text. */
static inline void write_tree(const struct json_node *node, struct buf *out) {
  size_t len;
  switch (json_type(node)) {
  case JSON_NULL: assert_true(buf_add_string(out, "null")); return;
  case JSON_BOOLEAN: assert_true(buf_add_string(out, json_boolean(node) ? "true" : "false")); return;
  case JSON_NUMBER: assert_true(buf_add_string(out, json_number_text(node, (char[JSON_NUMBER_TEXT]){ "" }))); return;
  case JSON_STRING: {
    const char *string = json_string(node, &len);
    assert_true(json_write_string(out, string, len));
    return;
  }
  case JSON_ARRAY:
  case JSON_OBJECT: break;
  }
  bool object = json_type(node) == JSON_OBJECT;
  buf_add_char(out, object ? '{' : '[');
  for (const struct json_node *child = json_child(node); child != NULL; child = json_next(child)) {
    if (child != json_child(node)) buf_add_char(out, ',');
    if (object) {
      assert_true(json_write_string(out, json_key(child), strlen(json_key(child))));
      buf_add_char(out, ':');
    }
    write_tree(child, out);
  }
  assert_true(buf_add_char(out, object ? '}' : ']'));
}

/* Parses a copy that ends with its block, so that a sanitizer sees a byte read too far. */
static inline struct json_node *parse_copy(parser *parse, const char *text, size_t len, const char **why, size_t *where) {
  char *copy = malloc(len > 0 ? len : 1);
  assert_non_null(copy);
  memcpy(copy, text, len);
  *why = NULL;
  *where = SIZE_MAX;
  struct json_node *root = parse(copy, len, why, where);
  free(copy);
  if (root != NULL) return root;
  assert_non_null(*why);
  assert_true(*where <= len);
  return NULL;
}

/* The tree is this JSON. */
static inline void is_tree(const struct json_node *root, const char *json) {
  struct buf out;
  buf_init(&out, TREE_MAX);
  write_tree(root, &out);
  assert_string_equal(buf_string(&out), json);
  buf_free(&out);
}

/* The document becomes this JSON. */
static inline void becomes(parser *parse, const char *text, size_t len, const char *json) {
  const char *why;
  size_t where;
  struct json_node *root = parse_copy(parse, text, len, &why, &where);
  if (root == NULL) fail_msg("%.200s: %s at byte %zu", text, why, where);
  is_tree(root, json);
  json_free(root);
}

/* The document is refused there, with that reason. */
static inline void refused_at(parser *parse, const char *text, size_t len, const char *reason, size_t at) {
  const char *why;
  size_t where;
  struct json_node *root = parse_copy(parse, text, len, &why, &where);
  if (root != NULL) fail_msg("accepted: %.200s", text);
  if (strcmp(why, reason) != 0) fail_msg("%.200s: %s, not %s", text, why, reason);
  if (where != at) fail_msg("%.200s: %s at byte %zu, not %zu", text, why, where, at);
}

#endif
