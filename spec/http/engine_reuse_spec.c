/* src/http: connections that are kept: which are used again, and what becomes of a call whose connection had ended. */
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

static void uses_a_kept_connection_again(void **state) {
  (void)state;
  struct peer peer = call_once(client);
  for (int i = 0; i < 3; i++) {
    struct job *job = submit(client, i % 2 ? MAKE : SHOW);
    hears(&peer, i % 2 ? "POST" : "GET");
    say(&peer, ANSWER);
    succeeds(job);
    assert_true(job->reused);
    assert_int_equal(job->attempts, 1);
    assert_true(job->times.connect <= 0 && job->times.resolve <= 0 && job->times.tls <= 0 && job->times.first_byte > 0);
    job_free(job);
  }
  nobody_comes();
  hang_up(&peer);
}

/* Two calls at once need two; both are kept, and the one that came back last is used first. */
static void uses_the_newest_first(void **state) {
  (void)state;
  struct job *one = submit(client, SHOW), *other = submit(client, SHOW);
  struct peer first = answer_the_door(), second = answer_the_door();
  hears(&first, "GET");
  hears(&second, "GET");
  say(&second, ANSWER);
  UNTIL(one->state == JOB_DONE || other->state == JOB_DONE);
  say(&first, ANSWER);
  succeeds(one);
  succeeds(other);
  job_free(one);
  job_free(other);
  one = submit(client, SHOW);
  hears(&first, "GET");
  other = submit(client, SHOW);
  hears(&second, "GET");
  say(&first, ANSWER);
  say(&second, ANSWER);
  succeeds(one);
  succeeds(other);
  assert_true(one->reused && other->reused);
  job_free(one);
  job_free(other);
  nobody_comes();
  hang_up(&first);
  hang_up(&second);
}

static void keeps_none_that_is_said_to_end(void **state) {
  (void)state;
  static const char *const last[] = {
    LAST,
    "HTTP/1.0 200 OK\r\nContent-Length: 12\r\n\r\n" CARD,
    "HTTP/1.1 200 OK\r\nContent-Length: 12\r\nConnection: x, Close\r\n\r\n" CARD,
  };
  for (size_t i = 0; i < COUNT_OF(last); i++) {
    struct job *job = submit(client, SHOW);
    struct peer peer = answer_the_door();
    hears(&peer, "GET");
    say(&peer, last[i]);
    succeeds(job);
    assert_false(job->reused);
    job_free(job);
    is_left(&peer);
  }
}

/* An answer that only the end of the connection ends. */
static void reads_until_the_end_where_that_is_all_there_is(void **state) {
  (void)state;
  struct job *job = submit(client, SHOW);
  struct peer peer = answer_the_door();
  hears(&peer, "GET");
  say(&peer, "HTTP/1.1 200 OK\r\n\r\n" CARD);
  go_on_for(0.02);
  assert_int_equal(job->state, JOB_RUNNING);
  hang_up(&peer);
  succeeds(job);
  job_free(job);
  job = submit(client, SHOW);
  peer = answer_the_door();
  hears(&peer, "GET");
  say(&peer, "HTTP/1.1 200 OK\r\n\r\n" CARD);
  go_on_for(0.02);
  break_off(&peer); /* no end, but a failure */
  fails(job, ERROR_NETWORK, "the answer was cut short");
  assert_true(job->error.retryable);
  job_free(job);
}

static void uses_none_that_the_server_has_closed(void **state) {
  (void)state;
  for (int i = 0; i < 4; i++) {
    struct peer peer = call_once(client);
    if (i < 2)
      hang_up(&peer);
    else
      break_off(&peer);
    if (i % 2) go_on_for(0.01); /* it is noticed in either case */
    struct job *job = submit(client, i % 2 ? SHOW : MAKE);
    peer = answer_the_door();
    hears(&peer, i % 2 ? "GET" : "POST");
    say(&peer, LAST);
    succeeds(job);
    assert_int_equal(job->attempts, 1);
    assert_false(job->reused);
    job_free(job);
    is_left(&peer);
  }
}

/* What may not be sent twice goes over none that has just ended, though all were looked at a moment ago. */
static void asks_the_one_that_it_uses(void **state) {
  (void)state;
  struct job *one = submit(client, SHOW), *other = submit(client, SHOW);
  struct peer first = answer_the_door(), second = answer_the_door();
  hears(&first, "GET");
  hears(&second, "GET");
  say(&first, ANSWER);
  UNTIL(one->state == JOB_DONE || other->state == JOB_DONE);
  say(&second, ANSWER);
  succeeds(one);
  succeeds(other);
  job_free(one);
  job_free(other);
  go_on_for(0.01);
  one = submit(client, SHOW); /* looks, and takes the second one */
  hang_up(&first);
  other = submit(client, MAKE);
  first = answer_the_door();
  hears(&first, "POST");
  hears(&second, "GET");
  say(&first, ANSWER);
  say(&second, ANSWER);
  succeeds(one);
  succeeds(other);
  assert_true(one->reused && !other->reused);
  assert_int_equal(other->attempts, 1);
  job_free(one);
  job_free(other);
  hang_up(&first);
  hang_up(&second);
}

/* The next call would take it for its answer. */
static void uses_none_on_which_something_came_unasked(void **state) {
  (void)state;
  for (int i = 0; i < 2; i++) {
    struct peer peer = call_once(client);
    say(&peer, ANSWER);
    if (i) is_left(&peer);
    struct job *job = submit(client, MAKE);
    struct peer other = answer_the_door();
    hears(&other, "POST");
    say(&other, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 12\r\n\r\n{\"id\":\"c_2\"}");
    succeeds(job);
    assert_memory_equal(job->record->child->as.string.bytes, "c_2", 3);
    job_free(job);
    if (!i) is_left(&peer);
    is_left(&other);
  }
}

static void fails_when_more_comes_than_the_answer(void **state) {
  (void)state;
  struct job *job = submit(client, SHOW);
  struct peer peer = answer_the_door();
  hears(&peer, "GET");
  say(&peer, ANSWER "HTTP/1.1 200 OK\r\n");
  fails(job, ERROR_PROTOCOL, "the answer is malformed");
  job_free(job);
  is_left(&peer);
}

/* --- a connection that ends just when it is used --- */

/* The server reads the request and ends the connection without a byte. */
static void end_without_an_answer(struct peer *peer, const char *method, bool broken) {
  hears(peer, method);
  if (broken)
    break_off(peer);
  else
    hang_up(peer);
}

static void replaces_one_that_ended_before_the_answer_began(void **state) {
  (void)state;
  for (int i = 0; i < 4; i++) {
    struct peer peer = call_once(client);
    struct job *job = submit(client, i / 2 ? FIND : SHOW);
    end_without_an_answer(&peer, i / 2 ? "POST" : "GET", i % 2);
    peer = answer_the_door();
    hears(&peer, i / 2 ? "POST" : "GET");
    say(&peer, LAST);
    succeeds(job);
    assert_int_equal(job->attempts, 2);
    assert_false(job->reused);
    job_free(job);
    is_left(&peer);
  }
}

static void keeps_the_attempt_before_only_where_somebody_listens(void **state) {
  (void)state;
  for (int listened = 0; listened < 2; listened++) {
    struct peer peer = call_once(client);
    struct job *job = submit(client, SHOW);
    job->listened = listened;
    end_without_an_answer(&peer, "GET", false);
    peer = answer_the_door();
    hears(&peer, "GET");
    say(&peer, LAST);
    succeeds(job);
    assert_int_equal(job->kept_count, listened);
    if (listened) {
      assert_int_equal(job->kept[0].kind, ERROR_NETWORK);
      assert_true(job->kept[0].reused && job->kept[0].ended >= job->kept[0].began);
      assert_true(job->times.sent > 0 && job->times.first_byte >= job->times.sent);
      job_keep_attempt(job, job->finished);
      job_keep_attempt(job, job->finished); /* only once */
      assert_int_equal(job->kept_count, 2);
      assert_int_equal(job->kept[1].kind, ERROR_NONE);
    } else {
      assert_true(job->kept == NULL && job->times.sent == 0);
    }
    job_free(job);
    is_left(&peer);
  }
}

static void replaces_one_only_once(void **state) {
  (void)state;
  struct peer peer = call_once(client);
  struct job *job = submit(client, SHOW);
  end_without_an_answer(&peer, "GET", false);
  peer = answer_the_door();
  end_without_an_answer(&peer, "GET", false);
  fails(job, ERROR_NETWORK, "the connection was closed without an answer");
  assert_int_equal(job->attempts, 2);
  assert_true(job->error.retryable);
  job_free(job);
  nobody_comes();
}

/* What was kept as long as the one that ended has mostly ended, too. */
static void replaces_it_by_a_new_one(void **state) {
  (void)state;
  struct job *one = submit(client, SHOW), *other = submit(client, SHOW);
  struct peer first = answer_the_door(), second = answer_the_door();
  hears(&first, "GET");
  say(&first, ANSWER);
  hears(&second, "GET");
  UNTIL(one->state == JOB_DONE || other->state == JOB_DONE);
  say(&second, ANSWER);
  succeeds(one);
  succeeds(other);
  job_free(one);
  job_free(other);
  struct job *job = submit(client, SHOW);
  end_without_an_answer(&second, "GET", false);
  struct peer third = answer_the_door();
  hears(&third, "GET");
  say(&third, ANSWER);
  succeeds(job);
  job_free(job);
  hears_nothing(&first);
  hang_up(&first);
  hang_up(&third);
}

/* It is one of them. */
static void counts_a_replacement_among_the_retries(void **state) {
  (void)state;
  struct settings *patient = begin_client("http", port);
  patient->retries = 2;
  finish_client(patient);
  struct peer peer = call_once(patient);
  struct job *job = submit(patient, SHOW);
  end_without_an_answer(&peer, "GET", false); /* replaced at once */
  for (int i = 0; i < 2; i++) {               /* tried again after a pause */
    peer = answer_the_door();
    end_without_an_answer(&peer, "GET", false);
  }
  fails(job, ERROR_NETWORK, "the connection was closed without an answer");
  assert_int_equal(job->attempts, 3);
  job_free(job);
  nobody_comes();
  settings_unref(patient);
}

/* Though it is tried again later, over another connection that was kept. */
static void replaces_none_the_second_time(void **state) {
  (void)state;
  struct settings *patient = begin_client("http", port);
  patient->retries = 2;
  finish_client(patient);
  struct peer peer = call_once(patient);
  struct job *job = submit(patient, SHOW);
  end_without_an_answer(&peer, "GET", false);
  peer = answer_the_door();
  hears(&peer, "GET");
  say(&peer, "HTTP/1.1 503 Busy\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n");
  end_without_an_answer(&peer, "GET", false);
  fails(job, ERROR_NETWORK, "the connection was closed without an answer");
  assert_true(job->reused);
  assert_int_equal(job->attempts, 3);
  job_free(job);
  nobody_comes();
  settings_unref(patient);
}

static void replaces_none_of_what_may_not_be_sent_twice(void **state) {
  (void)state;
  struct settings *patient = begin_client("http", port);
  patient->retries = 5;
  finish_client(patient);
  for (int i = 0; i < 2; i++) {
    struct peer peer = call_once(patient);
    struct job *job = submit(patient, MAKE);
    end_without_an_answer(&peer, "POST", i);
    fails(job, ERROR_NETWORK, "the connection was closed without an answer");
    assert_int_equal(job->attempts, 1);
    assert_true(job->reused);
    assert_false(job->error.retryable);
    job_free(job);
    nobody_comes();
  }
  settings_unref(patient);
}

static void replaces_none_whose_answer_had_begun(void **state) {
  (void)state;
  for (int i = 0; i < 2; i++) {
    struct peer peer = call_once(client);
    struct job *job = submit(client, SHOW);
    hears(&peer, "GET");
    say(&peer, "H");
    go_on_for(0.01);
    if (i)
      break_off(&peer);
    else
      hang_up(&peer);
    fails(job, ERROR_NETWORK, "the answer was cut short");
    assert_int_equal(job->attempts, 1);
    job_free(job);
    nobody_comes();
  }
}

/* --- time --- */

static void closes_it_after_its_time(void **state) {
  (void)state;
  for (int i = 0; i < 2; i++) {
    struct settings *hasty = begin_client("http", port);
    *(i ? &hasty->max_age : &hasty->idle_timeout) = 0.1;
    finish_client(hasty);
    double begun = clock_now();
    struct peer peer = call_once(hasty), other = call_once(client);
    is_left(&peer); /* nobody calls meanwhile */
    assert_true(clock_now() - begun >= 0.1);
    hears_nothing(&other);
    hang_up(&other);
    settings_unref(hasty);
  }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {
    TEST(uses_a_kept_connection_again),
    TEST(uses_the_newest_first),
    TEST(keeps_none_that_is_said_to_end),
    TEST(reads_until_the_end_where_that_is_all_there_is),
    TEST(uses_none_that_the_server_has_closed),
    TEST(asks_the_one_that_it_uses),
    TEST(uses_none_on_which_something_came_unasked),
    TEST(fails_when_more_comes_than_the_answer),
    TEST(replaces_one_that_ended_before_the_answer_began),
    TEST(keeps_the_attempt_before_only_where_somebody_listens),
    TEST(replaces_one_only_once),
    TEST(replaces_it_by_a_new_one),
    TEST(counts_a_replacement_among_the_retries),
    TEST(replaces_none_the_second_time),
    TEST(replaces_none_of_what_may_not_be_sent_twice),
    TEST(replaces_none_whose_answer_had_begun),
    TEST(closes_it_after_its_time),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
