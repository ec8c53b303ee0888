/* The record of an answer, as a tree in which everything that may be sensitive already is a secret in the arena.
 *
 *   struct record *root = record_build(payload, &request, NULL, &error);
 *   for (struct record *member = root->child; member; member = member->next) use(member->key, member);
 *   record_free(root);
 *
 * It is built where the answer is parsed, handed over to the thread that asked, and used by one thread at a time. */
#ifndef CARDS_PROVIDER_RECORD_H
#define CARDS_PROVIDER_RECORD_H

#include <stdint.h>

#include "provider/encryption.h"
#include "provider/error.h"
#include "provider/provider.h"
#include "provider/request.h"
#include "secret/secret.h"
#include "json/json.h"

enum record_type { RECORD_NULL, RECORD_BOOLEAN, RECORD_INTEGER, RECORD_NUMBER, RECORD_STRING, RECORD_SECRET, RECORD_OBJECT, RECORD_ARRAY };

struct record {
  struct record *next;  /* the next one of the same parent */
  struct record *child; /* first member or element */
  const char *key;      /* of a member of an object; NULL for an element and for the root */
  union {
    bool boolean;
    int64_t integer;
    double number;
    struct {
      const char *bytes;
      size_t len;
    } string;
    struct secret secret; /* whoever takes it over clears the handle here with memset */
  } as;
  size_t count; /* children */
  enum record_type type;
};

/* Whether the host's numbers are all doubles, as in Lua 5.1: integers that no double holds are an error then. For the process, before other threads. */
void record_setup(bool doubles);
/* Builds the record from the node of the answer at operation->root, by the fields of the request's operation. `answer` is
 * for fields that are encrypted; it may be NULL where there are none.
 *  - A declared field has its declared type. A string that is a card number, or longer than its declared digits, is
 *    an undeclared secret all the same.
 *  - An undeclared string or number becomes a secret.
 *  - A name that is not declared, and may be a secret or holds one of the request's, is replaced by "undeclared#1" and
 *    so on.
 *  - A null is left out; in an array it is RECORD_NULL, so that places stay. So is what is empty ("", [], {}) and of another type than is
 *    documented there: it is no value. An object where a list is documented is the list of it.
 *  - Where a value is required and there is none, there is no record.
 *  - A declared number that would be rounded, and a declared secret in which a character was lost, are an error.
 *
 * On failure NULL with `error` set: protocol, which names the field, or busy when a secret has no room. */
struct record *record_build(const struct json_node *payload, const struct request *request, const struct encrypted_answer *answer,
                            struct error *error);
/* The record of an answer that has nothing: an empty object, or list where the fields are in one. NULL likewise. */
struct record *record_empty(const struct request *request, struct error *error);
/* Wipes and frees the tree, with the secrets that nobody has taken over. NULL is allowed. */
void record_free(struct record *root);

#endif
