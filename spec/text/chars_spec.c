/* src/text/chars: ASCII and UTF-8. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "text/chars.h"

static void knows_ascii_alone(void **state) {
  (void)state;
  static const char hex[] = "0123456789abcdefABCDEF";
  int values = 0;
  for (int c = -128; c < 256; c++)
    values += hex_value(c) >= 0;
  assert_int_equal(values, 22);
  for (int i = 0; i < 22; i++)
    assert_int_equal(hex_value(hex[i]), i < 16 ? i : i - 6);
  for (int c = -128; c < 256; c++)
    if (is_digit(c) != (c >= 48 && c <= 57) || is_letter(c) != ((c >= 65 && c <= 90) || (c >= 97 && c <= 122))) fail_msg("byte %d", c);
  assert_int_equal(to_lower('Z'), 'z');
  assert_int_equal(to_lower('['), '[');
}

/* RFC 3629's table, by decoding instead of by ranges. */
static size_t length_by_decoding(const unsigned char *p, size_t left) {
  static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
  size_t len = p[0] < 0x80 ? 1 : p[0] < 0xc0 ? 0 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : p[0] < 0xf8 ? 4 : 0;
  if (len < 2) return len;
  uint32_t code = p[0] & (0x7fu >> len);
  for (size_t i = 1; i < len; i++) {
    if (i >= left || (p[i] & 0xc0) != 0x80) return 0;
    code = code << 6 | (p[i] & 0x3f);
  }
  return code < least[len] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff) ? 0 : len;
}

static void knows_every_utf8_character(void **state) {
  (void)state;
  static const unsigned char third[] = { 0x00, 0x7f, 0x80, 0xbf, 0xc0, 0xff };
  for (unsigned first = 0; first < 256; first++)
    for (unsigned second = 0; second < 256; second++)
      for (size_t k = 0; k < 36; k++)
        for (size_t left = 1; left <= 4; left++) {
          unsigned char bytes[4] = { (unsigned char)first, (unsigned char)second, third[k / 6], third[k % 6] };
          if (utf8_length((const char *)bytes, left) != length_by_decoding(bytes, left))
            fail_msg("%02x %02x %02x %02x, %zu bytes", first, second, bytes[2], bytes[3], left);
        }
  assert_int_equal(utf8_length("a", 0), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(knows_ascii_alone),
    cmocka_unit_test(knows_every_utf8_character),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
