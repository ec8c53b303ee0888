/* Checks JSON text before cJSON reads it: the grammar of RFC 8259, UTF-8, depth, and that numbers are exact. Pure
 * functions that allocate nothing. */
#ifndef CARDS_JSON_JSON_CHECK_H
#define CARDS_JSON_JSON_CHECK_H

#include <stdbool.h>
#include <stddef.h>

/* How many values a text of so many bytes may have: 65,536, or one for every twelve bytes. Each takes memory and time
 * that a small answer could else demand. */
size_t json_check_values(size_t len);

/* Refuses all that json_parse refuses, except for a repeated key. On failure *why is a static sentence and *where the
 * byte at which the text went wrong. The decimal point of the thread's locale is '.' meanwhile, as json_parse sets
 * it. */
bool json_check(const char *text, size_t len, const char **why, size_t *where);

/* Whether the text is one JSON number of any size, and nothing else. With `whole`, a fraction or an exponent is
 * refused. */
bool json_check_number(const char *text, size_t len, bool whole);

#endif
