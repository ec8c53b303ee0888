#include "suspect.h"

#include <string.h>

#define FEW_DIGITS 3  /* a CVV */
#define LONG_WORD  12 /* a token */

static bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

static bool is_word(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c && strchr("_-+/=.", c));
}

static bool is_suspect(const char *word, size_t len) {
  size_t digits = 0, others = 0;
  for (size_t i = 0; i < len; i++) {
    if (is_digit(word[i]))
      digits++;
    else if (word[i] != '.' && word[i] != '-')
      others++;
  }
  return (others == 0 && digits >= FEW_DIGITS) || (digits > 0 && len >= LONG_WORD);
}

bool suspect_mask(struct buf *out, const char *text, size_t len) {
  for (size_t i = 0; i < len;) {
    size_t end = i;
    while (end < len && is_word(text[end]))
      end++;
    if (end == i)
      buf_add_char(out, text[i++]);
    else if (is_suspect(text + i, end - i) && !(i > 0 && text[i - 1] == '*'))
      buf_add_string(out, "***");
    else
      buf_add(out, text + i, end - i);
    if (end > i) i = end;
  }
  return !out->failed;
}
