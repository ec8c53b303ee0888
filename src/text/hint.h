/* What is left of a name, an address or a telephone number that is masked, for the texts that are usual. Pure functions without state. */
#ifndef CARDS_TEXT_HINT_H
#define CARDS_TEXT_HINT_H

#include <stdbool.h>
#include <stddef.h>

#define HINT_LONGEST 128                /* bytes of a text that is usual */
#define HINT_ROOM    (2 * HINT_LONGEST) /* bytes that a hint needs at most */

/* Whether the others may be asked about the text: it is not too long, printable ASCII, and without anything like a card number. */
bool hint_is_usual(const char *text, size_t len);

/* Each writes into out, which has HINT_ROOM bytes, and returns how many: 0 where nothing may be left. */
size_t hint_initials(const char *text, size_t len, char *out); /* "John van Doe" is "J. v. D." */
size_t hint_email(const char *text, size_t len, char *out);    /* "john.doe@example.com" is "j***@example.com" */
size_t hint_phone(const char *text, size_t len, char *out);    /* "+1 415 505-6227" is "***6227" */

#endif
