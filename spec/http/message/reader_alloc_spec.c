/* src/http/message/reader, when an allocation fails. */
#define _GNU_SOURCE 1
#include <string.h>
#include <zlib.h>

#include "http/message/reader.h"
#include "scenarios.h"

#define T(text) text, sizeof text - 1

/* What is fed, and in which pieces. */
struct answer {
  const char *text;
  size_t len, piece;
  const char *body;
};

static bool read_answer(void *context) {
  const struct answer *answer = context;
  struct reader reader;
  enum reader_state end = READER_HUNGRY;
  reader_init(&reader, 100000, false);
  for (size_t at = 0; at < answer->len && end == READER_HUNGRY; at += answer->piece)
    end = reader_feed(&reader, answer->text + at, answer->piece < answer->len - at ? answer->piece : answer->len - at);
  if (end == READER_HUNGRY) end = reader_end(&reader);
  if (end == READER_FAILED) {
    assert_int_equal(reader.fault, READER_NO_MEMORY);
    assert_non_null(reader.why);
    assert_false(reader.keep);
    assert_int_equal(reader.body.len, 0);
  } else {
    assert_int_equal(end, READER_DONE);
    assert_string_equal(buf_string(&reader.body), answer->body);
    assert_string_equal(reader_header(&reader, "x-id"), "1");
  }
  reader_free(&reader);
  return end == READER_DONE;
}

#define HEAD    "HTTP/1.1 200 OK\r\nX-Id: 1\r\n"
#define TEN     "0123456789"
#define HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN

static void an_answer_is_read_or_not(void **state) {
  (void)state;
  static struct answer answers[] = {
    { T(HEAD "Content-Length: 100\r\n\r\n" HUNDRED), 1000, HUNDRED },
    { T(HEAD "Content-Length: 100\r\n\r\n" HUNDRED), 1, HUNDRED },
    { T(HEAD "Transfer-Encoding: chunked\r\n\r\n64\r\n" HUNDRED "\r\nc8\r\n" HUNDRED HUNDRED "\r\n0\r\nX-Trailer: 2\r\n\r\n"), 7,
      HUNDRED HUNDRED HUNDRED },
    { T(HEAD "\r\n" HUNDRED HUNDRED HUNDRED), 50, HUNDRED HUNDRED HUNDRED },
  };
  for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++)
    each_allocation_fails(read_answer, &answers[i]);
}

/* More headers than there is room for at first. */
static void many_headers_are_read_or_not(void **state) {
  (void)state;
  struct buf text;
  buf_init(&text, 65536);
  assert_true(buf_add_string(&text, HEAD));
  for (int i = 0; i < 100; i++)
    assert_true(buf_addf(&text, "X-Header-%d: " HUNDRED "\r\n", i));
  assert_true(buf_add_string(&text, "Content-Length: 2\r\n\r\nab"));
  struct answer answer = { text.data, text.len, 1000, "ab" };
  each_allocation_fails(read_answer, &answer);
  buf_free(&text);
}

static void gzip_is_read_or_not(void **state) {
  (void)state;
  struct buf text;
  char body[300];
  z_stream stream = { 0 };
  unsigned char packed[200];
  memset(body, 'x', sizeof body - 1);
  body[sizeof body - 1] = '\0';
  assert_int_equal(deflateInit2(&stream, 9, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
  stream.next_in = (unsigned char *)body;
  stream.avail_in = sizeof body - 1;
  stream.next_out = packed;
  stream.avail_out = sizeof packed;
  assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
  buf_init(&text, 1000);
  assert_true(buf_addf(&text, HEAD "Content-Encoding: gzip\r\nContent-Length: %lu\r\n\r\n", stream.total_out) &&
              buf_add(&text, packed, stream.total_out));
  deflateEnd(&stream);
  struct answer answer = { text.data, text.len, 1000, body };
  each_allocation_fails(read_answer, &answer);
  answer.piece = 1; /* which needs a window as well */
  each_allocation_fails(read_answer, &answer);
  buf_free(&text);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(an_answer_is_read_or_not),
    cmocka_unit_test(many_headers_are_read_or_not),
    cmocka_unit_test(gzip_is_read_or_not),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
