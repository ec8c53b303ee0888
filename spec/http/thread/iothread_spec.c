/* src/http/thread/iothread: who owns a job, and what becomes of it when nobody wants it, when there is no room, in a forked child and at the end of the process. The server takes
 * connections and never answers. */
#define _GNU_SOURCE 1
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/un.h>

#include "child.h"
#include "jobs.h"

static struct settings *silent, *refused;

static int open_server(void **state) {
  int port;
  (void)state;
  engine_setup();
  if (listen_silently(&port) < 0) return -1; /* open until the end, both */
  silent = settings_for_port(port, 30);
  if (hold_port(&port) < 0) return -1;
  refused = settings_for_port(port, 30);
  return silent && refused ? 0 : -1;
}

static int close_server(void **state) {
  (void)state;
  settings_unref(silent);
  settings_unref(refused);
  return 0;
}

static struct channel *new_channel(void) {
  const char *why = NULL;
  struct channel *channel = channel_new(&why);
  if (!channel) fail_msg("%s", why);
  return channel;
}

static bool is_woken(struct channel *channel, int milliseconds) {
  struct pollfd wakeup = { .fd = channel_wakeup(channel)->fd, .events = POLLIN };
  return poll(&wakeup, 1, milliseconds) == 1;
}

/* The next job that comes back. */
static struct job *take(struct channel *channel) {
  struct job *job;
  for (;;) {
    if (channel_take(channel, &job, 1) == 1) return job;
    if (!is_woken(channel, 20000)) return NULL;
  }
}

static void submit(struct channel *channel, struct job *job) {
  const char *why = NULL;
  assert_non_null(job);
  if (!channel_submit(channel, job, &why)) fail_msg("%s", why);
}

static void wait_until_empty(void) {
  while (iothread_jobs() > 0)
    usleep(1000); /* the condition has no event of its own */
}

static void a_job_comes_back_once(void **state) {
  (void)state;
  struct channel *channel = new_channel();
  struct job *job = job_for(refused, "c_1"), *other;
  submit(channel, job);
  assert_ptr_equal(take(channel), job);
  assert_int_equal(job->state, JOB_DONE);
  assert_int_equal(job->error.kind, ERROR_NETWORK);
  assert_int_equal(channel_take(channel, &other, 1), 0);
  assert_false(is_woken(channel, 0));
  assert_int_equal(iothread_jobs(), 0);
  job_free(job);
  channel_free(channel);
}

static void the_bell_rings_until_all_are_taken(void **state) {
  (void)state;
  struct channel *channel = new_channel();
  for (int i = 0; i < 100; i++)
    submit(channel, job_for(refused, "c_1"));
  for (int i = 0; i < 100; i++)
    job_free(take(channel));
  assert_int_equal(iothread_jobs(), 0);
  channel_free(channel);
}

static void a_job_that_is_given_up_is_cancelled_and_freed(void **state) {
  (void)state;
  struct channel *channel = new_channel();
  for (int i = 0; i < 50; i++) {
    struct job *job = job_for(silent, "c_1");
    submit(channel, job);
    if (i % 2) usleep((useconds_t)(100 * i)); /* to be caught in the queue, and on the wire */
    channel_give_up(channel, job);
  }
  wait_until_empty();
  assert_int_equal(channel_take(channel, (struct job *[1]){ NULL }, 1), 0);
  channel_free(channel);
}

static void a_job_that_has_come_back_can_be_given_up(void **state) {
  (void)state;
  struct channel *channel = new_channel();
  struct job *job = job_for(refused, "c_1");
  submit(channel, job);
  assert_true(is_woken(channel, 20000));
  channel_give_up(channel, job);
  assert_int_equal(iothread_jobs(), 0);
  assert_int_equal(channel_take(channel, &job, 1), 0);
  channel_free(channel);
}

static void jobs_outlive_their_channel(void **state) {
  (void)state;
  struct channel *channel = new_channel();
  struct job *jobs[] = { job_for(silent, "c_1"), job_for(refused, "c_2") };
  submit(channel, jobs[0]);
  submit(channel, jobs[1]);
  assert_true(is_woken(channel, 20000));
  channel_free(channel);
  channel_give_up(jobs[0]->channel, jobs[0]);
  channel_give_up(jobs[1]->channel, jobs[1]);
  wait_until_empty();
}

static void one_too_many_is_refused_at_once(void **state) {
  (void)state;
  const char *why = NULL;
  struct channel *channel = new_channel();
  struct job *jobs[] = { job_for(silent, "c_1"), job_for(silent, "c_2"), job_for(silent, "c_3") };
  iothread_limit(2);
  submit(channel, jobs[0]);
  submit(channel, jobs[1]);
  assert_false(channel_submit(channel, jobs[2], &why));
  assert_string_equal(why, "too many calls are under way");
  channel_give_up(channel, jobs[0]);
  channel_give_up(channel, jobs[1]);
  wait_until_empty();
  submit(channel, jobs[2]);
  channel_give_up(channel, jobs[2]);
  wait_until_empty();
  iothread_limit(IOTHREAD_MAX_JOBS);
  channel_free(channel);
}

static void a_connection_takes_the_place_of_the_eventfd(void **state) {
  (void)state;
  struct channel *channel = new_channel();
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  const char *why = NULL;
  char byte;
  assert_true(wakeup_listen(channel_wakeup(channel), address.sun_path, &why));
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  assert_true(fd >= 0);
  assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
  assert_true(channel_accept(channel, &why));
  assert_int_not_equal(access(address.sun_path, F_OK), 0);
  submit(channel, job_for(refused, "c_1"));
  struct job *job = NULL;
  for (int bytes = 0; bytes < 60 && channel_take(channel, &job, 1) == 0; bytes++)
    assert_int_equal(read(fd, &byte, 1), 1); /* of the job, or of a second that has gone by */
  assert_non_null(job);
  job_free(job);
  assert_false(is_woken(channel, 0));
  assert_int_equal(read(fd, &byte, 1), 1); /* a second later */
  channel_disconnect(channel);
  ssize_t got = 1;
  for (int bytes = 0; bytes < 10 && got > 0; bytes++)
    got = read(fd, &byte, 1); /* some may be of further seconds */
  assert_int_equal(got, 0);
  submit(channel, job_for(refused, "c_1"));
  assert_true(is_woken(channel, 20000));
  job_free(take(channel));
  close(fd);
  channel_free(channel);
}

static void nobody_is_let_in_but_this_process(void **state) {
  (void)state;
  struct channel *channel = new_channel();
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  const char *why = NULL;
  assert_false(channel_accept(channel, &why));
  assert_true(wakeup_listen(channel_wakeup(channel), address.sun_path, &why));
  pid_t child = fork();
  if (child == 0) {
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    _exit(connect(fd, (struct sockaddr *)&address, sizeof address) == 0 ? 0 : 1);
  }
  int status;
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_int_equal(status, 0);
  assert_false(channel_accept(channel, &why));
  assert_string_equal(why, "another process has connected");
  assert_int_not_equal(access(address.sun_path, F_OK), 0);
  channel_free(channel);
}

/* Waits until the engine has so many connections, none of them idle, and so many jobs that wait for one. */
static void wait_for_use(size_t open, size_t waiting) {
  struct engine_use use;
  do {
    usleep(1000);                           /* the condition has no event of its own */
    use = (struct engine_use){ .open = 5 }; /* to which it adds */
    iothread_use(&use);
  } while (use.open != 5 + open || use.waiting != waiting);
  assert_int_equal(use.idle, 0);
}

static void it_tells_what_its_engine_has(void **state) {
  (void)state;
  struct channel *channel = new_channel();
  struct job *jobs[3];
  for (size_t limit = 0; limit < 2; limit++) {
    silent->max_connections = limit; /* while no job has it */
    for (size_t i = 0; i < 3; i++)
      submit(channel, jobs[i] = job_for(silent, "c_1"));
    wait_for_use(limit ? 1 : 3, limit ? 2 : 0);
    for (size_t i = 3; i-- > 0;)
      channel_give_up(channel, jobs[i]);
    wait_for_use(0, 0);
    wait_until_empty();
  }
  silent->max_connections = 0;
  channel_free(channel);
}

/* --- processes --- */

static void use_in_child(void *inherited) {
  struct channel *channel = inherited, *own;
  const char *why = NULL;
  struct job *job = NULL;
  CHILD_CHECK(channel_is_foreign(channel) && iothread_jobs() == 0);
  channel_free(channel);
  CHILD_CHECK((own = channel_new(&why)) != NULL);
  CHILD_CHECK(channel_submit(own, job_for(refused, "c_1"), &why) && is_woken(own, 20000));
  CHILD_CHECK(channel_take(own, &job, 1) == 1 && job->error.kind == ERROR_NETWORK);
  job_free(job);
  channel_free(own);
}

static void a_forked_child_has_a_thread_of_its_own(void **state) {
  (void)state;
  struct channel *channel = new_channel();
  struct job *under_way = job_for(silent, "c_1");
  submit(channel, under_way);
  run_in_child(use_in_child, channel);
  struct job *job = job_for(refused, "c_2");
  submit(channel, job);
  assert_ptr_equal(take(channel), job);
  job_free(job);
  channel_give_up(channel, under_way);
  wait_until_empty();
  channel_free(channel);
}

static void leave_with_jobs(void *unused) {
  const char *why = NULL;
  struct channel *channel = channel_new(&why);
  (void)unused;
  CHILD_CHECK(channel != NULL);
  for (int i = 0; i < 20; i++)
    CHILD_CHECK(channel_submit(channel, job_for(silent, "c_1"), &why));
  usleep(5000);
  exit(0); /* with its handlers, as a program ends */
}

static void the_process_ends_with_jobs_under_way(void **state) {
  (void)state;
  int status = status_of_child(leave_with_jobs, NULL);
  assert_true(WIFEXITED(status));
  assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(the_process_ends_with_jobs_under_way), /* first: LeakSanitizer is confused by a fork of a process with threads */
    cmocka_unit_test(a_job_comes_back_once),
    cmocka_unit_test(the_bell_rings_until_all_are_taken),
    cmocka_unit_test(a_job_that_is_given_up_is_cancelled_and_freed),
    cmocka_unit_test(a_job_that_has_come_back_can_be_given_up),
    cmocka_unit_test(jobs_outlive_their_channel),
    cmocka_unit_test(one_too_many_is_refused_at_once),
    cmocka_unit_test(it_tells_what_its_engine_has),
    cmocka_unit_test(a_connection_takes_the_place_of_the_eventfd),
    cmocka_unit_test(nobody_is_let_in_but_this_process),
    cmocka_unit_test(a_forked_child_has_a_thread_of_its_own),
  };
  return cmocka_run_group_tests_name("iothread", tests, open_server, close_server);
}
