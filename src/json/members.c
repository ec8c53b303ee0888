#include "json/members.h"

#include <string.h>
#include <sys/random.h>

#include "secret/pool.h"

#define FIRST_SIZE 64
#define PRIME      UINT64_C(4294967291)

/* A polynomial of the bytes at a secret point, modulo a prime: whoever does not know the point cannot find keys that collide. */
static size_t hash(const struct members *members, const struct json_node *parent, const char *key) {
  uint64_t hash = (uintptr_t)parent % PRIME;
  for (; *key; key++)
    hash = (hash * members->secret + (unsigned char)*key) % PRIME;
  return (size_t)hash;
}

static struct member *slot_of(const struct members *members, const struct json_node *parent, const char *key) {
  size_t i = hash(members, parent, key) & (members->size - 1);
  while (members->slots[i].parent && (members->slots[i].parent != parent || strcmp(json_key(members->slots[i].node), key) != 0))
    i = (i + 1) & (members->size - 1);
  return &members->slots[i];
}

/* Makes the table, or one of twice the size. */
static bool grow(struct members *members) {
  struct members grown = { .size = members->size ? members->size * 2 : FIRST_SIZE, .count = members->count, .secret = members->secret };
  if (!members->slots && getrandom(&grown.secret, sizeof grown.secret, 0) != (ssize_t)sizeof grown.secret) return false;
  if (!members->slots) grown.secret = 1 + grown.secret % (PRIME - 1);
  grown.slots = pool_calloc(grown.size, sizeof *grown.slots);
  if (!grown.slots) return false;
  for (size_t i = 0; i < members->size; i++)
    if (members->slots[i].parent) *slot_of(&grown, members->slots[i].parent, json_key(members->slots[i].node)) = members->slots[i];
  members_free(members);
  *members = grown;
  return true;
}

struct json_node *members_find(const struct members *members, const struct json_node *parent, const char *key) {
  return members->slots ? slot_of(members, parent, key)->node : NULL;
}

struct json_node *members_add(struct members *members, struct json_node *parent, const char *key) {
  struct json_node *there = members_find(members, parent, key);
  if (there) return json_type(there) == JSON_ARRAY || json_make_list(there) ? json_add(there, NULL) : NULL;
  if (members->count >= members->size / 2 && !grow(members)) return NULL;
  struct json_node *node = json_add(parent, key);
  if (!node) return NULL;
  *slot_of(members, parent, key) = (struct member){ parent, node };
  members->count++;
  return node;
}

void members_free(struct members *members) {
  pool_free(members->slots);
  *members = (struct members){ 0 };
}
