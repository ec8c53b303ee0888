/* src/http/message/reader: the head of an answer, and how its body is delimited. */
#define _GNU_SOURCE 1
#include "reader_cases.h"

#define EMPTY "Content-Length: 0\r\n\r\n"

static void reads_a_status_line(void **state) {
  (void)state;
  reads_as(T("HTTP/1.1 200 OK\r\n" EMPTY), 200, "");
  reads_as(T("HTTP/1.1 200 \r\n" EMPTY), 200, "");
  reads_as(T("HTTP/1.1 200\r\n" EMPTY), 200, "");
  reads_as(T("HTTP/1.1 599 Any  \t reason \xc3\xa4\xff\r\n" EMPTY), 599, "");
  reads_as(T("HTTP/1.1 404 Not Found\r\n" EMPTY), 404, "");
  reads_as(T("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n" EMPTY), 200, "");
}

static void refuses_what_is_no_status_line(void **state) {
  (void)state;
  static const struct {
    const char *text;
    size_t len;
  } cases[] = {
    { T("\r\nHTTP/1.1 200 OK\r\n" EMPTY) },
    { T(" HTTP/1.1 200 OK\r\n" EMPTY) },
    { T("HTTP/1.2 200 OK\r\n" EMPTY) },
    { T("HTTP/2 200\r\n" EMPTY) },
    { T("HTTP/2.0 200 OK\r\n" EMPTY) },
    { T("HTTP/1.12 200 OK\r\n" EMPTY) },
    { T("HTTP/0.9 200 OK\r\n" EMPTY) },
    { T("http/1.1 200 OK\r\n" EMPTY) },
    { T("HTTP/1.1  200 OK\r\n" EMPTY) },
    { T("HTTP/1.1\t200 OK\r\n" EMPTY) },
    { T("HTTP/1.1 20 OK\r\n" EMPTY) },
    { T("HTTP/1.1 2000 OK\r\n" EMPTY) },
    { T("HTTP/1.1 2x0 OK\r\n" EMPTY) },
    { T("HTTP/1.1 +20 OK\r\n" EMPTY) },
    { T("HTTP/1.1 200\tOK\r\n" EMPTY) },
    { T("HTTP/1.1 099 OK\r\n" EMPTY) },
    { T("HTTP/1.1 000 OK\r\n" EMPTY) },
    { T("HTTP/1.1 600 OK\r\n" EMPTY) },
    { T("HTTP/1.1 999 OK\r\n" EMPTY) },
    { T("HTTP/1.1 200 a\rb\r\n" EMPTY) },
    { T("HTTP/1.1 200 a\0b\r\n" EMPTY) },
    { T("HTTP/1.1 200 a\x7f\r\n" EMPTY) },
    { T("HTTP/1.1\r\n") },
    { T("HTTP/1.1 200x\r\n" EMPTY) },
    { T("{\"error\":\"no line end\"}") },
    { T("\x15\x03\x03\0\x02\x02P") },
    { T("X\n") },
    { T("\n") },
  };
  for (size_t i = 0; i < COUNT(cases); i++)
    refuses(cases[i].text, cases[i].len, 0, READER_NOT_HTTP, NULL);
}

static void skips_1xx_answers(void **state) {
  (void)state;
  reads_as(T("HTTP/1.1 100 Continue\r\n\r\n" OK EMPTY), 200, "");
  reads_as(T("HTTP/1.1 100\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\nConnection: close\r\nContent-Encoding: br\r\n\r\n"
             "HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nab"),
           201, "ab");
  reads_as(T("HTTP/1.1 100 Continue\r\n" EMPTY OK "Content-Length: 1\r\n\r\nx"), 200, "x");
  refuses(T("HTTP/1.1 101 Switching Protocols\r\n\r\n"), 0, READER_MALFORMED, "a switch of protocols that nobody asked for");
  refuses(T("HTTP/1.1 100 Continue\r\nContent-Length: 1\r\n\r\nx"), 0, READER_MALFORMED, "a 1xx answer with a body");
  refuses(T("HTTP/1.1 100 Continue\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), 0, READER_MALFORMED, "chunks where there are none");
  refuses(T("HTTP/1.1 100 Continue\r\n\r\nHTTP/2 200\r\n"), 0, READER_NOT_HTTP, NULL);
  refuses(T("HTTP/1.1 100 Continue\r\n\r\n\r\n"), 0, READER_NOT_HTTP, NULL);
}

static void refuses_lines_that_can_be_read_in_two_ways(void **state) {
  (void)state;
  static const char crlf[] = "a line that does not end with CRLF", control[] = "a control character in a header";
  static const char space[] = "a space in a header's name, or before its colon", name[] = "a character that no header's name has";
  static const struct {
    const char *text;
    size_t len;
    const char *why;
  } cases[] = {
    { T(OK "A: b\n" EMPTY), crlf },
    { T(OK "Content-Length: 0\r\n\n"), crlf },
    { T(OK "\n"), crlf },
    { T(OK "A: b\r\r\n\r\n"), control },
    { T(OK "A: b\rC: d\r\n\r\n"), control },
    { T(OK "A: b\0c\r\n\r\n"), control },
    { T(OK "A: \x01\r\n\r\n"), control },
    { T(OK "A: b\x1f\r\n\r\n"), control },
    { T(OK "A: eight or more \x7f bytes\r\n\r\n"), control },
    { T(OK "A: eight or more \x0b bytes\r\n\r\n"), control },
    { T(OK "A: b\r\n c\r\n\r\n"), "a folded header" },
    { T(OK "A: b\r\n\tc\r\n\r\n"), "a folded header" },
    { T(OK " A: b\r\n\r\n"), "a folded header" },
    { T(OK "A: b\r\n \r\n\r\n"), "a folded header" },
    { T(OK "A : b\r\n\r\n"), space },
    { T(OK "A\t: b\r\n\r\n"), space },
    { T(OK "A b: c\r\n\r\n"), space },
    { T(OK "A\r\n\r\n"), "a header without a colon" },
    { T(OK "A\r:b\r\n\r\n"), name },
    { T(OK ": b\r\n\r\n"), "a header without a name" },
    { T(OK "\0: b\r\n\r\n"), name },
    { T(OK "A\x80: b\r\n\r\n"), name },
    { T(OK "\"A\": b\r\n\r\n"), name },
    { T(OK "A(b): c\r\n\r\n"), name },
    { T(OK "\r \n"), crlf },
  };
  for (size_t i = 0; i < COUNT(cases); i++)
    refuses(cases[i].text, cases[i].len, 200, READER_MALFORMED, cases[i].why);
  refuses(T("HTTP/1.1 200 OK\n"), 0, READER_MALFORMED, crlf);
}

/* RFC 9110, 5.6.2, written out once more. */
static void knows_each_byte_of_a_name_and_a_value(void **state) {
  (void)state;
  static const char token[] = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  for (int c = 0; c < 256; c++) {
    char text[] = OK "A?: ?\r\nContent-Length: 0\r\n\r\n";
    char *name = strchr(text, '?'), *value = strrchr(text, '?');
    struct reader reader;
    *value = 'v';
    *name = (char)c;
    reader_init(&reader, 0, false);
    bool good = c != 0 && strchr(token, c) != NULL;
    if (c == ':') good = true; /* the end of the name: the value is ": v" */
    assert_int_equal(reader_feed(&reader, text, sizeof text - 1), good ? READER_DONE : READER_FAILED);
    reader_free(&reader);

    *name = 'n';
    *value = (char)c;
    reader_init(&reader, 0, false);
    good = (c >= 0x20 && c != 0x7f) || c == '\t';
    assert_int_equal(reader_feed(&reader, text, sizeof text - 1), good ? READER_DONE : READER_FAILED);
    reader_free(&reader);
  }
}

/* In values of any length, as they are looked at eight bytes at a time. */
static void knows_a_control_character_wherever_it_stands(void **state) {
  (void)state;
  static const char bad[] = "\x01\x1f\x7f\r";
  for (size_t len = 1; len <= 40; len++) {
    for (size_t at = 0; at < len; at++) {
      char text[100];
      size_t start = (size_t)(stpcpy(text, OK "A:") - text);
      memset(text + start, at % 2 ? 'v' : '\x80', len);
      strcpy(text + start + len, "\r\n" EMPTY);
      text[start + at] = bad[(at + len) % (sizeof bad - 1)];
      struct reader reader;
      reader_init(&reader, 0, false);
      assert_int_equal(reader_feed(&reader, text, strlen(text)), READER_FAILED);
      assert_string_equal(reader.why, "a control character in a header");
      reader_free(&reader);
      text[start + at] = '\t';
      reader_init(&reader, 0, false);
      assert_int_equal(reader_feed(&reader, text, strlen(text)), READER_DONE);
      reader_free(&reader);
    }
  }
}

static void finds_headers_of_the_answer(void **state) {
  (void)state;
  static const char text[] =
      "HTTP/1.1 103 Early Hints\r\nX-Early: 1\r\n\r\n" OK "X-Request-Id: \t req 1\t \r\nx-twice: first\r\nX-Twice: second\r\nEmpty:\r\n"
      "Blank: \t \r\nTight:x\r\nTransfer-Encoding: chunked\r\n\r\n2;a=b\r\nab\r\n0\r\nX-Trailer: 1\r\n\r\n";
  for (size_t step = 1; step < sizeof text; step++) {
    struct reader reader;
    enum reader_state end;
    const struct given given = { T(text), 2, false, false };
    reader_init(&reader, 2, false);
    feed_pieces(&reader, &given, step, step, &end);
    assert_int_equal(end, READER_DONE);
    assert_string_equal(reader_header(&reader, "x-request-id"), "req 1");
    assert_string_equal(reader_header(&reader, "X-REQUEST-ID"), "req 1");
    assert_string_equal(reader_header(&reader, "X-Twice"), "first");
    assert_string_equal(reader_header(&reader, "Empty"), "");
    assert_string_equal(reader_header(&reader, "Blank"), "");
    assert_string_equal(reader_header(&reader, "tight"), "x");
    assert_string_equal(reader_header(&reader, "Transfer-Encoding"), "chunked");
    assert_null(reader_header(&reader, "X-Early"));
    assert_null(reader_header(&reader, "X-Trailer"));
    assert_null(reader_header(&reader, "X-Request"));
    assert_null(reader_header(&reader, "X-Request-Id-"));
    assert_null(reader_header(&reader, ""));
    assert_null(reader_header(&reader, "req 1"));
    reader_free(&reader);
  }
}

static void has_no_headers_before_the_answer(void **state) {
  (void)state;
  static const char early[] = "HTTP/1.1 103 Early Hints\r\nX-Early: 1\r\n";
  struct reader reader;
  reader_init(&reader, 0, false);
  assert_null(reader_header(&reader, "X-Early"));
  assert_int_equal(reader_feed(&reader, T(early)), READER_HUNGRY);
  assert_null(reader_header(&reader, "X-Early"));
  assert_int_equal(reader_feed(&reader, T("\r\n" OK)), READER_HUNGRY);
  assert_null(reader_header(&reader, "X-Early"));
  assert_int_equal(reader_feed(&reader, T("X-Late: 2\r\nbroken\r\n")), READER_FAILED);
  assert_string_equal(reader_header(&reader, "X-Late"), "2"); /* as it may say which request it was */
  assert_null(reader_header(&reader, "broken"));
  reader_free(&reader);
  reader_free(&reader);
}

static void keeps_a_connection_only_where_both_sides_would(void **state) {
  (void)state;
  static const struct {
    const char *text;
    size_t len;
    bool keep;
  } cases[] = {
    { T(OK EMPTY), true },
    { T(OK "Connection: keep-alive\r\n" EMPTY), true },
    { T(OK "Connection: close\r\n" EMPTY), false },
    { T(OK "connection: CLOSE\r\n" EMPTY), false },
    { T(OK "Connection: upgrade , Close\r\n" EMPTY), false },
    { T(OK "Connection:,,\tclose\t,x\r\n" EMPTY), false },
    { T(OK "Connection: keep-alive\r\nConnection: close\r\n" EMPTY), false },
    { T(OK "Connection: close\r\nConnection: keep-alive\r\n" EMPTY), false },
    { T(OK "Connection: closed, not close\r\n" EMPTY), true },
    { T(OK "Connection:\r\n" EMPTY), true },
    { T(OK "X-Connection: close\r\n" EMPTY), true },
    { T("HTTP/1.0 200 OK\r\n" EMPTY), false },
    { T("HTTP/1.0 200 OK\r\nConnection: x, Keep-Alive\r\n" EMPTY), true },
    { T("HTTP/1.0 200 OK\r\nConnection: keep-alive, close\r\n" EMPTY), false },
    { T("HTTP/1.0 200 OK\r\nConnection: keep-alives\r\n" EMPTY), false },
    { T("HTTP/1.1 204 No Content\r\n\r\n"), true },
    { T("HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n"), true },
    /* Its body, if it comes, would be read as the next answer. */
    { T("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n"), false },
    { T("HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n"), false },
    { T("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n"), true },
    { T("HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n"), true },
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    int status = cases[i].text[9] == '3' ? 304 : cases[i].text[11] == '4' ? 204 : 200;
    reads(&(struct given){ cases[i].text, cases[i].len, PLENTY, false, false },
          &(struct outcome){ READER_DONE, READER_OK, NULL, status, cases[i].keep, false, "", 0 });
  }
}

/* --- limits of the head --- */

/* An answer whose head has as many bytes, in one header or in many, with a 1xx answer before it or trailers behind it. */
static void is_at_the_limit(const char *before, const char *line, const char *after, bool fits) {
  static char text[READER_MAX_HEAD + 200];
  size_t len = 0, line_len = strlen(line), tail = strlen("\r\n") + strlen(after), most = READER_MAX_HEAD + (fits ? 0 : 1);
  len = (size_t)(stpcpy(text, before) - text);
  for (; len + 2 * line_len + tail <= most; len += line_len)
    memcpy(text + len, line, line_len + 1);
  size_t fill = most - tail - len;
  memcpy(text + len, "F:", 2);
  memset(text + len + 2, 'f', fill - 4);
  memcpy(text + len + fill - 2, "\r\n", 3);
  len = (size_t)(stpcpy(stpcpy(text + len + fill, "\r\n"), after) - text);
  assert_int_equal(len, most);
  struct given given = { text, len, PLENTY, false, false };
  struct outcome outcome = { READER_DONE, READER_OK, NULL, 204, true, false, "", 0 };
  if (!fits) outcome = (struct outcome){ READER_FAILED, READER_HEAD_TOO_LARGE, NULL, 204, false, false, "", 0 };
  for (size_t step = 1; step < 3 * len; step = step * 7 + 1)
    reads_in(&given, step, step, &outcome);
}

static void bounds_the_head(void **state) {
  (void)state;
  static const char answer[] = "HTTP/1.1 204 No Content\r\n", early[] = "HTTP/1.1 103 Early Hints\r\n", rest[] = "HTTP/1.1 204 No Content\r\n\r\n";
  for (int fits = 0; fits < 2; fits++) {
    is_at_the_limit(answer, "A: b\r\n", "", fits);
    is_at_the_limit(answer, "Name: a value of some length, as there are many in an answer\r\n", "", fits);
    is_at_the_limit(early, "A: b\r\n", rest, fits);
  }
}

static void bounds_1xx_answers(void **state) {
  (void)state;
  static const char early[] = "HTTP/1.1 100\r\n\r\n";
  struct reader reader;
  enum reader_state end = READER_HUNGRY;
  reader_init(&reader, 0, false);
  size_t count = 0;
  for (; end == READER_HUNGRY && count < READER_MAX_HEAD; count++)
    end = reader_feed(&reader, T(early));
  assert_int_equal(end, READER_FAILED);
  assert_int_equal(reader.fault, READER_HEAD_TOO_LARGE);
  assert_int_equal(count, READER_MAX_HEAD / (sizeof early - 1) + 1);
  reader_free(&reader);
}

static void bounds_a_line_without_an_end(void **state) {
  (void)state;
  static char text[READER_MAX_HEAD + 1];
  memset(text, 'a', sizeof text);
  memcpy(text, "HTTP/1.1 ", 9);
  struct given given = { text, sizeof text, PLENTY, false, false };
  reads_in(&given, sizeof text, 1, &(struct outcome){ READER_FAILED, READER_HEAD_TOO_LARGE, NULL, 0, false, false, "", 0 });
  reads_in(&given, 1000, 1000, &(struct outcome){ READER_FAILED, READER_HEAD_TOO_LARGE, NULL, 0, false, false, "", 0 });
  given.len = READER_MAX_HEAD;
  reads_in(&given, 1000, 1000, &(struct outcome){ READER_HUNGRY, READER_OK, NULL, 0, false, false, "", 0 });
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(reads_a_status_line),
    cmocka_unit_test(refuses_what_is_no_status_line),
    cmocka_unit_test(skips_1xx_answers),
    cmocka_unit_test(refuses_lines_that_can_be_read_in_two_ways),
    cmocka_unit_test(knows_each_byte_of_a_name_and_a_value),
    cmocka_unit_test(knows_a_control_character_wherever_it_stands),
    cmocka_unit_test(finds_headers_of_the_answer),
    cmocka_unit_test(has_no_headers_before_the_answer),
    cmocka_unit_test(keeps_a_connection_only_where_both_sides_would),
    cmocka_unit_test(bounds_the_head),
    cmocka_unit_test(bounds_1xx_answers),
    cmocka_unit_test(bounds_a_line_without_an_end),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
