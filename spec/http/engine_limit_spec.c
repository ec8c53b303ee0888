/* src/http: a client that may have only so many calls on the wire: the others wait in their order, and each place that is given back goes to the next one, whatever ended the call
 * that had it. */
#define _GNU_SOURCE 1
#include "peers.h"

static struct settings *single; /* one call at a time */

static struct settings *limited(size_t max_connections) {
  struct settings *made = begin_client("http", port);
  made->max_connections = max_connections;
  return made;
}

static int set_up(void **state) {
  if (open_peers(state) != 0) return -1;
  single = finish_client(limited(1));
  return 0;
}

static int tear_down(void **state) {
  settings_unref(single);
  return close_peers(state);
}

/* Submits a call whose id is the number. */
static struct job *submit_as(struct settings *client, char number) {
  char id[] = { 'c', '_', number, '\0' };
  struct job *job = job_of(client, SHOW, id);
  engine_submit(engine, job);
  return job;
}

/* The next request is the one of that number. */
static void hears_from(struct peer *peer, char number) {
  UNTIL(hear(peer) && request_len(peer) > 0);
  const char expected[] = { 'c', '_', number, ' ', '\0' };
  if (!strstr(peer->got, expected)) fail_msg("not %c: %s", number, peer->got);
  hears(peer, "GET");
}

static void lets_them_go_in_their_order(void **state) {
  (void)state;
  struct job *jobs[5];
  for (int i = 0; i < 5; i++)
    jobs[i] = submit_as(single, (char)('0' + i));
  struct peer peer = answer_the_door();
  for (int i = 0; i < 5; i++) {
    hears_from(&peer, (char)('0' + i));
    hears_nothing(&peer);
    for (int k = i + 1; k < 5; k++)
      assert_int_equal(jobs[k]->state, JOB_QUEUED);
    say(&peer, ANSWER);
    succeeds(jobs[i]);
    assert_int_equal(jobs[i]->attempts, 1);
    assert_int_equal(jobs[i]->reused, i > 0);
    job_free(jobs[i]);
  }
  nobody_comes();
  hang_up(&peer);
}

static void lets_so_many_go_at_once(void **state) {
  (void)state;
  struct settings *triple = finish_client(limited(3));
  struct job *jobs[4];
  struct peer peers[3];
  for (int i = 0; i < 4; i++)
    jobs[i] = submit_as(triple, (char)('0' + i));
  for (int i = 0; i < 3; i++) {
    peers[i] = answer_the_door();
    hears(&peers[i], "GET");
  }
  nobody_comes();
  assert_int_equal(jobs[3]->state, JOB_QUEUED);
  say(&peers[1], ANSWER);
  hears_from(&peers[1], '3');
  for (int i = 0; i < 3; i++)
    say(&peers[i], ANSWER);
  for (int i = 0; i < 4; i++) {
    succeeds(jobs[i]);
    job_free(jobs[i]);
  }
  for (int i = 0; i < 3; i++)
    hang_up(&peers[i]);
  settings_unref(triple);
}

/* The one that has a request, or NULL. */
static struct peer *find_asked(struct peer *peers, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (hear(&peers[i]) && request_len(&peers[i]) > 0) return &peers[i];
  return NULL;
}

/* Though they share their connections. */
static void holds_up_no_other_client(void **state) {
  (void)state;
  struct settings *other = finish_client(limited(1)), *free_one = client_for(port);
  struct job *jobs[] = { submit_as(single, '0'), submit_as(other, '2'), submit_as(free_one, '3') }, *held_up = submit_as(single, '1');
  struct peer peers[3], *asked;
  for (int i = 0; i < 3; i++) {
    peers[i] = answer_the_door();
    hears(&peers[i], "GET");
  }
  nobody_comes();
  assert_int_equal(held_up->state, JOB_QUEUED);
  for (int i = 2; i >= 0; i--)
    say(&peers[i], ANSWER);
  UNTIL((asked = find_asked(peers, 3)) != NULL);
  hears_from(asked, '1');
  say(asked, ANSWER);
  succeeds(held_up);
  assert_true(held_up->reused);
  job_free(held_up);
  for (int i = 0; i < 3; i++) {
    succeeds(jobs[i]);
    job_free(jobs[i]);
    hang_up(&peers[i]);
  }
  settings_unref(other);
  settings_unref(free_one);
}

/* Nothing was sent: it may be tried again, whatever it does. */
static void gives_up_in_time(void **state) {
  (void)state;
  struct job *first = submit(single, SHOW), *hasty = job_of(single, MAKE, "x"), *last = submit_as(single, '2');
  hasty->deadline = clock_now() + 0.05;
  engine_submit(engine, hasty);
  struct peer peer = answer_the_door();
  hears(&peer, "GET");
  fails(hasty, ERROR_TIMEOUT, "no connection became free in time");
  assert_string_equal(hasty->error.message, "no connection became free in time");
  assert_true(hasty->error.retryable);
  assert_int_equal(hasty->attempts, 0);
  assert_true(clock_now() >= hasty->deadline);
  job_free(hasty);
  say(&peer, ANSWER);
  succeeds(first);
  hears_from(&peer, '2');
  say(&peer, ANSWER);
  succeeds(last);
  job_free(first);
  job_free(last);
  hang_up(&peer);
}

/* --- whatever ends the call that has the place --- */

static void cancel(struct job *job) {
  engine_cancel(engine, job, ERROR_CANCELLED, "given up");
  fails(job, ERROR_CANCELLED, "given up");
}

static void can_be_cancelled_while_it_waits(void **state) {
  (void)state;
  struct job *jobs[5];
  for (int i = 0; i < 5; i++)
    jobs[i] = submit_as(single, (char)('0' + i));
  static const int cancelled[] = { 2, 4, 1 }; /* in the middle, at the end, at the beginning */
  for (size_t i = 0; i < COUNT_OF(cancelled); i++) {
    cancel(jobs[cancelled[i]]);
    assert_int_equal(jobs[cancelled[i]]->attempts, 0);
    job_free(jobs[cancelled[i]]);
  }
  struct peer peer = answer_the_door();
  for (int i = 0; i < 4; i += 3) {
    hears_from(&peer, (char)('0' + i));
    say(&peer, ANSWER);
    succeeds(jobs[i]);
    job_free(jobs[i]);
  }
  nobody_comes();
  hang_up(&peer);
}

/* Also of the one that is about to go, and of several one after the other. */
static void gives_the_place_of_a_cancelled_call_to_the_next(void **state) {
  (void)state;
  struct job *jobs[4];
  for (int i = 0; i < 4; i++)
    jobs[i] = submit_as(single, (char)('0' + i));
  struct peer peer = answer_the_door();
  hears_from(&peer, '0');
  for (int i = 0; i < 3; i++) {
    cancel(jobs[i]);
    assert_int_equal(jobs[i + 1]->state, JOB_READY);
    job_free(jobs[i]);
  }
  is_left(&peer);
  peer = answer_the_door();
  hears_from(&peer, '3');
  say(&peer, LAST);
  succeeds(jobs[3]);
  job_free(jobs[3]);
  is_left(&peer);
}

static void gives_the_place_of_a_failed_call_to_the_next(void **state) {
  (void)state;
  struct job *jobs[5];
  for (int i = 0; i < 5; i++)
    jobs[i] = submit_as(single, (char)('0' + i));
  struct peer peer = answer_the_door();
  hears_from(&peer, '0');
  say(&peer, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
  fails(jobs[0], ERROR_NOT_FOUND, "");
  hears_from(&peer, '1');
  run_out(jobs[1]);
  fails(jobs[1], ERROR_TIMEOUT, "no answer in time");
  is_left(&peer);
  peer = answer_the_door();
  hears_from(&peer, '2');
  break_off(&peer);
  fails(jobs[2], ERROR_NETWORK, "");
  peer = answer_the_door();
  hears_from(&peer, '3');
  say(&peer, "no HTTP");
  fails(jobs[3], ERROR_PROTOCOL, "the answer is not HTTP/1.x");
  is_left(&peer);
  peer = answer_the_door();
  hears_from(&peer, '4');
  say(&peer, LAST);
  succeeds(jobs[4]);
  is_left(&peer);
  for (int i = 0; i < 5; i++)
    job_free(jobs[i]);
}

static void holds_no_place_while_it_waits_for_another_attempt(void **state) {
  (void)state;
  struct settings *patient = limited(1);
  patient->retries = 1;
  finish_client(patient);
  struct job *one = submit_as(patient, '0'), *other = submit_as(patient, '1');
  struct peer peer = answer_the_door();
  hears_from(&peer, '0');
  say(&peer, "HTTP/1.1 503 Busy\r\nRetry-After: 10\r\nContent-Length: 0\r\n\r\n");
  hears_from(&peer, '1');
  assert_int_equal(one->state, JOB_WAITING);
  one->due = clock_now();
  UNTIL(one->state == JOB_QUEUED); /* the pause is over, but the place is taken */
  hears_nothing(&peer);
  say(&peer, ANSWER);
  succeeds(other);
  hears_from(&peer, '0');
  say(&peer, ANSWER);
  succeeds(one);
  assert_int_equal(one->attempts, 2);
  job_free(one);
  job_free(other);
  hang_up(&peer);
  settings_unref(patient);
}

/* The one whose connection is replaced keeps its place. */
static void keeps_the_place_of_a_call_that_is_sent_again(void **state) {
  (void)state;
  struct job *first = submit_as(single, '0'), *second = submit_as(single, '1'), *third = submit_as(single, '2');
  struct peer peer = answer_the_door();
  hears_from(&peer, '0');
  say(&peer, ANSWER);
  succeeds(first);
  hears_from(&peer, '1');
  hang_up(&peer);
  peer = answer_the_door();
  hears_from(&peer, '1');
  say(&peer, ANSWER);
  succeeds(second);
  assert_int_equal(second->attempts, 2);
  hears_from(&peer, '2');
  say(&peer, ANSWER);
  succeeds(third);
  job_free(first);
  job_free(second);
  job_free(third);
  nobody_comes();
  hang_up(&peer);
}

static void ends_with_calls_that_wait(void **state) {
  (void)state;
  struct job *jobs[3];
  for (int i = 0; i < 3; i++)
    jobs[i] = submit_as(single, (char)('0' + i));
  struct peer peer = answer_the_door();
  hears_from(&peer, '0');
  engine_cancel_all(engine);
  for (int i = 0; i < 3; i++) {
    fails(jobs[i], ERROR_CANCELLED, "the process is ending");
    job_free(jobs[i]);
  }
  assert_null(engine_done(engine));
  is_left(&peer);
  nobody_comes();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {
    TEST(lets_them_go_in_their_order),
    TEST(lets_so_many_go_at_once),
    TEST(holds_up_no_other_client),
    TEST(gives_up_in_time),
    TEST(can_be_cancelled_while_it_waits),
    TEST(gives_the_place_of_a_cancelled_call_to_the_next),
    TEST(gives_the_place_of_a_failed_call_to_the_next),
    TEST(holds_no_place_while_it_waits_for_another_attempt),
    TEST(keeps_the_place_of_a_call_that_is_sent_again),
    TEST(ends_with_calls_that_wait),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
