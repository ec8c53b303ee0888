/* Card numbers as text: the Luhn check, how much of a value may be shown, and redaction of running text.
 *
 *   pan_luhn("4111 1111 1111 1111", 19);                            true
 *   pan_mask(shown, SECRET_PAN, "4111111111111111", 16, 0, 4);      "************1111"
 *   pan_redact(&out, "paid with 4111111111111111", 26);             "paid with ************1111"
 *
 * What may be shown follows PCI DSS 3.4.1: never more than the first eight digits (the BIN) and the last four, and
 * never the whole number. Pure functions without state. */
#ifndef CARDS_TEXT_PAN_H
#define CARDS_TEXT_PAN_H

#include <stdbool.h>
#include <stddef.h>

#include "secret/buf.h"
#include "secret/secret.h"

#define PAN_MIN_DIGITS 12 /* of Maestro; other networks have 13 and more */
#define PAN_MAX_DIGITS 19
#define PAN_LEAST      1e11 /* the least number that may be a card's */
#define PAN_MASK_ROOM  20   /* bytes of the longest mask, and one more */
#define PAN_SHOWN_LAST 4    /* digits at the end that a mask may show: PCI DSS 3.4.1 */

/* Writes the ASCII digits among the bytes to `out`, which has room for `len`, and returns their number. */
size_t pan_digits(const char *bytes, size_t len, char *out);
/* The number of digits when all other bytes are spaces or dashes; otherwise 0. */
size_t pan_count(const char *bytes, size_t len);
/* Whether there are as many digits as a card's number has, 13 to 19, or 12 that begin as Maestro's do (50, 56 to 58, 6), and nothing but spaces and dashes beside them. */
bool pan_is_number(const char *bytes, size_t len);
/* Whether the first digits are those of American Express: 34 or 37. */
bool pan_is_amex(const char *bytes, size_t len);
/* Whether pan_is_number holds, and the Luhn sum is valid. */
bool pan_luhn(const char *bytes, size_t len);

/* Lowers *first and *last, the numbers of leading and trailing characters to show, to what a value of `len`
 * characters permits:
 *  - pan that is a `number`, as pan_is_number says: counted in digits. At most the first 8 and the last 4. Those of 13 and 14 digits permit the first 6 and 7, so that at
 *    least 3 stay hidden, even when both ends are shown one after the other; those of 12 permit the first 6, which with the last 4 is what PCI SSC's FAQ 1091 allows for
 *    any number.
 *  - cvv: nothing.
 *  - others: nothing below 8 characters, otherwise a quarter of them at each end, and at most 8 and 4. */
void pan_limit(enum secret_class class, bool number, size_t len, size_t *first, size_t *last);

/* Writes the mask of a secret, for people. Returns its length in bytes; no NUL follows.
 *  - pan: one character for each digit, '*' except for what pan_limit permits. Spaces and dashes are left out. "***"
 *    for what is no number.
 *  - others: "***" between what pan_limit permits. The length of the value does not show.
 *
 * Masks have first = 0 by default; last = 4 for a pan, 0 for others. */
size_t pan_mask(char shown[static PAN_MASK_ROOM], enum secret_class class, const char *bytes, size_t len, size_t first, size_t last);

/* Whether pan_luhn holds, and the number begins as the numbers of a card network do and has as many digits. */
bool pan_is_card(const char *bytes, size_t len);

/* --- running text (pan_redact.c) --- */

/* False when pan_redact would certainly leave the text as it is. A quick check. */
bool pan_suspected(const char *text, size_t len);

/* Whether the text is, or has in it, a number as pan_redact masks them that stands by itself: no other digits are beside it, or joined to it by letters, dashes or
 * dots, as in a UUID, a word or a fraction, and no plus sign is before it where it is as short as a telephone's. So an id is hardly ever taken for one unless all of
 * it is digits. False for a text with control characters: it cannot stand where this is asked for, in a URL or header. */
bool pan_stands_in(const char *text, size_t len);

/* Appends the text with card numbers masked: every digit but the last four becomes '*', separators stay. A card number
 * here begins as the numbers of a card network do, has as many digits (12 to 19), and a valid Luhn sum. It consists of
 * whole groups of digits, with one to three separators between them: spaces, dashes, dots, slashes, underscores, plus
 * signs, characters without a width, "%20" and "\u0020". Fullwidth, Arabic and Persian digits count. A CVV or expiry
 * directly behind it is masked, too. Where candidates overlap, all are masked. False when `out` is full. Takes time
 * linear in len. */
bool pan_redact(struct buf *out, const char *text, size_t len);

#endif
