/* src/http/settings: what settings_finish makes of a base_url and of a proxy, and whose connections serve each other. */
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

/* Not finished yet; proxy may be NULL. */
static struct settings *begin(const char *base_url, const char *proxy) {
  struct settings *settings = settings_new();
  assert_non_null(settings);
  settings->base_url = pool_strdup(base_url);
  settings->proxy = proxy ? pool_strdup(proxy) : NULL;
  return settings;
}

static struct settings *finish(struct settings *settings) {
  const char *why = NULL;
  if (!settings_finish(settings, &why)) fail_msg("%s: %s", settings->base_url, why);
  return settings;
}

static void is_text(const char *of, const char *what, const char *text, const char *expected) {
  if (!text != !expected || (text && strcmp(text, expected) != 0))
    fail_msg("%s: %s is %s, not %s", of, what, text ? text : "NULL", expected ? expected : "NULL");
}

/* --- base_url --- */

static void takes_a_base_url_apart(void **state) {
  (void)state;
  static const struct {
    const char *base_url, *origin, *prefix, *host, *name;
    bool tls;
  } cases[] = {
    { "https://host.example", "https://host.example", "", "host.example", "host.example:443", true },
    { "https://host.example:443/v1", "https://host.example:443", "/v1", "host.example", "host.example:443", true },
    { "https://host.example:8443/v1/x", "https://host.example:8443", "/v1/x", "host.example:8443", "host.example:8443", true },
    { "https://host.example:80", "https://host.example:80", "", "host.example:80", "host.example:80", true },
    { "http://host.example/a%2Fb/../c", "http://host.example", "/a%2Fb/../c", "host.example", "host.example:80", false },
    { "http://host.example:80", "http://host.example:80", "", "host.example", "host.example:80", false },
    { "http://host.example:443", "http://host.example:443", "", "host.example:443", "host.example:443", false },
    { "HTTPS://Host.Example/Base", "HTTPS://Host.Example", "/Base", "Host.Example", "Host.Example:443", true },
    { "https://[::1]:8443/b", "https://[::1]:8443", "/b", "[::1]:8443", NULL, true },
    { "https://[2001:db8::1]", "https://[2001:db8::1]", "", "[2001:db8::1]", NULL, true },
    { "http://127.0.0.1:8080", "http://127.0.0.1:8080", "", "127.0.0.1:8080", NULL, false },
    { "http://127.1:8080", "http://127.1:8080", "", "127.0.0.1:8080", NULL, false },
    { "https://localhost:1", "https://localhost:1", "", "localhost:1", NULL, true },
    { "https://LocalHost", "https://LocalHost", "", "LocalHost", NULL, true },
    { "https://api.localhost", "https://api.localhost", "", "api.localhost", NULL, true },
    { "https://notlocalhost", "https://notlocalhost", "", "notlocalhost", "notlocalhost:443", true },
    { "https://localhost.example", "https://localhost.example", "", "localhost.example", "localhost.example:443", true },
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    struct settings *settings = finish(begin(cases[i].base_url, NULL));
    char head[256];
    snprintf(head, sizeof head, "Host: %s\r\nUser-Agent: cards\r\nAccept-Encoding: gzip\r\n", cases[i].host);
    is_text(cases[i].base_url, "the origin", settings->origin, cases[i].origin);
    is_text(cases[i].base_url, "the prefix", settings->base.prefix, cases[i].prefix);
    is_text(cases[i].base_url, "the name", settings->name, cases[i].name);
    is_text(cases[i].base_url, "the head", buf_string(&settings->base.head), head);
    if (settings->tls != cases[i].tls || settings->proxy_kind != PROXY_NONE || settings->base.own_at != 0) fail_msg("%s", cases[i].base_url);
    settings_unref(settings);
  }
}

/* It means something only on this machine, so that nobody else sees it (RFC 6874). */
static void keeps_the_zone_of_an_address_for_the_connection(void **state) {
  (void)state;
  static const struct {
    const char *base_url, *proxy, *origin, *site, *zone, *host, *sent;
  } cases[] = {
    { "https://[fe80::1%25eth0]:8443/v1", NULL, "https://[fe80::1%25eth0]:8443", "https://[fe80::1]:8443", "eth0", "[fe80::1]:8443", NULL },
    { "http://[fe80::1%251]", NULL, "http://[fe80::1%251]", "http://[fe80::1]", "1", "[fe80::1]", NULL },
    { "https://[::1]:8443", NULL, "https://[::1]:8443", "https://[::1]:8443", NULL, "[::1]:8443", NULL },
    { "http://[fe80::1%25eth0]", "http://[fe80::2%25eth1]:3128", "http://[fe80::1%25eth0]", "http://[fe80::1]", "eth1", "[fe80::1]",
      "http://[fe80::1]" },
    { "http://[fe80::1%25eth0]", "http://proxy:3128", "http://[fe80::1%25eth0]", "http://[fe80::1]", NULL, "[fe80::1]", "http://[fe80::1]" },
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    struct settings *settings = finish(begin(cases[i].base_url, cases[i].proxy));
    char head[256];
    snprintf(head, sizeof head, "Host: %s\r\nUser-Agent: cards\r\nAccept-Encoding: gzip\r\n", cases[i].host);
    is_text(cases[i].base_url, "the origin", settings->origin, cases[i].origin);
    is_text(cases[i].base_url, "the site", settings->base.site, cases[i].site);
    is_text(cases[i].base_url, "the zone", settings->zone, cases[i].zone);
    is_text(cases[i].base_url, "what is sent", settings->base.origin, cases[i].sent);
    is_text(cases[i].base_url, "the head", buf_string(&settings->base.head), head);
    settings_unref(settings);
  }
}

static void refuses_a_base_url_that_is_none(void **state) {
  (void)state;
  static const char *const bad[] = { "",
                                     "host.example",
                                     "https://",
                                     "https:///x",
                                     "https://host.example:0x50",
                                     "https://host.example:65536",
                                     "https://host.example:0",
                                     "https://[::1",
                                     "https://[::g]",
                                     "https://ho st",
                                     "https://ho\nst" };
  for (size_t i = 0; i < COUNT(bad); i++) {
    struct settings *settings = begin(bad[i], NULL);
    const char *why = NULL;
    if (settings_finish(settings, &why)) fail_msg("took '%s'", bad[i]);
    is_text(bad[i], "the reason", why, "base_url: it cannot be read");
    settings_unref(settings);
  }
}

/* --- a proxy --- */

static void takes_a_proxy_apart(void **state) {
  (void)state;
  static const struct {
    const char *given, *proxy, *name, *user, *password;
    enum proxy_kind kind;
  } cases[] = {
    { "http://proxy.example:3128", "http://proxy.example:3128/", "proxy.example:3128", NULL, NULL, PROXY_HTTP },
    { "http://proxy.example:3128/", "http://proxy.example:3128/", "proxy.example:3128", NULL, NULL, PROXY_HTTP },
    { "proxy.example:3128", "http://proxy.example:3128/", "proxy.example:3128", NULL, NULL, PROXY_HTTP },
    { "socks.example:3128", "http://socks.example:3128/", "socks.example:3128", NULL, NULL, PROXY_HTTP },
    { "ftp.example:3128", "http://ftp.example:3128/", "ftp.example:3128", NULL, NULL, PROXY_HTTP },
    { "HTTP://proxy.example:3128", "http://proxy.example:3128/", "proxy.example:3128", NULL, NULL, PROXY_HTTP },
    { "HTTPS://proxy.example:3128", "https://proxy.example:3128/", "proxy.example:3128", NULL, NULL, PROXY_HTTP },
    { "https://proxy.example:3128", "https://proxy.example:3128/", "proxy.example:3128", NULL, NULL, PROXY_HTTP },
    { "127.0.0.1:3128", "http://127.0.0.1:3128/", NULL, NULL, NULL, PROXY_HTTP },
    { "http://[::1]:3128", "http://[::1]:3128/", NULL, NULL, NULL, PROXY_HTTP },
    { "http://user:pass@proxy.example:3128", "http://proxy.example:3128/", "proxy.example:3128", "user", "pass", PROXY_HTTP },
    { "user:pass@proxy.example:3128", "http://proxy.example:3128/", "proxy.example:3128", "user", "pass", PROXY_HTTP },
    { "http://us%40er:p%3A%2Fs@proxy.example:3128", "http://proxy.example:3128/", "proxy.example:3128", "us@er", "p:/s", PROXY_HTTP },
    { "http://user@proxy.example:3128", "http://proxy.example:3128/", "proxy.example:3128", "user", NULL, PROXY_HTTP },
    { "http://user:@proxy.example:3128", "http://proxy.example:3128/", "proxy.example:3128", "user", "", PROXY_HTTP },
    { "socks4://proxy.example:1080", "socks4://proxy.example:1080", "proxy.example:1080", NULL, NULL, PROXY_SOCKS },
    { "socks4a://proxy.example:1080", "socks4a://proxy.example:1080", "proxy.example:1080", NULL, NULL, PROXY_SOCKS },
    { "socks5://u:p@proxy.example:1080", "socks5://proxy.example:1080", "proxy.example:1080", "u", "p", PROXY_SOCKS },
    { "socks5h://127.0.0.1:1080", "socks5h://127.0.0.1:1080", NULL, NULL, NULL, PROXY_SOCKS },
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    const char *given = cases[i].given, *password = cases[i].password;
    struct settings *settings = finish(begin("https://host.example/v1", given));
    size_t len = strlen(cases[i].proxy);
    /* With a slash at the end, or without one. */
    if (strncmp(settings->proxy, cases[i].proxy, len) != 0 || strspn(settings->proxy + len, "/") != strlen(settings->proxy + len))
      is_text(given, "the proxy", settings->proxy, cases[i].proxy);
    is_text(given, "the name", settings->name, cases[i].name);
    is_text(given, "the user", settings->proxy_user, cases[i].user);
    if (settings->proxy_kind != cases[i].kind) fail_msg("%s: kind %d", given, (int)settings->proxy_kind);
    if (settings->proxy_tls != (strncmp(cases[i].proxy, "https:", 6) == 0)) fail_msg("%s: TLS is %d", given, (int)settings->proxy_tls);
    bool ok = password ? secret_equals(&settings->proxy_password, password, strlen(password) + 1) : settings->proxy_password.bytes == NULL;
    if (!ok) fail_msg("%s: another password", given);
    is_text(given, "the head", buf_string(&settings->base.head), "Host: host.example\r\nUser-Agent: cards\r\nAccept-Encoding: gzip\r\n");
    settings_unref(settings);
  }
}

/* libcurl's: no scheme has 80. */
static void knows_the_ports_of_proxies(void **state) {
  (void)state;
  static const char *const cases[][2] = { { "http://proxy.example", "proxy.example:1080" },
                                          { "proxy.example", "proxy.example:1080" },
                                          { "socks5://proxy.example", "proxy.example:1080" },
                                          { "https://proxy.example", "proxy.example:443" },
                                          { "http://proxy.example:80", "proxy.example:80" } };
  for (size_t i = 0; i < COUNT(cases); i++) {
    struct settings *settings = finish(begin("https://host.example", cases[i][0]));
    is_text(cases[i][0], "the name", settings->name, cases[i][1]);
    settings_unref(settings);
  }
}

static void refuses_a_proxy_that_is_none(void **state) {
  (void)state;
  static const char *const bad[] = { "",
                                     "http://",
                                     "ftp://proxy.example:21",
                                     "gopher://proxy.example:70",
                                     "http://[::1:3128",
                                     "proxy.example:port",
                                     "http://proxy.example:65536",
                                     "http://proxy.example:0",
                                     "socks9://proxy.example:3128",
                                     "http://pro xy:3128",
                                     "http://user:pa%0d%0ass@proxy.example:3128",
                                     "http://us%00er:pass@proxy.example:3128" };
  for (size_t i = 0; i < COUNT(bad); i++) {
    struct settings *settings = begin("https://host.example", bad[i]);
    const char *why = NULL;
    if (settings_finish(settings, &why)) fail_msg("took '%s'", bad[i]);
    if (!why || strncmp(why, "proxy: ", 7) != 0) fail_msg("%s: %s", bad[i], why ? why : "no reason");
    settings_unref(settings);
  }
}

static void prefers_the_user_that_is_given_beside_the_url(void **state) {
  (void)state;
  const char *why;
  struct settings *settings = begin("http://host.example", "http://other:secret@proxy.example:3128");
  settings->proxy_user = pool_strdup("user");
  assert_true(secret_init(&settings->proxy_password, SECRET_CREDENTIAL, "pass", 5, &why));
  finish(settings);
  assert_string_equal(settings->proxy_user, "user");
  assert_true(secret_equals(&settings->proxy_password, "pass", 5));
  assert_string_equal(settings->proxy, "http://proxy.example:3128/");
  assert_non_null(strstr(buf_string(&settings->base.head), "Proxy-Authorization: Basic dXNlcjpwYXNz\r\n"));
  settings_unref(settings);
  /* Without a password of its own it has none: not another user's. */
  settings = begin("http://host.example", "http://other:secret@proxy.example:3128");
  settings->proxy_user = pool_strdup("user");
  finish(settings);
  assert_null(settings->proxy_password.bytes);
  assert_non_null(strstr(buf_string(&settings->base.head), "Proxy-Authorization: Basic dXNlcjo=\r\n"));
  settings_unref(settings);
}

/* Over a tunnel libcurl says it in its CONNECT; to a server it is never said. */
static void authorizes_itself_to_a_proxy_only_without_a_tunnel(void **state) {
  (void)state;
  static const struct {
    const char *base_url, *proxy;
    bool says;
  } cases[] = {
    { "http://host.example", "http://user:pass@proxy.example:3128", true },
    { "HTTP://host.example", "https://user:pass@proxy.example:3128", true },
    { "http://host.example", "user:pass@proxy.example:3128", true },
    { "https://host.example", "http://user:pass@proxy.example:3128", false },
    { "HTTPS://host.example", "http://user:pass@proxy.example:3128", false },
    { "http://host.example", "socks5://user:pass@proxy.example:3128", false },
    { "http://host.example", "http://proxy.example:3128", false },
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    struct settings *settings = begin(cases[i].base_url, cases[i].proxy);
    assert_true(settings_add_header(settings, "X-One", "1", 1));
    finish(settings);
    const char *secret = cases[i].says ? "X-One: 1\r\nProxy-Authorization: Basic dXNlcjpwYXNz\r\n" : "X-One: 1\r\n";
    /* Before own_at: what stands there is hidden in errors. */
    if (settings->base.own_at != strlen(secret) || strncmp(settings->base.head.data, secret, settings->base.own_at) != 0)
      fail_msg("case %zu: %s", i, buf_string(&settings->base.head));
    is_text(cases[i].proxy, "the rest", settings->base.head.data + settings->base.own_at,
            "Host: host.example\r\nUser-Agent: cards\r\nAccept-Encoding: gzip\r\n");
    settings_unref(settings);
  }
}

static void tells_the_origin_only_to_a_proxy_without_a_tunnel(void **state) {
  (void)state;
  static const struct {
    const char *base_url, *proxy, *origin;
  } cases[] = {
    { "http://host.example/base", "http://proxy.example:3128", "http://host.example" },
    { "http://host.example:8080", "https://proxy.example:3128", "http://host.example:8080" },
    { "http://host.example/base", "socks5://proxy.example:1080", NULL },
    { "https://host.example/base", "http://proxy.example:3128", NULL },
    { "http://host.example/base", NULL, NULL },
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    struct settings *settings = finish(begin(cases[i].base_url, cases[i].proxy));
    is_text(cases[i].base_url, "the origin that is told", settings->base.origin, cases[i].origin);
    settings_unref(settings);
  }
}

/* --- headers --- */

static void says_once_who_it_is(void **state) {
  (void)state;
  struct settings *settings = begin("https://host.example", NULL);
  settings->user_agent = pool_strdup("app/1");
  finish(settings);
  assert_string_equal(buf_string(&settings->base.head), "Host: host.example\r\nUser-Agent: app/1\r\nAccept-Encoding: gzip\r\n");
  settings_unref(settings);
  settings = begin("https://host.example", NULL);
  settings->user_agent = pool_strdup("app/1");
  assert_true(settings_add_header(settings, "X-User-Agent", "x", 1) && settings_add_header(settings, "user-agent", "mine", 4));
  finish(settings);
  assert_string_equal(buf_string(&settings->base.head), "X-User-Agent: x\r\nuser-agent: mine\r\nHost: host.example\r\nAccept-Encoding: gzip\r\n");
  settings_unref(settings);
}

static void has_room_for_so_many_headers(void **state) {
  (void)state;
  static char value[REQUEST_MAX_BASE_HEAD];
  struct settings *settings = begin("https://host.example", NULL);
  const char *why = NULL;
  memset(value, 'x', sizeof value);
  assert_true(settings_add_header(settings, "X", value, sizeof value - strlen("X: \r\n")));
  assert_false(settings_add_header(settings, "X", "", 0));
  assert_false(settings_finish(settings, &why));
  assert_non_null(why);
  settings_unref(settings);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(takes_a_base_url_apart),
    cmocka_unit_test(keeps_the_zone_of_an_address_for_the_connection),
    cmocka_unit_test(refuses_a_base_url_that_is_none),
    cmocka_unit_test(takes_a_proxy_apart),
    cmocka_unit_test(knows_the_ports_of_proxies),
    cmocka_unit_test(refuses_a_proxy_that_is_none),
    cmocka_unit_test(prefers_the_user_that_is_given_beside_the_url),
    cmocka_unit_test(authorizes_itself_to_a_proxy_only_without_a_tunnel),
    cmocka_unit_test(tells_the_origin_only_to_a_proxy_without_a_tunnel),
    cmocka_unit_test(says_once_who_it_is),
    cmocka_unit_test(has_room_for_so_many_headers),
  };
  return cmocka_run_group_tests(tests, set_up, NULL);
}
