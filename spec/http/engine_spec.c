/* src/http/engine: one call, from its connection to its end: however the bytes come, whatever does not come in time, and given up in any state. */
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

/* --- bytes --- */

static void sends_a_request_and_reads_its_answer(void **state) {
  (void)state;
  static const char expected[] = "POST /cards HTTP/1.1\r\nHost: %s:%d\r\nUser-Agent: cards\r\nAccept-Encoding: gzip\r\nContent-Type: "
                                 "application/json\r\nContent-Length: 14\r\n\r\n{\"text\":\"c_1\"}";
  char request[400];
  snprintf(request, sizeof request, expected, own_address(), port);
  struct job *job = submit(client, MAKE);
  struct peer peer = answer_the_door();
  UNTIL(hear(&peer) && request_len(&peer) > 0);
  assert_string_equal(peer.got, request);
  assert_int_equal(job->state, JOB_RUNNING);
  say(&peer, ANSWER);
  succeeds(job);
  assert_int_equal(job->attempts, 1);
  assert_false(job->reused);
  assert_int_equal(job->bytes_out, strlen(request));
  assert_int_equal(job->bytes_in, strlen(ANSWER));
  assert_true(job->times.connect >= 0 && job->times.resolve >= 0 && job->times.tls <= 0 && job->times.first_byte > 0);
  assert_true(job->finished - job->started >= job->times.first_byte);
  assert_null(job->origin);
  assert_null(job->connection);
  job_free(job);
  hang_up(&peer);
}

static void reads_an_answer_that_comes_byte_by_byte(void **state) {
  (void)state;
  static const char *const answers[] = {
    ANSWER,
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: x\r\n\r\n" ANSWER,
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"id\"\r\n7;x=y\r\n:\"c_1\"}\r\n0\r\nTrailer: x\r\n\r\n",
  };
  struct peer peer = call_once(client);
  for (size_t i = 0; i < COUNT_OF(answers); i++) {
    struct job *job = submit(client, MAKE);
    hears(&peer, "POST");
    for (const char *byte = answers[i]; *byte; byte++) {
      assert_int_equal(job->state, JOB_RUNNING);
      say_bytes(&peer, byte, 1);
      engine_step(engine, A_MOMENT);
    }
    succeeds(job);
    assert_true(job->reused);
    assert_int_equal(job->bytes_in, strlen(answers[i]));
    job_free(job);
  }
  hang_up(&peer);
}

static void sends_a_request_that_the_server_reads_late(void **state) {
  (void)state;
  struct peer peer;
  struct job *job = submit_large(client, &peer);
  double begun = clock_now();
  size_t turns = 0;
  for (; clock_now() - begun < 0.05; turns++)
    engine_step(engine, 0.01);
  if (turns > 100) fail_msg("it did not wait for room: %zu turns", turns);
  UNTIL(hear(&peer) && request_len(&peer) > 0);
  assert_int_equal(peer.len, job->request.wire.len);
  assert_memory_equal(peer.got, job->request.wire.data, peer.len);
  hears(&peer, "POST");
  begun = clock_now();
  for (turns = 0; clock_now() - begun < 0.05; turns++)
    engine_step(engine, 0.01);
  if (turns > 100) fail_msg("it goes on looking for room: %zu turns", turns);
  say(&peer, ANSWER);
  succeeds(job);
  assert_int_equal(job->bytes_out, job->request.wire.len);
  job_free(job);
  job = submit(client, SHOW); /* it is kept as any other */
  hears(&peer, "GET");
  say(&peer, ANSWER);
  succeeds(job);
  job_free(job);
  hang_up(&peer);
}

/* The connection cannot be used again: the rest of the request would be taken for the next one. */
static void takes_an_answer_that_comes_before_the_request_was_read(void **state) {
  (void)state;
  for (int i = 0; i < 2; i++) {
    struct peer peer;
    struct job *job = submit_large(client, &peer);
    say(&peer, i ? "HTTP/1.1 422 No\r\nContent-Length: 2\r\n\r\n{}" : ANSWER);
    if (i)
      fails(job, ERROR_INVALID_REQUEST, "");
    else
      succeeds(job);
    assert_int_equal(job->status, i ? 422 : 200);
    assert_true(job->bytes_out < job->request.wire.len);
    assert_int_equal(job->attempts, 1);
    job_free(job);
    is_left(&peer);
  }
}

/* Whoever turns a request away may do so before it was read, and closes; what it said counts. */
static void takes_the_answer_of_a_server_that_hangs_up_meanwhile(void **state) {
  (void)state;
  struct peer peer;
  struct job *job = submit_large(client, &peer);
  say(&peer, "HTTP/1.1 422 No\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}");
  hang_up(&peer); /* with bytes unread: a RST */
  end(job);
  /* The RST may overtake the answer. */
  if (job->error.kind != ERROR_INVALID_REQUEST) assert_int_equal(job->error.kind, ERROR_NETWORK);
  job_free(job);
}

static void says_that_a_request_was_not_sent_whole(void **state) {
  (void)state;
  struct peer peer;
  struct job *job = submit_large(client, &peer);
  break_off(&peer);
  fails(job, ERROR_NETWORK, "the connection was closed without an answer");
  assert_int_equal(job->attempts, 1);
  job_free(job);
}

/* It has acted on it, then. */
static void does_not_send_again_what_the_server_began_to_answer(void **state) {
  (void)state;
  struct peer peer;
  struct job *job = submit_large(client, &peer);
  job->retries = 3;
  say(&peer, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{");
  go_on_for(0.02);
  hang_up(&peer);
  fails(job, ERROR_NETWORK, "the answer was cut short");
  assert_false(job->error.retryable);
  assert_int_equal(job->attempts, 1);
  job_free(job);
  nobody_comes();
}

/* --- time --- */

static void gives_up_a_connection_that_is_not_made_in_time(void **state) {
  (void)state;
  struct nobody nobody = listen_to_nobody();
  for (int retries = 0; retries < 2; retries++) {
    struct settings *hasty = begin_client("http", nobody.port);
    hasty->connect_timeout = 0.1;
    hasty->retries = retries;
    finish_client(hasty);
    double begun = clock_now();
    struct job *job = submit(hasty, MAKE); /* nothing was sent: it may be tried again whatever it does */
    fails(job, ERROR_TIMEOUT, "no answer in time");
    double took = clock_now() - begun;
    if (took < 0.1 * (1 + retries)) fail_msg("it took %g seconds", took);
    assert_true(job->error.retryable);
    assert_int_equal(job->attempts, 1 + retries);
    assert_int_equal(job->bytes_out, 0);
    job_free(job);
    /* The end of the call comes before that of the connection's time. */
    job = job_of(hasty, MAKE, "x");
    job->connect_timeout = 2 * PATIENCE;
    job->deadline = clock_now() + 0.05;
    engine_submit(engine, job);
    fails(job, ERROR_TIMEOUT, "no answer in time");
    assert_true(job->error.retryable);
    assert_int_equal(job->attempts, 1);
    job_free(job);
    settings_unref(hasty);
  }
  close_nobody(&nobody);
}

/* With and without a part of the answer. */
static void gives_up_an_answer_that_does_not_come_in_time(void **state) {
  (void)state;
  for (int i = 0; i < 4; i++) {
    struct job *job = job_of(client, i / 2 ? MAKE : SHOW, "c_1");
    job->retries = 3;
    engine_submit(engine, job);
    struct peer peer = answer_the_door();
    hears(&peer, i / 2 ? "POST" : "GET");
    if (i % 2) {
      say(&peer, "HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n{");
      UNTIL(job->bytes_in >= 40);
    }
    run_out(job);
    fails(job, ERROR_TIMEOUT, "no answer in time");
    assert_true(clock_now() >= job->deadline);
    assert_int_equal(job->status, i % 2 ? 200 : 0);
    assert_int_equal(job->error.retryable, i / 2 == 0);
    assert_int_equal(job->attempts, 1);
    job_free(job);
    is_left(&peer);
  }
}

static void does_not_begin_what_is_over_already(void **state) {
  (void)state;
  struct job *job = job_of(client, SHOW, "c_1");
  job->deadline = clock_now() - 0.001;
  engine_submit(engine, job);
  fails(job, ERROR_TIMEOUT, "no answer in time");
  assert_int_equal(job->attempts, 0);
  job_free(job);
  nobody_comes();
}

/* The seconds that a step takes which may wait for 0.05. */
static double takes_a_step(void) {
  double begun = clock_now();
  assert_true(engine_step(engine, 0.05));
  return clock_now() - begun;
}

/* The seconds until a call ends whose deadline is after 0.05. */
static double takes_a_call(void) {
  struct job *job = job_of(client, SHOW, "c_1");
  double begun = clock_now();
  job->deadline = begun + 0.05;
  engine_submit(engine, job);
  while (job->state != JOB_DONE)
    engine_step(engine, -1);
  double took = clock_now() - begun;
  fails(job, ERROR_TIMEOUT, "");
  job_free(job);
  return took;
}

/* Once in some rounds: a machine may hold up any of them. */
static void waits_no_longer_than_it_is_told(void **state) {
  (void)state;
  double (*const waits[])(void) = { takes_a_step, takes_a_call };
  for (size_t i = 0; i < 2; i++) {
    double took = 1;
    for (int round = 0; round < 20 && took > 0.2; round++)
      took = waits[i]();
    if (took < 0.049 || took > 0.2) fail_msg("it waited %g seconds", took);
  }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {
    TEST(sends_a_request_and_reads_its_answer),
    TEST(reads_an_answer_that_comes_byte_by_byte),
    TEST(sends_a_request_that_the_server_reads_late),
    TEST(takes_an_answer_that_comes_before_the_request_was_read),
    TEST(takes_the_answer_of_a_server_that_hangs_up_meanwhile),
    TEST(says_that_a_request_was_not_sent_whole),
    TEST(does_not_send_again_what_the_server_began_to_answer),
    TEST(gives_up_a_connection_that_is_not_made_in_time),
    TEST(gives_up_an_answer_that_does_not_come_in_time),
    TEST(does_not_begin_what_is_over_already),
    TEST(waits_no_longer_than_it_is_told),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
