#define _GNU_SOURCE 1
#include "json/number.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "text/chars.h"

#define SAFE_DIGITS   15  /* decimal digits that any double keeps */
#define DOUBLE_DIGITS 320 /* bytes of the digits of any double, a sign and a NUL */
#define MOST_EXPONENT 100000

bool number_is_plain(const char *text, size_t len) {
  const char *digits = text + (*text == '-'), *end = text + len, *at = digits;
  if (len > SAFE_DIGITS) return false;
  while (at < end && is_digit(*at))
    at++;
  if (at == end) return digits == text || *digits != '0'; /* "-0" */
  if (*at != '.' || end[-1] == '0') return false;
  if (end - digits >= 6 && memcmp(digits, "0.0000", 6) == 0) return false; /* it is written with an exponent */
  while (++at < end && is_digit(*at)) {
  }
  return at == end;
}

/* The exponent at the end of the text, within bounds that no int64_t reaches. */
static int read_exponent(const char *at) {
  bool negative = *at == '-';
  int exponent = 0;
  for (at += *at == '-' || *at == '+'; *at; at++)
    if (exponent < MOST_EXPONENT) exponent = exponent * 10 + (*at - '0');
  return negative ? -exponent : exponent;
}

static bool add_digit(int64_t *value, int digit) {
  return !__builtin_mul_overflow(*value, 10, value) && !__builtin_add_overflow(*value, digit, value);
}

bool number_whole(const char *text, int64_t *value) {
  int sign = *text == '-' ? -1 : 1;
  const char *mantissa = text + (*text == '-'), *end = mantissa + strcspn(mantissa, "eE"), *point = memchr(mantissa, '.', (size_t)(end - mantissa));
  const char *last = end; /* behind the last digit that counts: zeros at the end are counted instead */
  long zeros = *end ? read_exponent(end + 1) : 0;
  if (point) zeros -= end - point - 1;
  for (; last > mantissa && (last[-1] == '0' || last[-1] == '.'); last--)
    zeros += last[-1] == '0';
  *value = 0;
  if (last == mantissa) return true;
  if (zeros < 0) return false;
  for (const char *at = mantissa; at < last; at++)
    if (*at != '.' && !add_digit(value, sign * (*at - '0'))) return false;
  for (; zeros > 0; zeros--)
    if (!add_digit(value, 0)) return false;
  return true;
}

bool number_is_exact(const char *text, double value) {
  char exact[DOUBLE_DIGITS];
  if (text[strcspn(text, ".eE")] || fabs(value) < 0x1p53) return true;
  bool same = isfinite(value) && snprintf(exact, sizeof exact, "%.0f", value) > 0 && strcmp(exact, text) == 0;
  explicit_bzero(exact, sizeof exact);
  return same;
}
