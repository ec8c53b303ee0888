/* src/http/settings: the identity of settings, which is the same where their connections may serve each other, and nowhere else. */
#define _GNU_SOURCE 1
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "http/engine.h"
#include "secret/pool.h"

#define COUNT(list) (sizeof(list) / sizeof(list)[0])

static int set_up(void **state) {
  (void)state;
  engine_setup();
  return 0;
}

/* What settings are made of; NULL and 0 for what every one of them has. */
struct plan {
  const char *what; /* differs */
  const char *base_url, *proxy, *proxy_user, *proxy_password, *ca_file, *cert_file, *key_file, *key_password, *pinned, *agent, *header;
  long tls_version;
  double idle_timeout, max_age, timeout, connect_timeout;
  int retries;
  size_t max_connections, max_response_bytes;
  bool insecure_http;
};

static char *copy_of(const char *text) {
  return text ? pool_strdup(text) : NULL;
}

static void set_password(struct secret *password, const char *text) {
  const char *why = NULL;
  if (text && !secret_init(password, SECRET_CREDENTIAL, text, strlen(text) + 1, &why)) fail_msg("%s", why);
}

static struct settings *make(const struct plan *plan) {
  struct settings *made = settings_new();
  const char *why = NULL;
  assert_non_null(made);
  made->base_url = copy_of(plan->base_url ? plan->base_url : "https://host.example/v1");
  made->proxy = copy_of(plan->proxy);
  made->proxy_user = copy_of(plan->proxy_user);
  made->ca_file = copy_of(plan->ca_file);
  made->cert_file = copy_of(plan->cert_file);
  made->key_file = copy_of(plan->key_file);
  made->pinned_public_key = copy_of(plan->pinned);
  made->user_agent = copy_of(plan->agent);
  set_password(&made->proxy_password, plan->proxy_password);
  set_password(&made->key_password, plan->key_password);
  if (plan->tls_version) made->tls_version = plan->tls_version;
  if (plan->idle_timeout > 0) made->idle_timeout = plan->idle_timeout;
  if (plan->max_age > 0) made->max_age = plan->max_age;
  if (plan->timeout > 0) made->timeout = plan->timeout;
  if (plan->connect_timeout > 0) made->connect_timeout = plan->connect_timeout;
  if (plan->retries) made->retries = plan->retries;
  if (plan->max_response_bytes) made->max_response_bytes = plan->max_response_bytes;
  made->max_connections = plan->max_connections;
  made->insecure_http = plan->insecure_http;
  if (plan->header) assert_true(settings_add_header(made, "X-Own", plan->header, strlen(plan->header)));
  if (!settings_finish(made, &why)) fail_msg("%s: %s", plan->what, why);
  return made;
}

static bool are_same(const struct settings *one, const struct settings *other) {
  return memcmp(one->identity, other->identity, sizeof one->identity) == 0;
}

/* Every two of them differ. */
static void all_differ(const struct plan *plans, size_t count) {
  struct settings *made[64];
  assert_true(count <= COUNT(made));
  for (size_t i = 0; i < count; i++)
    made[i] = make(&plans[i]);
  for (size_t i = 0; i < count; i++)
    for (size_t j = 0; j < i; j++)
      if (are_same(made[i], made[j])) fail_msg("the same for '%s' and '%s'", plans[j].what, plans[i].what);
  for (size_t i = 0; i < count; i++)
    settings_unref(made[i]);
}

static void is_the_same_for_the_same_settings(void **state) {
  (void)state;
  static const struct plan plans[] = {
    { .what = "the default" },
    { .what = "all of it",
      .base_url = "https://host.example:1/x",
      .proxy = "http://proxy.example:1",
      .proxy_user = "u",
      .proxy_password = "p",
      .ca_file = "ca",
      .cert_file = "cert",
      .key_file = "key",
      .key_password = "password",
      .pinned = "sha256//x",
      .tls_version = CURL_SSLVERSION_TLSv1_3,
      .idle_timeout = 1,
      .max_age = 2 },
  };
  for (size_t i = 0; i < COUNT(plans); i++) {
    struct settings *one = make(&plans[i]), *other = make(&plans[i]);
    assert_true(are_same(one, other));
    assert_true(one->id != other->id);
    settings_unref(one);
    settings_unref(other);
  }
}

static void differs_where_a_connection_would(void **state) {
  (void)state;
  static const struct plan plans[] = {
    { .what = "the default" },
    { .what = "the scheme", .base_url = "http://host.example/v1" },
    { .what = "the host", .base_url = "https://host2.example/v1" },
    { .what = "the port", .base_url = "https://host.example:8443/v1" },
    { .what = "a proxy", .proxy = "http://proxy.example:3128" },
    { .what = "the proxy's scheme", .proxy = "https://proxy.example:3128" },
    { .what = "the proxy's kind", .proxy = "socks5://proxy.example:3128" },
    { .what = "who looks the name up", .proxy = "socks5h://proxy.example:3128" },
    { .what = "the proxy's host", .proxy = "http://proxy2.example:3128" },
    { .what = "the proxy's port", .proxy = "http://proxy.example:3129" },
    { .what = "the proxy's user", .proxy = "http://proxy.example:3128", .proxy_user = "u" },
    { .what = "another user", .proxy = "http://proxy.example:3128", .proxy_user = "u2" },
    { .what = "the proxy's password", .proxy = "http://proxy.example:3128", .proxy_user = "u", .proxy_password = "p" },
    { .what = "another password", .proxy = "http://proxy.example:3128", .proxy_user = "u", .proxy_password = "q" },
    { .what = "an empty password", .proxy = "http://proxy.example:3128", .proxy_user = "u", .proxy_password = "" },
    { .what = "the CA file", .ca_file = "a" },
    { .what = "another CA file", .ca_file = "b" },
    { .what = "an empty CA file", .ca_file = "" },
    { .what = "the certificate", .cert_file = "a" },
    { .what = "another certificate", .cert_file = "b" },
    { .what = "the key", .key_file = "a" },
    { .what = "another key", .key_file = "b" },
    { .what = "the key's password", .key_file = "a", .key_password = "p" },
    { .what = "another password of the key", .key_file = "a", .key_password = "q" },
    { .what = "an empty password of the key", .key_file = "a", .key_password = "" },
    { .what = "the pinned key", .pinned = "a" },
    { .what = "another pinned key", .pinned = "b" },
    { .what = "the version of TLS", .tls_version = CURL_SSLVERSION_TLSv1_3 },
    { .what = "how long it is idle", .idle_timeout = 61 },
    { .what = "how old it is", .max_age = 601 },
    { .what = "how long it is idle instead of how old", .idle_timeout = 600, .max_age = 60 },
  };
  all_differ(plans, COUNT(plans));
}

/* What one of them has at its end is not what the next one has at its beginning. */
static void takes_no_setting_for_another(void **state) {
  (void)state;
  static const struct plan plans[] = {
    { .what = "1", .ca_file = "a" },
    { .what = "2", .cert_file = "a" },
    { .what = "3", .key_file = "a" },
    { .what = "4", .pinned = "a" },
    { .what = "5", .key_password = "a" },
    { .what = "6", .proxy_user = "a" },
    { .what = "7", .proxy_password = "a" },
    { .what = "8", .ca_file = "ab", .cert_file = "c" },
    { .what = "9", .ca_file = "a", .cert_file = "bc" },
    { .what = "10", .ca_file = "abc" },
    { .what = "11", .cert_file = "abc" },
    { .what = "12", .ca_file = "", .cert_file = "abc" },
    { .what = "13", .key_password = "ab", .proxy_password = "c" },
    { .what = "14", .key_password = "a", .proxy_password = "bc" },
    { .what = "15", .base_url = "https://host.example:1" },
    { .what = "16", .base_url = "https://host.example", .ca_file = ":1" },
  };
  all_differ(plans, COUNT(plans));
}

static void is_the_same_where_only_calls_differ(void **state) {
  (void)state;
  static const struct plan plain = { .what = "the default" }, plans[] = {
    { .what = "the path", .base_url = "https://host.example/v2/x" },
    { .what = "no path", .base_url = "https://host.example" },
    { .what = "a header", .header = "1" },
    { .what = "the agent", .agent = "app/1" },
    { .what = "the timeout", .timeout = 7 },
    { .what = "the timeout of connecting", .connect_timeout = 7 },
    { .what = "retries", .retries = 7 },
    { .what = "the limit of calls", .max_connections = 7 },
    { .what = "the limit of answers", .max_response_bytes = 7 },
    { .what = "that http is allowed", .insecure_http = true },
  };
  struct settings *one = make(&plain);
  for (size_t i = 0; i < COUNT(plans); i++) {
    struct settings *other = make(&plans[i]);
    if (!are_same(one, other)) fail_msg("another one for %s", plans[i].what);
    settings_unref(other);
  }
  settings_unref(one);
}

/* However it was written. */
static void is_the_same_for_the_same_proxy(void **state) {
  (void)state;
  static const struct plan plain = { .what = "the plain", .proxy = "http://proxy.example:3128", .proxy_user = "u@x", .proxy_password = "p" },
                           plans[] = {
                             { .what = "with a slash", .proxy = "http://proxy.example:3128/", .proxy_user = "u@x", .proxy_password = "p" },
                             { .what = "without a scheme", .proxy = "proxy.example:3128", .proxy_user = "u@x", .proxy_password = "p" },
                             { .what = "with the user inside", .proxy = "http://u%40x:p@proxy.example:3128" },
                           };
  struct settings *one = make(&plain);
  for (size_t i = 0; i < COUNT(plans); i++) {
    struct settings *other = make(&plans[i]);
    if (!are_same(one, other)) fail_msg("another one %s", plans[i].what);
    settings_unref(other);
  }
  settings_unref(one);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(is_the_same_for_the_same_settings), cmocka_unit_test(differs_where_a_connection_would),
    cmocka_unit_test(takes_no_setting_for_another),      cmocka_unit_test(is_the_same_where_only_calls_differ),
    cmocka_unit_test(is_the_same_for_the_same_proxy),
  };
  return cmocka_run_group_tests(tests, set_up, NULL);
}
