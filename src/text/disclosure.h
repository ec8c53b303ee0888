/* Whether a text discloses more of a secret than its masks may: for what a script made of a secret and wants to show. */
#ifndef CARDS_TEXT_DISCLOSURE_H
#define CARDS_TEXT_DISCLOSURE_H

#include <stdbool.h>
#include <stddef.h>

#include "secret/secret.h"

/* True when the text has a part of the secret in it that goes beyond what pan_limit permits at either end: seven characters or more, in their order or
 * backwards; of a card number also where other characters stand between its digits ('*' stands for digits that are hidden), and a group of four to six digits
 * by itself; of a value of less than eight characters the whole. Of a CVV every text does. Less than one of a thousand random texts of some dozen digits does,
 * by chance; and who wants to may still disguise a number.
 * Control characters do not count: they may separate the pieces of a text. scratch has room for text_len bytes; the caller wipes it.
 * Takes time proportional to text_len, for 512 parts of a longer secret. */
bool discloses(enum secret_class class, const char *bytes, size_t len, const char *text, size_t text_len, char *scratch);

#endif
