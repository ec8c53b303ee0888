/* The body of a request, JSON or a form, from the parts of an operation that go there. */
#ifndef CARDS_PROVIDER_BODY_H
#define CARDS_PROVIDER_BODY_H

#include "provider/request.h"

/* Appends the body to out: nested objects by the parts' dotted paths, in the order of the table; nothing at all when no part goes into the body. values has one for each part,
 * constants as well. With `only`, just the object at that path. On failure false, *bad then the part's name (NULL when out is full). */
bool body_build(struct buf *out, const struct operation *operation, const struct value *values, const char *only, const char **bad);

/* The same as a form: a=1&b=2, percent-encoded, with the name "a[b]" for the path a.b. */
bool body_build_form(struct buf *out, const struct operation *operation, const struct value *values, const char **bad);

#endif
