/* An answer of HTTP/1.1 out of the fuzzer's bytes: a digit for the limit of its body, a letter for how it is read, then the answer as it comes over the wire. */
#ifndef CARDS_SPEC_ANSWERS_H
#define CARDS_SPEC_ANSWERS_H

#include <zlib.h>

#include "fuzz.h"
#include "http/message/reader.h"

#define PLENTY ((size_t)1 << 20)

struct answer {
  struct buf text;
  size_t max_body;
  bool no_body; /* it is one to HEAD */
};

/* One member of gzip. */
static inline void add_member(struct buf *out, struct piece text) {
  z_stream stream = { 0 };
  unsigned char packed[8192];
  must(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK, "no memory");
  stream.next_in = (unsigned char *)(uintptr_t)text.bytes;
  stream.avail_in = (uInt)text.len;
  int rc = Z_OK;
  while (rc == Z_OK) {
    stream.next_out = packed;
    stream.avail_out = sizeof packed;
    rc = deflate(&stream, Z_FINISH);
    must(buf_add(out, packed, sizeof packed - stream.avail_out), "no memory");
  }
  must(rc == Z_STREAM_END, "deflate failed");
  deflateEnd(&stream);
}

/* The fuzzer finds no checksum by itself: what stands behind the head is packed for it, a member for each line, and framed. */
static inline void pack(struct answer *answer, struct piece rest, bool chunked) {
  struct buf packed;
  size_t end = find(rest, "\r\n\r\n", 4, 0);
  struct piece head = { rest.bytes, end != SIZE_MAX ? end + 2 : 0 };
  rest.bytes += end != SIZE_MAX ? end + 4 : 0;
  rest.len -= end != SIZE_MAX ? end + 4 : 0;
  buf_init(&packed, 16 * PLENTY);
  while (rest.len)
    add_member(&packed, cut_piece(&rest, '\n'));
  must(buf_add(&answer->text, head.bytes, head.len) && buf_add_string(&answer->text, "Content-Encoding: gzip\r\n"), "no memory");
  if (chunked) {
    buf_add_string(&answer->text, "Transfer-Encoding: chunked\r\n\r\n");
    for (size_t at = 0, size = 1; at < packed.len; at += size, size += 7) {
      if (size > packed.len - at) size = packed.len - at;
      buf_addf(&answer->text, "%zx\r\n", size);
      buf_add(&answer->text, packed.data + at, size);
      buf_add_string(&answer->text, "\r\n");
    }
    buf_add_string(&answer->text, "0\r\n\r\n");
  } else {
    buf_addf(&answer->text, "Content-Length: %zu\r\n\r\n", packed.len);
    buf_add(&answer->text, buf_string(&packed), packed.len);
  }
  must(!answer->text.failed, "no memory");
  buf_free(&packed);
}

/* To be freed with buf_free(&answer->text). */
static inline void cut_answer(struct answer *answer, const uint8_t *data, size_t size) {
  static const size_t limits[] = { PLENTY, 0, 1, 5, 16, 100, 1000 };
  struct piece rest = { (const char *)data, size };
  answer->max_body = limits[cut_choice(&rest, '0', sizeof limits / sizeof limits[0])];
  unsigned how = cut_choice(&rest, 'a', 4);
  answer->no_body = how == 1;
  buf_init(&answer->text, 64 * PLENTY);
  if (how >= 2)
    pack(answer, rest, how == 3);
  else
    must(rest.len == 0 || buf_add(&answer->text, rest.bytes, rest.len), "no memory");
}

#endif
