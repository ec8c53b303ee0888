/* src/http/url: URLs that somebody else wrote. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "http/url.h"
#include "random.h"

static void reads_the_parts(void **state) {
  (void)state;
  static const struct {
    const char *text, *host, *target;
    bool tls;
    unsigned port;
  } cases[] = {
    { "https://a.example", "a.example", "", true, 443 },
    { "HTTPS://A.example/", "A.example", "/", true, 443 },
    { "http://a.example/b/c?d=e&f=%2F", "a.example", "/b/c?d=e&f=%2F", false, 80 },
    { "https://a.example:8443?x", "a.example", "?x", true, 8443 },
    { "https://127.0.0.1:1/", "127.0.0.1", "/", true, 1 },
    { "https://[::1]:65535/x", "[::1]", "/x", true, 65535 },
    { "https://[::ffff:10.0.0.1]/x", "[::ffff:10.0.0.1]", "/x", true, 443 },
    { "https://[fe80::1%25eth0]:8443/x", "[fe80::1%25eth0]", "/x", true, 8443 },
    { "https://[fe80::1%25en-0_1.23~x]", "[fe80::1%25en-0_1.23~x]", "", true, 443 },
    { "https://[fe80::1%2512]", "[fe80::1%2512]", "", true, 443 },
    { "https://a_b.example/..//.", "a_b.example", "/..//.", true, 443 },
    { "https://a.example:00443/x", "a.example", "/x", true, 443 },
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct url url;
    assert_null(url_read(&url, cases[i].text, strlen(cases[i].text)));
    assert_int_equal(cases[i].tls, url.tls);
    assert_int_equal(cases[i].port, url.port);
    assert_int_equal(strlen(cases[i].host), url.host_len);
    assert_memory_equal(cases[i].host, url.host, url.host_len);
    assert_int_equal(strlen(cases[i].target), url.target_len);
    assert_memory_equal(cases[i].target, url.target, url.target_len);
    assert_ptr_equal(url.target, cases[i].text + url.origin_len);
  }
}

static void refuses(const char *text, size_t len, const char *what) {
  struct url url;
  const char *wrong = url_read(&url, text, len);
  assert_non_null(wrong);
  assert_string_equal(what, wrong);
}

static void refuses_what_is_none(void **state) {
  (void)state;
  static const char *const cases[][2] = {
    { "", "is no URL that begins with https://" },
    { "https:/", "is no URL that begins with https://" },
    { "https://", "is no URL that begins with https://" },
    { "file:///etc/passwd", "is no URL that begins with https://" },
    { "https:///x", "has no host" },
    { "https://?x", "has no host" },
    { "https://[::1", "has no host" },
    { "https://[]/", "has no host" },
    { "https://[%25eth0]/", "has no host" },
    { "https://[fe80::1%25]/", "has a zone that is none" },
    { "https://[fe80::1%2Feth0]/", "has a zone that is none" },
    { "https://[fe80::1%25%20]/", "has a zone that is none" },
    { "https://[fe80::1%25et:0]/", "has a zone that is none" },
    { "https://[fe80::1%25sixteen_bytes_ab]/", "has a zone that is none" },
    { "https://[fe80::1%eth0]/", "has a character that a URL cannot have" },
    { "https://[g::]/", "has no host" },
    { "https://a,b/", "has no host" },
    { "https://a:b/", "has a port that is none" },
    { "https://a:/", "has a port that is none" },
    { "https://a:0/", "has a port that is none" },
    { "https://a:65536/", "has a port that is none" },
    { "https://a:4294967739/", "has a port that is none" },
    { "https://[::1]443/", "has a port that is none" },
    { "https://u@a/", "has a user or password in it" },
    { "https://a/x#y", "has a fragment" },
    { "https://a/\n", "has a character that a URL cannot have" },
    { "https://a/\x80", "has a character that a URL cannot have" },
    { "https://a/\"", "has a character that a URL cannot have" },
    { "https://a/%", "has a character that a URL cannot have" },
    { "https://a/%a", "has a character that a URL cannot have" },
    { "https://a/%0g", "has a character that a URL cannot have" },
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    refuses(cases[i][0], strlen(cases[i][0]), cases[i][1]);
  refuses("https://a/\0b", 12, "has a character that a URL cannot have");
  refuses("https://a\0.example/", 19, "has a character that a URL cannot have");
  char *longest = malloc(URL_MAX + 1);
  assert_non_null(longest);
  memset(longest, 'a', URL_MAX + 1);
  memcpy(longest, "https://a/", 10);
  struct url url;
  assert_null(url_read(&url, longest, URL_MAX));
  refuses(longest, URL_MAX + 1, "is longer than 8192 bytes");
  free(longest);
}

static struct url read_url(const char *text) {
  struct url url;
  assert_null(url_read(&url, text, strlen(text)));
  return url;
}

static void compares_hosts(void **state) {
  (void)state;
  struct url url = read_url("https://Pan.Example:8443/x"), plain = read_url("https://pan.example"), address = read_url("http://[::1]/");
  assert_true(url_is_at(&url, "pan.example"));
  assert_true(url_is_at(&url, "pan.example:8443"));
  assert_false(url_is_at(&url, "pan.example:443"));
  assert_false(url_is_at(&url, "an.example"));
  assert_false(url_is_at(&url, "pan.exampl"));
  assert_false(url_is_at(&url, "pan.example.evil"));
  assert_false(url_is_at(&url, ""));
  assert_true(url_is_at(&plain, "pan.example:443"));
  assert_true(url_is_at(&address, "[::1]:80"));
  assert_true(url_is_at(&address, "[::1]"));
  struct url zone = read_url("https://[fe80::1%25eth0]:8443/");
  assert_true(url_is_at(&zone, "[fe80::1%25eth0]") && url_is_at(&zone, "[fe80::1%25eth0]:8443"));
  assert_false(url_is_at(&zone, "[fe80::1]:8443") || url_is_at(&zone, "[fe80::1%25eth1]:8443") || url_is_at(&zone, "[fe80::1]"));
  struct url other = read_url("https://pan.example:443/y"), http = read_url("http://pan.example:443");
  assert_true(url_same_origin(&plain, &other));
  assert_false(url_same_origin(&plain, &url));
  assert_false(url_same_origin(&plain, &http));
}

static void finds_prefixes(void **state) {
  (void)state;
  static const struct {
    const char *url, *prefix;
    bool begins;
    size_t len;
  } cases[] = {
    { "https://a/v1/x", "https://a/v1", true, 3 },  { "https://a/v1/x", "https://A:443/v1/", true, 3 }, { "https://a/v1?x", "https://a/v1", true, 3 },
    { "https://a/v1", "https://a/v1", true, 3 },    { "https://a/v12", "https://a/v1", false, 0 },      { "https://a/v", "https://a/v1", false, 0 },
    { "https://a/v1/x", "https://b/v1", false, 0 }, { "http://a/v1/x", "https://a/v1", false, 0 },      { "https://a/v1/x", "https://a", true, 0 },
    { "https://a", "https://a/", true, 0 },         { "https://a/V1/x", "https://a/v1", false, 0 },
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct url url = read_url(cases[i].url), prefix = read_url(cases[i].prefix);
    size_t len;
    assert_int_equal(cases[i].begins, url_begins_with(&url, &prefix, &len));
    if (cases[i].begins) assert_int_equal(cases[i].len, len);
  }
}

/* Whatever it is made of, a URL that is read has its parts within the text. */
static void stays_within_the_text(void **state) {
  (void)state;
  static const char pieces[] = "https://[]:@/?#%aF09.-_\0 \x80";
  for (uint64_t seed = 1; seed < 20000; seed++) {
    struct random random = random_of(seed);
    char text[64] = "https://";
    size_t len = 8 + pick(&random, 40);
    for (size_t i = pick(&random, 10) ? 8 : 0; i < len; i++)
      text[i] = pieces[pick(&random, sizeof pieces - 1)];
    char *copy = malloc(len); /* so that a sanitizer sees what is read behind it */
    assert_non_null(copy);
    memcpy(copy, text, len);
    struct url url;
    if (!url_read(&url, copy, len)) {
      assert_true(url.host > copy && url.host_len > 0 && url.host + url.host_len <= copy + url.origin_len);
      assert_int_equal(url.origin_len + url.target_len, len);
      assert_true(url.port > 0 && url.port < 65536);
      assert_null(memchr(copy, '#', len));
      assert_null(memchr(copy, '@', url.origin_len));
    }
    free(copy);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = { cmocka_unit_test(reads_the_parts), cmocka_unit_test(refuses_what_is_none), cmocka_unit_test(compares_hosts),
                                      cmocka_unit_test(finds_prefixes), cmocka_unit_test(stays_within_the_text) };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
