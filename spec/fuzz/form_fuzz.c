/* Bytes through form_parse: a tree that is accepted has only what form.h says, one value for each pair, and the form that is written of it is read as the same tree. */
#define _GNU_SOURCE 1
#include "text/chars.h"
#include "trees.h"
#include "json/form.h"

int LLVMFuzzerInitialize(int *argc, char ***argv) {
  (void)argc;
  (void)argv;
  json_setup();
  return 0;
}

static void write_form(struct buf *out, struct buf *name, const struct json_node *node, size_t *pairs) {
  enum json_type type = json_type(node);
  size_t before = name->len, len = 0;
  if (type != JSON_OBJECT && type != JSON_ARRAY) {
    const char *text = type == JSON_STRING ? json_string(node, &len) : "";
    buf_add(out, name->data, name->len);
    buf_add_char(out, '=');
    buf_add_percent_encoded(out, text, len);
    buf_add_char(out, '&');
    *pairs += 1;
  }
  for (const struct json_node *child = json_child(node); child; child = json_next(child)) {
    if (before) buf_add_char(name, '[');
    if (type == JSON_OBJECT) buf_add_percent_encoded(name, json_key(child), strlen(json_key(child)));
    if (before) buf_add_char(name, ']');
    write_form(out, name, child, pairs);
    buf_cut(name, before);
  }
}

static size_t pairs_of(struct piece text) {
  size_t pairs = 0, mark = utf8_mark(text.bytes, text.len);
  text = (struct piece){ text.bytes + mark, text.len - mark };
  while (text.len) {
    struct piece pair = cut_piece(&text, '&');
    pairs += pair.len && pair.bytes[0] != '\r' && pair.bytes[0] != '\n';
  }
  return pairs;
}

static void must_read_back(const struct json_node *root, size_t expected) {
  struct buf written, name;
  const char *why = "";
  size_t where = 0, pairs = 0;
  buf_init(&written, TREE_TEXT_MAX);
  buf_init(&name, TREE_TEXT_MAX);
  write_form(&written, &name, root, &pairs);
  must(pairs == expected, "%zu pairs became %zu values", expected, pairs);
  struct json_node *again = form_parse(written.data, written.len, &why, &where);
  must(again, "what is written of a tree is no form: %s at byte %zu", why, where);
  must(same_tree(root, again), "what is written of a tree is read as another one");
  json_free(again);
  buf_free(&written);
  buf_free(&name);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct piece text = { (const char *)data, size };
  const char *why = NULL;
  size_t where = SIZE_MAX;
  char *copy = copy_piece(text);
  struct json_node *root = form_parse(copy, text.len, &why, &where);
  if (root && json_child(root)) {
    must_be_sound(root, 1);
    must_read_back(root, pairs_of(text));
  } else if (!root) {
    must(why && where <= size, "no reason, or a place outside of the text");
  }
  json_free(root);
  free(copy);
  return 0;
}
