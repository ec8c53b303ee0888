#include "json/xml.h"

#include <string.h>

#include "text/chars.h"

static const char *escape_of(char c) {
  switch (c) {
  case '&': return "&amp;";
  case '<': return "&lt;";
  case '>': return "&gt;";
  case '"': return "&quot;";
  case '\'': return "&apos;";
  default: return NULL;
  }
}

bool xml_write_text(struct buf *out, const char *bytes, size_t len) {
  for (size_t i = 0, next; i < len; i += next) {
    const char *escaped = escape_of(bytes[i]);
    next = utf8_length(bytes + i, len - i);
    bool control = (unsigned char)bytes[i] < 0x20 && !strchr("\t\n\r", bytes[i] ? bytes[i] : 1);
    bool none = next == 3 && memcmp(bytes + i, "\xef\xbf", 2) == 0 && (unsigned char)bytes[i + 2] >= 0xbe; /* U+FFFE and U+FFFF */
    if (!next || control || none) return false;
    if (!(escaped ? buf_add_string(out, escaped) : buf_add(out, bytes + i, next))) return false;
  }
  return true;
}
