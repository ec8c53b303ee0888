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

/* The value of each character; 255 for those that have none. What base64url has in the place of + and / is 64 above. */
static const unsigned char values[256] = {
  255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
  255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 62,  255, 126, 255, 63,  52,  53,  54,  55,  56,  57,  58,  59,  60,  61,
  255, 255, 255, 255, 255, 255, 255, 0,   1,   2,   3,   4,   5,   6,   7,   8,   9,   10,  11,  12,  13,  14,  15,  16,  17,  18,  19,  20,  21,
  22,  23,  24,  25,  255, 255, 255, 255, 127, 255, 26,  27,  28,  29,  30,  31,  32,  33,  34,  35,  36,  37,  38,  39,  40,  41,  42,  43,  44,
  45,  46,  47,  48,  49,  50,  51,  255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
  255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
  255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
  255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
  255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255
};

/* Above 63 where the character does not belong to the alphabet. */
static unsigned value_of(unsigned char c, bool url) {
  unsigned value = values[c];
  return url && value >= 62 ? value ^ 64 : value;
}

/* How many characters there are in front of the padding, line breaks apart. False where the padding is none. */
static bool count_digits(const char *text, size_t len, size_t *digits) {
  size_t padding = 0, breaks = 0;
  if (memchr(text, '\n', len) || memchr(text, '\r', len))
    for (size_t i = 0; i < len; i++)
      breaks += text[i] == '\n' || text[i] == '\r';
  const char *first = memchr(text, '=', len);
  for (const char *at = first; at && at < text + len; at++) {
    if (*at == '=')
      padding++;
    else if (*at != '\n' && *at != '\r')
      return false;
  }
  *digits = len - breaks - padding;
  return *digits % 4 != 1 && (padding == 0 || (*digits % 4 != 0 && padding == 4 - *digits % 4));
}

/* Decodes four characters at a time, as long as there are no line breaks among them: most of any text. Returns how many. */
static size_t read_quick(const char *text, size_t digits, bool url, char *to) {
  size_t done = 0;
  for (; digits - done >= 4; done += 4, to += 3) {
    const unsigned char *at = (const unsigned char *)text + done;
    unsigned a = value_of(at[0], url), b = value_of(at[1], url), c = value_of(at[2], url), d = value_of(at[3], url);
    if ((a | b | c | d) > 63) break;
    to[0] = (char)(a << 2 | b >> 4);
    to[1] = (char)(b << 4 | c >> 2);
    to[2] = (char)(c << 6 | d);
  }
  return done;
}

static bool read_base64(const char *text, size_t len, bool url, struct buf *out) {
  size_t digits;
  if (len == 0 || !count_digits(text, len, &digits)) return len == 0;
  size_t bytes = digits / 4 * 3 + digits % 4 * 3 / 4;
  if (!buf_reserve(out, bytes)) return false;
  char *to = out->data + out->len;
  size_t done = read_quick(text, digits, url, to);
  unsigned word = 0, bits = 0;
  to += done / 4 * 3;
  text += done;
  for (digits -= done; digits > 0; text++) {
    if (*text == '\r' || *text == '\n') continue;
    unsigned value = value_of((unsigned char)*text, url);
    if (value > 63) return false;
    word = word << 6 | value;
    bits += 6;
    if (bits >= 8) *to++ = (char)(word >> (bits -= 8));
    digits--;
  }
  if (word & ((1u << bits) - 1)) return false;
  buf_added(out, bytes);
  return true;
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
  case ENCODING_BASE64: return read_base64(text, len, false, out);
  case ENCODING_BASE64URL: return read_base64(text, len, true, out);
  case ENCODING_HEX: return read_hex(text, len, out);
  default: return buf_add(out, text, len);
  }
}
