/* Texts that are encrypted as a definition says, in a request or an answer, and the keys that are parts of a request.
 *
 * All of this leaves traces on the stack, which the caller wipes. */
#ifndef CARDS_PROVIDER_ENCRYPTION_H
#define CARDS_PROVIDER_ENCRYPTION_H

#include "crypto/key_cache.h"
#include "provider/provider.h"
#include "provider/values.h"
#include "json/json.h"

/* Reads the value of a part as the key that its type says: a PART_PEM, which may be encrypted with `password`, the bytes
 * that a PART_BYTES stands for, or the bytes themselves. A cache may be NULL. NULL on failure, with a static phrase in
 * *why that follows the name of the part. */
struct key *encryption_key(struct key_cache *cache, const struct part *part, struct value value, struct value password, const char **why);

/* Whether the key fits, to decrypt or to encrypt. On false *why is a static phrase that follows the name of the key. */
bool encryption_fits(const struct encryption *encryption, const struct key *key, bool decrypt, const char **why);

/* Appends the encrypted text. header is the JSON of more members of a JWE's header, or NULL. On failure *why is a static
 * phrase that follows the name of what is encrypted. */
bool encryption_close(const struct encryption *encryption, const struct key *key, const char *header, const struct buf *text, struct buf *out,
                      const char **why);

/* An answer that has encrypted texts: the request has the keys, `root` the texts beside them. */
struct encrypted_answer {
  const struct operation *operation;
  const struct values *values;
  struct key_cache *cache;
  const struct json_node *root; /* NULL for none */
  bool plain;                   /* they are plain text: an example */
};

/* Appends the plain text of one of them. False when it cannot be decrypted, for whatever reason. */
bool encryption_open(const struct encryption *encryption, const struct encrypted_answer *answer, const char *text, size_t len, struct buf *out);

/* The tree of operation->decrypt: that of the text in the answer, or of `body`, which is all of it. NULL when it cannot be
 * decrypted, or is no JSON, for whatever reason. */
struct json_node *encryption_tree(const struct encrypted_answer *answer, const char *body, size_t len);

#endif
