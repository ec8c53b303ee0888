#include "provider/request/body.h"

#include <string.h>

#include "json/json.h"
#include "json/path.h"

#define MAX_DEPTH 16 /* objects and lists that a part may lie in */

/* --- paths --- */

/* Where a path goes on behind the step at that place. */
static size_t step_at(const char *path, size_t at, struct path_step *step) {
  const char *next = path_next(path + at + (path[at] == '.'), step);
  return next ? (size_t)(next - path) - (next[-1] == '.') : strlen(path);
}

/* Whether what goes on in a path at that place is in a list. */
static bool is_list(const char *path, size_t at) {
  struct path_step step;
  if (!path[at]) return false;
  step_at(path, at, &step);
  return step.kind != PATH_NAME;
}

static bool starts_with(const char *path, const char *prefix, size_t len) {
  return strncmp(path, prefix, len) == 0 && (path[len] == '.' || path[len] == '[');
}

bool body_is_within(const struct part *part, enum part_into into, const char *path, size_t len) {
  return part->into == into && (!len || starts_with(part_wire(part), path, len));
}

/* --- JSON --- */

struct writer {
  struct buf *out;
  const char *path;       /* of the last part that was written */
  size_t open[MAX_DEPTH]; /* what is open: the path of number i ends at open[i] in `path` */
  size_t depth;           /* how many are open */
};

static bool open_one(struct writer *writer, const char *path, size_t at) {
  if (writer->depth == MAX_DEPTH) return false;
  writer->open[writer->depth++] = at;
  return buf_add_char(writer->out, is_list(path, at) ? '[' : '{');
}

static void close_one(struct writer *writer) {
  buf_add_char(writer->out, is_list(writer->path, writer->open[--writer->depth]) ? ']' : '}');
}

/* The value of a part whose path ends here: in "fields[]" a list is what stands at `fields`. */
static bool is_leaf(const struct part *part, const char *path, size_t end) {
  return path[end] == '\0' || (part->type == PART_LIST && strcmp(path + end, "[]") == 0);
}

/* Closes what the next path is not in, opens what it is in, and writes its last key. */
static bool move_to(struct writer *writer, const struct part *part, size_t base) {
  const char *path = part_wire(part);
  bool first = writer->path == NULL;
  while (writer->depth > 1 && !starts_with(path, writer->path, writer->open[writer->depth - 1]))
    close_one(writer);
  if (first && !open_one(writer, path, base)) return false;
  writer->path = path;
  for (size_t at = writer->open[writer->depth - 1];; first = true) {
    struct path_step step;
    size_t end = step_at(path, at, &step);
    bool named = step.kind == PATH_NAME;
    if (!first) buf_add_char(writer->out, ',');
    if (named && (!json_write_string(writer->out, step.name, step.len) || !buf_add_char(writer->out, ':'))) return false;
    if (is_leaf(part, path, end)) return !writer->out->failed;
    at = end;
    if (!open_one(writer, path, at)) return false;
  }
}

static bool write_value(struct buf *out, const struct part *part, struct value value) {
  if (part->type != PART_STRING) return buf_add(out, value.bytes, value.len);
  if (!part->prefix) return json_write_string(out, value.bytes, value.len);
  struct buf prefixed;
  buf_init(&prefixed, REQUEST_MAX_BODY);
  buf_add_string(&prefixed, part->prefix);
  bool ok = buf_add(&prefixed, value.bytes, value.len) && json_write_string(out, buf_string(&prefixed), prefixed.len);
  buf_free(&prefixed);
  return ok;
}

bool body_json_part(struct buf *out, const struct operation *operation, const struct value *values, enum part_into into, const char *path, size_t len,
                    const char **bad) {
  struct writer writer = { .out = out };
  for (size_t i = 0; i < operation->part_count; i++) {
    const struct part *part = &operation->parts[i];
    if (!values[i].bytes || !body_is_within(part, into, path, len)) continue;
    *bad = part_name(part);
    if (!move_to(&writer, part, len) || !write_value(out, part, values[i])) return false;
  }
  *bad = NULL;
  if (!writer.path) return !(len || operation->body) || buf_add_string(out, "{}");
  while (writer.depth)
    close_one(&writer);
  return !out->failed;
}

/* --- pairs of a form or a query --- */

/* "card[holder][name]" for card.holder.name, percent-encoded. "[]" at the end stays there. */
static bool add_form_name(struct buf *out, const char *path) {
  for (size_t at = 0; path[at];) {
    struct path_step step;
    size_t end = step_at(path, at, &step);
    bool bare = at == 0 && step.kind == PATH_NAME;
    if (!bare) buf_add_string(out, "%5B");
    if (step.kind == PATH_NAME)
      buf_add_percent_encoded(out, step.name, step.len);
    else if (step.kind == PATH_INDEX)
      buf_addf(out, "%zu", step.index);
    if (!bare) buf_add_string(out, "%5D");
    at = end;
  }
  return !out->failed;
}

/* Appends the pairs of a value of a list or object: one for each that is in it. `name` is percent-encoded. */
static bool add_tree(struct buf *out, const struct buf *name, const struct json_node *node, char *separator) {
  enum json_type type = json_type(node);
  bool ok = true;
  for (const struct json_node *child = type >= JSON_ARRAY ? json_child(node) : NULL; ok && child; child = json_next(child)) {
    struct buf inner;
    buf_init(&inner, REQUEST_MAX_BODY);
    ok = buf_add(&inner, name->data, name->len);
    if (type == JSON_OBJECT)
      ok = ok && buf_add_string(&inner, "%5B") && buf_add_percent_encoded(&inner, json_key(child), strlen(json_key(child))) &&
           buf_add_string(&inner, "%5D");
    ok = ok && add_tree(out, &inner, child, separator);
    buf_free(&inner);
  }
  if (type >= JSON_ARRAY || type == JSON_NULL) return ok;
  ok = (!*separator || buf_add_char(out, *separator)) && buf_add(out, name->data, name->len) && buf_add_char(out, '=');
  *separator = '&';
  size_t len;
  char room[JSON_NUMBER_TEXT];
  if (type == JSON_BOOLEAN) return ok && buf_add_string(out, json_boolean(node) ? "true" : "false");
  const char *bytes = type == JSON_NUMBER ? json_number_text(node, room) : json_string(node, &len);
  return ok && buf_add_percent_encoded(out, bytes, type == JSON_NUMBER ? strlen(bytes) : len);
}

/* Appends the pairs of a part whose name is `name`. */
static bool add_pairs(struct buf *out, const struct buf *name, const struct part *part, struct value value, char *separator) {
  if (part->type == PART_LIST || part->type == PART_OBJECT) {
    const char *why;
    size_t where;
    struct json_node *tree = json_parse(value.bytes, value.len, &why, &where);
    bool ok = tree && add_tree(out, name, tree, separator);
    json_free(tree);
    return ok;
  }
  if (*separator) buf_add_char(out, *separator);
  *separator = '&';
  buf_add(out, name->data, name->len);
  buf_add_char(out, '=');
  if (part->prefix) buf_add_percent_encoded(out, part->prefix, strlen(part->prefix));
  return buf_add_percent_encoded(out, value.bytes, value.len);
}

bool body_query_pair(struct buf *out, const struct part *part, struct value value, char *separator) {
  struct buf name;
  buf_init(&name, REQUEST_MAX_TARGET);
  bool ok = buf_add_percent_encoded(&name, part_wire(part), strlen(part_wire(part))) && add_pairs(out, &name, part, value, separator);
  buf_free(&name);
  return ok;
}

bool body_form(struct buf *out, const struct operation *operation, const struct value *values, enum part_into into, const char **bad) {
  char separator = '\0';
  for (size_t i = 0; i < operation->part_count; i++) {
    const struct part *part = &operation->parts[i];
    if (part->into != into || !values[i].bytes) continue;
    struct buf name;
    buf_init(&name, REQUEST_MAX_BODY);
    *bad = part_name(part);
    bool ok = add_form_name(&name, part_wire(part)) && add_pairs(out, &name, part, values[i], &separator);
    buf_free(&name);
    if (!ok) return false;
  }
  *bad = NULL;
  return !out->failed;
}

/* Whether the body is one text, such as one that is encrypted. */
static bool is_whole(const struct operation *operation) {
  for (size_t i = 0; i < operation->part_count; i++)
    if (operation->parts[i].into == INTO_BODY && !part_wire(&operation->parts[i])[0]) return true;
  return false;
}

const char *body_content_type(const struct operation *operation) {
  static const char *const types[] = {
    [BODY_JSON] = "application/json", [BODY_FORM] = "application/x-www-form-urlencoded", [BODY_RAW] = "text/plain", [BODY_XML] = "application/xml"
  };
  if (operation->content_type) return operation->content_type;
  return is_whole(operation) ? "application/jose" : types[operation->encoding];
}
