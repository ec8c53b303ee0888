/* Countries by their names and codes: ISO 3166-1, and what people write in its place. */
#ifndef CARDS_TEXT_COUNTRY_H
#define CARDS_TEXT_COUNTRY_H

#include <stdbool.h>
#include <stddef.h>

/* The alpha-2 code of what the bytes say: "us", "USA", "840", "United States of America", "St. Lucia", "Türkiye". Letters are compared without their case and
 * accents, and without what stands between them. False where it is no country; nothing of the bytes stays on the stack. */
bool country_code(const char *bytes, size_t len, char code[2]);

#endif
