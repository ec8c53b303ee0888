#include "text/transform/decode.h"

#include <stdint.h>

#include "text/chars.h"

/* Where the text begins without the white space around it; *len becomes its length. */
static const char *strip(const char *in, size_t *len) {
  while (*len > 0 && is_space(*in))
    in++, --*len;
  while (*len > 0 && is_space(in[*len - 1]))
    --*len;
  return in;
}

/* The value of a character in base64 or base64url; -1 for anything else. */
static int base64_value(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (is_digit(c)) return c - '0' + 52;
  return c == '+' || c == '-' ? 62 : c == '/' || c == '_' ? 63 : -1;
}

/* What is left of the last character's bits is not looked at: whether a secret is base64 must depend on its form alone. */
bool decode_base64(const char *in, size_t len, char *out, size_t *out_len) {
  uint32_t bits = 0;
  in = strip(in, &len);
  bool is_padded = len % 4 == 0;
  for (size_t i = 0; i < 2 && is_padded && len > 0 && in[len - 1] == '='; i++)
    len--;
  if (len == 0 || len % 4 == 1) return false;
  *out_len = 0;
  for (size_t i = 0; i < len; i++) {
    int value = base64_value(in[i]);
    if (value < 0) return false;
    bits = bits << 6 | (uint32_t)value;
    if (i % 4 > 0) out[(*out_len)++] = (char)(bits >> (6 - 2 * (i % 4)));
  }
  return true;
}

bool decode_hex(const char *in, size_t len, char *out, size_t *out_len) {
  in = strip(in, &len);
  if (len == 0 || len % 2 > 0) return false;
  for (size_t i = 0; i < len; i += 2) {
    int high = hex_value(in[i]), low = hex_value(in[i + 1]);
    if (high < 0 || low < 0) return false;
    out[i / 2] = (char)(high << 4 | low);
  }
  *out_len = len / 2;
  return true;
}
