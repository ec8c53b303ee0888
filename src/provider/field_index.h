/* The fields of an operation as a tree of the steps of their paths, in which a member is found by its name however many
 * there are. An answer is walked along with it.
 *
 *   const struct field_index *index = field_index_of(&blocks, operation);
 *   const struct field_node *items = field_index_member(index, index->top, "items", 5);      of "items[].pan"
 *   if (field_node_is_list(items)) …
 *   blocks_free(&blocks);
 *
 * It never changes once it is made, and refers to the operation. */
#ifndef CARDS_PROVIDER_FIELD_INDEX_H
#define CARDS_PROVIDER_FIELD_INDEX_H

#include "provider/provider.h"
#include "secret/blocks.h"
#include "json/path.h"

struct field_node {
  const struct field_node *parent; /* NULL for the top */
  struct field_node *child, *next; /* in the order of the fields */
  struct field_node *each;         /* the child of all elements, or NULL */
  struct path_step step;           /* that leads here; of an element the bytes of its index are the name */
  const char *path;                /* from the top to here, as it is written; not terminated */
  size_t len;                      /* bytes of the path */
  const struct field *field;       /* NULL where the path only leads to fields */
};

struct field_index {
  struct field_node *top;
  struct field_node **slots; /* of the nodes that have a name or an index: an open hash table */
  size_t size;               /* a power of two */
};

/* Makes the tree of the paths; NULL when memory is used up. */
const struct field_index *field_index_of(struct blocks *blocks, const struct operation *operation);
/* Makes the tree of the last names of the fields that are secrets, all below the top. The top has the field of those without
 * a name, as "[]" is. NULL likewise. */
const struct field_index *field_index_secrets(struct blocks *blocks, const struct operation *operation);
/* The node below `node` of that name, or NULL. */
const struct field_node *field_index_member(const struct field_index *index, const struct field_node *node, const char *name, size_t len);
/* The node of the element at that place alone, or NULL. */
const struct field_node *field_index_element(const struct field_index *index, const struct field_node *node, size_t place);
/* Whether the node's fields are in the elements of a list. */
bool field_node_is_list(const struct field_node *node);

#endif
