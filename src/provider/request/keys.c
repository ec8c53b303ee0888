#include "provider/request/keys.h"

#include "crypto/encoding.h"

static struct key *read_bytes(const struct part *part, struct value value, const char **why) {
  enum encoding encoding;
  struct buf bytes;
  struct key *key = NULL;
  *why = "is not in the encoding that is declared for it";
  buf_init(&bytes, KEY_TEXT_MAX);
  if (encoding_find(part->encoding ? part->encoding : "none", &encoding) && encoding_read(encoding, value.bytes, value.len, &bytes) && bytes.len) {
    *why = "does not fit into memory";
    key = key_symmetric(bytes.data, bytes.len);
  }
  buf_free(&bytes);
  return key;
}

struct key *keys_read(const struct part *part, struct value value, struct value password, const char **why) {
  if (part->type == PART_PEM) return key_read(value.bytes, value.len, password.bytes, password.len, why);
  return read_bytes(part, value, why);
}
