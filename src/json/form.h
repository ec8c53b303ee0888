/* Forms, application/x-www-form-urlencoded, as the same tree as JSON: one object of texts.
 *
 *   card[number]=4111&card[cvv]=1%202&tag[]=a&id=7&id=8&note=
 *   {"card":{"number":"4111","cvv":"1 2"},"tag":["a"],"id":["7","8"],"note":null}
 *
 * A name with brackets goes into an object, one with `[]` at its end into a list, and one that stands there again makes a list. An empty text is a null. */
#ifndef CARDS_JSON_FORM_H
#define CARDS_JSON_FORM_H

#include "json/json.h"

/* As json_parse. Refused are: a pair without '='; a '%' without two hexadecimal digits; control characters as they are, but for line breaks at the end; a NUL and invalid UTF-8;
 * brackets that do not match, or with another name behind them, `[]` elsewhere than at the end; names that are empty or have more than 256 bytes; one that is a text as well as
 * an object; JSON_MAX_DEPTH levels; and more values than JSON of this length may have. */
struct json_node *form_parse(const char *text, size_t len, const char **why, size_t *where);

#endif
