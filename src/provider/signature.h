/* The signatures of a request: values that are made over its body. */
#ifndef CARDS_PROVIDER_SIGNATURE_H
#define CARDS_PROVIDER_SIGNATURE_H

#include "provider/request.h"

#define SIGNATURE_MAX 4 /* signatures of one request */

/* Appends the exact bytes that a signature is over. values has one entry for each of operation->parts, constants included. On failure false with error set. */
bool signature_text(struct buf *out, const struct operation *operation, const struct signature *signature, const struct value *values,
                    struct error *error);

/* The key that makes the value of the part at that place, another one for each attempt; none where there is a value, or no key. */
struct value signature_key(const struct operation *operation, const struct value *values, size_t place);

/* Makes all signatures that have a key, each in one of the empty buffers `made`, and lets values point to them. Those of the body come first: others may be over it. On failure false with error
 * set. */
bool signature_make_all(struct buf made[static SIGNATURE_MAX], const struct operation *operation, struct value *values, struct error *error);

#endif
