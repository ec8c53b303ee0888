/* Checks JSON text before cJSON reads it: the grammar of RFC 8259, UTF-8 and depth. What cJSON would change or refuse is marked in
 * a copy of the text, which most texts do not need. Functions without state. */
#ifndef CARDS_JSON_JSON_CHECK_H
#define CARDS_JSON_JSON_CHECK_H

#include <stdbool.h>
#include <stddef.h>

#include "secret/buf.h"

#define JSON_NUMERIC "\xfe"         /* begins a string that is the text of a number; no UTF-8 has it */
#define JSON_LOST    "\xff\xff\xff" /* stands where a character was none; likewise, and as long as U+FFFD */

/* How many values a text of so many bytes may have: 65,536, or one for every twelve bytes. Each takes memory and time
 * that a small answer could else demand. */
size_t json_check_values(size_t len);

/* Refuses all that json_parse refuses, except for a repeated key. On failure *why is a static sentence and *where the byte at which the
 * text went wrong. A byte order mark at its beginning is none of it.
 *
 * `marked`, which is empty and has room for three times the text, gets a copy without that mark where cJSON cannot read the text itself: each number that is not
 * plain is a string there, JSON_NUMERIC and the number as it is written; and JSON_LOST is in the place of each \u0000 and of each surrogate
 * that is not one of a pair. Else it stays empty. NULL for a check alone. */
bool json_check(const char *text, size_t len, struct buf *marked, const char **why, size_t *where);

/* Whether the text is one JSON number of any size, and nothing else. With `whole`, a fraction or an exponent is
 * refused. */
bool json_check_number(const char *text, size_t len, bool whole);

#endif
