/* src/text/nearest. */
#define _GNU_SOURCE 1
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "random.h"
#include "text/nearest.h"

#define SEED UINT64_C(0x5eedca4d9)

static void word(struct random *random, char *out, unsigned longest) {
  unsigned len = pick(random, longest + 1);
  for (unsigned i = 0; i < len; i++)
    out[i] = (char)('a' + pick(random, 3));
  out[len] = '\0';
}

static void counts_each_kind_of_slip(void **state) {
  (void)state;
  static const struct {
    const char *a, *b;
    size_t distance;
  } cases[] = {
    { "", "", 0 },
    { "", "abc", 3 },
    { "token", "token", 0 },
    { "token", "tokens", 1 },
    { "token", "tken", 1 },
    { "token", "tokem", 1 },
    { "token", "otken", 1 },
    { "timeout", "tiemout", 1 },
    { "retries", "retreis", 1 },
    { "abcd", "badc", 2 },
    { "kitten", "sitting", 3 },
    { "access_token", "acces_token", 1 },
    { "Token", "token", 1 },
    { "ca", "abc", 3 },
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    size_t distance = nearest_distance(cases[i].a, cases[i].b);
    if (distance != cases[i].distance) fail_msg("'%s', '%s': %zu", cases[i].a, cases[i].b, distance);
  }
}

/* The definition, word by word. */
static size_t by_the_book(const char *a, size_t m, const char *b, size_t n) {
  if (m == 0) return n;
  if (n == 0) return m;
  size_t best = by_the_book(a, m - 1, b, n - 1) + (a[m - 1] != b[n - 1]), other = by_the_book(a, m - 1, b, n) + 1;
  if (other < best) best = other;
  other = by_the_book(a, m, b, n - 1) + 1;
  if (other < best) best = other;
  if (m > 1 && n > 1 && a[m - 1] == b[n - 2] && a[m - 2] == b[n - 1]) {
    other = by_the_book(a, m - 2, b, n - 2) + 1;
    if (other < best) best = other;
  }
  return best;
}

static void agrees_with_the_definition(void **state) {
  (void)state;
  for (uint64_t seed = SEED; seed < SEED + 500; seed++) {
    struct random random = random_of(seed);
    char a[7], b[7];
    word(&random, a, 6);
    word(&random, b, 6);
    if (nearest_distance(a, b) != by_the_book(a, strlen(a), b, strlen(b))) fail_msg("seed %llu: '%s', '%s'", (unsigned long long)seed, a, b);
  }
}

static void is_the_same_both_ways(void **state) {
  (void)state;
  for (uint64_t seed = SEED; seed < SEED + 2000; seed++) {
    struct random random = random_of(seed);
    char a[64], b[64];
    word(&random, a, 63);
    word(&random, b, 63);
    size_t distance = nearest_distance(a, b), longest = strlen(a) > strlen(b) ? strlen(a) : strlen(b);
    if (distance != nearest_distance(b, a) || distance > longest || (distance == 0) != (strcmp(a, b) == 0))
      fail_msg("seed %llu: '%s', '%s'", (unsigned long long)seed, a, b);
  }
}

static void reads_64_bytes_at_most(void **state) {
  (void)state;
  char a[200], b[200];
  memset(a, 'x', sizeof a);
  memset(b, 'y', sizeof b);
  a[sizeof a - 1] = b[sizeof b - 1] = '\0';
  assert_int_equal(nearest_distance(a, b), 64);
  assert_int_equal(nearest_distance(a, ""), 64);
  memset(b, 'x', 64);
  assert_int_equal(nearest_distance(a, b), 0);
}

static void try_all(struct nearest *nearest, const char *written, const char *const *known) {
  nearest_begin(nearest, written);
  for (; *known; known++)
    nearest_try(nearest, *known);
}

static void means_what_is_near(void **state) {
  (void)state;
  static const char *const known[] = { "base_url", "timeout", "connect_timeout", "id", "exp_month", NULL };
  static const struct {
    const char *written, *meant;
  } cases[] = {
    { "timout", "timeout" },
    { "TIMEOUT", "timeout" },
    { "time-out", "timeout" },
    { "baseURL", "base_url" },
    { "base-url", "base_url" },
    { "base", "base_url" },
    { "exp", "exp_month" },
    { "timeout_ms", "timeout" },
    { "connection_timeout", "connect_timeout" },
    { "ids", "id" },
    { "ib", "id" },
    { "ex", "" },
    { "url", "" },
    { "x", "" },
    { "", "" },
    { "_", "" },
    { "verify", "" },
    { "tme", "" },
    { "identity", "" },
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct nearest nearest;
    try_all(&nearest, cases[i].written, known);
    if (strcmp(nearest.meant, cases[i].meant) != 0) fail_msg("'%s': '%s'", cases[i].written, nearest.meant);
  }
}

static void does_not_depend_on_the_order(void **state) {
  (void)state;
  for (uint64_t seed = SEED; seed < SEED + 1000; seed++) {
    struct random random = random_of(seed);
    char written[9], names[4][9];
    struct nearest there, back;
    word(&random, written, 8);
    nearest_begin(&there, written);
    nearest_begin(&back, written);
    for (size_t i = 0; i < 4; i++) {
      word(&random, names[i], 8);
      nearest_try(&there, names[i]);
    }
    for (size_t i = 4; i > 0; i--)
      nearest_try(&back, names[i - 1]);
    if (strcmp(there.meant, back.meant) != 0) fail_msg("seed %llu: '%s', '%s'", (unsigned long long)seed, there.meant, back.meant);
  }
}

static void hints(void **state) {
  (void)state;
  struct nearest nearest;
  char hint[NEAREST_HINT], name[2 * NEAREST_NAME];
  try_all(&nearest, "nmae", (const char *const[]){ "id", "name", NULL });
  nearest_hint(&nearest, hint);
  assert_string_equal(hint, " (did you mean 'name'?)");
  try_all(&nearest, "zzz", (const char *const[]){ "id", "name", NULL });
  nearest_hint(&nearest, hint);
  assert_string_equal(hint, " (known are id, name)");
  try_all(&nearest, "zzz", (const char *const[]){ "id", NULL });
  nearest_hint(&nearest, hint);
  assert_string_equal(hint, " (known is id)");
  try_all(&nearest, "zzz", (const char *const[]){ NULL });
  nearest_hint(&nearest, hint);
  assert_string_equal(hint, "");
  memset(name, 'n', sizeof name);
  name[sizeof name - 1] = '\0';
  nearest_begin(&nearest, name);
  for (size_t i = 0; i < 20; i++) {
    name[0] = (char)('a' + i);
    nearest_try(&nearest, name);
  }
  nearest_hint(&nearest, hint);
  assert_int_equal(strlen(nearest.meant), NEAREST_NAME);
  nearest_begin(&nearest, "zzz");
  for (size_t i = 0; i < 20; i++)
    nearest_try(&nearest, name);
  nearest_hint(&nearest, hint);
  assert_true(strlen(hint) < NEAREST_HINT);
  assert_non_null(strstr(hint, " and 18 more)"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(counts_each_kind_of_slip),
    cmocka_unit_test(agrees_with_the_definition),
    cmocka_unit_test(is_the_same_both_ways),
    cmocka_unit_test(reads_64_bytes_at_most),
    cmocka_unit_test(means_what_is_near),
    cmocka_unit_test(does_not_depend_on_the_order),
    cmocka_unit_test(hints),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
