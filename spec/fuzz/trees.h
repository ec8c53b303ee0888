/* What must hold for the tree of a document that is no JSON: its only values are nulls, and strings that are not empty. */
#ifndef CARDS_SPEC_FUZZ_TREES_H
#define CARDS_SPEC_FUZZ_TREES_H

#include "fuzz.h"
#include "text/chars.h"
#include "json/json.h"

#define TREE_TEXT_MAX ((size_t)1 << 24)

static inline void must_be_text(const char *text, size_t len) {
  must(len == strlen(text) && utf8_text(text, len) == len, "a text of the tree is no UTF-8, or has a NUL");
}

static inline void must_be_sound(const struct json_node *node, int level) {
  enum json_type type = json_type(node);
  size_t len;
  must(type != JSON_BOOLEAN && type != JSON_NUMBER, "a number or boolean came of a text");
  if (type == JSON_STRING) {
    const char *text = json_string(node, &len);
    must(len > 0, "an empty text is no null");
    must_be_text(text, len);
  }
  if (type != JSON_OBJECT && type != JSON_ARRAY) return;
  must(level <= JSON_MAX_DEPTH, "nested too deep, and accepted");
  must(json_child(node), "an object or a list is empty");
  for (const struct json_node *child = json_child(node); child; child = json_next(child)) {
    must_be_sound(child, level + 1);
    if (type != JSON_OBJECT) continue;
    must(*json_key(child), "an empty key");
    must_be_text(json_key(child), strlen(json_key(child)));
    for (const struct json_node *other = json_child(node); other != child; other = json_next(other))
      must(strcmp(json_key(child), json_key(other)) != 0, "a key stands twice");
  }
}

static inline bool same_tree(const struct json_node *a, const struct json_node *b) {
  size_t len;
  if (json_type(a) != json_type(b)) return false;
  if (json_type(a) == JSON_STRING) return strcmp(json_string(a, &len), json_string(b, &len)) == 0;
  bool object = json_type(a) == JSON_OBJECT;
  const struct json_node *one = json_child(a), *other = json_child(b);
  for (; one && other; one = json_next(one), other = json_next(other))
    if ((object && strcmp(json_key(one), json_key(other)) != 0) || !same_tree(one, other)) return false;
  return !one && !other;
}

#endif
