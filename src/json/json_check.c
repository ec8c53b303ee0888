#define _GNU_SOURCE 1
#include "json/json_check.h"

#include <string.h>

#include "text/chars.h"
#include "json/json.h"
#include "json/number.h"

#define MANY       65536 /* values that any text may have */
#define BYTES_EACH 12    /* bytes of a value and its name, at least on average, where there are more */

struct check {
  const unsigned char *at;
  const unsigned char *end;
  const unsigned char *copied; /* up to here the text is in `marked` */
  struct buf *marked;          /* NULL for a check alone */
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

/* Puts bytes into the copy in the place of those from `from` to where the check is, with as many before and behind them. */
static bool mark(struct check *check, const unsigned char *from, const char *before, const void *bytes, size_t len, const char *behind) {
  struct buf *marked = check->marked;
  if (!marked) return true;
  bool ok = buf_reserve(marked, (size_t)(check->end - check->copied) + len + 3) && buf_add(marked, check->copied, (size_t)(from - check->copied)) &&
            buf_add_string(marked, before) && buf_add(marked, bytes, len) && buf_add_string(marked, behind);
  check->copied = check->at;
  return ok || fail(check, "JSON that does not fit into memory");
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

/* Takes the second half of a surrogate pair, where it follows. */
static bool take_low_surrogate(struct check *check) {
  const unsigned char *start = check->at;
  if (check->end - start < 6 || memcmp(start, "\\u", 2) != 0) return false;
  check->at += 2;
  int code = check_hex4(check);
  if (code >= 0xdc00 && code <= 0xdfff) return true;
  check->at = start;
  return false;
}

/* Behind "\u". */
static bool check_unicode_escape(struct check *check) {
  const unsigned char *start = check->at - 2;
  int code = check_hex4(check);
  if (code < 0) return unexpected(check);
  bool surrogate = code >= 0xd800 && code <= 0xdfff;
  if (code > 0 && (!surrogate || (code < 0xdc00 && take_low_surrogate(check)))) return true;
  return mark(check, start, "", JSON_LOST, sizeof JSON_LOST - 1, "");
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

static bool check_digits(struct check *check) {
  if (!is_digit(peek(check))) return unexpected(check);
  while (is_digit(peek(check)))
    check->at++;
  return true;
}

static bool check_number(struct check *check, bool *whole) {
  *whole = true;
  if (peek(check) == '-') check->at++;
  if (peek(check) == '0')
    check->at++;
  else if (!check_digits(check))
    return false;
  if (peek(check) == '.') {
    *whole = false;
    check->at++;
    if (!check_digits(check)) return false;
  }
  if (peek(check) == 'e' || peek(check) == 'E') {
    *whole = false;
    check->at++;
    if (peek(check) == '+' || peek(check) == '-') check->at++;
    if (!check_digits(check)) return false;
  }
  return true;
}

static bool check_value_number(struct check *check) {
  const unsigned char *start = check->at;
  bool whole;
  if (!check_number(check, &whole)) return false;
  size_t len = (size_t)(check->at - start);
  return number_is_plain((const char *)start, len) || mark(check, start, "\"" JSON_NUMERIC, start, len, "\"");
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
  default: return (peek(check) == '-' || is_digit(peek(check))) ? check_value_number(check) : unexpected(check);
  }
}

size_t json_check_values(size_t len) {
  return len / BYTES_EACH > MANY ? len / BYTES_EACH : MANY;
}

bool json_check(const char *text, size_t len, struct buf *marked, const char **why, size_t *where) {
  const unsigned char *start = (const unsigned char *)text;
  struct check check = { .at = start, .end = len > 0 ? start + len : start, .marked = marked, .values = json_check_values(len) };
  check.copied = check.at += utf8_mark(text, len);
  skip_space(&check);
  bool ok = check_value(&check);
  if (ok) {
    skip_space(&check);
    ok = check.at == check.end || fail(&check, "text after JSON");
  }
  if (ok && marked && marked->len) ok = mark(&check, check.end, "", "", 0, "");
  if (ok) return true;
  *why = check.why;
  *where = (size_t)(check.at - start);
  return false;
}

bool json_check_number(const char *text, size_t len, bool whole) {
  struct check check = { .at = (const unsigned char *)text, .end = (const unsigned char *)text + len };
  bool is_whole;
  return check_number(&check, &is_whole) && check.at == check.end && (is_whole || !whole);
}
