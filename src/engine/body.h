/* The JSON body of a request, from the parts of an operation that go there. */
#ifndef CARDS_ENGINE_BODY_H
#define CARDS_ENGINE_BODY_H

#include "request.h"

/* Appends the body to out: nested objects by the parts' dotted paths, in the order of the table; nothing at all when no part goes into the body. signature stands
 * where the table has FROM_SIGNATURE, unless values has one. With `only`, just the object at that path. On failure false, *bad then the part's name (NULL when out is full). */
bool body_build(struct buf *out, const struct operation *operation, const struct value *values, struct value signature, const char *only,
                const char **bad);

#endif
