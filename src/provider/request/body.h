/* The body of a request, JSON or a form, from the parts of an operation that go into it.
 *
 * Parts "card.id" and "card.holder" become {"card":{"id":…,"holder":…}}, in the order of the table; in a form they
 * become card[id]=…&card[holder]=…, percent-encoded.
 *
 * `values` has one entry for each of operation->parts, constants included. On failure the functions return false;
 * *bad is then the name of the part, or NULL when `out` is full. */
#ifndef CARDS_PROVIDER_REQUEST_BODY_H
#define CARDS_PROVIDER_REQUEST_BODY_H

#include "provider/request.h"

/* Appends the body. Appends nothing when no part goes into it, unless the operation always has a body. */
bool body_build(struct buf *out, const struct operation *operation, const struct value *values, const char **bad);

/* Appends only the object at a path of the JSON body, {} when there is none. */
bool body_build_part(struct buf *out, const struct operation *operation, const struct value *values, const char *path, size_t len, const char **bad);

#endif
