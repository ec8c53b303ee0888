/* src/http and libcurl, which takes its memory from the same pool, when an allocation fails: calls to a closed port, to a server that never answers and to one that does, by an
 * engine and by the I/O thread. */
#define _GNU_SOURCE 1
#include <string.h>

#include <netdb.h>
#include <poll.h>
#include <pthread.h>

#include "http/clock.h"
#include "jobs.h"
#include "scenarios.h"

#define DEADLINE 4.0 /* seconds: of calls that nothing wakes any more, of which there are few */

static struct settings *silent, *refused, *answered, *named; /* named: as answered, by this machine's name; NULL where it is not known */

/* --- a server that answers; what it allocates itself does not fail --- */

static void *serve_one(void *connection) {
  static const char answer[] =
      "HTTP/1.1 200 OK\r\nContent-Length: 99\r\nX-Request-Id: r\r\n\r\n"
      "{\"success\":true,\"data\":{\"cvv\":\"111\",\"expYear\":\"27\",\"expMonth\":\"01\",\"cardNo\":\"4111111111111111\"}}   ";
  int fd = (int)(intptr_t)connection;
  char request[4096];
  size_t len = 0;
  for (ssize_t got; (got = recv(fd, request + len, sizeof request - 1 - len, 0)) > 0;) {
    len += (size_t)got;
    request[len] = '\0';
    if (!strstr(request, "\r\n\r\n")) continue;
    len = 0;
    if (send(fd, answer, sizeof answer - 1, MSG_NOSIGNAL) < 0) break;
  }
  close(fd);
  return NULL;
}

static void *serve(void *listener) {
  pthread_t thread;
  for (int fd; (fd = accept((int)(intptr_t)listener, NULL, NULL)) >= 0;)
    if (pthread_create(&thread, NULL, serve_one, (void *)(intptr_t)fd) == 0) pthread_detach(thread);
  return NULL;
}

/* Settings of a client that has one call on the wire at a time, with that server; NULL on failure. */
static struct settings *client_of(const char *host, int port) {
  char url[400];
  snprintf(url, sizeof url, "http://%s:%d", host, port);
  struct settings *made = begin_settings(url, NULL, 5);
  if (made) made->max_connections = 1;
  return finish_settings(made);
}

static bool open_answering(void) {
  char host[256] = "";
  struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM }, *found = NULL;
  int port, listener = listen_silently(&port);
  pthread_t thread;
  if (listener < 0 || pthread_create(&thread, NULL, serve, (void *)(intptr_t)listener) != 0) return false;
  pthread_detach(thread);
  answered = client_of("127.0.0.1", port);
  if (gethostname(host, sizeof host - 1) == 0 && getaddrinfo(host, NULL, &hints, &found) == 0) {
    named = client_of(host, port);
    freeaddrinfo(found);
  }
  return answered != NULL;
}

static int open_server(void **state) {
  int port;
  (void)state;
  engine_setup();
  if (listen_silently(&port) < 0) return -1; /* open until the end, both */
  silent = settings_for_port(port, 30);
  if (hold_port(&port) < 0) return -1;
  refused = settings_for_port(port, DEADLINE);
  return silent && refused && open_answering() ? 0 : -1;
}

static int close_server(void **state) {
  (void)state;
  settings_unref(silent);
  settings_unref(refused);
  settings_unref(answered);
  settings_unref(named);
  return 0;
}

/* Until the job is done, or so long; libcurl's own deadline counts as well. */
static void step(struct engine *engine, const struct job *job, double seconds) {
  double ends = clock_now() + seconds;
  while (job->state != JOB_DONE && clock_now() < ends)
    engine_step(engine, ends - clock_now());
}

/* --- an engine --- */

static bool call(void *context) {
  const char *why = "";
  struct settings *settings = context;
  struct engine *engine = engine_new(&why);
  struct job *job = engine ? job_for(settings, "c_1") : NULL;
  bool ok = job != NULL;
  if (!engine) assert_true(why[0] != '\0');
  if (ok) {
    engine_submit(engine, job);
    step(engine, job, settings == silent ? 0.002 : DEADLINE + 20);
    if (settings == silent) engine_cancel(engine, job, ERROR_CANCELLED, "given up");
    assert_int_equal(job->state, JOB_DONE);
    assert_true(engine_take(engine, job));
    assert_null(engine_done(engine));
    ok = job->error.kind == (settings == silent ? ERROR_CANCELLED : ERROR_NETWORK);
    if (!ok) assert_true(job->error.kind == ERROR_BUSY || job->error.kind == ERROR_TIMEOUT || job->error.kind == ERROR_NETWORK);
  }
  job_free(job);
  engine_free(engine);
  return ok;
}

static void a_call_ends_with_an_error(void **state) {
  (void)state;
  each_allocation_fails(call, refused);
}

static void a_call_can_be_cancelled(void **state) {
  (void)state;
  each_allocation_fails(call, silent);
}

/* Three calls, of which the last two wait for the first one's connection, and are the second and third over it. */
static bool call_thrice(void *context) {
  const char *why = "";
  struct engine *engine = engine_new(&why);
  struct job *jobs[3] = { NULL, NULL, NULL };
  bool ok = engine != NULL;
  for (int i = 0; ok && i < 3; i++)
    ok = (jobs[i] = job_for(context, "c_1")) != NULL;
  for (int i = 0; ok && i < 3; i++)
    engine_submit(engine, jobs[i]);
  for (int i = 0; i < 3 && jobs[2]; i++) {
    step(engine, jobs[i], 60);
    assert_int_equal(jobs[i]->state, JOB_DONE);
    assert_true(engine_take(engine, jobs[i]));
    assert_true((jobs[i]->record != NULL) == (jobs[i]->error.kind == ERROR_NONE));
    if (jobs[i]->record) continue;
    ok = false;
    /* libcurl calls a lack of memory many names. */
    const struct error *error = &jobs[i]->error;
    if (error->kind != ERROR_NETWORK && error->kind != ERROR_TIMEOUT && !strstr(error->message, "memory"))
      fail_msg("kind %d: %s", (int)error->kind, error->message);
  }
  for (int i = 0; i < 3; i++)
    job_free(jobs[i]);
  engine_free(engine);
  return ok;
}

static void calls_end_with_a_record_or_an_error(void **state) {
  (void)state;
  each_allocation_fails(call_thrice, answered);
}

static void calls_that_look_up_a_name_end_with_a_record_or_an_error(void **state) {
  (void)state;
  if (!named) skip();
  each_allocation_fails(call_thrice, named);
}

/* --- the I/O thread, which keeps what it has: the sanitizer tells at the end whether something is lost --- */

/* Takes what comes back until it is the one that is asked for; the other one may end before, where its allocation failed. */
static bool wait_for(struct channel *channel, const struct job *asked, struct job **other) {
  struct pollfd wakeup = { .fd = channel_wakeup(channel)->fd, .events = POLLIN };
  for (double ends = clock_now() + 5 * DEADLINE; clock_now() < ends; poll(&wakeup, 1, 100)) {
    struct job *job;
    while (channel_take(channel, &job, 1) == 1) {
      assert_int_equal(job->state, JOB_DONE);
      assert_int_not_equal(job->error.kind, ERROR_NONE);
      if (job == asked) return true;
      assert_ptr_equal(job, *other);
      job_free(job);
      *other = NULL;
    }
  }
  return false;
}

static bool hand_over(void *context) {
  const char *why = "";
  (void)context;
  struct channel *channel = channel_new(&why);
  struct job *asked = job_for(refused, "c_1"), *given_up = job_for(silent, "c_1");
  bool ok = channel && asked && given_up && channel_submit(channel, given_up, &why);
  if (ok) {
    ok = channel_submit(channel, asked, &why);
    if (ok) {
      assert_true(wait_for(channel, asked, &given_up));
      ok = asked->error.kind == ERROR_NETWORK && given_up;
    }
    if (given_up) channel_give_up(channel, given_up);
    given_up = NULL;
  }
  job_free(asked);
  job_free(given_up);
  if (channel) channel_free(channel);
  while (iothread_jobs() > 0)
    usleep(100); /* the condition has no event of its own */
  return ok;
}

static void a_job_comes_back_from_the_thread(void **state) {
  (void)state;
  fail_each(hand_over, NULL, false, false); /* first without a thread, which an allocation may keep from starting */
  fail_each(hand_over, NULL, true, false);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_call_ends_with_an_error),           cmocka_unit_test(a_call_can_be_cancelled),
    cmocka_unit_test(calls_end_with_a_record_or_an_error), cmocka_unit_test(calls_that_look_up_a_name_end_with_a_record_or_an_error),
    cmocka_unit_test(a_job_comes_back_from_the_thread),
  };
  return cmocka_run_group_tests(tests, open_server, close_server);
}
