#define _GNU_SOURCE 1 /* memmem */
#include "text/disclosure.h"

#include <string.h>

#include "text/chars.h"
#include "text/pan.h"

#define PART      7   /* characters in a row that hardly stand there by chance */
#define GROUP_MIN 4   /* digits of the smallest group */
#define LONG_PART 13  /* characters, more than both ends have together */
#define PARTS     512 /* of a secret that are looked for */
#define ENDS      16  /* bytes: room for both ends at their largest, and for a part */

struct value {
  const char *bytes;
  size_t len, first, last; /* characters that may be shown at either end */
};

static bool has(const char *text, size_t text_len, const char *part, size_t len) {
  return memmem(text, text_len, part, len) != NULL;
}

/* True when a mask may show the part: it lies within some of the first characters and the last ones behind them. */
static bool is_permitted(const struct value *value, const char *part, size_t len) {
  char ends[ENDS];
  bool found = false;
  for (size_t first = 0; first <= value->first && !found; first++) {
    memcpy(ends, value->bytes, first);
    memcpy(ends + first, value->bytes + value->len - value->last, value->last);
    found = has(ends, first + value->last, part, len);
  }
  explicit_bzero(ends, sizeof ends);
  return found;
}

static bool discloses_part(const struct value *value, const char *part, size_t len, const char *text, size_t text_len) {
  return has(text, text_len, part, len) && !is_permitted(value, part, len);
}

/* True when the text has a part of `len` characters, forwards or backwards. */
static bool discloses_parts(const struct value *value, size_t len, const char *text, size_t text_len) {
  size_t step = 1 + value->len / PARTS;
  char back[ENDS];
  bool found = false;
  if (len > value->len) len = value->len;
  for (size_t at = 0; at + len <= value->len && !found; at += step) {
    for (size_t i = 0; i < len; i++)
      back[i] = value->bytes[at + len - 1 - i];
    found = discloses_part(value, value->bytes + at, len, text, text_len) || discloses_part(value, back, len, text, text_len);
  }
  explicit_bzero(back, sizeof back);
  return found;
}

static bool discloses_groups(const struct value *value, const char *text, size_t text_len) {
  for (size_t at = 0; at < text_len;) {
    size_t len = 0;
    while (at + len < text_len && is_digit(text[at + len]))
      len++;
    if (len >= GROUP_MIN && len < PART && has(value->bytes, value->len, text + at, len) && !is_permitted(value, text + at, len)) return true;
    at += len + 1;
  }
  return false;
}

bool discloses(enum secret_class class, const char *bytes, size_t len, const char *text, size_t text_len, char *scratch) {
  if (len == 0 || class == SECRET_CVV) return class == SECRET_CVV;
  char digits[PAN_MAX_DIGITS];
  struct value value = { .bytes = bytes, .len = len, .first = SIZE_MAX, .last = SIZE_MAX };
  size_t kept = 0;
  bool is_number = pan_is_number(bytes, len); /* of whatever class */
  if (is_number) {
    value.bytes = digits;
    value.len = pan_digits(bytes, len, digits);
  }
  for (size_t i = 0; i < text_len; i++)
    if (is_number ? is_digit(text[i]) || text[i] == '*' : (unsigned char)text[i] >= ' ') scratch[kept++] = text[i];
  pan_limit(class, is_number, value.len, &value.first, &value.last);
  /* A long part is never permitted, so it is found even in numbers of few different digits, whose short parts all
   * are. */
  bool found = discloses_parts(&value, PART, scratch, kept) || discloses_parts(&value, LONG_PART, scratch, kept) ||
               (is_number && discloses_groups(&value, text, text_len));
  explicit_bzero(digits, sizeof digits);
  return found;
}
