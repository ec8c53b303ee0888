#include "forms.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *need(void *memory) {
  if (memory) return memory;
  fputs("scan: no memory\n", stderr);
  exit(2);
}

static void add(struct forms *forms, const char *marker, const char *kind, const unsigned char *bytes, size_t len, size_t least) {
  if (least < RUN) least = RUN;
  if (len < least) return;
  forms->list = need(realloc(forms->list, (forms->count + 1) * sizeof *forms->list));
  struct form *form = &forms->list[forms->count++];
  *form = (struct form){ .marker = marker, .kind = kind, .bytes = need(malloc(len)), .len = len, .least = least };
  memcpy(form->bytes, bytes, len);
}

static void add_reversed(struct forms *forms, const char *marker, const unsigned char *bytes, size_t len, unsigned char *out) {
  for (size_t i = 0; i < len; i++)
    out[i] = bytes[len - 1 - i];
  add(forms, marker, "reversed", out, len, RUN);
}

/* Either byte order: in the other one a run begins a byte later and is a byte shorter. */
static void add_utf16(struct forms *forms, const char *marker, const unsigned char *bytes, size_t len, unsigned char *out) {
  for (size_t i = 0; i < len; i++) {
    out[2 * i] = bytes[i];
    out[2 * i + 1] = 0;
  }
  add(forms, marker, "UTF-16", out, 2 * len, 2 * RUN - 2);
}

static void add_hex(struct forms *forms, const char *marker, const unsigned char *bytes, size_t len, unsigned char *out) {
  static const char *const digits[] = { "0123456789abcdef", "0123456789ABCDEF" };
  for (int upper = 0; upper < 2; upper++) {
    for (size_t i = 0; i < len; i++) {
      out[2 * i] = (unsigned char)digits[upper][bytes[i] >> 4];
      out[2 * i + 1] = (unsigned char)digits[upper][bytes[i] & 15];
    }
    add(forms, marker, upper ? "HEX" : "hex", out, 2 * len, 2 * RUN);
  }
}

/* The characters that depend on the marker alone, for each of the three places it may have in a text. */
static void add_base64(struct forms *forms, const char *marker, const unsigned char *bytes, size_t len, unsigned char *out) {
  static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (size_t before = 0; before < 3; before++) {
    size_t count = 0;
    for (size_t bit = before * 8 % 6 ? 6 - before * 8 % 6 : 0; bit + 6 <= len * 8; bit += 6) {
      unsigned pair = (unsigned)bytes[bit / 8] << 8 | (bit / 8 + 1 < len ? bytes[bit / 8 + 1] : 0u);
      out[count++] = (unsigned char)alphabet[pair >> (10 - bit % 8) & 63];
    }
    add(forms, marker, "base64", out, count, RUN * 8 / 6 - 1);
    bool differs = false;
    for (size_t i = 0; i < count; i++) {
      differs = differs || out[i] == '+' || out[i] == '/';
      out[i] = out[i] == '+' ? '-' : out[i] == '/' ? '_' : out[i];
    }
    if (differs) add(forms, marker, "base64url", out, count, RUN * 8 / 6 - 1);
  }
}

/* RFC 7541, appendix B, for what markers consist of: of each length the characters in the order of their codes, and the first code. */
static const struct {
  const char *characters;
  unsigned first, bits;
} huffman[] = {
  { "012aceiost", 0x0, 5 },
  { " %-./3456789=A_bdfghlmnpru", 0x14, 6 },
  { ":BCDEFGHIJKLMNOPQRSTUVWYjkqvwxyz", 0x5c, 7 },
  { "&*,;XZ", 0xf8, 8 },
};

/* The count of bits, which stand in `out` from `shift` on; 0 where a character is none of these. */
static size_t encode(const unsigned char *bytes, size_t len, unsigned shift, unsigned char *out) {
  size_t at = shift;
  memset(out, 0, len + 2);
  for (size_t i = 0; i < len; i++) {
    unsigned code = 0, bits = 0;
    for (size_t k = 0; k < sizeof huffman / sizeof huffman[0]; k++) {
      const char *found = bytes[i] ? strchr(huffman[k].characters, bytes[i]) : NULL;
      if (!found) continue;
      code = huffman[k].first + (unsigned)(found - huffman[k].characters);
      bits = huffman[k].bits;
    }
    if (!bits) return 0;
    for (; bits > 0; bits--, at++)
      if (code >> (bits - 1) & 1) out[at / 8] |= (unsigned char)(0x80 >> at % 8);
  }
  return at - shift;
}

static void add_hpack(struct forms *forms, const char *marker, const unsigned char *bytes, size_t len, unsigned char *out) {
  for (unsigned shift = 0; shift < 8; shift++) {
    size_t bits = encode(bytes, len, shift, out), first = shift ? 1 : 0;
    if (!bits) return;
    add(forms, marker, "HPACK", out + first, (shift + bits) / 8 - first, RUN);
  }
}

void forms_add(struct forms *forms, const char *name, const unsigned char *bytes, size_t len) {
  if (len < RUN) {
    fprintf(stderr, "scan: the marker %s is shorter than %d bytes\n", name, RUN);
    exit(2);
  }
  unsigned char *out = need(malloc(2 * len + 2));
  add(forms, name, "plain", bytes, len, RUN);
  add_reversed(forms, name, bytes, len, out);
  add_utf16(forms, name, bytes, len, out);
  add_hex(forms, name, bytes, len, out);
  add_base64(forms, name, bytes, len, out);
  add_hpack(forms, name, bytes, len, out);
  free(out);
}
