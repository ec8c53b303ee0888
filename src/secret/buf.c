#define _GNU_SOURCE 1
#include "secret/buf.h"

#include <limits.h>
#include <openssl/evp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "secret/pool.h"

#define FIRST_CAP 64

void buf_init(struct buf *buf, size_t max) {
  *buf = (struct buf){ .max = max < SIZE_MAX ? max : SIZE_MAX - 1 };
}

bool buf_reserve(struct buf *buf, size_t len) {
  if (buf->failed) return false;
  if (len > buf->max - buf->len) {
    buf->failed = true;
    return false;
  }
  size_t needed = buf->len + len + 1;
  if (needed <= buf->cap) return true;

  size_t cap = buf->cap > 0 ? buf->cap : FIRST_CAP;
  while (cap < needed)
    cap = cap <= SIZE_MAX / 2 ? cap * 2 : SIZE_MAX;
  if (cap > buf->max + 1) cap = buf->max + 1;

  char *data = pool_realloc(buf->data, cap);
  if (data == NULL) {
    buf->failed = true;
    return false;
  }
  buf->data = data;
  buf->cap = cap;
  buf->data[buf->len] = '\0';
  return true;
}

void buf_added(struct buf *buf, size_t len) {
  buf->len += len;
  buf->data[buf->len] = '\0';
}

void buf_cut(struct buf *buf, size_t len) {
  if (len >= buf->len) return;
  buf->len = len;
  buf->data[len] = '\0';
}

bool buf_add(struct buf *buf, const void *bytes, size_t len) {
  if (!buf_reserve(buf, len)) return false;
  if (len > 0) memcpy(buf->data + buf->len, bytes, len);
  buf_added(buf, len);
  return true;
}

bool buf_add_string(struct buf *buf, const char *string) {
  return buf_add(buf, string, strlen(string));
}

bool buf_add_char(struct buf *buf, char c) {
  return buf_add(buf, &c, 1);
}

/* Written into the room that there is, and again where that was too small. */
bool buf_addf(struct buf *buf, const char *format, ...) {
  if (!buf_reserve(buf, 0)) return false;
  for (;;) {
    size_t room = buf->cap - buf->len;
    va_list arguments;
    va_start(arguments, format);
    int len = vsnprintf(buf->data + buf->len, room, format, arguments);
    va_end(arguments);
    if (len >= 0 && (size_t)len < room) {
      buf_added(buf, (size_t)len);
      return true;
    }
    explicit_bzero(buf->data + buf->len, room);
    if (len < 0) buf->failed = true;
    if (!buf_reserve(buf, (size_t)len)) return false;
  }
}

/* Not isalnum: the host's locale must not decide what goes into a URL. */
static inline bool is_unreserved(unsigned char c) {
  unsigned char small = c | 0x20;
  return (small >= 'a' && small <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
}

bool buf_add_percent_encoded(struct buf *buf, const void *bytes, size_t len) {
  static const char hex[] = "0123456789ABCDEF";
  const unsigned char *in = bytes;
  size_t encoded = len;
  for (size_t i = 0; i < len; i++)
    if (!is_unreserved(in[i])) encoded += 2;
  if (!buf_reserve(buf, encoded)) return false;

  char *out = buf->data + buf->len;
  for (size_t i = 0; i < len; i++) {
    if (is_unreserved(in[i])) {
      *out++ = (char)in[i];
    } else {
      *out++ = '%';
      *out++ = hex[in[i] >> 4];
      *out++ = hex[in[i] & 15];
    }
  }
  buf_added(buf, encoded);
  return true;
}

bool buf_add_base64(struct buf *buf, const void *bytes, size_t len) {
  if (len > INT_MAX / 4 * 3) buf->failed = true; /* as OpenSSL counts in int */
  if (!buf_reserve(buf, (len + 2) / 3 * 4)) return false;
  buf_added(buf, (size_t)EVP_EncodeBlock((unsigned char *)buf->data + buf->len, bytes, (int)len));
  return true;
}

void buf_clear(struct buf *buf) {
  if (buf->data != NULL) explicit_bzero(buf->data, buf->cap);
  buf->len = 0;
  buf->failed = false;
}

void buf_free(struct buf *buf) {
  pool_free(buf->data);
  buf_init(buf, buf->max);
}

const char *buf_string(const struct buf *buf) {
  return buf->data != NULL ? buf->data : "";
}
