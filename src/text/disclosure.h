/* Whether a text discloses more of a secret than its masks may. For a text that a script made of a secret and wants to
 * show. */
#ifndef CARDS_TEXT_DISCLOSURE_H
#define CARDS_TEXT_DISCLOSURE_H

#include <stdbool.h>
#include <stddef.h>

#include "secret/secret.h"

/* True when the text has a part of the secret that goes beyond what pan_limit permits at either end:
 *  - seven or more of its characters in a row, forwards or backwards. Of a card number these are digits, whatever
 *    stands between them in the text; '*' counts as a digit that is hidden;
 *  - of a card number also four to six of its digits as a group of their own;
 *  - of a value with less than eight characters all of it. Every text discloses a CVV.
 *
 * Control characters in the text are skipped, as they may separate pieces of it. Of a secret longer than 512 bytes
 * only every other part is looked for, or fewer, so that the time is proportional to text_len. Less than one in a
 * thousand random texts of some dozen digits is refused by chance. A script that wants to can still disguise a number.
 *
 * `scratch` has room for text_len bytes, which the caller wipes. */
bool discloses(enum secret_class class, const char *bytes, size_t len, const char *text, size_t text_len, char *scratch);

#endif
