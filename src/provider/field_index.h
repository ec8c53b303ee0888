/* The fields of an operation by name, so that an answer may have many members.
 *
 *   struct field_index index = { 0 };
 *   field_index_paths(&index, operation);
 *   const struct field_entry *entry = field_index_find(&index, "items", 5);      { NULL, SHAPE_ARRAY } of "items[].pan"
 *   field_index_free(&index);
 *
 * Used by one thread at a time. */
#ifndef CARDS_PROVIDER_FIELD_INDEX_H
#define CARDS_PROVIDER_FIELD_INDEX_H

#include "provider/provider.h"

/* What stands at a path according to the fields that are declared below it. */
enum shape { SHAPE_NONE, SHAPE_OBJECT, SHAPE_ARRAY };

struct field_entry {
  const char *name; /* not terminated; NULL in a free slot */
  size_t len;
  const struct field *field; /* NULL where the path only leads to fields */
  enum shape shape;
};

struct field_index {
  struct field_entry *slots; /* an open hash table, NULL before it is made */
  size_t size;               /* a power of two */
};

/* Makes the index of all paths, and of the paths that lead to them. False when memory is used up. */
bool field_index_paths(struct field_index *index, const struct operation *operation);
/* Makes the index of the last names of the fields that are secrets. False when memory is used up. */
bool field_index_secrets(struct field_index *index, const struct operation *operation);
/* The entry of that name, or NULL. */
const struct field_entry *field_index_find(const struct field_index *index, const char *name, size_t len);
void field_index_free(struct field_index *index);

#endif
