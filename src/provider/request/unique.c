#include "provider/request/unique.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "text/chars.h"

static bool write_uuid(struct buf *out, size_t count) {
  unsigned char random[16];
  char hex[32];
  (void)count;
  if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random) return false;
  random[6] = (unsigned char)((random[6] & 0x0f) | 0x40);
  random[8] = (unsigned char)((random[8] & 0x3f) | 0x80);
  hex_write(hex, random, sizeof random);
  return buf_addf(out, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16, hex + 20);
}

static bool write_hex(struct buf *out, size_t count) {
  unsigned char random[UNIQUE_MOST / 2];
  char hex[UNIQUE_MOST];
  size_t bytes = (count + 1) / 2;
  if (getrandom(random, bytes, 0) != (ssize_t)bytes) return false;
  hex_write(hex, random, bytes);
  return buf_add(out, hex, count);
}

/* A byte of 250 and more is left out, so that all digits are equally frequent. The first one is no 0: some providers read a number. */
static bool write_digits(struct buf *out, size_t count) {
  unsigned char random[UNIQUE_MOST];
  while (count) {
    if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random) return false;
    bool first = true;
    for (size_t i = 0; count && i < sizeof random; i++) {
      if (random[i] >= 250 || (first && random[i] % 10 == 0)) continue;
      if (!buf_add_char(out, (char)('0' + random[i] % 10))) return false;
      first = false;
      count--;
    }
  }
  return true;
}

static const struct {
  const char *name;
  bool (*write)(struct buf *out, size_t count);
  size_t count;
} forms[] = { { "uuid", write_uuid, 0 }, { "hex", write_hex, 32 }, { "digits", write_digits, 18 } };

bool unique_write(struct buf *out, const char *form, size_t len) {
  for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
    size_t name_len = strlen(forms[i].name), count = 0;
    if (len < name_len || memcmp(form, forms[i].name, name_len) != 0) continue;
    if (len == name_len) return forms[i].write(out, forms[i].count);
    if (form[name_len] != ':' || !forms[i].count || len > name_len + 3) return false;
    for (size_t at = name_len + 1; at < len; at++) {
      if (!is_digit(form[at])) return false;
      count = count * 10 + (size_t)(form[at] - '0');
    }
    return count > 0 && count <= UNIQUE_MOST && forms[i].write(out, count);
  }
  return false;
}
