/* src/text/hint; that it agrees with the rules in Lua is in mask_quick_spec.lua. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "text/hint.h"

typedef size_t hint_of(const char *text, size_t len, char *out);

static void leaves(hint_of *hint, const char *text, const char *expected) {
  char out[HINT_ROOM + 1];
  assert_true(hint_is_usual(text, strlen(text)));
  out[hint(text, strlen(text), out)] = '\0';
  assert_string_equal(out, expected);
}

static void leaves_the_first_letters_of_a_name(void **state) {
  (void)state;
  leaves(hint_initials, "John van  Doe ", "J. v. D.");
  leaves(hint_initials, "4 You", "Y.");
  leaves(hint_initials, "", "");
}

static void leaves_the_domain_of_an_address(void **state) {
  (void)state;
  leaves(hint_email, "john.doe@example.com", "j***@example.com");
  leaves(hint_email, "7up@example.com", "7***@example.com");
  leaves(hint_email, "j@example.com", "***@example.com");
  leaves(hint_email, "_j@example.com", "***@example.com");
  static const char *const wrong[] = { "", "@", "john", "@example.com", "john@", "a@b@c", "a b@c", "a@b c" };
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    leaves(hint_email, wrong[i], "");
}

static void leaves_the_end_of_a_telephone_number(void **state) {
  (void)state;
  leaves(hint_phone, "+1 (415) 505-6227", "***6227");
  leaves(hint_phone, "123456", "");
}

static void has_room_for_the_longest(void **state) {
  (void)state;
  char text[HINT_LONGEST + 1], out[HINT_ROOM];
  for (size_t i = 0; i < sizeof text; i++)
    text[i] = i % 2 == 0 ? 'a' : ' ';
  assert_true(hint_is_usual(text, HINT_LONGEST));
  assert_false(hint_is_usual(text, HINT_LONGEST + 1));
  assert_int_equal(hint_initials(text, HINT_LONGEST, out), HINT_LONGEST / 2 * 3 - 1);
  memset(text, 'a', sizeof text);
  text[2] = '@';
  assert_int_equal(hint_email(text, HINT_LONGEST, out), HINT_LONGEST + 2);
}

static void is_not_for_what_is_unusual(void **state) {
  (void)state;
  static const char *const unusual[] = { "J\xc3\xb6rg", "john\tdoe", "card 4111 1111 1111 1111", "\x7f" };
  for (size_t i = 0; i < sizeof unusual / sizeof *unusual; i++)
    assert_false(hint_is_usual(unusual[i], strlen(unusual[i])));
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(leaves_the_first_letters_of_a_name),   cmocka_unit_test(leaves_the_domain_of_an_address),
    cmocka_unit_test(leaves_the_end_of_a_telephone_number), cmocka_unit_test(has_room_for_the_longest),
    cmocka_unit_test(is_not_for_what_is_unusual),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
