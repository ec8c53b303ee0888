#include "crypto/encoding.h"

#include <string.h>

#include "text/chars.h"

bool encoding_find(const char *name, enum encoding *encoding) {
  static const char *const names[] = { "base64", "base64url", "hex", "none" };
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
    if (strcmp(name, names[i]) == 0) {
      *encoding = (enum encoding)i;
      return true;
    }
  return false;
}

/* OpenSSL writes base64; the other alphabet differs in two characters. */
static bool write_base64url(const void *bytes, size_t len, struct buf *out) {
  size_t start = out->len;
  if (!buf_add_base64(out, bytes, len)) return false;
  for (size_t i = start; i < out->len; i++)
    out->data[i] = out->data[i] == '+' ? '-' : out->data[i] == '/' ? '_' : out->data[i];
  buf_cut(out, start + (len * 4 + 2) / 3);
  return true;
}

static bool write_hex(const void *bytes, size_t len, struct buf *out) {
  if (!buf_reserve(out, 2 * len)) return false;
  hex_write(out->data + out->len, bytes, len);
  buf_added(out, 2 * len);
  return true;
}

bool encoding_write(enum encoding encoding, const void *bytes, size_t len, struct buf *out) {
  switch (encoding) {
  case ENCODING_BASE64: return buf_add_base64(out, bytes, len);
  case ENCODING_BASE64URL: return write_base64url(bytes, len, out);
  case ENCODING_HEX: return write_hex(bytes, len, out);
  default: return buf_add(out, bytes, len);
  }
}

#define DIGIT 64 /* is added to the value of each character that has one */

/* The characters that both alphabets have. */
#define COMMON                                                                                                                                       \
  ['A'] = 64, 65, 66, 67, 68, 69, 70, 71, 72, 73, 74, 75, 76, 77, 78, 79, 80, 81, 82, 83, 84, 85, 86, 87, 88, 89, ['a'] = 90, 91, 92, 93, 94, 95,    \
  96, 97, 98, 99, 100, 101, 102, 103, 104, 105, 106, 107, 108, 109, 110, 111, 112, 113, 114, 115, ['0'] = 116, 117, 118, 119, 120, 121, 122, 123,    \
  124, 125

static const unsigned char base64[256] = { COMMON, ['+'] = 126, ['/'] = 127 }, base64url[256] = { COMMON, ['-'] = 126, ['_'] = 127 };

/* The 24 bits of four characters. False when one of them has no value. */
static bool take_four(const unsigned char values[static 256], const char *text, unsigned *bits) {
  unsigned a = values[(unsigned char)text[0]], b = values[(unsigned char)text[1]], c = values[(unsigned char)text[2]],
           d = values[(unsigned char)text[3]];
  *bits = (a - DIGIT) << 18 | (b - DIGIT) << 12 | (c - DIGIT) << 6 | (d - DIGIT);
  return a & b & c & d & DIGIT;
}

/* Writes the bytes of so many characters. What is missing behind them counts as zeros, as the bits that they have too many. */
static bool decode(const unsigned char values[static 256], const char *text, size_t digits, unsigned char *to) {
  char last[] = "AAAA";
  unsigned bits;
  for (; digits >= 4; digits -= 4, text += 4) {
    if (!take_four(values, text, &bits)) return false;
    *to++ = (unsigned char)(bits >> 16);
    *to++ = (unsigned char)(bits >> 8);
    *to++ = (unsigned char)bits;
  }
  if (digits == 0) return true;
  memcpy(last, text, digits);
  if (!take_four(values, last, &bits) || bits & (digits == 2 ? 0xffff : 0xff)) return false;
  *to++ = (unsigned char)(bits >> 16);
  if (digits == 3) *to = (unsigned char)(bits >> 8);
  return true;
}

/* Appends the text without line breaks. */
static bool join_lines(struct buf *out, const char *text, size_t len) {
  bool ok = true;
  for (const char *end = text + len; ok && text < end; text++)
    if (*text != '\r' && *text != '\n') ok = buf_add_char(out, *text);
  return ok;
}

static bool read_line(const char *text, size_t len, const unsigned char values[static 256], struct buf *out) {
  size_t padding = 0;
  while (padding < 2 && padding < len && text[len - 1 - padding] == '=')
    padding++;
  size_t digits = len - padding, rest = digits % 4, bytes = digits / 4 * 3 + rest * 3 / 4;
  if (rest == 1 || (padding && rest + padding != 4) || !buf_reserve(out, bytes)) return false;
  if (!decode(values, text, digits, (unsigned char *)out->data + out->len)) return false;
  buf_added(out, bytes);
  return true;
}

static bool read_base64(const char *text, size_t len, const unsigned char values[static 256], struct buf *out) {
  struct buf line;
  if (!len || (!memchr(text, '\r', len) && !memchr(text, '\n', len))) return read_line(text, len, values, out);
  buf_init(&line, len);
  bool joined = join_lines(&line, text, len), ok = joined && read_line(buf_string(&line), line.len, values, out);
  if (!joined) out->failed = true;
  buf_free(&line);
  return ok;
}

static bool read_hex(const char *text, size_t len, struct buf *out) {
  if (len % 2 || !buf_reserve(out, len / 2)) return false;
  for (size_t i = 0; i < len; i += 2) {
    int high = hex_value((unsigned char)text[i]), low = hex_value((unsigned char)text[i + 1]);
    if (high < 0 || low < 0) return false;
    out->data[out->len + i / 2] = (char)(high << 4 | low);
  }
  buf_added(out, len / 2);
  return true;
}

bool encoding_read(enum encoding encoding, const char *text, size_t len, struct buf *out) {
  switch (encoding) {
  case ENCODING_BASE64: return read_base64(text, len, base64, out);
  case ENCODING_BASE64URL: return read_base64(text, len, base64url, out);
  case ENCODING_HEX: return read_hex(text, len, out);
  default: return buf_add(out, text, len);
  }
}
