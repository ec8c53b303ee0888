/* src/http/connection/connection: the look-up of a name that many wait for, without an engine; and a connection from wanted to closed. The name is this machine's own, which needs no network
 * where it is in /etc/hosts, and one that nobody has. */
#define _GNU_SOURCE 1
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <netdb.h>
#include <poll.h>

#include "http/clock.h"
#include "http/connection/connection.h"
#include "jobs.h"

#define PATIENCE 30.0 /* seconds */
#define MOST     8

static struct connector connector;
static struct connection *ended[MOST]; /* as libcurl told */
static CURLcode codes[MOST];
static size_t ended_count;
static int listener, port;
static char host[256];

static size_t woken;

static void on_ready(void *context, struct connection *connection) {
  (void)context, (void)connection;
  woken++;
}

static void on_ended(void *context, CURL *easy, CURLcode code) {
  (void)context;
  assert_true(ended_count < MOST);
  assert_int_equal(curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&ended[ended_count]), CURLE_OK);
  codes[ended_count++] = code;
}

static int set_up(void **state) {
  const char *why;
  (void)state;
  engine_setup();
  memset(&connector, 0, sizeof connector);
  ended_count = 0;
  listener = listen_silently(&port);
  return listener >= 0 && sockets_open(&connector.sockets, on_ready, on_ended, NULL, &why) ? 0 : -1;
}

static int tear_down(void **state) {
  (void)state;
  while (connector.all) {
    job_free(connector.all->job);
    connection_close(connector.all);
  }
  names_free(&connector.names);
  sockets_close(&connector.sockets);
  trust_free(&connector.trust);
  sessions_free(&connector.sessions);
  close(listener);
  return 0;
}

/* This machine's name in `host`; false where it is not known. */
static bool find_host(void) {
  struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM }, *found = NULL;
  if (gethostname(host, sizeof host - 1) != 0 || strcmp(host, "localhost") == 0 || getaddrinfo(host, NULL, &hints, &found) != 0) return false;
  freeaddrinfo(found);
  return true;
}

/* A connection that is wanted, to that address. */
static struct connection *want(const char *base_url) {
  struct settings *client = settings_for(base_url, NULL, 30);
  struct job *job = client ? job_for(client, "c_1") : NULL;
  struct connection *connection = job ? connection_new(&connector, job) : NULL;
  assert_non_null(connection);
  settings_unref(client);
  job->due = clock_now() + 2 * PATIENCE;
  assert_int_equal(connection->state, CONNECTION_WAITS);
  return connection;
}

static struct connection *want_at(const char *name, int at) {
  char url[400];
  snprintf(url, sizeof url, "https://%s:%d", name, at);
  return want(url);
}

static void start(struct connection *connection, enum connection_state state) {
  assert_int_equal(connection_start(connection), CURLE_OK);
  assert_int_equal(connection->state, state);
}

static void drop(struct connection *connection) {
  job_free(connection->job);
  connection_close(connection);
}

static void step(void) {
  sockets_wait(&connector.sockets, 2);
  sockets_run_timers(&connector.sockets, clock_now());
}

#define UNTIL(condition)                                                                                                                             \
  for (double ends_ = clock_now() + PATIENCE; !(condition); step())                                                                                  \
    if (clock_now() > ends_) fail_msg("%s:%d: it never came: %s", __FILE__, __LINE__, #condition)

static void fails_never(void *context, struct connection *connection, CURLcode code) {
  (void)context;
  fail_msg("%d: %s", (int)code, connection->message);
}

/* --- names --- */

static void looks_a_name_up_once_for_all(void **state) {
  (void)state;
  struct connection *all[4];
  if (!find_host()) skip();
  for (int i = 0; i < 4; i++)
    all[i] = want_at(host, port);
  start(all[0], CONNECTION_CONNECTS);
  struct name *name = all[0]->name;
  assert_ptr_equal(name->looking, all[0]);
  for (int i = 1; i < 4; i++) {
    start(all[i], CONNECTION_WAITS);
    assert_ptr_equal(all[i]->name, name);
    assert_null(all[i]->easy);
  }
  assert_false(connector.names.changed);
  UNTIL(connector.names.changed);
  connection_start_waiting(&connector, fails_never, NULL);
  assert_false(connector.names.changed);
  assert_null(name->waiting);
  assert_null(name->looking);
  for (int i = 1; i < 4; i++) {
    assert_int_equal(all[i]->state, CONNECTION_CONNECTS);
    assert_null(all[i]->name);
  }
  start(want_at(host, port), CONNECTION_CONNECTS); /* whoever comes later needs not wait */
  assert_null(name->looking);
}

/* The names may be forgotten long before its connection is made. */
static void outlives_the_name_that_it_had(void **state) {
  (void)state;
  if (!find_host()) skip();
  for (int i = 0; i < 2; i++) {
    struct connection *connection = want_at(host, port);
    if (i) names_free(&connector.names);
    start(connection, CONNECTION_CONNECTS);
    UNTIL(connector.names.changed);
    connection_start_waiting(&connector, fails_never, NULL);
    assert_non_null(names_find(&connector.names, "other.example:443", clock_now() + 2 * NAMES_KEPT)); /* by the way, all the others go */
    assert_null(connector.names.first->next);
    if (i) assert_int_equal(connection_ended(connection, CURLE_COULDNT_CONNECT), CURLE_COULDNT_CONNECT);
    drop(connection);
  }
}

/* The next one looks, and the others stay in their order, wherever one is taken out. */
static void hands_a_look_up_on(void **state) {
  (void)state;
  struct connection *all[6];
  if (!find_host()) skip();
  for (int i = 0; i < 6; i++) {
    all[i] = want_at(host, port);
    start(all[i], i ? CONNECTION_WAITS : CONNECTION_CONNECTS);
  }
  struct name *name = all[0]->name;
  drop(all[3]);
  drop(all[5]);
  drop(all[1]);
  assert_ptr_equal(name->looking, all[0]);
  assert_ptr_equal(name->waiting, all[2]);
  assert_ptr_equal(all[2]->next, all[4]);
  assert_null(all[4]->next);
  assert_ptr_equal(name->last, &all[4]->next);
  drop(all[0]);
  assert_true(connector.names.changed);
  assert_null(name->looking);
  connection_start_waiting(&connector, fails_never, NULL);
  assert_ptr_equal(name->looking, all[2]);
  assert_int_equal(all[2]->state, CONNECTION_CONNECTS);
  assert_int_equal(all[4]->state, CONNECTION_WAITS);
  assert_ptr_equal(name->waiting, all[4]);
  start(all[0] = want_at(host, port), CONNECTION_WAITS);
  assert_ptr_equal(all[4]->next, all[0]);
  UNTIL(connector.names.changed);
  connection_start_waiting(&connector, fails_never, NULL);
  assert_int_equal(all[4]->state, CONNECTION_CONNECTS);
  assert_int_equal(all[0]->state, CONNECTION_CONNECTS);
}

static size_t failed;

static void has_failed(void *context, struct connection *connection, CURLcode code) {
  assert_ptr_equal(context, &failed);
  assert_int_equal(code, CURLE_COULDNT_RESOLVE_HOST);
  assert_non_null(strstr(connection->message, "no-such-host.invalid"));
  failed++;
  drop(connection);
}

static void fails_with_all_that_wait(void **state) {
  (void)state;
  struct connection *first = want_at("no-such-host.invalid", port), *waiting[2];
  start(first, CONNECTION_CONNECTS);
  struct name *name = first->name;
  for (int i = 0; i < 2; i++)
    start(waiting[i] = want_at("no-such-host.invalid", port), CONNECTION_WAITS);
  UNTIL(ended_count == 1);
  assert_ptr_equal(ended[0], first);
  assert_int_equal(codes[0], CURLE_COULDNT_RESOLVE_HOST);
  assert_int_equal(connection_ended(first, codes[0]), CURLE_COULDNT_RESOLVE_HOST);
  assert_non_null(strstr(first->message, "no-such-host.invalid"));
  assert_true(connector.names.changed);
  failed = 0;
  connection_start_waiting(&connector, has_failed, &failed);
  assert_int_equal(failed, 2);
  assert_true(name->failed_until > 0);
  name->failed_until = clock_now() + PATIENCE; /* its moment may be over already */
  struct connection *later = want_at("no-such-host.invalid", port), *other = want_at("no-such-host.invalid", port + 1);
  assert_int_equal(connection_start(later), CURLE_COULDNT_RESOLVE_HOST); /* for a moment it need not be asked again */
  assert_string_equal(later->message, first->message);
  start(other, CONNECTION_CONNECTS); /* libcurl remembers names with their ports */
}

/* --- from wanted to closed --- */

static void goes_from_wanted_to_open(void **state) {
  (void)state;
  struct connection *connection = want_at("127.0.0.1", port);
  char url[64], bytes[16];
  size_t done;
  drop(connection);
  snprintf(url, sizeof url, "http://127.0.0.1:%d", port);
  connection = want(url);
  assert_int_equal(connection->alert, -1);
  assert_null(connection->job->settings->name);
  start(connection, CONNECTION_CONNECTS);
  assert_null(connection->name);
  UNTIL(ended_count == 1);
  assert_ptr_equal(ended[0], connection);
  assert_int_equal(connection_ended(connection, codes[0]), CURLE_OK);
  assert_int_equal(connection->state, CONNECTION_OPEN);
  assert_true(connection->fd >= 0 && connection->opened <= clock_now() && connection->opened > clock_now() - PATIENCE);
  assert_false(connection->layered);
  assert_null(connection->message);
  int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
  assert_true(fd >= 0);
  assert_int_equal(connection_receive(connection, bytes, sizeof bytes, &done), CURLE_AGAIN);
  assert_int_equal(done, 0);
  assert_int_equal(connection_send(connection, "ping", 4, &done), CURLE_OK);
  assert_int_equal(done, 4);
  assert_int_equal(recv(fd, bytes, sizeof bytes, 0), 4);
  assert_int_equal(send(fd, "pong", 4, 0), 4);
  assert_int_equal(poll(&(struct pollfd){ .fd = connection->fd, .events = POLLIN }, 1, 1000), 1);
  assert_int_equal(connection_receive(connection, bytes, sizeof bytes, &done), CURLE_OK);
  assert_int_equal(done, 4);
  assert_memory_equal(bytes, "pong", 4);
  assert_false(connection_may_hold_more(connection));
  close(fd);
  assert_int_equal(poll(&(struct pollfd){ .fd = connection->fd, .events = POLLIN }, 1, 1000), 1);
  assert_int_equal(connection_receive(connection, bytes, sizeof bytes, &done), CURLE_OK);
  assert_int_equal(done, 0);
}

/* Level by level: for as long as it is wanted. */
static void wakes_when_there_is_room(void **state) {
  (void)state;
  char url[64];
  snprintf(url, sizeof url, "http://127.0.0.1:%d", port);
  struct connection *connection = want(url);
  start(connection, CONNECTION_CONNECTS);
  UNTIL(ended_count == 1);
  assert_int_equal(connection_ended(connection, codes[0]), CURLE_OK);
  for (int i = 0; i < 2; i++) {
    woken = 0;
    sockets_wait(&connector.sockets, 5);
    assert_int_equal(woken, 0);
    assert_true(connection_want_room(connection, true));
    assert_true(connection_want_room(connection, true));
    sockets_wait(&connector.sockets, 1000);
    sockets_wait(&connector.sockets, 1000);
    assert_int_equal(woken, 2);
    assert_true(connection_want_room(connection, false));
  }
}

static void can_be_closed_in_any_state(void **state) {
  (void)state;
  struct connection *wanted = want_at("127.0.0.1", port), *connects = want_at("127.0.0.1", port);
  start(connects, CONNECTION_CONNECTS);
  step();
  int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
  assert_true(fd >= 0);
  char bytes[4096];
  drop(wanted);
  drop(connects);
  while (recv(fd, bytes, sizeof bytes, 0) > 0)
    continue; /* the other side sees it end */
  close(fd);
  assert_null(connector.all);
}

static void says_that_nobody_is_there(void **state) {
  (void)state;
  int closed = 0, held = hold_port(&closed);
  assert_true(held >= 0);
  struct connection *connection = want_at("127.0.0.1", closed);
  start(connection, CONNECTION_CONNECTS);
  UNTIL(ended_count == 1);
  assert_int_equal(connection_ended(connection, codes[0]), CURLE_COULDNT_CONNECT);
  assert_true(connection->message[0] != '\0');
  assert_int_equal(connection->state, CONNECTION_CONNECTS);
  close(held);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {
    TEST(looks_a_name_up_once_for_all), TEST(outlives_the_name_that_it_had), TEST(hands_a_look_up_on),         TEST(fails_with_all_that_wait),
    TEST(goes_from_wanted_to_open),     TEST(wakes_when_there_is_room),      TEST(can_be_closed_in_any_state), TEST(says_that_nobody_is_there),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
