/* src/http/engine: a call is given up in whatever state it is: at once, with its connection, and without a trace in the engine. */
#define _GNU_SOURCE 1
#include "peers.h"

static struct settings *client;

static int set_up(void **state) {
  if (open_peers(state) != 0) return -1;
  client = client_for(port);
  return 0;
}

static int tear_down(void **state) {
  settings_unref(client);
  return close_peers(state);
}

/* The engine has nothing to do any more. */
static void is_at_rest(void) {
  assert_null(engine_done(engine));
  for (int i = 0; i < 3; i++) {
    double begun = clock_now();
    engine_step(engine, 0.02);
    if (i == 2 && clock_now() - begun < 0.019) fail_msg("it has something to do still");
  }
}

static void cancel(struct job *job) {
  engine_cancel(engine, job, ERROR_CANCELLED, "given up");
  assert_int_equal(job->state, JOB_DONE);
  assert_null(job->origin);
  assert_null(job->connection);
  fails(job, ERROR_CANCELLED, "given up");
  assert_string_equal(job->error.message, "given up");
  assert_false(job->error.retryable);
}

static void before_it_was_submitted(void **state) {
  (void)state;
  struct job *job = job_of(client, SHOW, "c_1");
  engine_cancel(engine, job, ERROR_CANCELLED, "given up");
  assert_int_equal(job->state, JOB_NEW);
  assert_int_equal(job->error.kind, ERROR_NONE);
  assert_false(engine_take(engine, job));
  job_free(job);
}

static void while_its_connection_is_made(void **state) {
  (void)state;
  struct nobody nobody = listen_to_nobody();
  struct settings *unheard = client_for(nobody.port);
  for (int i = 0; i < 2; i++) {
    struct job *job = submit(unheard, SHOW);
    if (i) go_on_for(0.02);
    assert_int_equal(job->connection->state, CONNECTION_CONNECTS);
    cancel(job);
    assert_int_equal(job->attempts, 1);
    job_free(job);
    is_at_rest();
  }
  settings_unref(unheard);
  close_nobody(&nobody);
}

static void within_the_handshake(void **state) {
  (void)state;
  struct settings *secure = finish_client(begin_client("https", port));
  struct job *job = submit(secure, SHOW);
  struct peer peer = answer_the_door();
  UNTIL(hear(&peer) && peer.len > 0); /* the server says nothing */
  assert_int_equal(job->connection->state, CONNECTION_CONNECTS);
  cancel(job);
  is_left(&peer);
  job_free(job);
  settings_unref(secure);
  is_at_rest();
}

static void while_it_is_sent(void **state) {
  (void)state;
  struct peer peer;
  struct job *job = submit_large(client, &peer);
  job->retries = 3;
  cancel(job);
  assert_int_equal(job->status, 0);
  assert_int_equal(job->attempts, 1);
  job_free(job);
  is_left(&peer);
  is_at_rest();
}

static void while_it_waits_for_its_answer(void **state) {
  (void)state;
  for (int i = 0; i < 2; i++) {
    struct job *job = submit(client, SHOW);
    struct peer peer = answer_the_door();
    hears(&peer, "GET");
    if (i) {
      say(&peer, "HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n{\"id\"");
      UNTIL(job->bytes_in > 40);
    }
    cancel(job);
    assert_int_equal(job->status, i ? 200 : 0);
    job_free(job);
    is_left(&peer);
    is_at_rest();
  }
}

/* What the answer to the call that was given up would have been is never another call's. */
static void over_a_connection_that_is_not_used_again(void **state) {
  (void)state;
  struct peer peer = call_once(client);
  struct job *job = submit(client, SHOW);
  hears(&peer, "GET");
  say(&peer, ANSWER);
  cancel(job);
  job_free(job);
  job = submit(client, SHOW);
  struct peer other = answer_the_door();
  hears(&other, "GET");
  say(&other, LAST);
  succeeds(job);
  assert_false(job->reused);
  job_free(job);
  is_left(&peer);
  is_left(&other);
  is_at_rest();
}

static void while_it_waits_for_another_attempt(void **state) {
  (void)state;
  struct job *job = job_of(client, SHOW, "c_1");
  job->retries = 1;
  engine_submit(engine, job);
  struct peer peer = answer_the_door();
  hears(&peer, "GET");
  say(&peer, "HTTP/1.1 503 Busy\r\nRetry-After: 5\r\nContent-Length: 0\r\n\r\n");
  UNTIL(job->state == JOB_WAITING);
  cancel(job);
  assert_int_equal(job->attempts, 1);
  assert_int_equal(job->status, 503);
  job_free(job);
  hears_nothing(&peer); /* the connection is kept */
  hang_up(&peer);
  go_on_for(0.01);
  is_at_rest();
}

static void when_it_is_done(void **state) {
  (void)state;
  struct job *job = submit(client, SHOW);
  struct peer peer = answer_the_door();
  hears(&peer, "GET");
  say(&peer, LAST);
  UNTIL(job->state == JOB_DONE);
  engine_cancel(engine, job, ERROR_CANCELLED, "given up");
  succeeds(job);
  engine_cancel(engine, job, ERROR_CANCELLED, "given up"); /* nor when it was taken */
  assert_int_equal(job->error.kind, ERROR_NONE);
  job_free(job);
  is_left(&peer);
}

static void with_all_the_others(void **state) {
  (void)state;
  struct job *jobs[20];
  for (int i = 0; i < 20; i++)
    jobs[i] = submit(client, i % 2 ? SHOW : MAKE);
  struct peer peer = answer_the_door();
  hears(&peer, "POST");
  engine_cancel_all(engine);
  for (int i = 0; i < 20; i++) {
    fails(jobs[i], ERROR_CANCELLED, "the process is ending");
    job_free(jobs[i]);
  }
  is_left(&peer);
  for (int i = 1; i < 20; i++) {
    peer = answer_the_door();
    is_left(&peer);
  }
  is_at_rest();
}

static void by_freeing_the_engine(void **state) {
  (void)state;
  struct job *jobs[3];
  struct peer kept = call_once(client);
  for (int i = 0; i < 3; i++)
    jobs[i] = submit(client, SHOW);
  go_on_for(0.01);
  engine_free(engine);
  const char *why = NULL;
  engine = engine_new(&why);
  assert_non_null(engine);
  for (int i = 0; i < 3; i++) {
    assert_int_equal(jobs[i]->state, JOB_DONE);
    assert_int_equal(jobs[i]->error.kind, ERROR_CANCELLED);
    job_free(jobs[i]);
  }
  is_left(&kept);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {
    TEST(before_it_was_submitted),
    TEST(while_its_connection_is_made),
    TEST(within_the_handshake),
    TEST(while_it_is_sent),
    TEST(while_it_waits_for_its_answer),
    TEST(over_a_connection_that_is_not_used_again),
    TEST(while_it_waits_for_another_attempt),
    TEST(when_it_is_done),
    TEST(with_all_the_others),
    TEST(by_freeing_the_engine),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
