/* Bytes through xml_parse: a tree that is accepted has only what xml.h says, and the document that is written of it is read as the same tree. And any bytes through
 * xml_write_text, which are read back as they are. */
#define _GNU_SOURCE 1
#include "trees.h"
#include "json/xml.h"

#define LONG_NAME 250 /* bytes, with which a prefix has no room */

int LLVMFuzzerInitialize(int *argc, char ***argv) {
  (void)argc;
  (void)argv;
  json_setup();
  return 0;
}

static void write_text(struct buf *out, const struct json_node *node) {
  size_t len;
  if (json_type(node) != JSON_STRING) return;
  const char *text = json_string(node, &len);
  must(xml_write_text(out, text, len), "a text of XML cannot be written as one");
}

/* Names have a prefix: what followed one need not be a name by itself, and an attribute that is called xmlns is none of a namespace. But nil has none, as it would say that there
 * is no value. False for a name with which a prefix has no room. */
static bool write_element(struct buf *out, const char *name, const struct json_node *node) {
  bool fits = strlen(name) <= LONG_NAME, object = json_type(node) == JSON_OBJECT;
  buf_addf(out, "<e:%s", name);
  for (const struct json_node *child = json_child(node); object && child; child = json_next(child)) {
    const char *key = json_key(child);
    if (*key != '@') continue;
    fits = fits && strlen(key) <= LONG_NAME;
    const struct json_node *each = json_type(child) == JSON_ARRAY ? json_child(child) : child;
    for (int i = 0; each; i++, each = json_type(child) == JSON_ARRAY ? json_next(each) : NULL) {
      if (strcmp(key, "@nil") == 0)
        buf_add_string(out, " nil='");
      else
        buf_addf(out, " q%d:%s='", i, key + 1);
      write_text(out, each);
      buf_add_string(out, "'");
    }
  }
  buf_add_string(out, ">");
  write_text(out, node);
  for (const struct json_node *child = json_child(node); object && child; child = json_next(child)) {
    if (strcmp(json_key(child), "#text") == 0) write_text(out, child);
    if (strchr("@#", *json_key(child))) continue;
    const struct json_node *each = json_type(child) == JSON_ARRAY ? json_child(child) : child;
    for (; each; each = json_type(child) == JSON_ARRAY ? json_next(each) : NULL)
      fits = write_element(out, json_key(child), each) && fits;
  }
  buf_addf(out, "</e:%s>", name);
  return fits;
}

static void must_read_back(const struct json_node *root) {
  struct buf written;
  const char *why = "";
  size_t where = 0;
  buf_init(&written, TREE_TEXT_MAX);
  if (write_element(&written, json_key(json_child(root)), json_child(root))) {
    struct json_node *again = xml_parse(written.data, written.len, &why, &where);
    must(again, "what is written of a tree is no XML: %s at byte %zu", why, where);
    must(same_tree(root, again), "what is written of a tree is read as another one");
    json_free(again);
  }
  buf_free(&written);
}

static void must_have_no_doctype(struct piece text) {
  size_t at = find(text, "<!doctype", 9, 0);
  must(at == SIZE_MAX || find(text, "<!--", 4, 0) < at || find(text, "<![cdata[", 9, 0) < at || find(text, "<?", 2, 0) < at,
       "a DOCTYPE was accepted");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct piece text = { (const char *)data, size };
  const char *why = NULL;
  size_t where = SIZE_MAX, len;
  struct json_node *root = xml_parse(text.bytes, text.len, &why, &where);
  if (root) {
    must(json_type(root) == JSON_OBJECT && !json_next(json_child(root)), "a document has another number of roots than one");
    must_be_sound(root, 1);
    must_have_no_doctype(text);
    must_read_back(root);
  } else {
    must(why && where <= size, "no reason, or a place outside of the text");
  }
  json_free(root);

  struct buf written;
  buf_init(&written, TREE_TEXT_MAX);
  buf_add_string(&written, "<a b='");
  if (xml_write_text(&written, text.bytes, text.len)) {
    buf_add_string(&written, "'/>");
    root = xml_parse(written.data, written.len, &why, &where);
    must(root, "a text was written that is no XML: %s at byte %zu", why, where);
    const struct json_node *value = json_at(root, "a.@b");
    const char *read = json_type(value) == JSON_STRING ? json_string(value, &len) : "";
    must(strlen(read) == size && memcmp(read, text.bytes, size) == 0, "a text was written that reads as another");
    json_free(root);
  } else {
    must(strcmp(buf_string(&written), "<a b='") == 0, "a part of a text was written");
  }
  buf_free(&written);
  return 0;
}
