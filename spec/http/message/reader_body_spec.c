/* src/http/message/reader: how a body is delimited, and its limit. */
#define _GNU_SOURCE 1
#include "reader_cases.h"

#define CHUNKED OK "Transfer-Encoding: chunked\r\n\r\n"
#define BIG     "18446744073709551615"

static const char two[] = "more than one length", no_number[] = "a length that is no plain number",
                  te[] = "a transfer encoding that is not just chunked";

static void reads_a_body_of_a_length(void **state) {
  (void)state;
  reads_as(T(OK "Content-Length: 5\r\n\r\nhello"), 200, "hello");
  reads_as(T(OK "content-length:\t005 \r\n\r\nhello"), 200, "hello");
  reads_as(T(OK "CONTENT-LENGTH:0\r\n\r\n"), 200, "");
  reads_as(T("HTTP/1.1 500 Oops\r\nContent-Length: 4\r\nContent-Type: text/plain\r\n\r\n\r\n\r\n"), 500, "\r\n\r\n");
  refuses(T(OK "Content-Length: 5\r\n\r\nhelloX"), 200, READER_MALFORMED, BEHIND);
  refuses(T(OK "Content-Length: 0\r\n\r\n" OK), 200, READER_MALFORMED, BEHIND);
}

static void refuses_lengths_that_can_be_read_in_two_ways(void **state) {
  (void)state;
  static const struct {
    const char *text;
    size_t len;
    const char *why;
  } cases[] = {
    { T("Content-Length: 5\r\nContent-Length: 5\r\n"), two },
    { T("Content-Length: 0\r\nContent-Length: 0\r\n"), two },
    { T("Content-Length: 5\r\nContent-Length: 6\r\n"), two },
    { T("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"), two },
    { T("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"), two },
    { T("Transfer-Encoding: chunked\r\nA: b\r\nTransfer-Encoding: chunked\r\n"), two },
    { T("Transfer-Encoding: chunked\r\nTransfer-Encoding: gzip\r\n"), two },
    { T("Content-Length: 5, 5\r\n"), no_number },
    { T("Content-Length: 5,\r\n"), no_number },
    { T("Content-Length:\r\n"), no_number },
    { T("Content-Length: \r\n"), no_number },
    { T("Content-Length: +5\r\n"), no_number },
    { T("Content-Length: -5\r\n"), no_number },
    { T("Content-Length: 1 0\r\n"), no_number },
    { T("Content-Length: 0x5\r\n"), no_number },
    { T("Content-Length: 5a\r\n"), no_number },
    { T("Content-Length: 5;\r\n"), no_number },
    { T("Content-Length: 5.0\r\n"), no_number },
    { T("Content-Length: \"5\"\r\n"), no_number },
    { T("Content-Length: five\r\n"), no_number },
    { T("Content-Length: \xb2\r\n"), no_number },
    { T("Content-Length: 18446744073709551616\r\n"), no_number },
    { T("Content-Length: 18446744073709551621\r\n"), no_number },
    { T("Content-Length: 99999999999999999999999\r\n"), no_number },
    { T("Content-Length: 5\x0b\r\n"), "a control character in a header" },
    { T("Transfer-Encoding: gzip\r\n"), te },
    { T("Transfer-Encoding: gzip, chunked\r\n"), te },
    { T("Transfer-Encoding: chunked, gzip\r\n"), te },
    { T("Transfer-Encoding: chunked,\r\n"), te },
    { T("Transfer-Encoding: chunked;q=1\r\n"), te },
    { T("Transfer-Encoding: chunked chunked\r\n"), te },
    { T("Transfer-Encoding: xchunked\r\n"), te },
    { T("Transfer-Encoding: chunke\r\n"), te },
    { T("Transfer-Encoding: identity\r\n"), te },
    { T("Transfer-Encoding:\r\n"), te },
    { T("Transfer-Encoding: \"chunked\"\r\n"), te },
  };
  static const char *const answers[] = { OK, "HTTP/1.1 204 No Content\r\n", "HTTP/1.1 304 Not Modified\r\n" };
  static const int statuses[] = { 200, 204, 304 };
  for (size_t i = 0; i < COUNT(cases); i++) {
    for (size_t answer = 0; answer < COUNT(answers); answer++) {
      char text[200];
      int len = snprintf(text, sizeof text, "%s%s\r\n", answers[answer], cases[i].text);
      refuses(text, (size_t)len, statuses[answer], READER_MALFORMED, cases[i].why);
    }
    if (strstr(cases[i].text, "Transfer") == NULL) {
      char text[200];
      int len = snprintf(text, sizeof text, "HTTP/1.1 100 Continue\r\n%s\r\n", cases[i].text);
      refuses(text, (size_t)len, 0, READER_MALFORMED, cases[i].why);
    }
  }
  refuses(T("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), 200, READER_MALFORMED, "chunks where there are none");
}

static void has_no_body_where_none_may_be(void **state) {
  (void)state;
  static const struct {
    const char *text;
    size_t len;
    int status;
  } cases[] = {
    { T("HTTP/1.1 204 No Content\r\n\r\n"), 204 },
    { T("HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n"), 304 },
    { T("HTTP/1.1 304 Not Modified\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"), 304 },
    { T(OK "Content-Length: 10000000000\r\n\r\n"), 200 },
    { T(OK "Transfer-Encoding: chunked\r\nContent-Encoding: br\r\n\r\n"), 200 },
    { T(OK "\r\n"), 200 },
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    struct given given = { cases[i].text, cases[i].len, 100, cases[i].status == 200, false };
    reads(&given, &(struct outcome){ READER_DONE, READER_OK, NULL, cases[i].status, true, false, "", 0 });
    char *more = malloc(cases[i].len + 2);
    assert_non_null(more);
    memcpy(more, cases[i].text, cases[i].len);
    memcpy(more + cases[i].len, "x", 2);
    given.text = more;
    given.len++;
    reads(&given, &(struct outcome){ READER_FAILED, READER_MALFORMED, BEHIND, cases[i].status, false, false, "", 0 });
    free(more);
  }
}

static void reads_chunks(void **state) {
  (void)state;
  reads_as(T(CHUNKED "0\r\n\r\n"), 200, "");
  reads_as(T(CHUNKED "5\r\nhello\r\n0\r\n\r\n"), 200, "hello");
  reads_as(T(CHUNKED "1\r\nh\r\n4\r\nello\r\n0\r\n\r\n"), 200, "hello");
  reads_as(T(CHUNKED "a\r\n0123456789\r\nA\r\nabcdefghij\r\n00\r\n\r\n"), 200, "0123456789abcdefghij");
  reads_as(T(CHUNKED "0000000000000002\r\n\r\n\r\n0000000000000000\r\n\r\n"), 200, "\r\n");
  reads_as(T(CHUNKED "2;name\r\nab\r\n1;a=b;c=\"d e\"; f = g\t\r\nc\r\n0;last\r\n\r\n"), 200, "abc");
  reads_as(T(CHUNKED "1;\r\na\r\n0\r\nX-Trailer: 1\r\nY:\r\n\r\n"), 200, "a");
  reads_as(T(OK "transfer-encoding: CHUNKED \r\n\r\n1\r\na\r\n0\r\n\r\n"), 200, "a");
  reads_as(T(CHUNKED "0\r\nConnection: close\r\nContent-Encoding: gzip\r\n\r\n"), 200, ""); /* too late to mean anything */
}

static void refuses_chunks_that_can_be_read_in_two_ways(void **state) {
  (void)state;
  static const char size[] = "a chunk without a plain size", crlf[] = "a line that does not end with CRLF",
                    end[] = "a chunk that does not end where it says";
  static const char control[] = "a control character in a chunk's extension", length[] = "a length in a trailer";
  static const struct {
    const char *text;
    size_t len;
    const char *why;
  } cases[] = {
    { T(CHUNKED "\r\n\r\n"), size },
    { T(CHUNKED ";a\r\n\r\n"), size },
    { T(CHUNKED " 1\r\na\r\n0\r\n\r\n"), size },
    { T(CHUNKED "1 \r\na\r\n0\r\n\r\n"), size },
    { T(CHUNKED "1\t\r\na\r\n0\r\n\r\n"), size },
    { T(CHUNKED "1 ;a\r\na\r\n0\r\n\r\n"), size },
    { T(CHUNKED "+1\r\na\r\n0\r\n\r\n"), size },
    { T(CHUNKED "-1\r\na\r\n0\r\n\r\n"), size },
    { T(CHUNKED "0x1\r\na\r\n0\r\n\r\n"), size },
    { T(CHUNKED "1h\r\na\r\n0\r\n\r\n"), size },
    { T(CHUNKED "g\r\na\r\n0\r\n\r\n"), size },
    { T(CHUNKED "1,\r\na\r\n0\r\n\r\n"), size },
    { T(CHUNKED "1\0\r\na\r\n0\r\n\r\n"), size },
    { T(CHUNKED "00000000000000001\r\na\r\n0\r\n\r\n"), size },
    { T(CHUNKED "10000000000000000\r\na\r\n0\r\n\r\n"), size },
    { T(CHUNKED "fffffffffffffffff\r\na\r\n0\r\n\r\n"), size },
    { T(CHUNKED "1\na\r\n0\r\n\r\n"), crlf },
    { T(CHUNKED "1;a\na\r\n0\r\n\r\n"), crlf },
    { T(CHUNKED "1\r\r\na\r\n0\r\n\r\n"), size },
    { T(CHUNKED "1;\r\r\na\r\n0\r\n\r\n"), control },
    { T(CHUNKED "1;a\0b\r\na\r\n0\r\n\r\n"), control },
    { T(CHUNKED "1\r\na\n0\r\n\r\n"), end },
    { T(CHUNKED "1\r\nab\r\n0\r\n\r\n"), end },
    { T(CHUNKED "1\r\na\r0\r\n\r\n"), end },
    { T(CHUNKED "1\r\na0\r\n\r\n"), end },
    { T(CHUNKED "1\r\na\r\n\r\n0\r\n\r\n"), size },
    { T(CHUNKED "0\n\r\n"), crlf },
    { T(CHUNKED "0\r\n\n"), crlf },
    { T(CHUNKED "0\r\nA: b\n\r\n"), crlf },
    { T(CHUNKED "0\r\nA: b\r\n c\r\n\r\n"), "a folded header" },
    { T(CHUNKED "0\r\nA b\r\n\r\n"), "a space in a header's name, or before its colon" },
    { T(CHUNKED "0\r\nHTTP\r\n\r\n"), "a header without a colon" },
    { T(CHUNKED "0\r\nA: \x01\r\n\r\n"), "a control character in a header" },
    { T(CHUNKED "0\r\nContent-Length: 0\r\n\r\n"), length },
    { T(CHUNKED "0\r\nTransfer-Encoding: chunked\r\n\r\n"), length },
    { T(CHUNKED "0\r\n\r\n0\r\n\r\n"), BEHIND },
    { T(CHUNKED "0\r\n\r\n\r\n"), BEHIND },
  };
  for (size_t i = 0; i < COUNT(cases); i++)
    refuses(cases[i].text, cases[i].len, 200, READER_MALFORMED, cases[i].why);
}

static void bounds_the_line_of_a_chunk(void **state) {
  (void)state;
  for (size_t extra = 0; extra < 3; extra++) {
    char text[400];
    size_t start = sizeof CHUNKED - 1, len = 254 + extra; /* and CRLF */
    memcpy(text, CHUNKED, start);
    memset(text + start, 'e', len);
    memcpy(text + start, "1;", 2);
    char *end = stpcpy(text + start + len, "\r\n");
    end = stpcpy(end, "a\r\n0\r\n\r\n");
    if (extra == 0)
      reads_as(text, (size_t)(end - text), 200, "a");
    else
      refuses(text, (size_t)(end - text), 200, READER_MALFORMED, "a chunk's extension is too long");
  }
}

static void counts_trailers_as_head(void **state) {
  (void)state;
  static char text[READER_MAX_HEAD + 100];
  for (int extra = 0; extra < 2; extra++) {
    size_t start = sizeof CHUNKED - 1, len = READER_MAX_HEAD - start - 2 + (size_t)extra; /* without the last CRLF */
    char *at = stpcpy(stpcpy(text, CHUNKED), "0\r\n");
    memset(at, 't', len);
    memcpy(at + 1, ":", 1);
    char *end = stpcpy(at + len - 2, "\r\n\r\n");
    struct given given = { text, (size_t)(end - text), PLENTY, false, false };
    struct outcome outcome = { READER_DONE, READER_OK, NULL, 200, true, false, "", 0 };
    if (extra) outcome = (struct outcome){ READER_FAILED, READER_HEAD_TOO_LARGE, NULL, 200, false, false, "", 0 };
    for (size_t step = 1; step < 3 * given.len; step = step * 7 + 1)
      reads_in(&given, step, step, &outcome);
  }
}

static void reads_until_the_connection_ends(void **state) {
  (void)state;
  static const struct {
    const char *text;
    size_t len;
    enum reader_fault fault;
    int status;
    const char *body;
  } cases[] = {
    { T(OK "\r\nhello"), READER_OK, 200, "hello" },
    { T(OK "\r\n"), READER_OK, 200, "" },
    { T("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\n\r\n\r\n"), READER_OK, 200, "\r\n\r\n" },
    { T(OK "Connection: keep-alive\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"), READER_OK, 200, OK "\r\n" },
    { T(""), READER_NOTHING, 0, "" },
    { T("H"), READER_CUT, 0, "" },
    { T("HTTP/1.1 200 OK"), READER_CUT, 0, "" },
    { T(OK), READER_CUT, 200, "" },
    { T(OK "A: b\r\n"), READER_CUT, 200, "" },
    { T(OK "A: b\r\n\r"), READER_CUT, 200, "" },
    { T("HTTP/1.1 100 Continue\r\n\r\n"), READER_CUT, 0, "" },
    { T(OK "Content-Length: 2\r\n\r\n"), READER_CUT, 200, "" },
    { T(OK "Content-Length: 2\r\n\r\na"), READER_CUT, 200, "" },
    { T(CHUNKED), READER_CUT, 200, "" },
    { T(CHUNKED "1"), READER_CUT, 200, "" },
    { T(CHUNKED "1\r\na"), READER_CUT, 200, "" },
    { T(CHUNKED "1\r\na\r"), READER_CUT, 200, "" },
    { T(CHUNKED "1\r\na\r\n"), READER_CUT, 200, "" },
    { T(CHUNKED "1\r\na\r\n0\r\n"), READER_CUT, 200, "" },
    { T(CHUNKED "1\r\na\r\n0\r\nA: b\r\n"), READER_CUT, 200, "" },
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    struct given given = { cases[i].text, cases[i].len, PLENTY, false, true };
    enum reader_state end = cases[i].fault == READER_OK ? READER_DONE : READER_FAILED;
    reads(&given, &(struct outcome){ end, cases[i].fault, NULL, cases[i].status, false, false, cases[i].body, strlen(cases[i].body) });
    given.ends = false;
    if (given.len > 0) reads_in(&given, given.len, 1, &(struct outcome){ READER_HUNGRY, READER_OK, NULL, cases[i].status, false, false, "", 0 });
  }
}

static void an_end_behind_the_end_changes_nothing(void **state) {
  (void)state;
  struct reader reader;
  reader_init(&reader, 10, false);
  assert_int_equal(reader_feed(&reader, T(OK "Content-Length: 1\r\n\r\na")), READER_DONE);
  assert_int_equal(reader_end(&reader), READER_DONE);
  assert_true(reader.keep);
  reader_free(&reader);
  reader_init(&reader, 10, false);
  assert_int_equal(reader_feed(&reader, T("no HTTP")), READER_FAILED);
  assert_int_equal(reader_end(&reader), READER_FAILED);
  assert_int_equal(reader.fault, READER_NOT_HTTP);
  reader_free(&reader);
}

static void stops_exactly_at_the_limit_of_a_body(void **state) {
  (void)state;
  static const struct {
    const char *text;
    size_t len;
    bool fits, encoded;
  } cases[] = {
    { T(OK "Content-Length: 5\r\n\r\nhello"), true, false },
    { T(OK "Content-Length: 6\r\n\r\n"), false, false }, /* before it comes */
    { T(OK "Content-Length: " BIG "\r\n\r\n"), false, false },
    { T(CHUNKED "5\r\nhello\r\n0\r\n\r\n"), true, false },
    { T(CHUNKED "2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n"), true, false },
    { T(CHUNKED "6\r\n"), false, false },
    { T(CHUNKED "2\r\nhe\r\n4\r\n"), false, false },
    { T(CHUNKED "2\r\nhe\r\nffffffffffffffff\r\n"), false, false },
    { T(OK "\r\nhello"), true, false },
    { T(OK "\r\nhello!"), false, false },
    { T(OK "Content-Encoding: br\r\nContent-Length: 6\r\n\r\n"), false, false },
    { T(OK "Content-Encoding: br\r\n\r\nhello!"), false, true },
    { T(OK "Content-Encoding: br\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1\r\n"), false, true },
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    bool open = strstr(cases[i].text, "Length") == NULL && strstr(cases[i].text, "chunked") == NULL;
    struct given given = { cases[i].text, cases[i].len, 5, false, open };
    struct outcome outcome = { READER_DONE, READER_OK, NULL, 200, !open, false, "hello", 5 };
    if (!cases[i].fits)
      outcome = (struct outcome){ READER_FAILED, READER_BODY_TOO_LARGE, "its body is too large", 200, false, cases[i].encoded, "", 0 };
    reads(&given, &outcome);
  }
  reads(&(struct given){ T(OK "Content-Length: 0\r\n\r\n"), 0, false, false },
        &(struct outcome){ READER_DONE, READER_OK, NULL, 200, true, false, "", 0 });
}

static void holds_no_more_than_comes(void **state) {
  (void)state;
  struct reader reader;
  reader_init(&reader, (size_t)1 << 40, false);
  assert_int_equal(reader_feed(&reader, T(OK "Content-Length: 1000000000000\r\n\r\nx")), READER_HUNGRY);
  assert_true(reader.body.cap <= 128 * 1024);
  reader_free(&reader);
  reader_init(&reader, 1000, false); /* and what was announced is not grown into */
  assert_int_equal(reader_feed(&reader, T(OK "Content-Length: 300\r\n\r\nx")), READER_HUNGRY);
  assert_true(reader.body.cap > 300);
  reader_free(&reader);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(reads_a_body_of_a_length),
    cmocka_unit_test(refuses_lengths_that_can_be_read_in_two_ways),
    cmocka_unit_test(has_no_body_where_none_may_be),
    cmocka_unit_test(reads_chunks),
    cmocka_unit_test(refuses_chunks_that_can_be_read_in_two_ways),
    cmocka_unit_test(bounds_the_line_of_a_chunk),
    cmocka_unit_test(counts_trailers_as_head),
    cmocka_unit_test(reads_until_the_connection_ends),
    cmocka_unit_test(an_end_behind_the_end_changes_nothing),
    cmocka_unit_test(stops_exactly_at_the_limit_of_a_body),
    cmocka_unit_test(holds_no_more_than_comes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
