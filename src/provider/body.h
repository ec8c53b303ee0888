/* The body of a request, JSON or a form, from the parts of an operation that go there. */
#ifndef CARDS_PROVIDER_BODY_H
#define CARDS_PROVIDER_BODY_H

#include "provider/request.h"

/* Appends the body to out, as JSON or as the operation's form; nothing at all where no part goes into the body and the operation has none. values has one entry for each of
 * operation->parts, constants included. JSON has nested objects by the parts' dotted paths, in the order of the table; a form is a=1&b=2, percent-encoded, with the name "a[b]" for
 * the path a.b. On failure false, *bad then the part's name (NULL when out is full). */
bool body_build(struct buf *out, const struct operation *operation, const struct value *values, const char **bad);

/* The same of JSON for just the object at a path in it, "{}" where there is none. */
bool body_build_part(struct buf *out, const struct operation *operation, const struct value *values, const char *path, size_t len, const char **bad);

#endif
