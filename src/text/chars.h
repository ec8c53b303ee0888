/* Characters by their bytes: ASCII and UTF-8. The functions of <ctype.h> ask the host's locale, which must not decide
 * what is a digit.
 *
 *   is_digit('7');              true
 *   hex_value('F');             15
 *   utf8_length("é!", 3);       2, the bytes of the first character
 */
#ifndef CARDS_TEXT_CHARS_H
#define CARDS_TEXT_CHARS_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

static inline bool is_digit(int c) {
  return c >= '0' && c <= '9';
}

static inline bool is_letter(int c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* White space of ASCII. */
static inline bool is_space(int c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

static inline char to_lower(char c) {
  return c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c;
}

/* The value of a hexadecimal digit in either case; -1 for anything else. */
static inline int hex_value(int c) {
  if (is_digit(c)) return c - '0';
  c |= 0x20;
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Writes two hexadecimal digits, small ones, for each byte; no NUL follows. */
static inline void hex_write(char *out, const unsigned char *bytes, size_t count) {
  for (size_t i = 0; i < 2 * count; i++)
    out[i] = "0123456789abcdef"[i % 2 ? bytes[i / 2] & 15 : bytes[i / 2] >> 4];
}

/* The length in bytes of the valid UTF-8 character at the start of `left` bytes. 0 where there is none: overlong
 * forms and surrogates are not valid. */
static inline size_t utf8_length(const char *bytes, size_t left) {
  const unsigned char *p = (const unsigned char *)bytes;
  if (left == 0) return 0;
  if (p[0] < 0x80) return 1;
  size_t len = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
  if (p[0] < 0xc2 || p[0] > 0xf4 || left < len) return 0;
  for (size_t i = 1; i < len; i++)
    if ((p[i] & 0xc0) != 0x80) return 0;
  bool overlong = (p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xf0 && p[1] < 0x90);
  bool surrogate = p[0] == 0xed && p[1] > 0x9f;
  bool beyond = p[0] == 0xf4 && p[1] > 0x8f;
  return overlong || surrogate || beyond ? 0 : len;
}

/* The length of the byte order mark at the start; 0 for none. */
static inline size_t utf8_mark(const char *bytes, size_t len) {
  return len >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

/* How many bytes at the start are valid UTF-8 without a NUL. */
static inline size_t utf8_text(const char *bytes, size_t len) {
  size_t at = 0;
  for (size_t character = 1; at < len && bytes[at] != '\0' && character > 0; at += character)
    character = utf8_length(bytes + at, len - at);
  return at;
}

#endif
