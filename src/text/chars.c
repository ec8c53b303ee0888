#include "text/chars.h"

size_t utf8_length(const char *bytes, size_t left) {
  const unsigned char *p = (const unsigned char *)bytes;
  if (left == 0) return 0;
  if (p[0] < 0x80) return 1;
  size_t len = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
  if (p[0] < 0xc2 || p[0] > 0xf4 || left < len) return 0;
  for (size_t i = 1; i < len; i++)
    if ((p[i] & 0xc0) != 0x80) return 0;
  bool overlong = (p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xf0 && p[1] < 0x90);
  bool surrogate = p[0] == 0xed && p[1] > 0x9f;
  bool beyond = p[0] == 0xf4 && p[1] > 0x8f;
  return overlong || surrogate || beyond ? 0 : len;
}
