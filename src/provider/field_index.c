#include "provider/field_index.h"

#include <stdint.h>
#include <string.h>

#include "secret/pool.h"

/* FNV-1a. A hash needs no secret key here: the fields are the operation's, so that an answer cannot make them collide. */
static size_t hash(const char *name, size_t len) {
  uint64_t hash = UINT64_C(0xcbf29ce484222325);
  for (size_t i = 0; i < len; i++)
    hash = (hash ^ (unsigned char)name[i]) * UINT64_C(0x100000001b3);
  return (size_t)(hash ^ hash >> 32);
}

static struct field_entry *slot_of(const struct field_index *index, const char *name, size_t len) {
  size_t i = hash(name, len) & (index->size - 1);
  while (index->slots[i].name && (index->slots[i].len != len || memcmp(index->slots[i].name, name, len) != 0))
    i = (i + 1) & (index->size - 1);
  return &index->slots[i];
}

/* Of two fields with the same name the first one counts. */
static void add(struct field_index *index, const char *name, size_t len, const struct field *field, enum shape shape) {
  struct field_entry *slot = slot_of(index, name, len);
  if (!slot->name) *slot = (struct field_entry){ name, len, field, shape };
}

static bool make(struct field_index *index, size_t entries) {
  for (index->size = 8; index->size < 2 * entries;)
    index->size *= 2;
  index->slots = pool_calloc(index->size, sizeof *index->slots);
  return index->slots != NULL;
}

bool field_index_paths(struct field_index *index, const struct operation *operation) {
  size_t entries = 0;
  for (size_t i = 0; i < operation->field_count; i++)
    for (const char *at = operation->fields[i].path; *at; at++)
      entries += at[1] == '.' || at[1] == '[' || at[1] == '\0';
  if (!make(index, entries)) return false;
  for (size_t i = 0; i < operation->field_count; i++) {
    const char *path = operation->fields[i].path;
    for (size_t len = 1; path[len - 1]; len++) {
      if (path[len] == '\0') add(index, path, len, &operation->fields[i], SHAPE_NONE);
      if (path[len] == '.') add(index, path, len, NULL, SHAPE_OBJECT);
      if (path[len] == '[') add(index, path, len, NULL, SHAPE_ARRAY);
    }
  }
  return true;
}

bool field_index_secrets(struct field_index *index, const struct operation *operation) {
  if (!make(index, operation->field_count)) return false;
  for (size_t i = 0; i < operation->field_count; i++) {
    const struct field *field = &operation->fields[i];
    const char *dot = strrchr(field->path, '.'), *last = dot ? dot + 1 : field->path;
    if (field->type >= FIELD_PAN) add(index, last, strcspn(last, "["), field, SHAPE_NONE);
  }
  return true;
}

const struct field_entry *field_index_find(const struct field_index *index, const char *name, size_t len) {
  const struct field_entry *slot = slot_of(index, name, len);
  return slot->name ? slot : NULL;
}

void field_index_free(struct field_index *index) {
  pool_free(index->slots);
  index->slots = NULL;
}
