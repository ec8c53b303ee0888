/* src/http/message/reader and src/http/message/gunzip: bodies in an encoding. */
#define _GNU_SOURCE 1
#include <zlib.h>

#include "reader_cases.h"

#define LENGTH_HEADER "Content-Length: %zu\r\n\r\n"

static const char hello[] = "{\"card\":\"4111111111111111\",\"card again\":\"4111111111111111\"}";

/* Appends a member of gzip; window_bits as for deflateInit2. */
static void add_packed(struct buf *out, const char *text, size_t len, int window_bits) {
  z_stream stream = { 0 };
  assert_int_equal(deflateInit2(&stream, 9, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY), Z_OK);
  size_t most = deflateBound(&stream, len) + 100;
  unsigned char *packed = malloc(most);
  assert_non_null(packed);
  stream.next_in = (unsigned char *)(uintptr_t)text;
  stream.avail_in = (uInt)len;
  stream.next_out = packed;
  stream.avail_out = (uInt)most;
  assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
  assert_true(buf_add(out, packed, stream.total_out));
  deflateEnd(&stream);
  free(packed);
}

static void add_member(struct buf *out, const char *text, size_t len) {
  add_packed(out, text, len, 15 + 16);
}

enum framing { BY_LENGTH, BY_CHUNKS, BY_END, FRAMINGS };

/* Reads the body framed in each way, in every cut. */
static void reads_body(const char *coding, const struct buf *body, size_t max_body, struct outcome outcome) {
  for (int framing = 0; framing < FRAMINGS; framing++) {
    struct buf text;
    struct outcome expected = outcome;
    buf_init(&text, PLENTY);
    assert_true(buf_addf(&text, OK "Content-Encoding: %s\r\n", coding));
    if (framing == BY_LENGTH) assert_true(buf_addf(&text, LENGTH_HEADER, body->len));
    if (framing == BY_CHUNKS) assert_true(buf_add_string(&text, "Transfer-Encoding: chunked\r\n\r\n"));
    if (framing == BY_END) assert_true(buf_add_string(&text, "\r\n"));
    for (size_t at = 0, size = 1; framing == BY_CHUNKS && at < body->len; at += size, size = size * 2 + 1) {
      if (size > body->len - at) size = body->len - at;
      assert_true(buf_addf(&text, "%zx\r\n", size) && buf_add(&text, body->data + at, size) && buf_add_string(&text, "\r\n"));
    }
    if (framing == BY_CHUNKS) assert_true(buf_add_string(&text, "0\r\n\r\n"));
    if (framing != BY_CHUNKS) assert_true(buf_add(&text, buf_string(body), body->len));
    expected.keep = expected.state == READER_DONE && framing != BY_END;
    if (framing == BY_END && expected.why && strcmp(expected.why, "its gzip is cut short") == 0) {
      expected.fault = READER_CUT; /* as whoever sent it did not come to the end */
      expected.why = NULL;
    }
    reads(&(struct given){ buf_string(&text), text.len, max_body, false, framing == BY_END }, &expected);
    buf_free(&text);
  }
}

static struct outcome done(const char *body, size_t len) {
  return (struct outcome){ READER_DONE, READER_OK, NULL, 200, true, false, body, len };
}

static struct outcome failed(enum reader_fault fault, const char *why) {
  return (struct outcome){ READER_FAILED, fault, why, 200, false, false, "", 0 };
}

static void reads_gzip(void **state) {
  (void)state;
  static const char *const names[] = { "gzip", "x-gzip", "GZip", "X-GZIP", " gzip\t" };
  struct buf body;
  buf_init(&body, PLENTY);
  add_member(&body, T(hello));
  for (size_t i = 0; i < COUNT(names); i++)
    reads_body(names[i], &body, PLENTY, done(T(hello)));
  buf_free(&body);
}

static void reads_several_members(void **state) {
  (void)state;
  struct buf body;
  buf_init(&body, PLENTY);
  add_member(&body, T("one "));
  add_member(&body, T(""));
  add_member(&body, T("two "));
  add_member(&body, T("three"));
  reads_body("gzip", &body, PLENTY, done(T("one two three")));
  reads_body("gzip", &body, 13, done(T("one two three")));
  reads_body("gzip", &body, 12, failed(READER_BODY_TOO_LARGE, "its body is too large"));
  buf_free(&body);
}

static void reads_an_empty_body_as_empty(void **state) {
  (void)state;
  static const char *const codings[] = { "gzip", "br", "identity", "gzip, br" };
  struct buf body;
  buf_init(&body, PLENTY);
  for (size_t i = 0; i < COUNT(codings); i++)
    reads_body(codings[i], &body, 0, done("", 0));
  add_member(&body, "", 0);
  reads_body("gzip", &body, 0, done("", 0));
  buf_free(&body);
}

static void stops_exactly_at_the_limit(void **state) {
  (void)state;
  struct buf body;
  buf_init(&body, PLENTY);
  add_member(&body, T(hello));
  reads_body("gzip", &body, sizeof hello - 1, done(T(hello)));
  reads_body("gzip", &body, sizeof hello - 2, failed(READER_BODY_TOO_LARGE, "its body is too large"));
  reads_body("gzip", &body, 0, failed(READER_BODY_TOO_LARGE, "its body is too large"));
  buf_free(&body);
}

/* 1,000 bytes for each one. */
static void stops_a_bomb(void **state) {
  (void)state;
  size_t len = (size_t)50 << 20;
  char *zeros = calloc(1, len);
  struct buf body;
  assert_non_null(zeros);
  buf_init(&body, PLENTY);
  add_member(&body, zeros, len);
  assert_true(body.len < 60000);
  struct reader reader;
  reader_init(&reader, 100000, false);
  assert_int_equal(reader_feed(&reader, T(OK "Content-Encoding: gzip\r\n\r\n")), READER_HUNGRY);
  assert_int_equal(reader_feed(&reader, body.data, body.len), READER_FAILED);
  assert_int_equal(reader.fault, READER_BODY_TOO_LARGE);
  assert_true(reader.body.cap <= 100002);
  reader_free(&reader);
  buf_free(&body);
  free(zeros);
}

/* Members that are empty go on for ever and add nothing to a body: their bytes are bounded as well. */
static void stops_gzip_that_says_nothing(void **state) {
  (void)state;
  struct buf body;
  struct reader reader;
  enum reader_state end = READER_HUNGRY;
  buf_init(&body, PLENTY);
  for (int i = 0; i < 100; i++)
    add_member(&body, "", 0);
  reader_init(&reader, 1000, false);
  assert_int_equal(reader_feed(&reader, T(OK "Content-Encoding: gzip\r\n\r\n")), READER_HUNGRY);
  size_t before = reader.bytes;
  while (end == READER_HUNGRY && reader.bytes < PLENTY)
    end = reader_feed(&reader, body.data, body.len);
  assert_int_equal(end, READER_FAILED);
  assert_int_equal(reader.fault, READER_BODY_TOO_LARGE);
  assert_true(reader.bytes - before > 65536 + 2000 && reader.bytes - before <= 65536 + 2000 + body.len);
  reader_free(&reader);

  char text[200];
  int len = snprintf(text, sizeof text, OK "Content-Encoding: gzip\r\n" LENGTH_HEADER, (size_t)65536 + 2001);
  reads(&(struct given){ text, (size_t)len, 1000, false, false },
        &(struct outcome){ READER_FAILED, READER_BODY_TOO_LARGE, "its body is too large", 200, false, false, "", 0 });
  buf_free(&body);
}

static void refuses_gzip_that_is_broken(void **state) {
  (void)state;
  struct buf body, broken;
  buf_init(&body, PLENTY);
  buf_init(&broken, PLENTY);
  add_member(&body, T(hello));
  /* Each byte of it: but for those of its head that mean nothing here (time, level and system). */
  for (size_t i = 0; i < body.len; i++) {
    if (i >= 4 && i < 10) continue;
    buf_clear(&broken);
    assert_true(buf_add(&broken, body.data, body.len));
    broken.data[i] = (char)(broken.data[i] ^ 0x20);
    struct given given;
    struct buf text;
    struct reader reader;
    buf_init(&text, PLENTY);
    assert_true(buf_addf(&text, OK "Content-Encoding: gzip\r\n" LENGTH_HEADER, broken.len) && buf_add(&text, broken.data, broken.len));
    given = (struct given){ text.data, text.len, PLENTY, false, false };
    for (size_t step = 1; step <= given.len; step += step < 100 ? 1 : 37) {
      enum reader_state end;
      reader_init(&reader, PLENTY, false);
      feed_pieces(&reader, &given, step, step, &end);
      if (end != READER_FAILED || reader.fault != READER_ENCODING) fail_msg("byte %zu: state %d, %s", i, (int)end, reader.why);
      assert_int_equal(reader.body.len, 0);
      reader_free(&reader);
    }
    buf_free(&text);
  }
  buf_free(&body);
  buf_free(&broken);
}

/* Servers write a line end or zeros behind it; nothing of that is in the text. */
static void ignores_what_is_behind_gzip(void **state) {
  (void)state;
  static const struct {
    const char *bytes;
    size_t len;
  } behind[] = { { T("garbage") }, { T("\r\n") }, { T("\0\0\0") }, { T("\n\x1f\x8b") } };
  struct buf body;
  buf_init(&body, PLENTY);
  add_member(&body, T("hello, "));
  add_member(&body, T("world"));
  size_t members = body.len;
  for (size_t i = 0; i < COUNT(behind); i++) {
    assert_true(buf_add(&body, behind[i].bytes, behind[i].len));
    reads_body("gzip", &body, PLENTY, done(T("hello, world")));
    buf_cut(&body, members);
  }
  buf_free(&body);
}

/* Another member begins, and is none. */
static void refuses_a_broken_member_behind_another(void **state) {
  (void)state;
  struct buf body;
  buf_init(&body, PLENTY);
  add_member(&body, T(hello));
  assert_true(buf_add_string(&body, "\x1fgarbage"));
  reads_body("gzip", &body, PLENTY, failed(READER_ENCODING, "its gzip is broken"));
  buf_free(&body);
}

static void refuses_what_is_not_gzip(void **state) {
  (void)state;
  struct buf body;
  buf_init(&body, PLENTY);
  assert_true(buf_add_string(&body, "{\"plain\":true}"));
  reads_body("gzip", &body, PLENTY, failed(READER_ENCODING, "its gzip is broken"));
  buf_clear(&body);
  add_packed(&body, T(hello), 15); /* zlib's format */
  reads_body("gzip", &body, PLENTY, failed(READER_ENCODING, "its gzip is broken"));
  buf_clear(&body);
  add_packed(&body, T(hello), -15); /* and none */
  reads_body("gzip", &body, PLENTY, failed(READER_ENCODING, "its gzip is broken"));
  buf_free(&body);
}

static void refuses_gzip_that_is_cut_short(void **state) {
  (void)state;
  struct buf body;
  buf_init(&body, PLENTY);
  add_member(&body, T("one"));
  size_t first = body.len;
  add_member(&body, T("two"));
  for (size_t len = body.len - 1; len > 0; len--) {
    struct buf cut = body;
    cut.len = len;
    if (len == first)
      reads_body("gzip", &cut, PLENTY, done(T("one")));
    else
      reads_body("gzip", &cut, PLENTY, failed(READER_ENCODING, "its gzip is cut short"));
  }
  buf_free(&body);
}

/* How many bytes of text a beginning of gzip stands for. */
static size_t decoded_length(const struct buf *packed) {
  static unsigned char text[8192];
  z_stream stream = { .next_in = (unsigned char *)packed->data, .avail_in = (uInt)packed->len, .next_out = text, .avail_out = sizeof text };
  assert_int_equal(inflateInit2(&stream, 15 + 16), Z_OK);
  assert_int_equal(inflate(&stream, Z_SYNC_FLUSH), Z_OK);
  size_t len = stream.total_out;
  inflateEnd(&stream);
  return len;
}

/* One byte may stand for thousands: all of them count before the next one comes. */
static void decodes_all_that_it_was_fed(void **state) {
  (void)state;
  static const char zeros[5000];
  struct buf body;
  size_t most = 0;
  buf_init(&body, PLENTY);
  add_member(&body, zeros, sizeof zeros);
  for (size_t len = 1; len + 8 < body.len; len++) {
    struct buf cut = body;
    cut.len = len;
    size_t decoded = decoded_length(&cut);
    reads_body("gzip", &cut, decoded, failed(READER_ENCODING, "its gzip is cut short"));
    if (decoded > 0) reads_body("gzip", &cut, decoded - 1, failed(READER_BODY_TOO_LARGE, "its body is too large"));
    if (decoded > most) most = decoded;
  }
  assert_true(most > 4000);
  buf_free(&body);
}

/* Character sets and the like are no coding. */
static void takes_a_text_that_is_not_encoded(void **state) {
  (void)state;
  static const char *const codings[] = { "identity",
                                         "IDENTITY",
                                         "",
                                         " \t",
                                         "none",
                                         "UTF-8",
                                         "utf8",
                                         "iso-8859-1",
                                         "binary",
                                         "8bit",
                                         "amz-1.0",
                                         "json",
                                         "gzi",
                                         "gzipped",
                                         "brotli",
                                         ",",
                                         "identity,",
                                         "none, utf-8",
                                         "text/html; charset=utf-8",
                                         "none\r\nContent-Encoding: UTF-8" };
  struct buf body;
  buf_init(&body, PLENTY);
  assert_true(buf_add_string(&body, hello));
  for (size_t i = 0; i < COUNT(codings); i++)
    reads_body(codings[i], &body, sizeof hello - 1, done(T(hello)));
  buf_free(&body);
}

static void decodes_whatever_stands_beside_gzip(void **state) {
  (void)state;
  static const char *const codings[] = { "gzip",
                                         "GZIP",
                                         "x-gzip",
                                         "X-GZip",
                                         "gzip, identity",
                                         "gzip,",
                                         ",gzip",
                                         "identity , gzip",
                                         "UTF-8, gzip",
                                         "gzip, none",
                                         "identity\r\nContent-Encoding: gzip",
                                         "gzip\r\nContent-Encoding:",
                                         "utf-8\r\nContent-Encoding: x-gzip" };
  struct buf body;
  buf_init(&body, PLENTY);
  add_member(&body, T(hello));
  for (size_t i = 0; i < COUNT(codings); i++)
    reads_body(codings[i], &body, PLENTY, done(T(hello)));
  buf_free(&body);
}

static void throws_away_what_it_cannot_decode(void **state) {
  (void)state;
  static const char *const codings[] = { "br",
                                         "BR",
                                         "deflate",
                                         "zstd",
                                         "compress",
                                         "x-compress",
                                         "dcb",
                                         "dcz",
                                         "aes128gcm",
                                         "exi",
                                         "pack200-gzip",
                                         "gzip, br",
                                         "gzip, gzip",
                                         "br, gzip",
                                         "utf-8, br",
                                         "identity, zstd",
                                         "gzip\r\nContent-Encoding: gzip",
                                         "gzip\r\nContent-Encoding: x-gzip",
                                         "br\r\nContent-Encoding: identity" };
  struct buf body;
  buf_init(&body, PLENTY);
  add_member(&body, T(hello));
  struct outcome outcome = done("", 0);
  outcome.encoded = true;
  for (size_t i = 0; i < COUNT(codings); i++)
    reads_body(codings[i], &body, body.len, outcome);
  buf_free(&body);
}

/* One of them fills the buffer to its last byte. */
static void reads_a_text_of_any_length(void **state) {
  (void)state;
  static const char zeros[1100];
  for (size_t len = 0; len < sizeof zeros; len++) {
    struct buf body, text;
    struct outcome outcome = done(zeros, len);
    buf_init(&body, PLENTY);
    buf_init(&text, PLENTY);
    add_member(&body, zeros, len);
    assert_true(buf_addf(&text, OK "Content-Encoding: gzip\r\n" LENGTH_HEADER, body.len) && buf_add(&text, body.data, body.len));
    struct given given = { text.data, text.len, PLENTY, false, false };
    reads_in(&given, text.len, 1, &outcome);
    reads_in(&given, 1, 1, &outcome);
    buf_free(&body);
    buf_free(&text);
  }
}

/* A window's worth of text and more, of which every piece refers to what came long before. */
static void reads_a_large_text_in_small_pieces(void **state) {
  (void)state;
  size_t len = 300000;
  char *text = malloc(len);
  struct buf body, whole;
  assert_non_null(text);
  for (size_t i = 0; i < len; i++)
    text[i] = (char)(i % 30011 * 7 % 251);
  buf_init(&body, PLENTY);
  buf_init(&whole, PLENTY);
  add_member(&body, text, len);
  assert_true(buf_addf(&whole, OK "Content-Encoding: gzip\r\n" LENGTH_HEADER, body.len) && buf_add(&whole, body.data, body.len));
  struct given given = { whole.data, whole.len, len, false, false };
  for (size_t step = 1; step < 3 * whole.len; step = step * 5 + 1) {
    struct outcome outcome = done(text, len);
    reads_in(&given, step, step, &outcome);
  }
  free(text);
  buf_free(&body);
  buf_free(&whole);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(reads_gzip),
    cmocka_unit_test(reads_several_members),
    cmocka_unit_test(reads_an_empty_body_as_empty),
    cmocka_unit_test(stops_exactly_at_the_limit),
    cmocka_unit_test(stops_a_bomb),
    cmocka_unit_test(stops_gzip_that_says_nothing),
    cmocka_unit_test(refuses_gzip_that_is_broken),
    cmocka_unit_test(ignores_what_is_behind_gzip),
    cmocka_unit_test(refuses_a_broken_member_behind_another),
    cmocka_unit_test(refuses_what_is_not_gzip),
    cmocka_unit_test(refuses_gzip_that_is_cut_short),
    cmocka_unit_test(decodes_all_that_it_was_fed),
    cmocka_unit_test(takes_a_text_that_is_not_encoded),
    cmocka_unit_test(decodes_whatever_stands_beside_gzip),
    cmocka_unit_test(throws_away_what_it_cannot_decode),
    cmocka_unit_test(reads_a_text_of_any_length),
    cmocka_unit_test(reads_a_large_text_in_small_pieces),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
