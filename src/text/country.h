/* Countries by their codes and names in ISO 3166-1. */
#ifndef CARDS_TEXT_COUNTRY_H
#define CARDS_TEXT_COUNTRY_H

#include <stdbool.h>
#include <stddef.h>

/* The alpha-2 code, two capitals, of an alpha-2, alpha-3 or numeric code or an English short name: "us", "USA", "840", "United States of America", "Türkiye". ASCII case, spaces,
 * punctuation and the word "the" do not matter. False where it is none of these; nothing of the bytes stays on the stack. */
bool country_code(const char *bytes, size_t len, char code[2]);

#endif
