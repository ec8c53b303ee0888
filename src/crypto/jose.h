/* What JWE and JWT headers have in common. */
#ifndef CARDS_CRYPTO_JOSE_H
#define CARDS_CRYPTO_JOSE_H

#include <stdbool.h>
#include <stddef.h>

#include "secret/buf.h"
#include "json/json.h"

#define JOSE_HEADER_MAX (16 * 1024) /* bytes of a header as JSON */

/* The member of an object by its name, which may have dots; NULL when there is none or `object` is none. */
const struct json_node *jose_member(const struct json_node *object, const char *name);
/* A member that is a string; NULL for any other and for none. */
const char *jose_string(const struct json_node *object, const char *name, size_t *len);

/* Reads the text of an object; NULL when it is none, or memory is used up. To be given to json_free. */
struct json_node *jose_read(const char *text, size_t len);

/* Appends the members of an object that jose_read has read, as they are written in the text, with a comma in front. */
bool jose_add_members(struct buf *out, const char *text);

#endif
