/* Card numbers as text: the Luhn check, what may be shown of a value, and redaction of running text. Pure functions without state.
 * PCI DSS 3.4.1 is the rule for what may be shown: never more than the first eight (BIN) and the last four, and never the whole. */
#ifndef CARDS_TEXT_PAN_H
#define CARDS_TEXT_PAN_H

#include <stdbool.h>
#include <stddef.h>

#include "secret/buf.h"
#include "secret/secret.h"

#define PAN_MIN_DIGITS 13
#define PAN_MAX_DIGITS 19
#define PAN_MASK_ROOM  20 /* bytes of the longest mask, and one more */

/* The digits of len bytes, ASCII only, into out (which has room for len); returns how many. */
size_t pan_digits(const char *bytes, size_t len, char *out);
/* How many digits a number has that consists of digits, spaces and dashes; 0 where anything else stands among them. */
size_t pan_count(const char *bytes, size_t len);
/* True when the digits among the bytes are 13 to 19, everything else among them is a space or dash, and the Luhn sum is right. */
bool pan_luhn(const char *bytes, size_t len);

/* How many leading and trailing characters of a value with len characters may be shown, given a wish. Both are lowered in place.
 *  - pan: counted in digits; at most the first 8 and last 4, and fewer of the first where both together would leave less than 3 digits hidden, one wish or two; fewer than 13 digits: as for token.
 *  - cvv: nothing. token, credential, undeclared: nothing under 8 characters, else each at most a quarter of the length (and 8 and 4). */
void pan_limit(enum secret_class class, size_t len, size_t *first, size_t *last);

/* Writes the mask of a secret, for people, and returns its length in bytes; no NUL follows. For class pan: one character per digit, '*' but for the first and last digits allowed by pan_limit (separators are
 * dropped): "************1111"; fewer than 13 digits or a pan that is no number: "***". Others: "***" with what pan_limit allows in front and behind, when asked for;
 * the length of the value never shows. The default mask is first = 0, last = 4 for pan, 0 and 0 for the rest. */
size_t pan_mask(char shown[static PAN_MASK_ROOM], enum secret_class class, const char *bytes, size_t len, size_t first, size_t last);

/* False where pan_redact would leave the text as it is; true where it may not. */
bool pan_suspected(const char *text, size_t len);

/* Appends text with every Luhn-valid run of 13 to 19 digits masked: each digit but the last four becomes '*', separators stay. A run is made of whole groups of digits with
 * one to three spaces or dashes between groups; a group is bounded by something that is no digit. Overlapping candidates are all masked. Linear in len. */
bool pan_redact(struct buf *out, const char *text, size_t len);

#endif
