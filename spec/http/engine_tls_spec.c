/* src/http: calls over TLS: bytes that wait where epoll does not see them, whom it is talked to, and what it is called when that goes wrong. */
#define _GNU_SOURCE 1
#include "secure.h"

static struct identity root, own, stranger;
static SSL_CTX *server, *strange_server;
static const char *ca_file;
static struct settings *client;

static int make_certificates(void **state) {
  (void)state;
  make_folder();
  root = identity_new("Root", NULL, NULL);
  own = identity_new("own", &root, own_address());
  stranger = identity_new("stranger", NULL, own_address());
  ca_file = write_certificate("root.pem", &root);
  server = server_of(&own, 0, 0);
  strange_server = server_of(&stranger, 0, 0);
  return 0;
}

static int free_certificates(void **state) {
  (void)state;
  SSL_CTX_free(server);
  SSL_CTX_free(strange_server);
  identity_free(&root);
  identity_free(&own);
  identity_free(&stranger);
  return 0;
}

static struct settings *begin_secure(void) {
  struct settings *made = begin_client("https", port);
  made->ca_file = pool_strdup(ca_file);
  return made;
}

static int set_up(void **state) {
  if (open_peers(state) != 0) return -1;
  client = finish_client(begin_secure());
  return 0;
}

static int tear_down(void **state) {
  settings_unref(client);
  return close_peers(state);
}

static struct secure call_securely(SSL_CTX *with) {
  struct job *job = submit(client, SHOW);
  struct secure secure = answer_securely(with);
  hears_securely(&secure, "GET");
  say_securely(&secure, ANSWER, strlen(ANSWER));
  succeeds(job);
  assert_false(job->reused);
  assert_true(job->times.tls > 0);
  job_free(job);
  return secure;
}

/* --- bytes --- */

/* With TLS 1.3 tickets come behind the handshake, when nobody uses the connection. */
static void uses_a_kept_connection_again(void **state) {
  (void)state;
  static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };
  for (size_t i = 0; i < COUNT_OF(versions); i++) {
    SSL_CTX *only = server_of(&own, versions[i], versions[i]);
    struct secure secure = call_securely(only);
    go_on_for(0.02);
    for (int k = 0; k < 2; k++) {
      struct job *job = submit(client, MAKE);
      hears_securely(&secure, "POST");
      say_securely(&secure, ANSWER, strlen(ANSWER));
      succeeds(job);
      assert_true(job->reused && job->times.tls <= 0);
      job_free(job);
    }
    assert_int_equal(SSL_version(secure.tls), versions[i]);
    hang_up_securely(&secure, true);
    go_on_for(0.01);
    SSL_CTX_free(only);
  }
}

static void reads_all_records_that_have_come(void **state) {
  (void)state;
  struct secure secure = call_securely(server);
  struct job *job = submit(client, SHOW);
  hears_securely(&secure, "GET");
  /* Each byte in a record of its own, all of them there when the engine looks. */
  for (const char *byte = ANSWER; *byte; byte++)
    assert_int_equal(SSL_write(secure.tls, byte, 1), 1);
  usleep(1000);
  for (int i = 0; i < 3 && job->state != JOB_DONE; i++)
    engine_step(engine, 1);
  assert_int_equal(job->state, JOB_DONE);
  succeeds(job);
  job_free(job);
  hang_up_securely(&secure, true);
}

static void reads_a_large_answer(void **state) {
  (void)state;
  const size_t body = (size_t)1000 * 1000, head = 200;
  char *answer = malloc(head + body + 1);
  assert_non_null(answer);
  int used = snprintf(answer, head, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", body);
  memset(answer + used, ' ', body);
  memcpy(answer + used, "{\"id\":", 6);
  memcpy(answer + used + body - 6, "\"c_1\"}", 6);
  struct secure secure = call_securely(server);
  struct job *job = submit(client, SHOW);
  hears_securely(&secure, "GET");
  for (size_t at = 0, all = (size_t)used + body; at < all; at += 10000)
    say_securely(&secure, answer + at, all - at < 10000 ? all - at : 10000);
  succeeds(job);
  assert_int_equal(job->bytes_in, (size_t)used + body);
  job_free(job);
  free(answer);
  hang_up_securely(&secure, true);
}

static void sends_a_large_request(void **state) {
  (void)state;
  struct secure secure = call_securely(server);
  char *text = malloc(LARGE + 1);
  assert_non_null(text);
  memset(text, 'x', LARGE);
  text[LARGE] = '\0';
  struct job *job = job_of(client, MAKE, text);
  free(text);
  engine_submit(engine, job);
  hears_securely(&secure, "POST");
  say_securely(&secure, ANSWER, strlen(ANSWER));
  succeeds(job);
  assert_true(job->reused);
  assert_int_equal(job->bytes_out, job->request.wire.len);
  job_free(job);
  hang_up_securely(&secure, true);
}

static void reads_until_the_end_that_is_said(void **state) {
  (void)state;
  static const char answer[] = "HTTP/1.1 200 OK\r\n\r\n" CARD;
  for (int says_goodbye = 0; says_goodbye < 2; says_goodbye++) {
    struct job *job = submit(client, SHOW);
    struct secure secure = answer_securely(server);
    hears_securely(&secure, "GET");
    say_securely(&secure, answer, strlen(answer));
    go_on_for(0.01);
    hang_up_securely(&secure, says_goodbye);
    /* An end that anybody on the way could have made is none (RFC 9112, 9.8). */
    if (says_goodbye)
      succeeds(job);
    else
      fails(job, ERROR_NETWORK, "the answer was cut short");
    job_free(job);
  }
}

static void uses_none_that_the_server_has_closed(void **state) {
  (void)state;
  for (int i = 0; i < 4; i++) {
    struct secure secure = call_securely(server);
    hang_up_securely(&secure, i % 2);
    struct job *job = submit(client, i / 2 ? SHOW : MAKE);
    secure = answer_securely(server);
    hears_securely(&secure, i / 2 ? "GET" : "POST");
    say_securely(&secure, LAST, strlen(LAST));
    succeeds(job);
    assert_int_equal(job->attempts, 1);
    job_free(job);
    is_left_securely(&secure);
  }
}

static void replaces_one_that_ended_before_the_answer_began(void **state) {
  (void)state;
  for (int says_goodbye = 0; says_goodbye < 2; says_goodbye++) {
    struct secure secure = call_securely(server);
    struct job *job = submit(client, SHOW);
    hears_securely(&secure, "GET");
    hang_up_securely(&secure, says_goodbye);
    secure = answer_securely(server);
    hears_securely(&secure, "GET");
    say_securely(&secure, LAST, strlen(LAST));
    succeeds(job);
    assert_int_equal(job->attempts, 2);
    job_free(job);
    is_left_securely(&secure);
  }
}

/* Bytes of the next record that came with those of this one stay in TLS, where epoll does not see them: the call after this one would take that record for its answer. */
static void uses_none_that_has_a_part_of_a_record(void **state) {
  (void)state;
  for (int more = 1; more < 30; more += 9) {
    struct job *job = submit(client, SHOW);
    struct secure secure = answer_securely(server);
    hears_securely(&secure, "GET");
    BIO *memory = BIO_new(BIO_s_mem());
    char *bytes;
    assert_non_null(memory);
    SSL_set0_wbio(secure.tls, memory);
    assert_int_equal(SSL_write(secure.tls, ANSWER, (int)strlen(ANSWER)), (int)strlen(ANSWER));
    long len = BIO_get_mem_data(memory, &bytes);
    assert_int_equal(SSL_write(secure.tls, ANSWER, (int)strlen(ANSWER)), (int)strlen(ANSWER));
    BIO_get_mem_data(memory, &bytes);
    assert_int_equal(send(secure.peer.fd, bytes, (size_t)(len + more), MSG_NOSIGNAL), len + more);
    succeeds(job);
    job_free(job);
    is_left_securely(&secure);
  }
}

/* --- whom it is talked to --- */

/* The call fails while the connection is made, over TLS with that server. */
static void is_refused(struct settings *with, SSL_CTX *by, const char *message) {
  struct job *job = job_of(with, MAKE, "x");
  struct secure secure;
  job->retries = 2;
  engine_submit(engine, job);
  shake_hands(&secure, answer_the_door(), by);
  fails(job, ERROR_TLS, message);
  assert_false(job->error.retryable);
  assert_int_equal(job->attempts, 1);
  assert_int_equal(job->bytes_out, 0);
  job_free(job);
  is_left_securely(&secure);
  nobody_comes();
}

static void talks_to_nobody_whom_it_cannot_trust(void **state) {
  (void)state;
  struct identity elsewhere = identity_new("elsewhere", &root, NULL); /* for no address */
  SSL_CTX *other = server_of(&elsewhere, 0, 0);
  is_refused(client, strange_server, "the certificate cannot be trusted: ");
  is_refused(client, other, "the certificate cannot be trusted: ");
  SSL_CTX_free(other);
  identity_free(&elsewhere);
}

static void trusts_an_authority_in_between(void **state) {
  (void)state;
  struct identity between = identity_new("Between", &root, NULL), leaf = identity_new("leaf", &between, own_address());
  SSL_CTX *other = server_of(&leaf, 0, 0);
  struct settings *partial = begin_client("https", port);
  partial->ca_file = pool_strdup(write_certificate("between.pem", &between));
  finish_client(partial);
  struct job *job = submit(partial, SHOW);
  struct secure secure = answer_securely(other);
  hears_securely(&secure, "GET");
  say_securely(&secure, LAST, strlen(LAST));
  succeeds(job);
  job_free(job);
  is_left_securely(&secure);
  is_refused(client, other, "the certificate cannot be trusted: "); /* the server sends its own certificate only */
  settings_unref(partial);
  SSL_CTX_free(other);
  identity_free(&between);
  identity_free(&leaf);
}

static void says_that_its_file_is_none(void **state) {
  (void)state;
  const char *const bad[] = { path_of("absent.pem"), write_file("garbage.pem", "x", 1) };
  for (size_t i = 0; i < COUNT_OF(bad); i++) {
    struct settings *blind = begin_client("https", port);
    blind->ca_file = pool_strdup(bad[i]);
    finish_client(blind);
    struct job *job = submit(blind, SHOW);
    fails(job, ERROR_TLS, "the CA file cannot be used"); /* without any connection */
    assert_false(job->error.retryable);
    assert_int_equal(job->attempts, 1);
    job_free(job);
    settings_unref(blind);
  }
}

static void insists_on_its_version_and_the_pinned_key(void **state) {
  (void)state;
  SSL_CTX *old = server_of(&own, TLS1_2_VERSION, TLS1_2_VERSION), *older = server_of(&own, TLS1_1_VERSION, TLS1_1_VERSION);
  struct settings *modern = begin_secure(), *pinned = begin_secure();
  modern->tls_version = CURL_SSLVERSION_TLSv1_3;
  pinned->pinned_public_key = pool_strdup("sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
  is_refused(finish_client(modern), old, "the TLS handshake failed");
  is_refused(client, older, "the TLS handshake failed");
  is_refused(finish_client(pinned), server, "the server's key is not the pinned one");
  settings_unref(modern);
  settings_unref(pinned);
  SSL_CTX_free(old);
  SSL_CTX_free(older);
}

/* With TLS 1.3 the server says so when the connection is open already, and with 1.2 within the handshake. */
static void says_that_the_server_wants_a_certificate(void **state) {
  (void)state;
  static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };
  for (size_t i = 0; i < COUNT_OF(versions); i++) {
    SSL_CTX *demanding = server_of(&own, versions[i], versions[i]);
    SSL_CTX_set_verify(demanding, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    struct job *job = job_of(client, SHOW, "c_1");
    struct secure secure;
    job->retries = 2;
    engine_submit(engine, job);
    assert_false(shake_hands(&secure, answer_the_door(), demanding));
    fails(job, ERROR_TLS, "the server wants a client certificate, and tls.cert_file is not set: ");
    assert_false(job->error.retryable);
    assert_int_equal(job->attempts, 1);
    job_free(job);
    hang_up_securely(&secure, false);
    SSL_CTX_free(demanding);
    nobody_comes();
  }
}

static void shows_its_own_certificate(void **state) {
  (void)state;
  SSL_CTX *demanding = server_of(&own, 0, 0);
  struct settings *known = begin_secure();
  known->cert_file = pool_strdup(write_identity("own.pem", &own));
  known->key_file = pool_strdup(known->cert_file);
  finish_client(known);
  assert_int_equal(SSL_CTX_load_verify_locations(demanding, ca_file, NULL), 1);
  SSL_CTX_set_verify(demanding, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
  struct job *job = submit(known, SHOW);
  struct secure secure = answer_securely(demanding);
  hears_securely(&secure, "GET");
  say_securely(&secure, LAST, strlen(LAST));
  succeeds(job);
  job_free(job);
  is_left_securely(&secure);
  settings_unref(known);
  SSL_CTX_free(demanding);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {
    TEST(uses_a_kept_connection_again),
    TEST(reads_all_records_that_have_come),
    TEST(reads_a_large_answer),
    TEST(sends_a_large_request),
    TEST(reads_until_the_end_that_is_said),
    TEST(uses_none_that_the_server_has_closed),
    TEST(uses_none_that_has_a_part_of_a_record),
    TEST(replaces_one_that_ended_before_the_answer_began),
    TEST(talks_to_nobody_whom_it_cannot_trust),
    TEST(trusts_an_authority_in_between),
    TEST(says_that_its_file_is_none),
    TEST(insists_on_its_version_and_the_pinned_key),
    TEST(says_that_the_server_wants_a_certificate),
    TEST(shows_its_own_certificate),
  };
  return cmocka_run_group_tests(tests, make_certificates, free_certificates);
}
