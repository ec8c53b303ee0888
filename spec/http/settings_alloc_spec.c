/* src/http/settings, and libcurl's URLs under it, when an allocation fails. */
#define _GNU_SOURCE 1
#include <string.h>

#include "http/engine.h"
#include "scenarios.h"

#define HEAD                                                                                                                                         \
  "X-One: 1\r\nX-Two: 2\r\nProxy-Authorization: Basic dXNlcjpwYXNzd29yZA==\r\nHost: [::1]:8080\r\nUser-Agent: agent\r\nAccept-Encoding: gzip\r\n"

/* Made as they were asked for, or not at all: never without a part that there was no room for. */
static bool finish(struct settings *settings) {
  static unsigned char identity[SETTINGS_IDENTITY];
  static bool is_known;
  const char *why = NULL;
  if (!settings_finish(settings, &why)) {
    if (strcmp(why, "the settings do not fit into memory") != 0)
      assert_string_equal(why, "proxy: it cannot be read"); /* so libcurl 7.88 calls it in one place */
    return false;
  }
  assert_string_equal(buf_string(&settings->base.head), HEAD);
  assert_string_equal(settings->proxy, "http://proxy.example:3128/");
  assert_string_equal(settings->proxy_user, "user");
  assert_string_equal(settings->name, "proxy.example:3128");
  assert_true(secret_equals(&settings->proxy_password, "password", 9));
  if (is_known) assert_memory_equal(settings->identity, identity, sizeof identity);
  memcpy(identity, settings->identity, sizeof identity);
  is_known = true;
  return true;
}

/* Others like them are the same. */
static bool copy(const struct settings *settings) {
  struct settings *made = settings_like(settings, settings->base_url, strlen(settings->base_url));
  bool ok = made && secret_equals(&made->key_password, "password", 9) && finish(made);
  settings_unref(made);
  return ok;
}

static bool configure(void *unused) {
  const char *why;
  (void)unused;
  struct settings *settings = settings_new();
  bool ok = settings && (settings->base_url = pool_strdup("http://[::1]:8080/base")) && (settings->user_agent = pool_strdup("agent")) &&
            (settings->proxy = pool_strdup("http://user:password@proxy.example:3128")) &&
            secret_init(&settings->key_password, SECRET_CREDENTIAL, "password", 9, &why) && settings_add_header(settings, "X-One", "1", 1) &&
            settings_add_header(settings, "X-Two", "2", 1) && finish(settings) && copy(settings);
  settings_unref(settings);
  return ok;
}

static void settings_are_made_or_not(void **state) {
  (void)state;
  each_allocation_fails(configure, NULL);
}

static int set_up(void **state) {
  (void)state;
  engine_setup(); /* libcurl's allocations fail, too */
  return engine_facts()->wiping ? 0 : -1;
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(settings_are_made_or_not),
  };
  return cmocka_run_group_tests(tests, set_up, NULL);
}
