/* Countries by their codes and names in ISO 3166-1. */
#ifndef CARDS_TEXT_TRANSFORM_COUNTRY_H
#define CARDS_TEXT_TRANSFORM_COUNTRY_H

#include <stdbool.h>
#include <stddef.h>

/* Writes the alpha-2 code, two capitals without a NUL, of a country that is given by a code (alpha-2, alpha-3 or
 * numeric) or by its English short name: "us", "USA", "840", "United States of America". ASCII case, spaces,
 * punctuation and the word "the" do not matter. False when no country is meant. Leaves nothing of the bytes on the
 * stack. */
bool country_code(const char *bytes, size_t len, char code[2]);

#endif
