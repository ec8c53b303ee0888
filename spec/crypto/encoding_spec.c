/* Base64, base64url and hexadecimal digits: RFC 4648 section 10, as Node's Buffer writes them, and nothing that only looks like them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/encoding.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct {
  const char *bytes;
  size_t len;
  const char *text[3];
} pairs[] = {
  { "", 0, { "", "", "" } },
  { "f", 1, { "Zg==", "Zg", "66" } },
  { "fo", 2, { "Zm8=", "Zm8", "666f" } },
  { "foo", 3, { "Zm9v", "Zm9v", "666f6f" } },
  { "foob", 4, { "Zm9vYg==", "Zm9vYg", "666f6f62" } },
  { "fooba", 5, { "Zm9vYmE=", "Zm9vYmE", "666f6f6261" } },
  { "foobar", 6, { "Zm9vYmFy", "Zm9vYmFy", "666f6f626172" } },
  { "\xfb\xff\xfe\x00\x7f", 5, { "+//+AH8=", "-__-AH8", "fbfffe007f" } },
};

static bool reads(enum encoding encoding, const char *text, const void *bytes, size_t len) {
  struct buf out;
  buf_init(&out, 100);
  buf_add_string(&out, "before");
  bool ok = encoding_read(encoding, text, strlen(text), &out);
  assert_int_equal(out.len, ok ? 6 + len : 6);
  assert_memory_equal(out.data, "before", 6);
  assert_false(out.failed);
  if (ok && len) assert_memory_equal(out.data + 6, bytes, len);
  buf_free(&out);
  return ok;
}

static void bytes_come_back(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(pairs); i++)
    for (int encoding = ENCODING_BASE64; encoding <= ENCODING_HEX; encoding++) {
      struct buf out;
      buf_init(&out, 100);
      assert_true(encoding_write((enum encoding)encoding, pairs[i].bytes, pairs[i].len, &out));
      assert_string_equal(buf_string(&out), pairs[i].text[encoding]);
      assert_int_equal(out.len, strlen(pairs[i].text[encoding]));
      assert_true(reads((enum encoding)encoding, pairs[i].text[encoding], pairs[i].bytes, pairs[i].len));
      buf_free(&out);
    }
  assert_true(reads(ENCODING_NONE, "as it is", "as it is", 8));
}

static void every_byte_comes_back(void **state) {
  (void)state;
  char bytes[256 * 3];
  for (size_t i = 0; i < sizeof bytes; i++)
    bytes[i] = (char)(i * 7 + i / 256);
  for (int encoding = ENCODING_BASE64; encoding <= ENCODING_NONE; encoding++)
    for (size_t len = sizeof bytes - 4; len <= sizeof bytes; len++) {
      struct buf text, back;
      buf_init(&text, 4096);
      buf_init(&back, len);
      assert_true(encoding_write((enum encoding)encoding, bytes, len, &text));
      assert_true(encoding_read((enum encoding)encoding, text.data, text.len, &back));
      assert_int_equal(back.len, len);
      assert_memory_equal(back.data, bytes, len);
      buf_free(&text);
      buf_free(&back);
    }
}

static void padding_and_line_breaks_may_be_there_or_not(void **state) {
  (void)state;
  static const char *const texts[] = { "Zm9vYg", "Zm9vYg==", "Zm9v\r\nYg==\r\n", "\nZ\nm\n9\nv\nY\ng\n=\n=\n", "Zm9vYg\n" };
  for (size_t i = 0; i < COUNT(texts); i++) {
    assert_true(reads(ENCODING_BASE64, texts[i], "foob", 4));
    assert_true(reads(ENCODING_BASE64URL, texts[i], "foob", 4));
  }
  assert_true(reads(ENCODING_HEX, "FBfFfE", "\xfb\xff\xfe", 3));
}

static void nothing_else_is_read(void **state) {
  (void)state;
  static const char *const both[] = { "Z",    "Zm9vY", "Zg=",   "Zg===",  "Zm9v=", "Zm9v==",  "Zm9v====", "=",    "Zg==Zg==", "Zg=\n=Z",
                                      "Zh==", "Zm9",   "Zm 8=", "Zm\t8=", "Zm8,",  "Zm8\x80", "Zm8.",     "*m8=", "Zm8{",     "\xff\xff\xff\xff" };
  static const char *const hex[] = { "f", "fg", "0x66", "66 6f", "66\n", "6", "\x80\x80" };
  for (size_t i = 0; i < COUNT(both); i++) {
    if (reads(ENCODING_BASE64, both[i], "", 0)) fail_msg("base64 %s was read", both[i]);
    if (reads(ENCODING_BASE64URL, both[i], "", 0)) fail_msg("base64url %s was read", both[i]);
  }
  for (size_t i = 0; i < COUNT(hex); i++)
    if (reads(ENCODING_HEX, hex[i], "", 0)) fail_msg("hex %s was read", hex[i]);
  assert_false(reads(ENCODING_BASE64, "-__-", "", 0));
  assert_false(reads(ENCODING_BASE64URL, "+//+", "", 0));
}

static void what_has_no_room_is_not_written(void **state) {
  (void)state;
  for (int encoding = ENCODING_BASE64; encoding <= ENCODING_NONE; encoding++) {
    struct buf out;
    buf_init(&out, 3);
    assert_false(encoding_write((enum encoding)encoding, "foob", 4, &out));
    assert_true(out.failed);
    assert_int_equal(out.len, 0);
    buf_free(&out);
    buf_init(&out, 1);
    assert_false(encoding_read((enum encoding)encoding, "666f6f62", 8, &out));
    assert_true(out.failed);
    assert_int_equal(out.len, 0);
    buf_free(&out);
  }
}

static void names_are_those_of_definitions(void **state) {
  (void)state;
  static const char *const names[] = { "base64", "base64url", "hex", "none" };
  enum encoding encoding;
  for (size_t i = 0; i < COUNT(names); i++) {
    assert_true(encoding_find(names[i], &encoding));
    assert_int_equal(encoding, i);
  }
  assert_false(encoding_find("base32", &encoding));
  assert_false(encoding_find("", &encoding));
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(bytes_come_back),
    cmocka_unit_test(every_byte_comes_back),
    cmocka_unit_test(padding_and_line_breaks_may_be_there_or_not),
    cmocka_unit_test(nothing_else_is_read),
    cmocka_unit_test(what_has_no_room_is_not_written),
    cmocka_unit_test(names_are_those_of_definitions),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
