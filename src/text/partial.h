/* What the rules of masking policies leave of a text. Pure functions without state.
 * Each takes len bytes and the number n that its rule was made with. It writes what is left into out, which has PARTIAL_ROOM(len) bytes, and its length into *made. False:
 * nothing may be left. Texts are UTF-8; digits, letters and white space are those of ASCII, whatever the locale. The caller masks card numbers. */
#ifndef CARDS_TEXT_PARTIAL_H
#define CARDS_TEXT_PARTIAL_H

#include <stdbool.h>
#include <stddef.h>

#define PARTIAL_STARS     "***"
#define PARTIAL_ROOM(len) (2 * (len) + 8)

typedef bool partial(const char *text, size_t len, size_t n, char *out, size_t *made);

partial partial_initials; /* "John van Doe" is "J. v. D.": the first letter of each word that begins with one */
partial partial_email;    /* "john.doe@example.com" is "j***@example.com" */
partial partial_phone;    /* "+1 415 505-6227" is "***6227"; fewer than seven digits leave nothing */
partial partial_year;     /* of "2027-12-01…", "12/2027" or "2027" */
partial partial_last;     /* the last n bytes, whole characters only, behind three stars; nothing of a text that is not longer */
partial partial_truncate; /* the first n bytes, whole characters only, with "..." where something was cut */

#endif
