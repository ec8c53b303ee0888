#include "json/tree.h"

#include "text/chars.h"
#include "json/form.h"
#include "json/xml.h"

const char *const answer_format_words[] = { "json", "xml", "form", "text", NULL };

static struct json_node *text_parse(const char *text, size_t len, const char **why, size_t *where) {
  *where = utf8_text(text, len);
  *why = "a text that is no UTF-8, or has a NUL";
  if (*where < len) return NULL;
  size_t mark = utf8_mark(text, len);
  if (len > mark && text[len - 1] == '\n') len--;
  if (len > mark && text[len - 1] == '\r') len--;
  struct json_node *root = json_new(), *node = root ? json_add(root, "text") : NULL;
  if (node && (len == mark || json_set_string(node, text + mark, len - mark))) return root;
  json_free(root);
  *why = "a text that does not fit into memory";
  *where = 0;
  return NULL;
}

struct json_node *tree_parse(enum answer_format format, const char *text, size_t len, const char **why, size_t *where) {
  static struct json_node *(*const parsers[])(const char *text, size_t len, const char **why, size_t *where) = {
    [FORMAT_JSON] = json_parse, [FORMAT_XML] = xml_parse, [FORMAT_FORM] = form_parse, [FORMAT_TEXT] = text_parse
  };
  return parsers[format](text, len, why, where);
}
