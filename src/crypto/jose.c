#include "crypto/jose.h"

#include <string.h>

#include "text/chars.h"

const struct json_node *jose_member(const struct json_node *object, const char *name) {
  if (!object || json_type(object) != JSON_OBJECT) return NULL;
  for (const struct json_node *member = json_child(object); member; member = json_next(member))
    if (strcmp(json_key(member), name) == 0) return member;
  return NULL;
}

const char *jose_string(const struct json_node *object, const char *name, size_t *len) {
  const struct json_node *member = jose_member(object, name);
  return member && json_type(member) == JSON_STRING ? json_string(member, len) : NULL;
}

struct json_node *jose_read(const char *text, size_t len) {
  const char *why;
  size_t where;
  struct json_node *root = json_parse(text, len, &why, &where);
  if (root && json_type(root) == JSON_OBJECT) return root;
  json_free(root);
  return NULL;
}

bool jose_add_members(struct buf *out, const char *text) {
  const char *start = strchr(text, '{') + 1, *end = strrchr(text, '}');
  while (is_space(*start))
    start++;
  return start == end || (buf_add_char(out, ',') && buf_add(out, start, (size_t)(end - start)));
}
