/* src/secret/buf and src/provider/error. */
#define _GNU_SOURCE 1
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "provider/error.h"
#include "secret/buf.h"

static void is_empty_and_a_c_string_before_the_first_append(void **state) {
  (void)state;
  struct buf buf;
  buf_init(&buf, 10);
  assert_null(buf.data);
  assert_string_equal(buf_string(&buf), "");
  buf_clear(&buf);
  assert_true(buf_add(&buf, NULL, 0));
  assert_string_equal(buf_string(&buf), "");
  buf_free(&buf);
  buf_free(&buf);
}

static void appends_bytes_strings_characters_and_formats(void **state) {
  (void)state;
  struct buf buf;
  buf_init(&buf, 100);
  assert_true(buf_add(&buf, "a\0b", 3));
  assert_true(buf_add_string(&buf, "cd"));
  assert_true(buf_add_char(&buf, 'e'));
  assert_true(buf_addf(&buf, "-%d-%s", 42, "x"));
  assert_true(buf_addf(&buf, "%s", ""));
  assert_int_equal(buf.len, 11);
  assert_memory_equal(buf.data, "a\0bcde-42-x", 12);
  buf_free(&buf);
}

static void stops_exactly_at_its_maximum(void **state) {
  (void)state;
  for (size_t max = 0; max < 300; max++) {
    struct buf buf;
    buf_init(&buf, max);
    for (size_t i = 0; i < max; i++)
      assert_true(buf_add_char(&buf, (char)('a' + i % 26)));
    assert_false(buf.failed);
    assert_false(buf_add_char(&buf, '!'));
    assert_true(buf.failed);
    assert_int_equal(buf.len, max);
    assert_int_equal(strlen(buf_string(&buf)), max);
    buf_free(&buf);
    assert_false(buf.failed);
    assert_int_equal(buf.max, max);
  }
}

static void fails_for_good_once_something_did_not_fit(void **state) {
  (void)state;
  struct buf buf;
  buf_init(&buf, 4);
  assert_true(buf_add_string(&buf, "ab"));
  assert_false(buf_add_string(&buf, "cde"));
  assert_false(buf_add_char(&buf, 'c'));
  assert_false(buf_addf(&buf, "%d", 1));
  assert_false(buf_add_percent_encoded(&buf, "c", 1));
  assert_false(buf_add_base64(&buf, "c", 1));
  assert_string_equal(buf_string(&buf), "ab");
  buf_clear(&buf);
  assert_true(buf_add_string(&buf, "cdef"));
  assert_string_equal(buf_string(&buf), "cdef");
  buf_free(&buf);
}

static void does_not_overflow_on_absurd_sizes(void **state) {
  (void)state;
  struct buf buf;
  buf_init(&buf, SIZE_MAX);
  assert_true(buf_add_char(&buf, 'a'));
  /* Through a variable that the compiler does not see through, as it refuses such a call otherwise. */
  volatile size_t absurd = SIZE_MAX;
  assert_false(buf_add(&buf, "b", absurd));
  assert_string_equal(buf_string(&buf), "a");
  buf_clear(&buf);
  assert_false(buf_add_base64(&buf, "b", absurd));
  buf_free(&buf);
}

static void wipes_on_clear_and_keeps_the_memory(void **state) {
  (void)state;
  struct buf buf;
  buf_init(&buf, 1000);
  assert_true(buf_add_string(&buf, "4111111111111111"));
  const char *data = buf.data;
  size_t cap = buf.cap;
  buf_clear(&buf);
  assert_ptr_equal(buf.data, data);
  assert_int_equal(buf.cap, cap);
  for (size_t i = 0; i < cap; i++)
    assert_int_equal(buf.data[i], 0);
  assert_string_equal(buf_string(&buf), "");
  buf_free(&buf);
}

static void keeps_its_content_over_growth(void **state) {
  (void)state;
  struct buf buf;
  buf_init(&buf, 200000);
  for (unsigned i = 0; i < 200000; i++)
    assert_true(buf_add_char(&buf, (char)(i * 7 % 251)));
  for (unsigned i = 0; i < 200000; i++)
    assert_int_equal(buf.data[i], (char)(i * 7 % 251));
  assert_int_equal(buf.cap, 200001);
  buf_free(&buf);
}

static void makes_room_that_can_be_written(void **state) {
  (void)state;
  struct buf buf;
  buf_init(&buf, 10);
  assert_true(buf_reserve(&buf, 0));
  assert_string_equal(buf_string(&buf), "");
  assert_true(buf_add_string(&buf, "abc"));
  assert_true(buf_reserve(&buf, 7));
  assert_true(buf.cap > 10);
  assert_string_equal(buf_string(&buf), "abc");
  const char *data = buf.data;
  memcpy(buf.data + buf.len, "defgh", 5);
  buf_added(&buf, 5);
  assert_true(buf_add_string(&buf, "ij"));
  assert_ptr_equal(buf.data, data);
  assert_string_equal(buf_string(&buf), "abcdefghij");
  assert_int_equal(buf.len, 10);
  assert_false(buf_reserve(&buf, 1));
  assert_true(buf.failed);
  buf_clear(&buf);
  assert_false(buf_reserve(&buf, 11));
  assert_false(buf_reserve(&buf, 1)); /* until it is cleared */
  buf_free(&buf);
}

static void forgets_its_end(void **state) {
  (void)state;
  struct buf buf;
  buf_init(&buf, 10);
  buf_cut(&buf, 0);
  assert_null(buf.data);
  assert_true(buf_add_string(&buf, "abcdef"));
  buf_cut(&buf, 7);
  assert_string_equal(buf_string(&buf), "abcdef");
  buf_cut(&buf, 6);
  assert_string_equal(buf_string(&buf), "abcdef");
  buf_cut(&buf, 2);
  assert_string_equal(buf_string(&buf), "ab");
  assert_int_equal(buf.len, 2);
  assert_true(buf_add_string(&buf, "x"));
  assert_string_equal(buf_string(&buf), "abx");
  buf_cut(&buf, 0);
  assert_string_equal(buf_string(&buf), "");
  buf_free(&buf);
}

static void percent_encodes_all_but_unreserved(void **state) {
  (void)state;
  struct buf buf;
  buf_init(&buf, 1000);
  assert_true(buf_add_percent_encoded(&buf, "AZaz09-._~ /?&=+%\0\xff", 19));
  assert_string_equal(buf_string(&buf), "AZaz09-._~%20%2F%3F%26%3D%2B%25%00%FF");
  buf_free(&buf);
  buf_init(&buf, 5);
  assert_false(buf_add_percent_encoded(&buf, "//", 2));
  assert_int_equal(buf.len, 0);
  buf_clear(&buf);
  assert_true(buf_add_percent_encoded(&buf, "/ab", 3));
  buf_free(&buf);
}

static void encodes_base64_with_padding(void **state) {
  (void)state;
  static const char *const known[][2] = { { "", "" },
                                          { "f", "Zg==" },
                                          { "fo", "Zm8=" },
                                          { "foo", "Zm9v" },
                                          { "foob", "Zm9vYg==" },
                                          { "fooba", "Zm9vYmE=" },
                                          { "foobar", "Zm9vYmFy" },
                                          { "\xfb\xff\xfe", "+//+" } };
  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
    struct buf buf;
    buf_init(&buf, 8);
    assert_true(buf_add_base64(&buf, known[i][0], strlen(known[i][0])));
    assert_string_equal(buf_string(&buf), known[i][1]);
    buf_free(&buf);
  }
}

static void random_appends_match_a_model(void **state) {
  (void)state;
  static char model[4096];
  unsigned seed = 7;
  for (int round = 0; round < 200; round++) {
    struct buf buf;
    size_t max = (size_t)rand_r(&seed) % sizeof model;
    size_t len = 0;
    buf_init(&buf, max);
    while (!buf.failed) {
      char piece[300];
      size_t size = (size_t)rand_r(&seed) % sizeof piece;
      memset(piece, 'a' + rand_r(&seed) % 26, size);
      if (buf_add(&buf, piece, size)) {
        memcpy(model + len, piece, size);
        len += size;
      } else {
        assert_true(len + size > max);
      }
      assert_int_equal(buf.len, len);
      if (len > 0) assert_memory_equal(buf.data, model, len);
      assert_int_equal(buf_string(&buf)[len], 0);
    }
    buf_free(&buf);
  }
}

static void every_error_kind_has_a_name(void **state) {
  (void)state;
  for (unsigned i = 0; i < ERROR_KINDS; i++) {
    const char *name = error_kind_name((enum error_kind)i);
    assert_non_null(name);
    for (unsigned k = 0; k < i; k++)
      assert_string_not_equal(name, error_kind_name((enum error_kind)k));
  }
  assert_string_equal(error_kind_name(ERROR_NONE), "none");
  assert_string_equal(error_kind_name(ERROR_INVALID_REQUEST), "invalid_request");
  assert_string_equal(error_kind_name(ERROR_CANCELLED), "cancelled");
}

static void setting_an_error_clears_what_was_there(void **state) {
  (void)state;
  struct error error;
  memset(&error, 'x', sizeof error);
  error_set(&error, ERROR_TIMEOUT, "after %d ms", 250);
  assert_int_equal(error.kind, ERROR_TIMEOUT);
  assert_string_equal(error.message, "after 250 ms");
  assert_int_equal(error.status, 0);
  assert_int_equal(error.attempts, 0);
  assert_true(error.retry_after < 0);
  assert_false(error.retryable);
  assert_string_equal(error.code, "");
  assert_string_equal(error.request_id, "");
}

static void an_error_may_be_built_from_its_own_message(void **state) {
  (void)state;
  struct error error;
  error_set(&error, ERROR_NETWORK, "refused");
  error_set(&error, ERROR_NETWORK, "attempt 2: %s", error.message);
  assert_string_equal(error.message, "attempt 2: refused");
}

static void a_message_is_cut_at_its_maximum(void **state) {
  (void)state;
  struct error error;
  char *text = malloc(2000);
  assert_non_null(text);
  memset(text, 'm', 1999);
  text[1999] = '\0';
  error_set(&error, ERROR_PROVIDER, "%s", text);
  assert_int_equal(strlen(error.message), ERROR_MESSAGE_MAX);
  free(text);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(is_empty_and_a_c_string_before_the_first_append),
    cmocka_unit_test(appends_bytes_strings_characters_and_formats),
    cmocka_unit_test(stops_exactly_at_its_maximum),
    cmocka_unit_test(fails_for_good_once_something_did_not_fit),
    cmocka_unit_test(does_not_overflow_on_absurd_sizes),
    cmocka_unit_test(wipes_on_clear_and_keeps_the_memory),
    cmocka_unit_test(keeps_its_content_over_growth),
    cmocka_unit_test(makes_room_that_can_be_written),
    cmocka_unit_test(forgets_its_end),
    cmocka_unit_test(percent_encodes_all_but_unreserved),
    cmocka_unit_test(encodes_base64_with_padding),
    cmocka_unit_test(random_appends_match_a_model),
    cmocka_unit_test(every_error_kind_has_a_name),
    cmocka_unit_test(setting_an_error_clears_what_was_there),
    cmocka_unit_test(an_error_may_be_built_from_its_own_message),
    cmocka_unit_test(a_message_is_cut_at_its_maximum),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
