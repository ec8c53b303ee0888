/* src/engine and libcurl, which takes its memory from the same pool, when an allocation fails: calls to a closed port and to a server that never answers, by an engine and by
 * the I/O thread. */
#define _GNU_SOURCE 1
#include <string.h>

#include <poll.h>

#include "../../src/base/clock.h"
#include "jobs.h"
#include "scenarios.h"

#define DEADLINE 0.3 /* seconds: of calls that nothing wakes any more */

static struct settings *silent, *refused;

static int open_server(void **state) {
  int port;
  (void)state;
  engine_setup();
  int server = listen_silently(&port); /* open until the end */
  if (server < 0) return -1;
  silent = settings_for_port(port, DEADLINE);
  int closed = listen_silently(&port);
  if (closed < 0) return -1;
  close(closed);
  refused = settings_for_port(port, DEADLINE);
  return silent && refused ? 0 : -1;
}

static int close_server(void **state) {
  (void)state;
  settings_unref(silent);
  settings_unref(refused);
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
    step(engine, job, settings == silent ? 0.002 : DEADLINE + 1);
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

/* --- the I/O thread, which keeps what it has: the sanitizer tells at the end whether something is lost --- */

/* Takes what comes back until it is the one that is asked for; the other one may end before, where its allocation failed. */
static bool wait_for(struct channel *channel, const struct job *asked, struct job **other) {
  struct pollfd bell = { .fd = channel_bell(channel)->fd, .events = POLLIN };
  for (double ends = clock_now() + 5; clock_now() < ends; poll(&bell, 1, 100)) {
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
    cmocka_unit_test(a_call_ends_with_an_error),
    cmocka_unit_test(a_call_can_be_cancelled),
    cmocka_unit_test(a_job_comes_back_from_the_thread),
  };
  return cmocka_run_group_tests(tests, open_server, close_server);
}
