#include "crypto/key/der.h"

#include <string.h>

bool der_take(struct der *in, enum der_type type, struct der *content) {
  if (in->len < 2 || in->bytes[0] != type) return false;
  size_t len = in->bytes[1], head = 2;
  if (len > 0x80) {
    size_t count = len - 0x80;
    if (count > 2 || in->len < 2 + count) return false;
    for (len = 0; head < 2 + count; head++)
      len = len << 8 | in->bytes[head];
  } else if (len == 0x80) {
    return false;
  }
  if (len > in->len - head) return false;
  *content = (struct der){ in->bytes + head, len };
  in->bytes += head + len;
  in->len -= head + len;
  return true;
}

bool der_skip(struct der *in, enum der_type type) {
  struct der content;
  return der_take(in, type, &content);
}

bool der_take_number(struct der *in, struct der *number) {
  struct der content;
  if (!der_take(in, DER_INTEGER, &content) || content.len == 0 || content.bytes[0] >= 0x80) return false;
  while (content.len > 0 && content.bytes[0] == 0) {
    content.bytes++;
    content.len--;
  }
  *number = content;
  return true;
}

bool der_take_bits(struct der *in, struct der *bytes) {
  struct der content;
  if (!der_take(in, DER_BITS, &content) || content.len == 0 || content.bytes[0] != 0) return false;
  *bytes = (struct der){ content.bytes + 1, content.len - 1 };
  return true;
}

bool der_take_small(struct der *in, unsigned long *value) {
  struct der number;
  if (!der_take_number(in, &number) || number.len > 4) return false;
  *value = 0;
  for (size_t i = 0; i < number.len; i++)
    *value = *value << 8 | number.bytes[i];
  return true;
}

bool der_equals(const struct der *content, const void *bytes, size_t len) {
  return content->len == len && memcmp(content->bytes, bytes, len) == 0;
}
