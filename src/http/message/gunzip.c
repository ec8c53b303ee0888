#define _GNU_SOURCE 1
#define ZLIB_CONST  1
#include "http/message/gunzip.h"

#include <stdint.h>
#include <zlib.h>

#include "secret/pool.h"

#define GZIP_ONLY (15 + 16)         /* for inflateInit2: the largest window, only the gzip format */
#define MAX_COUNT ((size_t)1 << 30) /* bytes; zlib counts in unsigned int */
#define MIN_ROOM  256
#define MAGIC     0x1f /* the first byte of a member */

struct gunzip {
  z_stream stream;
  bool inside; /* a member has begun and not ended */
  bool begun;  /* so has the first one */
  bool ended;  /* something else follows the last one */
};

static voidpf take_memory(voidpf unused, uInt count, uInt size) {
  (void)unused;
  size_t bytes;
  return __builtin_mul_overflow((size_t)count, (size_t)size, &bytes) ? NULL : pool_alloc(bytes);
}

static void give_memory_back(voidpf unused, voidpf block) {
  (void)unused;
  pool_free(block);
}

struct gunzip *gunzip_new(void) {
  struct gunzip *gunzip = pool_calloc(1, sizeof *gunzip);
  if (gunzip == NULL) return NULL;
  gunzip->stream.zalloc = take_memory;
  gunzip->stream.zfree = give_memory_back;
  if (inflateInit2(&gunzip->stream, GZIP_ONLY) == Z_OK) return gunzip;
  pool_free(gunzip);
  return NULL;
}

void gunzip_free(struct gunzip *gunzip) {
  if (gunzip == NULL) return;
  inflateEnd(&gunzip->stream);
  pool_free(gunzip);
}

/* Makes room for text at the end of the buffer. False when memory is used up. */
static bool make_room(z_stream *stream, struct buf *out) {
  size_t room_left = out->max - out->len;
  size_t wanted = (size_t)stream->avail_in * 4 + MIN_ROOM;
  if (!buf_reserve(out, wanted < room_left ? wanted : room_left)) return false;
  size_t room = out->cap - out->len - 1;
  stream->next_out = (Bytef *)out->data + out->len;
  stream->avail_out = (uInt)(room < MAX_COUNT ? room : MAX_COUNT);
  return true;
}

/* Decodes until zlib has no input left, and no text that did not fit. */
static enum gunzip_result decode(struct gunzip *gunzip, struct buf *out) {
  z_stream *stream = &gunzip->stream;
  do {
    gunzip->ended = !gunzip->inside && gunzip->begun && *stream->next_in != MAGIC;
    if (gunzip->ended) return GUNZIP_OK;
    if (!gunzip->inside && inflateReset(stream) != Z_OK) return GUNZIP_BROKEN;
    gunzip->inside = gunzip->begun = true;
    if (!make_room(stream, out)) return GUNZIP_NO_MEMORY;
    uInt room = stream->avail_out;
    /* With Z_FINISH a member that comes in one piece needs no window, which would have to be wiped. */
    int rc = inflate(stream, Z_FINISH);
    buf_added(out, room - stream->avail_out);
    if (out->len == out->max) return GUNZIP_FULL;
    if (rc == Z_MEM_ERROR) return GUNZIP_NO_MEMORY;
    if (rc != Z_OK && rc != Z_BUF_ERROR && rc != Z_STREAM_END) return GUNZIP_BROKEN;
    gunzip->inside = rc != Z_STREAM_END;
  } while (stream->avail_in > 0 || (gunzip->inside && stream->avail_out == 0));
  return GUNZIP_OK;
}

enum gunzip_result gunzip_feed(struct gunzip *gunzip, const char *bytes, size_t len, struct buf *out) {
  if (len == 0 || gunzip->ended) return GUNZIP_OK;
  if (len > MAX_COUNT) return GUNZIP_NO_MEMORY;
  gunzip->stream.next_in = (const Bytef *)bytes;
  gunzip->stream.avail_in = (uInt)len;
  enum gunzip_result result = decode(gunzip, out);
  gunzip->stream.next_in = NULL;
  return result;
}

bool gunzip_complete(const struct gunzip *gunzip) {
  return !gunzip->inside;
}
