/* The signatures of a request, which are made over its body. `values` has one entry for each of operation->parts,
 * constants included. What can fail returns false with `error` set. */
#ifndef CARDS_PROVIDER_REQUEST_SIGNATURE_H
#define CARDS_PROVIDER_REQUEST_SIGNATURE_H

#include "provider/request.h"

#define SIGNATURE_MAX 4 /* signatures of one request */

/* Appends the exact bytes that a signature covers. */
bool signature_text(struct buf *out, const struct operation *operation, const struct signature *signature, const struct value *values,
                    struct error *error);

/* Appends the base64 of the signature of a text by that key. On failure *why is a static phrase that follows the name of
 * the key. Leaves traces on the stack, which the caller wipes. */
bool signature_sign(const struct signature *signature, struct value key, const char *text, size_t len, struct buf *base64, const char **why);

/* The key that signs for the part at that place, for each attempt; bytes is NULL when the part has a value or no
 * key. */
struct value signature_key(const struct operation *operation, const struct value *values, size_t place);

/* Makes all signatures that have a key, each in one of the empty buffers `made`, and lets `values` point to them. Those
 * in the body come first, as others may cover it. */
bool signature_make_all(struct buf made[static SIGNATURE_MAX], const struct operation *operation, struct value *values, struct error *error);

#endif
