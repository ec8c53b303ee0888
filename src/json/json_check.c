#define _GNU_SOURCE 1
#include "json/json_check.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text/chars.h"
#include "json/json.h"

#define NUMBER_MAX  60    /* characters; cJSON silently cuts at 63 */
#define MANY        65536 /* values that any text may have */
#define BYTES_EACH  12    /* bytes of a value and its name, at least on average, where there are more */
#define SAFE_DIGITS 15    /* decimal digits that any double holds */

struct check {
  const unsigned char *at;
  const unsigned char *end;
  const char *why;
  int depth;
  size_t values; /* that may still follow */
};

static bool check_value(struct check *check);

static bool fail(struct check *check, const char *why) {
  check->why = why;
  return false;
}

static bool unexpected(struct check *check) {
  return fail(check, check->at < check->end ? "not JSON" : "JSON that ends too early");
}

/* The next byte; -1 at the end. */
static int peek(const struct check *check) {
  return check->at < check->end ? *check->at : -1;
}

static void skip_space(struct check *check) {
  const unsigned char *at = check->at, *end = check->end;
  while (at < end && (*at == ' ' || *at == '\n' || *at == '\t' || *at == '\r'))
    at++;
  check->at = at;
}

/* The four hexadecimal digits of a \u escape; -1 when they are not. */
static int check_hex4(struct check *check) {
  int code = 0;
  for (int i = 0; i < 4; i++, check->at++) {
    int digit = hex_value(peek(check));
    if (digit < 0) return -1;
    code = code * 16 + digit;
  }
  return code;
}

static bool check_unicode_escape(struct check *check) {
  int code = check_hex4(check);
  if (code < 0) return unexpected(check);
  if (code == 0) return fail(check, "a NUL in a JSON string");
  if (code < 0xd800 || code > 0xdfff) return true;
  if (code >= 0xdc00 || check->end - check->at < 6 || memcmp(check->at, "\\u", 2) != 0) return fail(check, "an unpaired surrogate in a JSON string");
  check->at += 2;
  code = check_hex4(check);
  if (code < 0) return unexpected(check);
  return (code >= 0xdc00 && code <= 0xdfff) || fail(check, "an unpaired surrogate in a JSON string");
}

static bool check_escape(struct check *check) {
  int c = peek(check);
  if (c <= 0 || strchr("\"\\/bfnrtu", c) == NULL) return unexpected(check);
  check->at++;
  return c != 'u' || check_unicode_escape(check);
}

/* The first byte from `at` on that is a quote, a backslash, a control character, or not ASCII. */
static const unsigned char *skip_plain(const unsigned char *at, const unsigned char *end) {
  while (at < end && *at >= 0x20 && *at < 0x80 && *at != '"' && *at != '\\')
    at++;
  return at;
}

static bool check_string(struct check *check) {
  check->at++;
  for (;;) {
    check->at = skip_plain(check->at, check->end);
    int c = peek(check);
    if (c == '"') {
      check->at++;
      return true;
    }
    if (c == '\\') {
      check->at++;
      if (!check_escape(check)) return false;
    } else if (c >= 0x80) {
      size_t len = utf8_length((const char *)check->at, (size_t)(check->end - check->at));
      if (len == 0) return fail(check, "invalid UTF-8 in JSON");
      check->at += len;
    } else {
      return c < 0 ? unexpected(check) : fail(check, "a control character in a JSON string");
    }
  }
}

/* Whether the whole number `value` is exactly what the text says: their digits are the same, apart from zeros at both
 * ends. */
static bool same_digits(const char *text, double value) {
  char exact[NUMBER_MAX + 8];
  snprintf(exact, sizeof exact, "%.0f", fabs(value));
  const char *e = exact;
  bool same = true, started = false;
  for (const char *t = text; same && *t && *t != 'e' && *t != 'E'; t++) {
    if (!is_digit(*t) || (*t == '0' && !started)) continue;
    started = true;
    same = *e ? *t == *e++ : *t == '0';
  }
  same = same && strspn(e, "0") == strlen(e);
  explicit_bzero(exact, sizeof exact);
  return same;
}

/* What is wrong with the value of a number; NULL for nothing. A whole number that was rounded is refused even when it
 * is written with a fraction or an exponent, as long as json_integer would return it. */
static const char *number_fault(const unsigned char *token, size_t len, bool integer) {
  char text[NUMBER_MAX + 1];
  memcpy(text, token, len);
  text[len] = '\0';
  double value = strtod(text, NULL);
  bool exact = fabs(value) < 0x1p53 || (!integer && fabs(value) >= 0x1p63) || same_digits(text, value);
  explicit_bzero(text, sizeof text);
  if (isinf(value)) return "a number in JSON that is too large";
  return exact ? NULL : "an integer in JSON that is too large to be exact";
}

static bool check_digits(struct check *check) {
  if (!is_digit(peek(check))) return unexpected(check);
  while (is_digit(peek(check)))
    check->at++;
  return true;
}

/* The grammar of a number alone. */
static bool check_grammar_of_number(struct check *check, bool *integer, bool *exponent) {
  *integer = true;
  *exponent = false;
  if (peek(check) == '-') check->at++;
  if (peek(check) == '0')
    check->at++;
  else if (!check_digits(check))
    return false;
  if (peek(check) == '.') {
    *integer = false;
    check->at++;
    if (!check_digits(check)) return false;
  }
  if (peek(check) == 'e' || peek(check) == 'E') {
    *integer = false;
    *exponent = true;
    check->at++;
    if (peek(check) == '+' || peek(check) == '-') check->at++;
    if (!check_digits(check)) return false;
  }
  return true;
}

static bool check_number(struct check *check) {
  const unsigned char *start = check->at;
  bool integer, exponent;
  if (!check_grammar_of_number(check, &integer, &exponent)) return false;
  size_t len = (size_t)(check->at - start);
  if (len <= SAFE_DIGITS && !exponent) return true;
  const char *fault = len > NUMBER_MAX ? "a number in JSON that is too long" : number_fault(start, len, integer);
  if (fault == NULL) return true;
  check->at = start;
  return fail(check, fault);
}

static bool check_word(struct check *check, const char *word, size_t len) {
  if ((size_t)(check->end - check->at) < len || memcmp(check->at, word, len) != 0) return fail(check, "not JSON");
  check->at += len;
  return true;
}

/* An object or array, from its first bracket to the last. */
static bool check_nested(struct check *check, bool object) {
  int close = object ? '}' : ']';
  if (++check->depth > JSON_MAX_DEPTH) return fail(check, "JSON that is nested too deep");
  check->at++;
  skip_space(check);
  if (peek(check) != close) {
    for (;;) {
      if (object) {
        if (peek(check) != '"') return unexpected(check);
        if (!check_string(check)) return false;
        skip_space(check);
        if (peek(check) != ':') return unexpected(check);
        check->at++;
        skip_space(check);
      }
      if (!check_value(check)) return false;
      skip_space(check);
      if (peek(check) != ',') break;
      check->at++;
      skip_space(check);
    }
    if (peek(check) != close) return unexpected(check);
  }
  check->at++;
  check->depth--;
  return true;
}

static bool check_value(struct check *check) {
  if (check->values-- == 0) return fail(check, "too many values in JSON");
  switch (peek(check)) {
  case '"': return check_string(check);
  case '{': return check_nested(check, true);
  case '[': return check_nested(check, false);
  case 't': return check_word(check, "true", 4);
  case 'f': return check_word(check, "false", 5);
  case 'n': return check_word(check, "null", 4);
  default: return (peek(check) == '-' || is_digit(peek(check))) ? check_number(check) : unexpected(check);
  }
}

size_t json_check_values(size_t len) {
  return len / BYTES_EACH > MANY ? len / BYTES_EACH : MANY;
}

bool json_check(const char *text, size_t len, const char **why, size_t *where) {
  const unsigned char *start = (const unsigned char *)text;
  struct check check = { .at = start, .end = len > 0 ? start + len : start, .values = json_check_values(len) };
  skip_space(&check);
  bool ok = check_value(&check);
  if (ok) {
    skip_space(&check);
    ok = check.at == check.end || fail(&check, "text after JSON");
  }
  if (ok) return true;
  *why = check.why;
  *where = (size_t)(check.at - start);
  return false;
}

bool json_check_number(const char *text, size_t len, bool whole) {
  struct check check = { .at = (const unsigned char *)text, .end = (const unsigned char *)text + len };
  bool integer, exponent;
  return check_grammar_of_number(&check, &integer, &exponent) && check.at == check.end && (integer || !whole);
}
