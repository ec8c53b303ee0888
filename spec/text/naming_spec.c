/* src/text/naming. */
#define _GNU_SOURCE 1
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "text/naming.h"

#define COUNT(list) (sizeof(list) / sizeof(list)[0])

static void knows_variables(void **state) {
  (void)state;
  static const char *const good[] = { "ACME_TOKEN", "_x9", "a", "AcmeProductionAccessToken2", "OAUTH2_CLIENT_SECRET_V2", "acmeS3Key1" };
  static const char *const bad[] = { "",
                                     "9lives",
                                     "sk-live-2fb8",
                                     "a=b",
                                     "a b",
                                     "4111111111111111",
                                     "A4111111111111111",
                                     "_4111_1111_1111_1111",
                                     "a\n",
                                     "t\xc3\xb6",
                                     "sk_live_51H8xYzQ2eZvKYlo2C",
                                     "f3a91c07de5b48a2964d0e7b1c8f6a35",
                                     "ghp_16C7e42F292c6912E7710c838347Ae178B4a" };
  for (size_t i = 0; i < COUNT(good); i++)
    if (!naming_is_variable(good[i])) fail_msg("not '%s'", good[i]);
  for (size_t i = 0; i < COUNT(bad); i++)
    if (naming_is_variable(bad[i])) fail_msg("'%s'", bad[i]);
  char name[130];
  memset(name, 'a', sizeof name);
  name[128] = '\0';
  assert_true(naming_is_variable(name));
  name[128] = 'a';
  name[129] = '\0';
  assert_false(naming_is_variable(name));
}

static void knows_paths(void **state) {
  (void)state;
  static const char *const good[] = { "/run/secrets/acme",
                                      "ca.pem",
                                      "./a b/c",
                                      "word",
                                      "not-there_1",
                                      "2026-01-02/12345678901",
                                      "/run/secrets/f3a91c07de5b48a2964d0e7b1c8f6a35",
                                      "certs/client_2024_v2.pem",
                                      "~/a1b2c3d4e5f6g7h8",
                                      "./Xa9Xb8Xc7Xd6Xe5Xf4" };
  static const char *const bad[] = { "",
                                     "p@ss word",
                                     "key=value",
                                     "/x/4111111111111111",
                                     "4111 1111.1111 1111",
                                     "a/b\x1b[2J",
                                     "a.b\nc",
                                     "a.\x7f",
                                     "sk_live_51H8xYzQ2eZvKYlo2C",
                                     "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N",
                                     "xJ4/8kQz+Lm2Pq9Rt7Vw3Yb6" };
  for (size_t i = 0; i < COUNT(good); i++)
    if (!naming_is_path(good[i])) fail_msg("not '%s'", good[i]);
  for (size_t i = 0; i < COUNT(bad); i++)
    if (naming_is_path(bad[i])) fail_msg("'%s'", bad[i]);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(knows_variables),
    cmocka_unit_test(knows_paths),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
