#include "text/naming.h"

#include <string.h>

#include "text/chars.h"

#define WORD             "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_"
#define LONGEST_VARIABLE 128
#define LONGEST_PATH     4096
#define SHORTEST_KEY     16 /* characters */

/* Whether a text has digits that may be a card's, alone or in groups. */
static bool has_long_number(const char *text) {
  int digits = 0;
  for (; *text && digits < 12; text++)
    digits = is_digit(*text) ? digits + 1 : strchr(" -._", *text) ? digits : 0;
  return digits == 12;
}

enum sort { SMALL, LARGE, DIGIT, OTHER };

static enum sort sort_of(char c) {
  return is_digit(c) ? DIGIT : !is_letter(c) ? OTHER : c >= 'a' ? SMALL : LARGE;
}

/* Whether a text looks like a key that a machine made up: in every third place or more a letter stands beside a digit, or a small one beside a large one. People change less often in
 * a name, even in one such as "AcmeAccessToken2". */
static bool looks_random(const char *text) {
  size_t len = strlen(text), changes = 0;
  for (size_t i = 1; i < len; i++) {
    enum sort before = sort_of(text[i - 1]), here = sort_of(text[i]);
    changes += before != here && before != OTHER && here != OTHER;
  }
  return len >= SHORTEST_KEY && changes * 3 >= len;
}

bool naming_is_variable(const char *text) {
  size_t len = strspn(text, WORD);
  return len > 0 && len <= LONGEST_VARIABLE && !text[len] && !is_digit(text[0]) && !has_long_number(text) && !looks_random(text);
}

bool naming_is_path(const char *text) {
  size_t len = strlen(text);
  if (len == 0 || len > LONGEST_PATH || has_long_number(text) || (!strchr("/.~", text[0]) && looks_random(text)) ||
      (!strpbrk(text, "/.") && text[strspn(text, WORD "-")]))
    return false;
  while (*text && (unsigned char)*text >= 0x20 && *text != 0x7f)
    text++;
  return !*text;
}
