/* Numbers of JSON by their text, of which a double may lose some: digits of a large integer, zeros behind a fraction, how it was
 * written.
 *
 *   number_is_plain("12.5", 4)                       true: it can be written anew from a double
 *   number_is_plain("1618065507111835497", 19)       false
 *   number_whole("1618065507111835497", &integer)    true, and exact
 *
 * Pure functions. The text is one number by the grammar of RFC 8259. */
#ifndef CARDS_JSON_NUMBER_H
#define CARDS_JSON_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whether json_print_number of the double that the text reads as writes this very text. Where that is costly to find out, false. */
bool number_is_plain(const char *text, size_t len);

/* The exact value of a whole number, which may be written with a fraction of zeros or an exponent: false for any other number, and beyond an
 * int64_t. */
bool number_whole(const char *text, int64_t *value);

/* Whether the double is the value of the text, where it is written as an integer. Any other number may be rounded: true. */
bool number_is_exact(const char *text, double value);

#endif
