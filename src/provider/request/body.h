/* The body of a request out of the parts of an operation that go into it, and the pairs of a query.
 *
 * Parts "card.id", "card.holder" and "tags[0].name" become {"card":{"id":…,"holder":…},"tags":[{"name":…}]}, in the order
 * of the table; in a form card[id]=…&card[holder]=…&tags[0][name]=…, percent-encoded. A part for "[0].id" makes the body
 * a list.
 *
 * `values` has one entry for each of operation->parts, constants included. On failure the functions return false;
 * *bad is then the name of the part, or NULL when `out` is full. */
#ifndef CARDS_PROVIDER_REQUEST_BODY_H
#define CARDS_PROVIDER_REQUEST_BODY_H

#include "provider/request.h"

/* Appends the object or list at a path of a JSON body, {} when there is none; with len = 0 the body, and nothing when no
 * part goes there, unless the operation always has a body. `into` is INTO_BODY or INTO_SEALED. */
bool body_json_part(struct buf *out, const struct operation *operation, const struct value *values, enum part_into into, const char *path, size_t len,
                    const char **bad);
/* Appends a form. */
bool body_form(struct buf *out, const struct operation *operation, const struct value *values, enum part_into into, const char **bad);

/* Appends "&name=value" for a part of the query, for a list one for each element. *separator stands in front of the
 * first one and is '&' afterwards. */
bool body_query_pair(struct buf *out, const struct part *part, struct value value, char *separator);
/* Whether a part goes below that path of the body; len = 0 is the whole body. */
bool body_is_within(const struct part *part, enum part_into into, const char *path, size_t len);
/* What the header Content-Type says of the body. */
const char *body_content_type(const struct operation *operation);

#endif
