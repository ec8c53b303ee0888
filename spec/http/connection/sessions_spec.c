/* src/http/connection/sessions: which session a connection begins with; and that it does: whoever connects once more proves no more than before, to whom it is trusted still. */
#define _GNU_SOURCE 1
#include "secure.h"

#define KEPT 64 /* sessions */

static struct identity root, other_root, own;
static SSL_CTX *server;

static int make_certificates(void **state) {
  (void)state;
  make_folder();
  root = identity_new("Root", NULL, NULL);
  other_root = identity_new("Other root", NULL, NULL);
  own = identity_new("own", &root, own_address());
  server = server_of(&own, 0, 0);
  return 0;
}

static int free_certificates(void **state) {
  (void)state;
  SSL_CTX_free(server);
  identity_free(&root);
  identity_free(&other_root);
  identity_free(&own);
  return 0;
}

/* --- the list --- */

/* Settings that only their identity matters of. */
static struct settings settings_of(int number) {
  struct settings made = { .id = 0 };
  memcpy(made.identity, &number, sizeof number);
  return made;
}

/* Keeps a new session; the list holds it alone. */
static SSL_SESSION *keep(struct session **list, int number, X509_STORE *store) {
  struct settings settings = settings_of(number);
  SSL_SESSION *made = SSL_SESSION_new();
  assert_non_null(made);
  assert_true(sessions_keep(list, &settings, store, made));
  return made;
}

static void finds(struct session **list, int number, const X509_STORE *store, const SSL_SESSION *expected) {
  struct settings settings = settings_of(number);
  assert_ptr_equal(sessions_find(list, &settings, store), expected);
}

static void finds_the_newest_of_an_identity(void **state) {
  (void)state;
  struct session *list = NULL;
  X509_STORE *store = X509_STORE_new();
  finds(&list, 1, store, NULL);
  SSL_SESSION *one = keep(&list, 1, store), *other = keep(&list, 2, store);
  finds(&list, 1, store, one);
  finds(&list, 2, store, other);
  finds(&list, 3, store, NULL);
  one = keep(&list, 1, store);
  finds(&list, 1, store, one);
  finds(&list, 2, store, other);
  X509_STORE_free(store); /* the list has its own reference */
  sessions_free(&list);
  assert_null(list);
}

static void finds_none_under_other_certificates(void **state) {
  (void)state;
  struct session *list = NULL;
  X509_STORE *store = X509_STORE_new(), *other = X509_STORE_new();
  SSL_SESSION *session = keep(&list, 1, store);
  finds(&list, 1, other, NULL);
  finds(&list, 1, store, session);
  session = keep(&list, 1, other);
  finds(&list, 1, store, NULL);
  finds(&list, 1, other, session);
  sessions_free(&list);
  X509_STORE_free(store);
  X509_STORE_free(other);
}

/* Those that were used last. */
static void keeps_so_many(void **state) {
  (void)state;
  struct session *list = NULL;
  X509_STORE *store = X509_STORE_new();
  SSL_SESSION *sessions[2 * KEPT];
  for (int i = 0; i < 2 * KEPT; i++) {
    sessions[i] = keep(&list, i, store);
    finds(&list, 0, store, sessions[0]);
  }
  for (int i = 2 * KEPT - 1; i > KEPT; i--)
    finds(&list, i, store, sessions[i]);
  finds(&list, 0, store, sessions[0]);
  for (int i = 1; i < KEPT; i++)
    finds(&list, i, store, NULL);
  sessions_free(&list);
  X509_STORE_free(store);
}

/* --- on the wire --- */

/* A client that trusts what is in that file. */
static struct settings *client_of(const char *file) {
  struct settings *made = begin_client("https", port);
  made->ca_file = pool_strdup(file);
  return made;
}

/* One call over a connection of its own; whether it began with a session. */
static bool resumes(struct settings *client, SSL_CTX *with) {
  struct job *job = submit(client, SHOW);
  struct secure secure = answer_securely(with);
  bool resumed = SSL_session_reused(secure.tls) == 1;
  hears_securely(&secure, "GET");
  say_securely(&secure, LAST, strlen(LAST));
  succeeds(job);
  assert_false(job->reused);
  job_free(job);
  is_left_securely(&secure);
  return resumed;
}

static void resumes_for_the_same_settings(void **state) {
  (void)state;
  static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };
  const char *file = write_certificate("root.pem", &root);
  for (size_t i = 0; i < COUNT_OF(versions); i++) {
    SSL_CTX *only = server_of(&own, versions[i], versions[i]);
    struct settings *one = client_of(file), *same = client_of(file);
    one->idle_timeout = same->idle_timeout = 50 + (double)i; /* of this version alone */
    same->timeout = 20;
    finish_client(one);
    finish_client(same);
    assert_false(resumes(one, only));
    assert_true(resumes(one, only));
    assert_true(resumes(one, only));
    assert_true(resumes(same, only));
    settings_unref(one);
    settings_unref(same);
    SSL_CTX_free(only);
  }
}

static void resumes_nobody_else_s(void **state) {
  (void)state;
  const char *file = write_certificate("root.pem", &root);
  struct settings *one = finish_client(client_of(file)), *modern = client_of(file), *shown = client_of(file);
  modern->tls_version = CURL_SSLVERSION_TLSv1_3;
  shown->cert_file = pool_strdup(write_identity("own.pem", &own));
  finish_client(modern);
  finish_client(shown);
  assert_false(resumes(one, server));
  assert_true(resumes(one, server));
  assert_false(resumes(modern, server));
  assert_false(resumes(shown, server));
  assert_true(resumes(one, server));
  assert_true(resumes(modern, server));
  assert_true(resumes(shown, server));
  settings_unref(one);
  settings_unref(modern);
  settings_unref(shown);
}

/* Who is trusted no more is not trusted by an old proof either. */
static void resumes_none_under_other_certificates(void **state) {
  (void)state;
  const struct identity *const both[] = { &other_root, &root };
  struct settings *client = finish_client(client_of(write_certificate("changing.pem", &root)));
  assert_false(resumes(client, server));
  assert_true(resumes(client, server));
  write_certificates("changing.pem", both, 2);
  assert_false(resumes(client, server));
  assert_true(resumes(client, server));
  write_certificate("changing.pem", &other_root);
  struct job *job = submit(client, SHOW);
  struct secure secure;
  shake_hands(&secure, answer_the_door(), server);
  fails(job, ERROR_TLS, "the certificate cannot be trusted");
  job_free(job);
  is_left_securely(&secure);
  settings_unref(client);
}

/* A server that has forgotten it wants the whole proof. */
static void is_not_put_out_by_a_session_that_is_none(void **state) {
  (void)state;
  SSL_CTX *restarted = server_of(&own, 0, 0);
  struct settings *client = finish_client(client_of(write_certificate("root.pem", &root)));
  assert_false(resumes(client, server));
  assert_false(resumes(client, restarted));
  assert_true(resumes(client, restarted));
  settings_unref(client);
  SSL_CTX_free(restarted);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_peers, close_peers)

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(finds_the_newest_of_an_identity),
    cmocka_unit_test(finds_none_under_other_certificates),
    cmocka_unit_test(keeps_so_many),
    TEST(resumes_for_the_same_settings),
    TEST(resumes_nobody_else_s),
    TEST(resumes_none_under_other_certificates),
    TEST(is_not_put_out_by_a_session_that_is_none),
  };
  return cmocka_run_group_tests(tests, make_certificates, free_certificates);
}
