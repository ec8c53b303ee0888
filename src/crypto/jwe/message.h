/* The parts of a JWE, and what its headers say: RFC 7516, sections 4 and 7. */
#ifndef CARDS_CRYPTO_JWE_MESSAGE_H
#define CARDS_CRYPTO_JWE_MESSAGE_H

#include "crypto/jwe/content_key.h"
#include "secret/buf.h"
#include "json/json.h"

struct jwe_message {
  struct jwe_bytes protected;                                       /* as it is written: what is authenticated */
  struct jwe_bytes aad;                                             /* the same */
  struct jwe_bytes wrapped;                                         /* base64url; of a message with one recipient */
  struct buf iv, text, tag;                                         /* decoded */
  struct json_node *root;                                           /* of the JSON form; NULL for the compact one */
  struct json_node *header;                                         /* the protected one; NULL for none */
  const struct json_node *unprotected, *per_recipient, *recipients; /* of the JSON form; NULL where absent */
};

/* Reads the parts. On failure *why is as for jwe_open. To be freed in any case. */
bool message_read(struct jwe_message *message, const char *text, size_t len, const char **why);
void message_free(struct jwe_message *message);

/* Appends what base64url stands for, without what only our decoder allows: RFC 7515, section 2. */
bool message_decode(struct jwe_bytes text, struct buf *out);

struct jwe_recipient {
  const struct jwe_alg *alg; /* NULL when it is not known */
  const struct jwe_enc *enc;
  struct jwe_agreement agreement;
  struct jwe_bytes wrapped; /* base64url */
};

/* Reads what the headers say to one recipient: number `index`, from 0 on. False, with *why as for jwe_open, when they
 * contradict each other or say what is not supported; *why is NULL when there are no more recipients. */
bool message_recipient(const struct jwe_message *message, size_t index, struct jwe_recipient *recipient, const char **why);

#endif
