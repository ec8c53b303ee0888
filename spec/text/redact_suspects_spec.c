/* src/text/redact: what nobody here has seen. */
#define _GNU_SOURCE 1
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "random.h"
#include "text/redact.h"

#define SEED UINT64_C(0x5eedca4da)

static void masks_what_may_be_a_secret(void **state) {
  (void)state;
  static const char *const cases[][2] = {
    { "", "" },
    { "no such card", "no such card" },
    { "cvv 123 is wrong", "cvv *** is wrong" },
    { "cvv 12", "cvv 12" },
    { "cvv:1234.", "cvv:***." },
    { "(123)", "(***)" },
    { "12-3", "***" },
    { "1.2.3", "***" },
    { "1 2 3", "***" },
    { "41 11 x", "*** x" },
    { "1  2  3", "1  2  3" },
    { "--12--", "--12--" },
    { "cvv123", "cvv***" },
    { "tok_abcdefgh", "tok_abcdefgh" },
    { "tok_abcdefg1", "***" },
    { "tok_abcdef1", "tok_abcdef1" },
    { "dG9rX2FiY2Q+/1==", "***" },
    { "card ************1111", "card ************1111" },
    { "****1111 and 1111", "****1111 and ***" },
    { "**737**", "*****"
                 "**" },       /* stars alone protect nothing: only what a masked card number leaves */
    { "****73 7", "*******" }, /* nor three digits that take as much room as four */
    { "****7.37", "*******" },
    { "*4111111111111112", "****" },
    { "HTTP 404", "HTTP ***" },
    { "\xc3\xa9"
      "123\xc3\xa9",
      "\xc3\xa9***\xc3\xa9" },
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct buf out;
    buf_init(&out, 100);
    buf_add_string(&out, ">");
    assert_true(redact_suspects(&out, cases[i][0], strlen(cases[i][0])));
    if (strcmp(out.data + 1, cases[i][1]) != 0) fail_msg("'%s' became '%s'", cases[i][0], out.data + 1);
    buf_free(&out);
  }
}

static void says_when_it_does_not_fit(void **state) {
  (void)state;
  struct buf out;
  buf_init(&out, 5);
  assert_false(redact_suspects(&out, "abcdef", 6));
  buf_free(&out);
  buf_init(&out, 2);
  assert_false(redact_suspects(&out, "123", 3));
  buf_free(&out);
}

/* A CVV, a token and a number between any text that neither joins nor extends them are gone, and all the rest is there. */
static void hides_a_planted_value(void **state) {
  (void)state;
  static const char *const secrets[] = { "737", "7373", "tok_live_9f8e7d", "5105105105105100", "0000000000" };
  static const char breaks[] = " ,;:()'\"\n";
  for (uint64_t seed = SEED; seed < SEED + 2000; seed++) {
    struct random random = random_of(seed);
    char text[100];
    size_t len = 0, before = pick(&random, 30);
    const char *secret = secrets[pick(&random, 5)];
    while (len < before)
      text[len++] = (char)('a' + pick(&random, 26));
    text[len++] = breaks[pick(&random, sizeof breaks - 1)];
    memcpy(text + len, secret, strlen(secret));
    len += strlen(secret);
    text[len++] = breaks[pick(&random, sizeof breaks - 1)];
    struct buf out;
    buf_init(&out, 3 * sizeof text);
    assert_true(redact_suspects(&out, text, len));
    if (memmem(out.data, out.len, secret, strlen(secret))) fail_msg("seed %llu: '%s'", (unsigned long long)seed, out.data);
    assert_memory_equal(out.data, text, before + 1);
    assert_int_equal(out.len, before + 1 + 3 + 1);
    buf_free(&out);
  }
}

static void reads_any_bytes(void **state) {
  (void)state;
  for (uint64_t seed = SEED; seed < SEED + 2000; seed++) {
    struct random random = random_of(seed);
    char text[64];
    size_t len = pick(&random, sizeof text + 1);
    for (size_t i = 0; i < len; i++)
      text[i] = (char)pick(&random, 256);
    char *exact = malloc(len ? len : 1); /* so that a byte too many is noticed */
    assert_non_null(exact);
    memcpy(exact, text, len);
    struct buf once, twice;
    buf_init(&once, 3 * sizeof text);
    buf_init(&twice, 9 * sizeof text);
    assert_true(redact_suspects(&once, exact, len));
    assert_true(redact_suspects(&twice, buf_string(&once), once.len));
    assert_int_equal(twice.len, once.len); /* what was masked stays as it is */
    assert_memory_equal(buf_string(&twice), buf_string(&once), once.len);
    buf_free(&once);
    buf_free(&twice);
    free(exact);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(masks_what_may_be_a_secret),
    cmocka_unit_test(says_when_it_does_not_fit),
    cmocka_unit_test(hides_a_planted_value),
    cmocka_unit_test(reads_any_bytes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
