/* src/http: calls through an HTTP proxy: in absolute form where they are not secret, else through a tunnel, and what a proxy that refuses is called. The server of the test is the
 * proxy; nobody looks a host up but it. */
#define _GNU_SOURCE 1
#include "secure.h"

static struct identity root, own;
static SSL_CTX *server;
static const char *ca_file;

static int make_certificates(void **state) {
  (void)state;
  make_folder();
  root = identity_new("Root", NULL, NULL);
  own = identity_new("own", &root, own_address());
  ca_file = write_certificate("root.pem", &root);
  server = server_of(&own, 0, 0);
  return 0;
}

static int free_certificates(void **state) {
  (void)state;
  SSL_CTX_free(server);
  identity_free(&root);
  identity_free(&own);
  return 0;
}

/* A client of that origin through the server, which wants a credential. */
static struct settings *client_of(const char *base_url, const char *scheme) {
  struct settings *client = begin_client("http", port);
  char proxy[80];
  snprintf(proxy, sizeof proxy, "%s://user:pass@%s:%d", scheme, own_address(), port);
  pool_free(client->base_url);
  client->base_url = pool_strdup(base_url);
  client->proxy = pool_strdup(proxy);
  client->ca_file = pool_strdup(ca_file);
  return finish_client(client);
}

/* The origin of a server behind the proxy that has the certificate. */
static const char *origin_behind(void) {
  static char url[64];
  snprintf(url, sizeof url, "https://%s:1", own_address());
  return url;
}

/* The text up to the empty line, which is taken off. */
static void hears_head(struct peer *peer, const char *expected) {
  UNTIL(hear(peer) && request_len(peer) > 0);
  if (strncmp(peer->got, expected, strlen(expected)) != 0) fail_msg("another request: %s", peer->got);
}

#define CREDENTIAL "Proxy-Authorization: Basic dXNlcjpwYXNz\r\n"

static void sends_in_absolute_form_what_is_no_secret(void **state) {
  (void)state;
  struct settings *client = client_of("http://host.invalid:8080/base", "http");
  struct peer peer = { .fd = -1 };
  for (int i = 0; i < 2; i++) {
    struct job *job = submit(client, SHOW);
    if (!i) peer = answer_the_door();
    hears_head(&peer, "GET http://host.invalid:8080/base/cards/c_1 HTTP/1.1\r\n" CREDENTIAL "Host: host.invalid:8080\r\n");
    hears(&peer, "GET");
    say(&peer, ANSWER);
    succeeds(job);
    assert_int_equal(job->reused, i);
    job_free(job);
  }
  hang_up(&peer);
  settings_unref(client);
}

static void opens_a_tunnel_for_the_rest(void **state) {
  (void)state;
  struct settings *client = client_of(origin_behind(), "http");
  struct secure secure = { .tls = NULL };
  for (int i = 0; i < 2; i++) {
    struct job *job = submit(client, SHOW);
    if (!i) {
      struct peer peer = answer_the_door();
      UNTIL(hear(&peer) && request_len(&peer) > 0);
      assert_non_null(strstr(peer.got, CREDENTIAL));
      hears(&peer, "CONNECT");
      say(&peer, "HTTP/1.1 200 Go on\r\n\r\n");
      if (!shake_hands(&secure, peer, server)) fail_msg("no handshake");
    }
    UNTIL(hear_securely(&secure) && request_len(&secure.peer) > 0);
    char request[100];
    int len = snprintf(request, sizeof request, "GET /cards/c_1 HTTP/1.1\r\nHost: %s:1\r\n", own_address());
    assert_memory_equal(secure.peer.got, request, (size_t)len);
    assert_null(strstr(secure.peer.got, "Proxy-"));
    hears_securely(&secure, "GET");
    say_securely(&secure, ANSWER, strlen(ANSWER));
    succeeds(job);
    assert_int_equal(job->reused, i);
    assert_int_equal(job->bytes_out, job->request.wire.len);
    job_free(job);
  }
  nobody_comes();
  hang_up_securely(&secure, true);
  settings_unref(client);
}

/* Whom it is talked to is the server behind the proxy, and nobody else. */
static void trusts_the_server_and_not_the_proxy(void **state) {
  (void)state;
  struct identity stranger = identity_new("stranger", NULL, own_address());
  SSL_CTX *strange = server_of(&stranger, 0, 0);
  struct settings *client = client_of(origin_behind(), "http");
  struct job *job = submit(client, SHOW);
  struct peer peer = answer_the_door();
  struct secure secure;
  hears(&peer, "CONNECT");
  say(&peer, "HTTP/1.1 200 Go on\r\n\r\n");
  shake_hands(&secure, peer, strange);
  fails(job, ERROR_TLS, "the certificate cannot be trusted");
  job_free(job);
  hang_up_securely(&secure, false);
  settings_unref(client);
  SSL_CTX_free(strange);
  identity_free(&stranger);
}

static void says_what_a_proxy_answered_that_opens_no_tunnel(void **state) {
  (void)state;
  static const struct {
    const char *answer, *message;
    bool retryable;
  } cases[] = {
    { "HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n", "the proxy answered CONNECT with HTTP 403", false },
    { "HTTP/1.1 407 No\r\nProxy-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\n\r\n", "the proxy answered CONNECT with HTTP 407", false },
    { "HTTP/1.1 502 No\r\nContent-Length: 2\r\n\r\nno", "the proxy answered CONNECT with HTTP 502", true },
    { "HTTP/1.1 302 No\r\nLocation: http://elsewhere/\r\nContent-Length: 0\r\n\r\n", "the proxy answered CONNECT with HTTP 302", false },
  };
  struct settings *client = client_of("https://host.invalid", "http");
  for (size_t i = 0; i < COUNT_OF(cases); i++)
    for (int operation = SHOW; operation <= MAKE; operation++) { /* nothing was sent of either */
      struct job *job = submit(client, operation);
      struct peer peer = answer_the_door();
      hears_head(&peer, "CONNECT host.invalid:443 HTTP/1.1\r\n");
      say(&peer, cases[i].answer);
      fails(job, ERROR_NETWORK, cases[i].message);
      assert_string_equal(job->error.message, cases[i].message);
      assert_int_equal(job->error.retryable, cases[i].retryable);
      assert_int_equal(job->status, 0);
      job_free(job);
      is_left(&peer);
    }
  settings_unref(client);
}

static void survives_a_proxy_that_breaks_off(void **state) {
  (void)state;
  struct settings *client = client_of("https://host.invalid", "http");
  for (int i = 0; i < 3; i++) {
    struct job *job = submit(client, MAKE);
    struct peer peer = answer_the_door();
    hears_head(&peer, "CONNECT host.invalid:443 HTTP/1.1\r\n");
    if (i == 1) say(&peer, "HTTP/1.1 200");
    if (i == 2)
      break_off(&peer);
    else
      hang_up(&peer);
    fails(job, ERROR_NETWORK, "");
    assert_true(job->error.retryable);
    assert_null(strstr(job->error.message, "dXNlcjpwYXNz"));
    job_free(job);
  }
  settings_unref(client);
}

static void waits_for_a_proxy_as_long_as_for_a_connection(void **state) {
  (void)state;
  struct settings *client = client_of("https://host.invalid", "http");
  struct job *job = job_of(client, MAKE, "x");
  job->connect_timeout = 10;
  engine_submit(engine, job);
  struct peer peer = answer_the_door();
  hears_head(&peer, "CONNECT ");
  assert_true(job->due >= job->began + 10 && job->due <= job->began + 10);
  job->due = clock_now(); /* nothing else is due before */
  fails(job, ERROR_TIMEOUT, "no answer in time");
  assert_true(job->error.retryable);
  job_free(job);
  is_left(&peer);
  settings_unref(client);
}

/* A proxy over TLS is another one, which nobody on the way to it reads. */
static void talks_to_a_proxy_over_tls(void **state) {
  (void)state;
  const curl_version_info_data *libcurl = curl_version_info(CURLVERSION_NOW);
  if (!(libcurl->features & CURL_VERSION_HTTPS_PROXY)) skip();
  struct settings *client = client_of("http://host.invalid", "https");
  struct secure secure = { .tls = NULL };
  for (int i = 0; i < 2; i++) {
    struct job *job = submit(client, SHOW);
    if (!i) secure = answer_securely(server);
    UNTIL(hear_securely(&secure) && request_len(&secure.peer) > 0);
    assert_memory_equal(secure.peer.got, "GET http://host.invalid/cards/c_1 HTTP/1.1\r\n" CREDENTIAL, 84);
    hears_securely(&secure, "GET");
    /* Byte by byte: what TLS holds is read without a word of epoll. */
    for (const char *byte = ANSWER; *byte; byte++)
      say_securely(&secure, byte, 1);
    succeeds(job);
    assert_int_equal(job->reused, i);
    job_free(job);
  }
  hang_up_securely(&secure, true);
  settings_unref(client);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_peers, close_peers)

int main(void) {
  const struct CMUnitTest tests[] = {
    TEST(sends_in_absolute_form_what_is_no_secret),
    TEST(opens_a_tunnel_for_the_rest),
    TEST(trusts_the_server_and_not_the_proxy),
    TEST(says_what_a_proxy_answered_that_opens_no_tunnel),
    TEST(survives_a_proxy_that_breaks_off),
    TEST(waits_for_a_proxy_as_long_as_for_a_connection),
    TEST(talks_to_a_proxy_over_tls),
  };
  return cmocka_run_group_tests(tests, make_certificates, free_certificates);
}
