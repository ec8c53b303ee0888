/* The members of a tree in the making by their parent and key, so that each is found in the same time however many there are.
 *
 *   struct members members = { 0 };
 *   struct json_node *root = json_new(), *a = members_add(&members, root, "a");      {"a":null}
 *   members_add(&members, root, "a");                                                {"a":[null,null]}
 *   members_free(&members);                                                          the tree stays
 *
 * Used by one thread at a time. */
#ifndef CARDS_JSON_MEMBERS_H
#define CARDS_JSON_MEMBERS_H

#include "json/json.h"

struct member {
  const struct json_node *parent; /* NULL in a free slot */
  struct json_node *node;
};

struct members {
  struct member *slots; /* an open hash table, NULL before the first member */
  size_t size;          /* a power of two */
  size_t count;
  uint64_t secret; /* of the hash, so that an answer cannot make keys collide */
};

/* The member of that key; NULL when there is none. */
struct json_node *members_find(const struct members *members, const struct json_node *parent, const char *key);
/* Adds a null under the key. What stands there already becomes a list first, and the null its last element. NULL when memory is used up. */
struct json_node *members_add(struct members *members, struct json_node *parent, const char *key);
void members_free(struct members *members);

#endif
