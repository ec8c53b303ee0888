#include "provider/field_index.h"

#include <stdint.h>
#include <string.h>

/* FNV-1a. A hash needs no secret key here: the fields are the operation's, so that an answer cannot make them collide. */
static size_t hash(const struct field_node *parent, const char *name, size_t len) {
  uint64_t hash = UINT64_C(0xcbf29ce484222325) ^ (uintptr_t)parent;
  for (size_t i = 0; i < len; i++)
    hash = (hash ^ (unsigned char)name[i]) * UINT64_C(0x100000001b3);
  return (size_t)(hash ^ hash >> 32);
}

static struct field_node **slot_of(const struct field_index *index, const struct field_node *parent, const char *name, size_t len) {
  size_t i = hash(parent, name, len) & (index->size - 1);
  for (const struct field_node *node; (node = index->slots[i]) != NULL; i = (i + 1) & (index->size - 1))
    if (node->parent == parent && node->step.len == len && memcmp(node->step.name, name, len) == 0) break;
  return &index->slots[i];
}

static struct field_index *make(struct blocks *blocks, size_t names) {
  struct field_index *index = blocks_alloc(blocks, sizeof *index);
  if (!index) return NULL;
  for (index->size = 8; index->size < 2 * names;)
    index->size *= 2;
  index->slots = blocks_alloc(blocks, index->size * sizeof(struct field_node *));
  index->top = blocks_alloc(blocks, sizeof *index->top);
  return index->slots && index->top ? index : NULL;
}

/* The node that a step leads to, a new one if there is none; NULL when memory is used up. */
static struct field_node *add(struct blocks *blocks, struct field_index *index, struct field_node *parent, const struct path_step *step) {
  const char *name = step->kind == PATH_INDEX ? (const char *)&step->index : step->name;
  size_t len = step->kind == PATH_INDEX ? sizeof step->index : step->len;
  struct field_node **slot = step->kind == PATH_EACH ? &parent->each : slot_of(index, parent, name, len), **end = &parent->child, *node = *slot;
  if (node) return node;
  node = blocks_alloc(blocks, sizeof *node);
  if (!node) return NULL;
  node->parent = parent;
  node->step = *step;
  if (step->kind == PATH_INDEX) {
    node->step.name = (const char *)&node->step.index;
    node->step.len = len;
  }
  while (*end)
    end = &(*end)->next;
  return *slot = *end = node;
}

const struct field_index *field_index_of(struct blocks *blocks, const struct operation *operation) {
  size_t names = 0;
  struct path_step step;
  for (size_t i = 0; i < operation->field_count; i++)
    for (const char *at = path_begin(operation->fields[i].path); at; at = path_next(at, &step))
      names++;
  struct field_index *index = make(blocks, names);
  for (size_t i = 0; i < operation->field_count && index; i++) {
    const char *path = operation->fields[i].path, *at = path_begin(path);
    struct field_node *node = index->top;
    while (at && node) {
      at = path_next(at, &step);
      node = add(blocks, index, node, &step);
      if (!node || node->path) continue;
      node->path = path;
      node->len = at ? (size_t)(at - path) - (at[-1] == '.') : strlen(path);
    }
    if (!node) return NULL;
    if (!node->field) node->field = &operation->fields[i];
  }
  return index;
}

/* The text of an element of XML is known by the element's name. */
static bool is_text_of_xml(const struct path_step *step) {
  return step->len == 5 && memcmp(step->name, "#text", 5) == 0;
}

const struct field_index *field_index_secrets(struct blocks *blocks, const struct operation *operation) {
  struct field_index *index = make(blocks, operation->field_count);
  for (size_t i = 0; i < operation->field_count && index; i++) {
    const struct field *field = &operation->fields[i];
    struct path_step step, last = { .kind = PATH_EACH };
    if (field->type < FIELD_PAN) continue;
    for (const char *at = path_begin(field->path); at;) {
      at = path_next(at, &step);
      if (step.kind == PATH_NAME && !(is_text_of_xml(&step) && last.kind == PATH_NAME)) last = step;
    }
    struct field_node *node = last.kind == PATH_NAME ? add(blocks, index, index->top, &last) : index->top;
    if (!node) return NULL;
    if (!node->field) node->field = field;
  }
  return index;
}

const struct field_node *field_index_member(const struct field_index *index, const struct field_node *node, const char *name, size_t len) {
  return *slot_of(index, node, name, len);
}

const struct field_node *field_index_element(const struct field_index *index, const struct field_node *node, size_t place) {
  const struct field_node *child = node->child;
  if (!child || (child == node->each && !child->next)) return NULL;
  return *slot_of(index, node, (const char *)&place, sizeof place);
}

bool field_node_is_list(const struct field_node *node) {
  return node->child && node->child->step.kind != PATH_NAME;
}
