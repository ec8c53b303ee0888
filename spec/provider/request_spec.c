/* src/provider/request: what goes onto the wire, for random descriptors and values. */
#define _GNU_SOURCE 1
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "provider/request.h"
#include "random.h"
#include "requests.h"

#define SEED UINT64_C(0x5eedca4dc)

/* --- paths and queries --- */

/* RFC 3986, by the book. */
static void encode(struct buf *out, const char *bytes, size_t len) {
  for (size_t i = 0; i < len; i++) {
    unsigned char c = (unsigned char)bytes[i];
    if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '.' || c == '_' || c == '~')
      buf_add_char(out, (char)c);
    else
      buf_addf(out, "%%%02X", c);
  }
}

static void encodes_paths_and_queries(void **state) {
  (void)state;
  static const struct part parts[] = { { .name = "id", .wire = "cardId", .into = INTO_PATH, .required = true },
                                       { .name = "account", .wire = "account id", .into = INTO_QUERY },
                                       { .wire = "v", .into = INTO_QUERY, .source = FROM_CONSTANT, .value = "1 2" },
                                       { .name = "user", .into = INTO_QUERY } };
  for (uint64_t seed = SEED; seed < SEED + 5000; seed++) {
    struct random random = random_of(seed);
    char id[64], account[64];
    size_t id_len = 1 + pick(&random, 63), account_len = pick(&random, 64);
    bool slash = false, control = false;
    for (size_t i = 0; i < id_len; i++) {
      id[i] = (char)(pick(&random, 20) ? 33 + pick(&random, 223) : pick(&random, 256));
      slash |= id[i] == '/' || id[i] == '\\';
      control |= (unsigned char)id[i] < 32 || id[i] == 127;
    }
    for (size_t i = 0; i < account_len; i++)
      account[i] = "a/?#&=+% \xc3\xa9"[pick(&random, 11)];
    struct value values[4] = { { id, id_len }, { account_len ? account : NULL, account_len }, { NULL, 0 }, { NULL, 0 } };
    struct request request;
    struct error error;
    bool dots = (id_len == 1 && id[0] == '.') || (id_len == 2 && id[0] == '.' && id[1] == '.');
    bool ok = build(&request, parts, 4, "/cards/{cardId}/x", values, NULL, 0, &error);
    if (ok == (slash || control || dots)) fail_msg("seed %llu: %s", (unsigned long long)seed, ok ? target_of(&request) : error.message);
    if (ok) {
      struct buf expected;
      buf_init(&expected, 4096);
      buf_add_string(&expected, PREFIX "/cards/");
      encode(&expected, id, id_len);
      buf_add_string(&expected, "/x?");
      if (account_len) {
        buf_add_string(&expected, "account%20id=");
        encode(&expected, account, account_len);
        buf_add_char(&expected, '&');
      }
      buf_add_string(&expected, "v=1%202");
      assert_string_equal(target_of(&request), buf_string(&expected));
      assert_int_equal(wire_of(&request).origin.len, 0);
      buf_free(&expected);
    } else {
      assert_int_equal(error.kind, ERROR_INVALID_REQUEST);
      assert_memory_equal(error.message, "id ", 3);
    }
    request_free(&request);
  }
}

static void refuses_an_id_that_could_be_another_path(void **state) {
  (void)state;
  static const struct part parts[] = { { .name = "id", .into = INTO_PATH, .required = true } };
  static const char *const bad[] = { "", ".", "..", "a/b", "/", "\\", "a\\..", "../x", "a\nb", "a\rb", "\t", "\x7f" };
  static const char *const good[] = { "...", "a..", ".a", "%2e%2e", "%2F", "?x", "#", " ", "\xff" };
  struct request request;
  struct error error;
  for (size_t i = 0; i < COUNT_OF(bad); i++) {
    struct value value = value_of(bad[i]);
    if (build(&request, parts, 1, "/c/{id}", &value, NULL, 0, &error)) fail_msg("took '%s'", bad[i]);
    assert_int_equal(error.kind, ERROR_INVALID_REQUEST);
    request_free(&request);
  }
  for (size_t i = 0; i < COUNT_OF(good); i++) {
    struct value value = value_of(good[i]);
    if (!build(&request, parts, 1, "/c/{id}", &value, NULL, 0, &error)) fail_msg("refused '%s'", good[i]);
    assert_memory_equal(target_of(&request), PREFIX "/c/", strlen(PREFIX "/c/"));
    assert_null(strpbrk(target_of(&request) + strlen(PREFIX "/c/"), "/?# "));
    request_free(&request);
  }
  char *long_id = calloc(1, REQUEST_MAX_ARGUMENT + 2);
  assert_non_null(long_id);
  memset(long_id, 'x', REQUEST_MAX_ARGUMENT + 1);
  struct value value = { long_id, REQUEST_MAX_ARGUMENT };
  assert_true(build(&request, parts, 1, "/c/{id}", &value, NULL, 0, &error));
  request_free(&request);
  value.len++;
  assert_false(build(&request, parts, 1, "/c/{id}", &value, NULL, 0, &error));
  request_free(&request);
  free(long_id);
}

static void refuses_a_target_without_end(void **state) {
  (void)state;
  static const struct part parts[] = { { .name = "q", .source = FROM_CREDENTIAL, .into = INTO_QUERY } };
  size_t before = strlen(PREFIX "/?q=");
  char *text = malloc(REQUEST_MAX_TARGET);
  assert_non_null(text);
  memset(text, 'x', REQUEST_MAX_TARGET);
  struct value value = { text, REQUEST_MAX_TARGET - before };
  struct request request;
  struct error error;
  assert_true(build(&request, parts, 1, "/", &value, NULL, 0, &error));
  assert_int_equal(wire_of(&request).target.len, REQUEST_MAX_TARGET);
  request_free(&request);
  value.len++;
  assert_false(build(&request, parts, 1, "/", &value, NULL, 0, &error));
  assert_string_equal(error.message, "the request makes a URL that is too long");
  request_free(&request);
  free(text);
}

static void puts_the_origin_before_the_target_where_there_is_one(void **state) {
  (void)state;
  static const char *const origins[] = { "http://host.example:8080", NULL };
  const struct operation operation = { .name = "op", .method = "GET", .path = "/c" };
  for (size_t i = 0; i < COUNT_OF(origins); i++) {
    struct request_base own = base;
    struct request request;
    struct error error;
    own.origin = origins[i];
    request_init(&request, &operation, &own);
    assert_true(request_build(&request, true, &error));
    struct wire wire = wire_of(&request);
    if (!span_is(wire.method, "GET") || !span_is(wire.origin, origins[i] ? origins[i] : "") || !span_is(wire.target, PREFIX "/c"))
      fail_msg("case %zu: %s", i, buf_string(&request.wire));
    request_free(&request);
  }
}

/* --- headers --- */

/* To a URL out of an answer, which is as it came, and shows nowhere; elsewhere without what only base_url's host gets. */
static void goes_where_it_is_aimed(void **state) {
  (void)state;
  static const struct part parts[] = {
    { .name = "token", .wire = "Authorization", .source = FROM_CREDENTIAL, .into = INTO_HEADER, .shared = true, .required = true },
    { .name = "own", .wire = "X-Own", .source = FROM_CREDENTIAL, .into = INTO_HEADER, .required = true },
    { .name = "step", .into = INTO_QUERY, .source = FROM_STEP }
  };
  static const struct {
    const char *target, *sent;
  } cases[] = { { "/a/b?c=%2F", "/a/b?c=%2F&step=s" }, { "", "/?step=s" }, { "?c", "/?c&step=s" }, { "/x", "/x?step=s" } };
  const struct value values[] = { value_of("t"), value_of("o"), value_of("s") };
  const struct header header = { "X-Call", value_of("1") };
  for (size_t i = 0; i < COUNT_OF(cases); i++) {
    struct request request;
    struct error error;
    assert_true(build(&request, parts, 3, "/never", values, &header, 1, &error));
    assert_true(request_aim(&request, &base, cases[i].target, strlen(cases[i].target)));
    assert_true(request_build(&request, true, &error));
    assert_string_equal(target_of(&request), cases[i].sent);
    assert_int_equal(count_lines(&request, "Authorization", "t"), 1);
    request.away = true;
    assert_true(request_build(&request, true, &error));
    assert_string_equal(target_of(&request), cases[i].sent);
    assert_int_equal(count_lines(&request, "Authorization", "t"), 0);
    assert_int_equal(count_lines(&request, "X-Own", "o"), 1);
    assert_int_equal(count_lines(&request, "X-Call", "1"), 0); /* a secret of the client, as it is not among those of the call */
    request.values.own_headers = 1;
    assert_true(request_build(&request, true, &error));
    assert_int_equal(count_lines(&request, "X-Call", "1"), 1);
    request_free(&request);
  }
}

static void shows_nothing_of_its_aim(void **state) {
  (void)state;
  static const char target[] = "/cards/tok12345/reveal-by-a-long-word?sig=planted&x&y=z9";
  static const char *const texts[][2] = {
    { "nothing at tok12345", "nothing at ***" }, { "not planted", "not ***" }, { "no reveal-by-a-long-word", "no ***" },
    { "is z9 known", "is *** known" },           { "the cards", "the cards" },
  };
  struct request request;
  struct error error;
  assert_true(build(&request, NULL, 0, "/", NULL, NULL, 0, &error));
  assert_true(request_aim(&request, &base, target, sizeof target - 1));
  for (size_t i = 0; i < COUNT_OF(texts); i++) {
    struct buf out;
    buf_init(&out, 256);
    assert_true(redact_values(request_redact(&request), &out, texts[i][0], strlen(texts[i][0]), 200));
    assert_string_equal(buf_string(&out), texts[i][1]);
    buf_free(&out);
  }
  request_free(&request);
}

static void writes_headers(void **state) {
  (void)state;
  static const struct part parts[] = {
    { .name = "token", .wire = "Authorization", .source = FROM_CREDENTIAL, .into = INTO_HEADER, .prefix = "Bearer " },
    { .wire = "X-Constant", .source = FROM_CONSTANT, .into = INTO_HEADER, .value = "1" },
    { .name = "none", .into = INTO_HEADER },
    { .name = "b", .into = INTO_BODY }
  };
  static const struct header headers[] = { { "X-Call", { "a: b", 4 } }, { "X-Empty", { "", 0 } } };
  struct value values[] = { value_of("tok"), { NULL, 0 }, { NULL, 0 }, value_of("x") };
  struct request request;
  struct error error;
  assert_true(build(&request, parts, 4, "/", values, headers, 2, &error));
  assert_int_equal(count_lines(&request, "Authorization", "Bearer tok"), 1);
  assert_int_equal(count_lines(&request, "X-Constant", "1"), 1);
  assert_int_equal(count_lines(&request, "Content-Type", "application/json"), 1);
  assert_int_equal(count_lines(&request, "X-Call", "a: b"), 1);
  assert_int_equal(count_lines(&request, "X-Client", "yes"), 1);
  assert_int_equal(count_lines(&request, "User-Agent", "cards"), 1);
  assert_int_equal(wire_of(&request).line_count, 9);
  assert_string_equal(buf_string(&request.wire),
                      "POST " PREFIX "/ HTTP/1.1\r\nAuthorization: Bearer tok\r\nX-Constant: 1\r\nX-Call: a: b\r\nX-Client: yes\r\nHost: " HOST
                      "\r\nUser-Agent: cards\r\nAccept-Encoding: gzip\r\nContent-Type: application/json\r\nContent-Length: "
                      "9\r\n\r\n{\"b\":\"x\"}");
  request_free(&request);
}

static void says_nothing_of_a_body_where_there_is_none(void **state) {
  (void)state;
  struct request request;
  struct error error;
  assert_true(build(&request, NULL, 0, "/", NULL, NULL, 0, &error));
  assert_string_equal(buf_string(&request.wire),
                      "POST " PREFIX "/ HTTP/1.1\r\nX-Client: yes\r\nHost: " HOST "\r\nUser-Agent: cards\r\nAccept-Encoding: gzip\r\n\r\n");
  request_free(&request);
}

/* In any case of letters; an empty one only takes it away. */
static void puts_a_header_of_the_call_in_place_of_the_client_s(void **state) {
  (void)state;
  static const struct header headers[] = { { "x-client", { "no", 2 } }, { "USER-AGENT", { "", 0 } } };
  struct request request;
  struct error error;
  struct span value;
  assert_true(build(&request, NULL, 0, "/", NULL, headers, 2, &error));
  struct wire wire = wire_of(&request);
  assert_int_equal(wire_named(&wire, "X-Client", &value), 1);
  assert_true(span_is(value, "no"));
  assert_int_equal(wire_named(&wire, "User-Agent", &value), 0);
  assert_int_equal(wire.line_count, 3);
  request_free(&request);
}

static void refuses_to_inject_headers(void **state) {
  (void)state;
  static const struct part parts[] = { { .name = "token", .wire = "Authorization", .source = FROM_CREDENTIAL, .into = INTO_HEADER },
                                       { .name = "trace", .into = INTO_HEADER } };
  static const struct value bad[] = {
    { "a\r\nX-Evil: 1", 12 }, { "a\nb", 3 }, { "a\rb", 3 }, { "a\0b", 3 }, { "\n", 1 }, { "a\x7f", 2 }, { "a\n", 2 }
  };
  struct request request;
  struct error error;
  for (size_t i = 0; i < COUNT_OF(bad); i++) {
    for (size_t place = 0; place < 3; place++) {
      struct value values[] = { value_of("good"), value_of("good") };
      struct header header = { "X-Call", value_of("good") };
      static const char *const named[] = { "token ", "trace ", "headers.X-Call " };
      if (place < 2)
        values[place] = bad[i];
      else
        header.value = bad[i];
      if (build(&request, parts, 2, "/", values, &header, 1, &error)) fail_msg("case %zu in place %zu", i, place);
      assert_int_equal(error.kind, ERROR_INVALID_REQUEST);
      assert_memory_equal(error.message, named[place], strlen(named[place]));
      assert_null(strstr(error.message, "Evil"));
      request_free(&request);
    }
  }
}

#define SHORT_LINE 6 /* bytes of "X: 1\r\n" */
#define MOST_LINES (REQUEST_MAX_HEADER / SHORT_LINE)

static void refuses_headers_without_end(void **state) {
  (void)state;
  char *text = malloc(REQUEST_MAX_HEADER);
  struct header headers[VALUES_MAX_HEADERS];
  size_t rest = (VALUES_MAX_HEADERS - 1) * SHORT_LINE;
  assert_non_null(text);
  memset(text, 'x', REQUEST_MAX_HEADER);
  for (size_t i = 0; i < VALUES_MAX_HEADERS; i++)
    headers[i] = (struct header){ "X", value_of("1") };
  struct request request;
  struct error error;
  /* Many, that have as many bytes as there may be; then one more. */
  headers[0].value = (struct value){ text, REQUEST_MAX_HEADER - rest - (SHORT_LINE - 1) };
  assert_true(build(&request, NULL, 0, "/", NULL, headers, VALUES_MAX_HEADERS, &error));
  assert_int_equal(wire_of(&request).line_count, VALUES_MAX_HEADERS + 4);
  request_free(&request);
  headers[0].value.len++;
  assert_false(build(&request, NULL, 0, "/", NULL, headers, VALUES_MAX_HEADERS, &error));
  assert_int_equal(error.kind, ERROR_INVALID_REQUEST);
  request_free(&request);
  /* One. */
  headers[0].value.len = REQUEST_MAX_HEADER - (SHORT_LINE - 1);
  assert_true(build(&request, NULL, 0, "/", NULL, headers, 1, &error));
  request_free(&request);
  headers[0].value.len++;
  assert_false(build(&request, NULL, 0, "/", NULL, headers, 1, &error));
  assert_memory_equal(error.message, "headers.X ", 10);
  request_free(&request);
  free(text);
}

/* --- what an argument may be --- */

static void checks_what_is_required_allowed_and_exclusive(void **state) {
  (void)state;
  static const char *const choices[] = { "A", "BB", NULL };
  static const struct part parts[] = { { .name = "must", .into = INTO_BODY, .required = true },
                                       { .name = "kind", .into = INTO_BODY, .choices = choices },
                                       { .name = "x", .into = INTO_BODY, .excludes = "y" },
                                       { .name = "y", .into = INTO_BODY } };
  static const struct {
    const char *must, *kind, *x, *y, *message;
  } cases[] = {
    { "m", "A", "1", NULL, NULL },
    { "m", "BB", NULL, "1", NULL },
    { NULL, "A", NULL, NULL, "must is required" },
    { "", "A", NULL, NULL, "must is empty" },
    { "m", "B", NULL, NULL, "kind is none of the values" },
    { "m", "AA", NULL, NULL, "kind is none of the values" },
    { "m", "", NULL, NULL, "kind is empty" },
    { "m", NULL, "1", "1", "x and y exclude each other" },
  };
  for (size_t i = 0; i < COUNT_OF(cases); i++) {
    const char *texts[] = { cases[i].must, cases[i].kind, cases[i].x, cases[i].y };
    struct value values[4];
    for (size_t j = 0; j < 4; j++)
      values[j] = texts[j] ? value_of(texts[j]) : (struct value){ NULL, 0 };
    struct request request;
    struct error error;
    bool ok = build(&request, parts, 4, "/", values, NULL, 0, &error);
    if (ok != !cases[i].message || (!ok && !strstr(error.message, cases[i].message))) fail_msg("case %zu: %s", i, error.message);
    request_free(&request);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(encodes_paths_and_queries),
    cmocka_unit_test(refuses_an_id_that_could_be_another_path),
    cmocka_unit_test(refuses_a_target_without_end),
    cmocka_unit_test(puts_the_origin_before_the_target_where_there_is_one),
    cmocka_unit_test(goes_where_it_is_aimed),
    cmocka_unit_test(shows_nothing_of_its_aim),
    cmocka_unit_test(writes_headers),
    cmocka_unit_test(says_nothing_of_a_body_where_there_is_none),
    cmocka_unit_test(puts_a_header_of_the_call_in_place_of_the_client_s),
    cmocka_unit_test(refuses_to_inject_headers),
    cmocka_unit_test(refuses_headers_without_end),
    cmocka_unit_test(checks_what_is_required_allowed_and_exclusive),
  };
  return cmocka_run_group_tests(tests, make_base, free_base);
}
