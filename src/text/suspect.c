#include "text/suspect.h"

#include <string.h>

#define FEW_DIGITS 3  /* a CVV */
#define LONG_WORD  12 /* a token */

static bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

static bool is_word(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c && strchr("_-+/=.", c));
}

/* The length of the word at the beginning, if it is long and has a digit; else 0. */
static size_t long_word(const char *text, size_t len) {
  size_t end = 0, digits = 0;
  for (; end < len && is_word(text[end]); end++)
    digits += is_digit(text[end]);
  return end >= LONG_WORD && digits > 0 ? end : 0;
}

/* The length of the digits at the beginning, with what joins them, if they are more than few; else 0. */
static size_t joined_digits(const char *text, size_t len) {
  size_t end = 0, digits = 0;
  for (size_t i = 0; i < len; i++) {
    if (is_digit(text[i])) {
      digits++;
      end = i + 1;
    } else if (i != end || !strchr(" -.", text[i]) || text[i] == '\0') {
      break;
    }
  }
  return digits >= FEW_DIGITS ? end : 0;
}

/* What a masked card number leaves: four digits behind its stars. */
static bool is_masked(const char *text, size_t at, size_t run) {
  if (run != 4 || at < 4 || memcmp(text + at - 4, "****", 4) != 0) return false;
  return is_digit(text[at]) && is_digit(text[at + 1]) && is_digit(text[at + 2]) && is_digit(text[at + 3]);
}

bool suspect_mask(struct buf *out, const char *text, size_t len) {
  bool inside = false; /* of a word that is shown */
  for (size_t i = 0; i < len;) {
    size_t run = 0;
    if (!inside) run = long_word(text + i, len - i);
    if (!run && is_digit(text[i])) run = joined_digits(text + i, len - i);
    if (run && !is_masked(text, i, run)) {
      buf_add_string(out, "***");
      i += run;
      inside = false;
      continue;
    }
    if (!run) run = 1;
    buf_add(out, text + i, run);
    i += run;
    inside = is_word(text[i - 1]);
  }
  return !out->failed;
}
