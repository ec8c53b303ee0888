#include "text/partial.h"

#include <string.h>

#include "text/chars.h"

#define SHORTEST_PHONE 7 /* digits of a telephone number that shows its last ones */
#define SHOWN_PHONE    4
#define YEAR           4 /* digits */

/* True in the middle of a character. */
static bool is_continued(char c) {
  return ((unsigned char)c & 0xc0) == 0x80;
}

static bool leave(const char *bytes, size_t len, char *out, size_t *made) {
  memcpy(out + *made, bytes, len);
  *made += len;
  return true;
}

/* The bytes of the letter that the word begins with; 0 where it begins with none. Every character beyond ASCII counts as one. */
static size_t first_letter(const char *word, size_t len) {
  size_t bytes = 1;
  if (is_letter(*word)) return 1;
  if ((unsigned char)*word < 0xc2 || (unsigned char)*word > 0xf4) return 0;
  while (bytes < len && bytes < 4 && is_continued(word[bytes]))
    bytes++;
  return bytes > 1 ? bytes : 0;
}

bool partial_initials(const char *text, size_t len, size_t n, char *out, size_t *made) {
  (void)n;
  *made = 0;
  for (size_t i = 0; i < len; i++) {
    if (i > 0 && !is_space(text[i - 1])) continue;
    size_t letter = first_letter(text + i, len - i);
    if (letter == 0) continue;
    if (*made > 0) leave(" ", 1, out, made);
    leave(text + i, letter, out, made);
    leave(".", 1, out, made);
  }
  return *made > 0;
}

bool partial_email(const char *text, size_t len, size_t n, char *out, size_t *made) {
  (void)n;
  size_t at = len;
  for (size_t i = 0; i < len; i++) {
    if (is_space(text[i]) || (text[i] == '@' && at < len)) return false;
    if (text[i] == '@') at = i;
  }
  if (at == 0 || at + 1 >= len) return false;
  *made = 0;
  if (at > 1 && (is_letter(*text) || is_digit(*text))) leave(text, 1, out, made);
  leave(PARTIAL_STARS, strlen(PARTIAL_STARS), out, made);
  return leave(text + at, len - at, out, made);
}

bool partial_phone(const char *text, size_t len, size_t n, char *out, size_t *made) {
  (void)n;
  char last[SHOWN_PHONE];
  size_t digits = 0;
  for (size_t i = 0; i < len; i++) {
    if (!is_digit(text[i])) continue;
    memmove(last, last + 1, sizeof last - 1);
    last[sizeof last - 1] = text[i];
    digits++;
  }
  if (digits < SHORTEST_PHONE) return false;
  *made = 0;
  leave(PARTIAL_STARS, strlen(PARTIAL_STARS), out, made);
  return leave(last, sizeof last, out, made);
}

static size_t leading_digits(const char *text, size_t len) {
  size_t digits = 0;
  while (digits < len && is_digit(text[digits]))
    digits++;
  return digits;
}

bool partial_year(const char *text, size_t len, size_t n, char *out, size_t *made) {
  (void)n;
  size_t digits = leading_digits(text, len);
  bool is_dated = digits == YEAR && len > YEAR && text[YEAR] == '-' && leading_digits(text + YEAR + 1, len - YEAR - 1) >= 2;
  *made = 0;
  if (digits == YEAR && (len == YEAR || is_dated)) return leave(text, YEAR, out, made);
  bool is_month = (digits == 1 || digits == 2) && len == digits + 1 + YEAR && text[digits] == '/';
  return is_month && leading_digits(text + digits + 1, YEAR) == YEAR && leave(text + digits + 1, YEAR, out, made);
}

bool partial_last(const char *text, size_t len, size_t n, char *out, size_t *made) {
  if (len <= n) return false;
  size_t from = len - n;
  while (from < len && is_continued(text[from]))
    from++;
  *made = 0;
  leave(PARTIAL_STARS, strlen(PARTIAL_STARS), out, made);
  return leave(text + from, len - from, out, made);
}

bool partial_truncate(const char *text, size_t len, size_t n, char *out, size_t *made) {
  *made = 0;
  if (len <= n) return leave(text, len, out, made);
  while (n > 0 && is_continued(text[n]))
    n--;
  leave(text, n, out, made);
  return leave("...", 3, out, made);
}
