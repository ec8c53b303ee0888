/* The check of JSON text that comes before cJSON: grammar of RFC 8259, UTF-8, depth, numbers. Pure functions without state or memory of their own. */
#ifndef CARDS_JSON_JSON_CHECK_H
#define CARDS_JSON_JSON_CHECK_H

#include <stdbool.h>
#include <stddef.h>

/* Everything that json_parse refuses, but for a key twice in one object. On failure *why is a static sentence and *where the byte where the text went wrong.
 * The thread's decimal point must be '.' (json_parse sees to it). */
bool json_check(const char *text, size_t len, const char **why, size_t *where);

/* How many bytes the valid UTF-8 character at the start of `left` bytes has; 0 when there is none: overlong forms and surrogates are not valid. */
size_t json_check_utf8(const char *bytes, size_t left);

#endif
