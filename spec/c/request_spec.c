/* src/engine/request: what goes onto the wire, for random descriptors and values. */
#define _GNU_SOURCE 1
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../src/engine/request.h"
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
    if (ok == (slash || control || dots)) fail_msg("seed %llu: %s", (unsigned long long)seed, ok ? buf_string(&request.url) : error.message);
    if (ok) {
      struct buf expected;
      buf_init(&expected, 4096);
      buf_add_string(&expected, BASE_URL "/cards/");
      encode(&expected, id, id_len);
      buf_add_string(&expected, "/x?");
      if (account_len) {
        buf_add_string(&expected, "account%20id=");
        encode(&expected, account, account_len);
        buf_add_char(&expected, '&');
      }
      buf_add_string(&expected, "v=1%202");
      assert_string_equal(buf_string(&request.url), buf_string(&expected));
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
    assert_null(strpbrk(buf_string(&request.url) + strlen(BASE_URL "/c/"), "/?# "));
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

/* --- headers --- */

static size_t count_lines(const struct request *request, const char *wanted) {
  size_t found = 0;
  for (const struct curl_slist *line = request->list; line; line = line->next) {
    assert_null(strpbrk(line->data, "\r\n"));
    found += strcmp(line->data, wanted) == 0;
  }
  return found;
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
  assert_int_equal(count_lines(&request, "Authorization: Bearer tok"), 1);
  assert_int_equal(count_lines(&request, "X-Constant: 1"), 1);
  assert_int_equal(count_lines(&request, "Content-Type: application/json"), 1);
  assert_int_equal(count_lines(&request, "X-Call: a: b"), 1);
  assert_int_equal(count_lines(&request, "X-Client: yes"), 1);
  assert_int_equal(count_lines(&request, "User-Agent: cards"), 1);
  assert_int_equal(request.line_count, 4);
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

static void refuses_headers_without_end(void **state) {
  (void)state;
  char *text = malloc(REQUEST_MAX_HEADER);
  assert_non_null(text);
  memset(text, 'x', REQUEST_MAX_HEADER);
  struct header headers[REQUEST_MAX_LINES + 1];
  for (size_t i = 0; i <= REQUEST_MAX_LINES; i++)
    headers[i] = (struct header){ "X", value_of("1") };
  struct request request;
  struct error error;
  assert_true(build(&request, NULL, 0, "/", NULL, headers, REQUEST_MAX_LINES, &error));
  request_free(&request);
  assert_false(build(&request, NULL, 0, "/", NULL, headers, REQUEST_MAX_LINES + 1, &error));
  request_free(&request);
  headers[0].value = (struct value){ text, REQUEST_MAX_HEADER };
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

static void makes_up_texts_that_differ(void **state) {
  (void)state;
  char one[40], two[40];
  assert_true(request_unique(one) && request_unique(two));
  assert_int_equal(strlen(one), 32);
  assert_int_equal(strspn(one, "0123456789abcdef"), 32);
  assert_string_not_equal(one, two);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(encodes_paths_and_queries),
    cmocka_unit_test(refuses_an_id_that_could_be_another_path),
    cmocka_unit_test(writes_headers),
    cmocka_unit_test(refuses_to_inject_headers),
    cmocka_unit_test(refuses_headers_without_end),
    cmocka_unit_test(checks_what_is_required_allowed_and_exclusive),
    cmocka_unit_test(makes_up_texts_that_differ),
  };
  return cmocka_run_group_tests(tests, make_settings, free_settings);
}
