/* src/text/partial. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "random.h"
#include "text/partial.h"

#define SEED UINT64_C(0x417e)

/* What is left, or NULL. In and out are blocks of just their size, so that the sanitizer sees every byte too many. */
static char *left(partial *of, const char *text, size_t len, size_t n) {
  char *in = malloc(len ? len : 1), *out = malloc(PARTIAL_ROOM(len)), *result = NULL;
  size_t made = SIZE_MAX;
  assert_true(in && out);
  memcpy(in, text, len);
  if (of(in, len, n, out, &made)) {
    assert_true(made <= PARTIAL_ROOM(len));
    result = calloc(1, made + 1);
    assert_non_null(result);
    memcpy(result, out, made);
  }
  free(in);
  free(out);
  return result;
}

static void leaves(partial *of, size_t n, const char *text, const char *expected) {
  char *got = left(of, text, strlen(text), n);
  if (strcmp(got ? got : "nothing", expected ? expected : "nothing") != 0) fail_msg("of '%s': %s, not %s", text, got, expected);
  free(got);
}

static void leaves_the_first_letters_of_a_name(void **state) {
  (void)state;
  leaves(partial_initials, 0, "John van  Doe ", "J. v. D.");
  leaves(partial_initials, 0, "john\tdoe\n", "j. d.");
  leaves(partial_initials, 0, "4 You O'Neil-Smith", "Y. O.");
  leaves(partial_initials, 0, "J\xc3\xb6rg \xc3\x89mile", "J. \xc3\x89.");
  leaves(partial_initials, 0, "\xc3", NULL);
  leaves(partial_initials, 0, "\xff\xbf \x80", NULL);
  leaves(partial_initials, 0, "4111 1111", NULL);
  leaves(partial_initials, 0, "", NULL);
}

static void leaves_the_domain_of_an_address(void **state) {
  (void)state;
  leaves(partial_email, 0, "john.doe@example.com", "j***@example.com");
  leaves(partial_email, 0, "7up@example.com", "7***@example.com");
  leaves(partial_email, 0, "j@example.com", "***@example.com");
  leaves(partial_email, 0, "_j@example.com", "***@example.com");
  leaves(partial_email, 0, "\xc3\xb6j@example.com", "***@example.com");
  static const char *const wrong[] = { "", "@", "john", "@example.com", "john@", "a@b@c", "a b@c", "a@b c", "a\t@b" };
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    leaves(partial_email, 0, wrong[i], NULL);
}

static void leaves_the_end_of_a_telephone_number(void **state) {
  (void)state;
  leaves(partial_phone, 0, "+1 (415) 505-6227", "***6227");
  leaves(partial_phone, 0, "1234567", "***4567");
  leaves(partial_phone, 0, "123456", NULL);
}

static void leaves_the_year_of_a_date(void **state) {
  (void)state;
  static const char *const years[] = { "2027", "2027-12", "2027-12-01T00:00:00Z", "12/2027", "1/2027" };
  for (size_t i = 0; i < sizeof years / sizeof *years; i++)
    leaves(partial_year, 0, years[i], "2027");
  static const char *const wrong[] = { "", "202", "20277", "2027-1", "2027/12", "/2027", "123/2027", "12/20277", "12/207", "1a/2027", " 2027" };
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    leaves(partial_year, 0, wrong[i], NULL);
}

static void leaves_whole_characters_at_either_end(void **state) {
  (void)state;
  leaves(partial_last, 5, "card_1234", "***_1234");
  leaves(partial_last, 0, "card", "***");
  leaves(partial_last, 4, "card", NULL);
  leaves(partial_last, 3, "caf\xc3\xa9\xc3\xa9", "***\xc3\xa9");
  leaves(partial_last, 1, "x\x80", "***");
  leaves(partial_truncate, 5, "card_1234", "card_...");
  leaves(partial_truncate, 4, "card", "card");
  leaves(partial_truncate, 4, "", "");
  leaves(partial_truncate, 4, "caf\xc3\xa9\xc3\xa9", "caf...");
}

/* A text that begins in the middle of a character was shown as a whole. */
static void leaves_nothing_of_a_text_without_a_beginning(void **state) {
  (void)state;
  leaves(partial_truncate, 0, "\xa9secret", "...");
  leaves(partial_truncate, 2, "\xa9\xa9\xa9secret", "...");
}

static void has_room_for_any_text(void **state) {
  (void)state;
  static partial *const all[] = { partial_initials, partial_email, partial_phone, partial_year, partial_last, partial_truncate };
  static const char pieces[] = "aZ0 \t@.-/\xc3\xa9\xf4\xff";
  for (uint64_t seed = SEED; seed < SEED + 20000; seed++) {
    struct random random = random_of(seed);
    char text[40];
    size_t len = pick(&random, sizeof text);
    for (size_t i = 0; i < len; i++)
      text[i] = pieces[pick(&random, sizeof pieces)];
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
      free(left(all[i], text, len, pick(&random, 8)));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(leaves_the_first_letters_of_a_name),
    cmocka_unit_test(leaves_the_domain_of_an_address),
    cmocka_unit_test(leaves_the_end_of_a_telephone_number),
    cmocka_unit_test(leaves_the_year_of_a_date),
    cmocka_unit_test(leaves_whole_characters_at_either_end),
    cmocka_unit_test(leaves_nothing_of_a_text_without_a_beginning),
    cmocka_unit_test(has_room_for_any_text),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
