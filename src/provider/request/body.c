#include "provider/request/body.h"

#include <string.h>

#include "json/json.h"

#define MAX_DEPTH 8 /* objects that a part may lie in */

struct writer {
  struct buf *out;
  const char *path; /* of the last part that was written */
  size_t open[MAX_DEPTH];
  size_t depth; /* objects that are open below the top one; the key of number i ends at open[i] in `path` */
};

static size_t segment_end(const char *path, size_t from) {
  const char *dot = strchr(path + from, '.');
  return dot ? (size_t)(dot - path) : strlen(path);
}

static bool starts_with(const char *path, const char *prefix, size_t len) {
  return strncmp(path, prefix, len) == 0 && path[len] == '.';
}

/* Closes the objects that the next path is not in, opens those that it is in, and writes its last key. */
static bool move_to(struct writer *writer, const char *path, size_t base) {
  struct buf *out = writer->out;
  bool first = writer->path == NULL;
  while (writer->depth > 0 && !starts_with(path, writer->path, writer->open[writer->depth - 1])) {
    writer->depth--;
    buf_add_char(out, '}');
  }
  size_t at = writer->depth ? writer->open[writer->depth - 1] + 1 : base;
  for (bool leaf = false; !leaf; first = true) {
    size_t end = segment_end(path, at);
    leaf = path[end] == '\0';
    if (!first) buf_add_char(out, ',');
    if (!json_write_string(out, path + at, end - at)) return false;
    buf_add_char(out, ':');
    if (leaf) break;
    if (writer->depth == MAX_DEPTH) return false;
    writer->open[writer->depth++] = end;
    buf_add_char(out, '{');
    at = end + 1;
  }
  writer->path = path;
  return !out->failed;
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

/* With len = 0 the body itself; then nothing is written when there are no parts and the operation needs no body. */
bool body_build_part(struct buf *out, const struct operation *operation, const struct value *values, const char *path, size_t len, const char **bad) {
  size_t base = len ? len + 1 : 0;
  struct writer writer = { .out = out };
  for (size_t i = 0; i < operation->part_count; i++) {
    const struct part *part = &operation->parts[i];
    if (part->into != INTO_BODY || !values[i].bytes) continue;
    const char *place = part_wire(part);
    if (len && !starts_with(place, path, len)) continue;
    if (!writer.path) buf_add_char(out, '{');
    *bad = part_name(part);
    if (!move_to(&writer, place, base) || !write_value(out, part, values[i])) return false;
  }
  *bad = NULL;
  if (!writer.path) return !(len || operation->body) || buf_add_string(out, "{}");
  for (size_t i = 0; i <= writer.depth; i++)
    buf_add_char(out, '}');
  return !out->failed;
}

/* "card[holder][name]" for card.holder.name, percent-encoded. Brackets at the end of a name, as in "expand[]", stay
 * there. */
static bool add_form_name(struct buf *out, const char *path) {
  for (size_t at = 0;;) {
    size_t end = segment_end(path, at), bare = at + strcspn(path + at, "[.");
    if (at) buf_add_string(out, "%5B");
    buf_add_percent_encoded(out, path + at, bare - at);
    if (at) buf_add_string(out, "%5D");
    buf_add_percent_encoded(out, path + bare, end - bare);
    if (!path[end]) return !out->failed;
    at = end + 1;
  }
}

static bool build_form(struct buf *out, const struct operation *operation, const struct value *values, const char **bad) {
  bool first = true;
  for (size_t i = 0; i < operation->part_count; i++) {
    const struct part *part = &operation->parts[i];
    if (part->into != INTO_BODY || !values[i].bytes) continue;
    *bad = part_name(part);
    if (!first) buf_add_char(out, '&');
    first = false;
    if (!add_form_name(out, part_wire(part)) || !buf_add_char(out, '=')) return false;
    if (part->prefix) buf_add_percent_encoded(out, part->prefix, strlen(part->prefix));
    if (!buf_add_percent_encoded(out, values[i].bytes, values[i].len)) return false;
  }
  *bad = NULL;
  return !out->failed;
}

bool body_build(struct buf *out, const struct operation *operation, const struct value *values, const char **bad) {
  return operation->form ? build_form(out, operation, values, bad) : body_build_part(out, operation, values, "", 0, bad);
}
