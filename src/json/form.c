#define _GNU_SOURCE 1
#include "json/form.h"

#include <string.h>

#include "text/chars.h"
#include "json/json_check.h"
#include "json/members.h"

#define NAME_MAX_LEN 256 /* bytes */

struct form {
  struct json_node *root;
  struct members members;
  struct buf name, value; /* of one pair, decoded */
  const char *at;         /* where the text went wrong */
  const char *why;
  size_t values; /* that may still follow */
};

static const char no_memory[] = "a form that does not fit into memory";

static bool fail(struct form *form, const char *why) {
  form->why = why;
  return false;
}

static bool decode(struct form *form, const char *from, const char *end, struct buf *out) {
  buf_clear(out);
  for (form->at = from; form->at < end; form->at++) {
    unsigned char c = (unsigned char)*form->at;
    if (c < 0x20 || c == 0x7f) return fail(form, "a control character in a form");
    if (c == '%') {
      int high = end - form->at > 2 ? hex_value(form->at[1]) : -1, low = high < 0 ? -1 : hex_value(form->at[2]);
      if (low < 0) return fail(form, "a '%' without two hexadecimal digits in a form");
      if (high + low == 0) return fail(form, "a NUL in a form");
      form->at += 2;
      c = (unsigned char)(high * 16 + low);
    }
    if (!buf_add_char(out, *form->at == '+' ? ' ' : (char)c)) return fail(form, no_memory);
  }
  form->at = from;
  return utf8_text(buf_string(out), out->len) == out->len || fail(form, "invalid UTF-8 in a form");
}

/* The object under that key, which is made where there is none; NULL when that failed. */
static struct json_node *open_object(struct form *form, struct json_node *parent, const char *key) {
  struct json_node *node = members_find(&form->members, parent, key);
  if (node && json_type(node) != JSON_OBJECT) {
    fail(form, "a name in a form that is a text as well as an object");
    return NULL;
  }
  if (!node && !(node = members_add(&form->members, parent, key))) fail(form, no_memory);
  return node;
}

/* Adds the value under that key, or to the list there. */
static bool add_value(struct form *form, struct json_node *parent, const char *key, bool list) {
  struct json_node *there = members_find(&form->members, parent, key);
  if (there && json_type(there) == JSON_OBJECT) return fail(form, "a name in a form that is a text as well as an object");
  struct json_node *node = members_add(&form->members, parent, key);
  if (node && list && !there) node = json_add(node, NULL);
  if (node && (!form->value.len || json_set_string(node, form->value.data, form->value.len))) return true;
  return fail(form, no_memory);
}

/* Adds the pair. The name is cut at its brackets. */
static bool add_pair(struct form *form) {
  static const char unmatched[] = "brackets that do not match in a name of a form";
  struct json_node *parent = form->root;
  char *key = form->name.data;
  bool list = false;
  for (int level = 1; parent; level++) {
    size_t len = strcspn(key, "[]");
    char *bracket = level == 1 ? key + len : key + len + 1; /* what follows the name, or its closing one */
    if (level == 1 ? *bracket == ']' : key[len] != ']' || (*bracket && *bracket != '[')) return fail(form, unmatched);
    if (len == 0 || len > NAME_MAX_LEN) return fail(form, len ? "a name of more than 256 bytes in a form" : "an empty name in a form");
    if (level == JSON_MAX_DEPTH) return fail(form, "a form that is nested too deep");
    bool last = !*bracket;
    list = strcmp(bracket, "[]") == 0;
    key[len] = *bracket = '\0';
    if (last || list) return add_value(form, parent, key, list);
    parent = open_object(form, parent, key);
    key = bracket + 1;
  }
  return false;
}

static bool read_pair(struct form *form, const char *from, const char *end) {
  const char *equals = memchr(from, '=', (size_t)(end - from));
  form->at = from;
  if (!equals) return fail(form, "a name without '=' in a form");
  if (form->values-- == 0) return fail(form, "too many values in a form");
  if (!decode(form, equals + 1, end, &form->value) || !decode(form, from, equals, &form->name)) return false;
  return form->name.len ? add_pair(form) : fail(form, "an empty name in a form");
}

static bool read_all(struct form *form, const char *from, const char *end) {
  while (from < end) {
    const char *next = memchr(from, '&', (size_t)(end - from));
    if (!next) next = end;
    if (next > from && !read_pair(form, from, next)) return false;
    from = next + 1;
  }
  return true;
}

struct json_node *form_parse(const char *text, size_t len, const char **why, size_t *where) {
  struct form form = { .root = json_new(), .at = text, .why = no_memory, .values = json_check_values(len) };
  size_t mark = utf8_mark(text, len);
  while (len > mark && (text[len - 1] == '\n' || text[len - 1] == '\r'))
    len--;
  buf_init(&form.name, len);
  buf_init(&form.value, len);
  bool ok = form.root && read_all(&form, text + mark, text + len);
  buf_free(&form.name);
  buf_free(&form.value);
  members_free(&form.members);
  if (ok) return form.root;
  json_free(form.root);
  *why = form.why;
  *where = (size_t)(form.at - text);
  return NULL;
}
