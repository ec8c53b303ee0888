#include "text/pan.h"

#include <string.h>

#include "text/chars.h"

#define SHOWN_FIRST 8 /* PCI DSS 3.4.1: the BIN; the last four are PAN_SHOWN_LAST */
#define SHORT_FIRST 6 /* of a number of 12 digits */
#define HIDDEN_MIN  3 /* digits of a longer one that always stay hidden */
#define MIN_SHOWN   8 /* characters; shorter values show nothing */

static bool is_separator(char c) {
  return c == ' ' || c == '-';
}

static size_t min_size(size_t a, size_t b) {
  return a < b ? a : b;
}

size_t pan_digits(const char *bytes, size_t len, char *out) {
  size_t digits = 0;
  for (size_t i = 0; i < len; i++)
    if (is_digit(bytes[i])) out[digits++] = bytes[i];
  return digits;
}

size_t pan_count(const char *bytes, size_t len) {
  size_t digits = 0;
  for (size_t i = 0; i < len; i++) {
    if (is_digit(bytes[i]))
      digits++;
    else if (!is_separator(bytes[i]))
      return 0;
  }
  return digits;
}

/* The number's first two digits as one; 0 where it has fewer. */
static int first_two(const char *bytes, size_t len) {
  int two = 0;
  size_t found = 0;
  for (size_t i = 0; i < len && found < 2; i++) {
    if (!is_digit(bytes[i])) continue;
    two = 10 * two + (bytes[i] - '0');
    found++;
  }
  return found == 2 ? two : 0;
}

/* Whether the number begins as those of Maestro do. */
static bool is_maestro(const char *bytes, size_t len) {
  int two = first_two(bytes, len);
  return two == 50 || (two >= 56 && two <= 58) || two / 10 == 6;
}

bool pan_is_amex(const char *bytes, size_t len) {
  int two = first_two(bytes, len);
  return two == 34 || two == 37;
}

/* The digits of a number; 0 for what is none. */
static size_t count_number(const char *bytes, size_t len) {
  size_t digits = pan_count(bytes, len);
  return digits >= PAN_MIN_DIGITS && digits <= PAN_MAX_DIGITS && (digits > PAN_MIN_DIGITS || is_maestro(bytes, len)) ? digits : 0;
}

bool pan_is_number(const char *bytes, size_t len) {
  return count_number(bytes, len) > 0;
}

bool pan_luhn(const char *bytes, size_t len) {
  size_t digits = count_number(bytes, len);
  unsigned sum = 0;
  if (!digits) return false;
  for (size_t i = 0; i < len; i++) {
    if (!is_digit(bytes[i])) continue;
    unsigned digit = (unsigned)(bytes[i] - '0');
    /* Every second digit counts double, from the last but one on: those with an odd number of digits behind them. */
    sum += --digits % 2 == 0 ? digit : digit < 5 ? 2 * digit : 2 * digit - 9;
  }
  return sum % 10 == 0;
}

void pan_limit(enum secret_class class, bool number, size_t len, size_t *first, size_t *last) {
  size_t max_first = 0, max_last = 0;
  if (class == SECRET_PAN && number) {
    /* Independent of *last, so that two masks together show no more than one. */
    max_last = PAN_SHOWN_LAST;
    max_first = len == PAN_MIN_DIGITS ? SHORT_FIRST : min_size(SHOWN_FIRST, len - HIDDEN_MIN - PAN_SHOWN_LAST);
  } else if (class != SECRET_CVV && len >= MIN_SHOWN) {
    max_first = min_size(SHOWN_FIRST, len / 4);
    max_last = min_size(PAN_SHOWN_LAST, len / 4);
  }
  *first = min_size(*first, max_first);
  *last = min_size(*last, max_last);
}

/* For what pan_is_number holds of. */
static size_t mask_number(char *shown, const char *bytes, size_t len, size_t digits, size_t first, size_t last) {
  size_t seen = 0;
  pan_limit(SECRET_PAN, true, digits, &first, &last);
  for (size_t i = 0; i < len; i++) {
    if (!is_digit(bytes[i])) continue;
    shown[seen] = seen < first || seen >= digits - last ? bytes[i] : '*';
    seen++;
  }
  return seen;
}

/* An end that is not printable ASCII shows nothing: a part of a character would garble what people read. */
static size_t add_shown(char *shown, const char *bytes, size_t len) {
  for (size_t i = 0; i < len; i++)
    if (bytes[i] < 0x20 || bytes[i] > 0x7e) return 0;
  memcpy(shown, bytes, len);
  return len;
}

size_t pan_mask(char shown[static PAN_MASK_ROOM], enum secret_class class, const char *bytes, size_t len, size_t first, size_t last) {
  size_t digits = class == SECRET_PAN ? count_number(bytes, len) : 0;
  if (digits) return mask_number(shown, bytes, len, digits, first, last);
  if (class == SECRET_PAN) first = last = 0;
  pan_limit(class, false, len, &first, &last);
  size_t count = add_shown(shown, bytes, first);
  memcpy(shown + count, "***", 3);
  count += 3;
  return count + add_shown(shown + count, bytes + len - last, last);
}
