/* Whether a text is the name of something, which a message may show, or may be a value that was given in the name's place: a key, or a card number.
 *
 *   naming_is_variable("ACME_TOKEN")      true
 *   naming_is_variable("sk-live-2fb8")           false
 *   naming_is_path("/run/secrets/acme")          true */
#ifndef CARDS_TEXT_NAMING_H
#define CARDS_TEXT_NAMING_H

#include <stdbool.h>

/* Of an environment variable: letters, digits and underscores, which do not look as if a machine had made them up. */
bool naming_is_variable(const char *text);
/* Of a file: it has a slash or a dot, or is a word, and has no control characters. What looks as if a machine had made it up is one where it begins as the path of a folder does. */
bool naming_is_path(const char *text);

#endif
