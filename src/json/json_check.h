/* The check of JSON text that comes before cJSON: grammar of RFC 8259, UTF-8, depth, numbers. Pure functions without state or memory of their own. */
#ifndef CARDS_JSON_JSON_CHECK_H
#define CARDS_JSON_JSON_CHECK_H

#include <stdbool.h>
#include <stddef.h>

/* Everything that json_parse refuses, but for a key twice in one object. On failure *why is a static sentence and *where the byte where the text went wrong.
 * The thread's decimal point must be '.' (json_parse sees to it). */
bool json_check(const char *text, size_t len, const char **why, size_t *where);

/* Whether the text is one number of JSON and nothing else, of whatever size; with `whole` only one without a fraction and an exponent. */
bool json_check_number(const char *text, size_t len, bool whole);

#endif
