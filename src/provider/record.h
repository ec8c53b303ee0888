/* The provider's payload as a tree of values, in which everything that may be sensitive already is a secret in the arena. Built where the answer is parsed and handed over
 * to the thread that asked; used by one thread at a time. */
#ifndef CARDS_PROVIDER_RECORD_H
#define CARDS_PROVIDER_RECORD_H

#include <stdint.h>

#include "provider/error.h"
#include "provider/provider.h"
#include "secret/secret.h"
#include "json/json.h"

enum record_type { RECORD_NULL, RECORD_BOOLEAN, RECORD_INTEGER, RECORD_NUMBER, RECORD_STRING, RECORD_SECRET, RECORD_OBJECT, RECORD_ARRAY };

struct record {
  struct record *next;  /* sibling */
  struct record *child; /* first member or element */
  const char *key;      /* in an object; NULL in an array and for the root */
  union {
    bool boolean;
    int64_t integer;
    double number;
    struct {
      const char *bytes;
      size_t len;
    } string;
    struct secret secret; /* whoever takes it over wipes the node's handle with memset */
  } as;
  size_t count; /* children */
  enum record_type type;
};

/* Builds the record from the payload's node by the operation's fields: a null is absent (RECORD_NULL in an array, so that places stay), a declared field has its declared type, an
 * undeclared string or number becomes a secret. On failure NULL, with error set to protocol (naming the field) or busy (no room for a secret). */
struct record *record_build(const struct json_node *payload, const struct operation *operation, struct error *error);
/* Wipes and frees the tree and the secrets that nobody has taken over. NULL is allowed. */
void record_free(struct record *root);

#endif
