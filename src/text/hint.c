#include "text/hint.h"

#include <string.h>

#include "text/pan.h"

#define STARS       "***"
#define SHORTEST    7 /* digits of a telephone number that shows its last ones */
#define SHOWN_PHONE 4

/* Not isalpha: the host's locale must not decide. */
static bool is_letter(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

bool hint_is_usual(const char *text, size_t len) {
  if (len > HINT_LONGEST) return false;
  for (size_t i = 0; i < len; i++)
    if (text[i] < ' ' || text[i] > '~') return false;
  return !pan_suspected(text, len);
}

size_t hint_initials(const char *text, size_t len, char *out) {
  size_t made = 0;
  for (size_t i = 0; i < len; i++) {
    if ((i > 0 && text[i - 1] != ' ') || !is_letter(text[i])) continue;
    if (made > 0) out[made++] = ' ';
    out[made++] = text[i];
    out[made++] = '.';
  }
  return made;
}

size_t hint_email(const char *text, size_t len, char *out) {
  const char *at = memchr(text, '@', len), *end = text + len;
  if (!at || at == text || at + 1 == end || memchr(at + 1, '@', (size_t)(end - at - 1)) || memchr(text, ' ', len)) return 0;
  size_t made = 0, domain = (size_t)(end - at);
  if (at - text > 1 && (is_letter(*text) || (*text >= '0' && *text <= '9'))) out[made++] = *text;
  memcpy(out + made, STARS, strlen(STARS));
  made += strlen(STARS);
  memcpy(out + made, at, domain);
  return made + domain;
}

size_t hint_phone(const char *text, size_t len, char *out) {
  char digits[HINT_LONGEST];
  size_t count = pan_digits(text, len, digits);
  if (count < SHORTEST) return 0;
  memcpy(out, STARS, strlen(STARS));
  memcpy(out + strlen(STARS), digits + count - SHOWN_PHONE, SHOWN_PHONE);
  return strlen(STARS) + SHOWN_PHONE;
}
