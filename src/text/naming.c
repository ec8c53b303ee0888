#include "text/naming.h"

#include <string.h>

#include "text/chars.h"

#define WORD             "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_"
#define LONGEST_VARIABLE 128
#define LONGEST_PATH     4096

/* Whether a text has digits that may be a card's, alone or in groups. */
static bool has_long_number(const char *text) {
  int digits = 0;
  for (; *text && digits < 12; text++)
    digits = is_digit(*text) ? digits + 1 : strchr(" -._", *text) ? digits : 0;
  return digits == 12;
}

bool naming_is_variable(const char *text) {
  size_t len = strspn(text, WORD);
  return len > 0 && len <= LONGEST_VARIABLE && !text[len] && !is_digit(text[0]) && !has_long_number(text);
}

bool naming_is_path(const char *text) {
  size_t len = strlen(text);
  if (len == 0 || len > LONGEST_PATH || has_long_number(text) || (!strpbrk(text, "/.") && text[strspn(text, WORD "-")])) return false;
  while (*text && (unsigned char)*text >= 0x20 && *text != 0x7f)
    text++;
  return !*text;
}
