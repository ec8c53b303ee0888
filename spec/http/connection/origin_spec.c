/* src/http/connection/origin: which connections serve which jobs, in which order and for how long, and how many jobs of a client go on the wire at once. Nothing is connected here, and time is
 * what the tests say. */
#define _GNU_SOURCE 1
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "http/connection/origin.h"
#include "http/engine.h"
#include "provider/builtin/builtin.h"
#include "secret/pool.h"

#define NOW  1000.0
#define MOST 8

static struct connector connector;
static struct origins origins;
static struct job *jobs[MOST];
static size_t job_count;

static int set_up(void **state) {
  (void)state;
  engine_setup();
  memset(&connector, 0, sizeof connector);
  memset(&origins, 0, sizeof origins);
  origins.expiry = -1;
  job_count = 0;
  return 0;
}

static bool is_empty(void) {
  for (size_t i = 0; i < ORIGIN_BUCKETS; i++)
    if (origins.buckets[i]) return false;
  return origins.idle == 0;
}

/* Every test leaves nothing behind. */
static int tear_down(void **state) {
  (void)state;
  for (size_t i = 0; i < job_count; i++) {
    if (jobs[i]->origin) origin_leave(&origins, jobs[i]);
    job_free(jobs[i]);
  }
  origins_close(&origins);
  return is_empty() && !connector.all ? 0 : -1;
}

static struct settings *client_of(const char *base_url, size_t max_connections, double idle_timeout, double max_age) {
  struct settings *made = settings_new();
  const char *why = NULL;
  assert_non_null(made);
  made->base_url = pool_strdup(base_url);
  made->max_connections = max_connections;
  made->idle_timeout = idle_timeout;
  made->max_age = max_age;
  if (!settings_finish(made, &why)) fail_msg("%s", why);
  return made;
}

/* A job that has joined its origin; it has the settings. */
static struct job *join(struct settings *client) {
  const struct provider *alix = registry_find("alix");
  struct job *job = job_new(alix, alix->operations, client);
  assert_true(job && job_count < MOST && origin_join(&origins, job));
  jobs[job_count++] = job;
  return job;
}

/* A job of a client of its own. */
static struct job *join_new(const char *base_url, size_t max_connections, double idle_timeout, double max_age) {
  struct settings *client = client_of(base_url, max_connections, idle_timeout, max_age);
  struct job *job = join(client);
  settings_unref(client);
  return job;
}

/* A connection of the job that was opened at that time and is kept at another one. */
static struct connection *keep(struct job *job, double opened, double now) {
  struct connection *connection = connection_new(&connector, job);
  assert_non_null(connection);
  connection->opened = opened;
  origin_keep(&origins, connection, now);
  assert_null(connection->job);
  assert_ptr_equal(connection->origin, job->origin);
  return connection;
}

static size_t count_connections(void) {
  size_t count = 0;
  for (const struct connection *connection = connector.all; connection; connection = connection->next_all)
    count++;
  return count;
}

/* Takes the connection, which has to be that one, and closes it. */
static void takes(struct job *job, double now, const struct connection *expected) {
  struct connection *connection = origin_take(&origins, job->origin, now);
  assert_ptr_equal(connection, expected);
  assert_null(connection->origin);
  assert_null(connection->link);
  connection_close(connection);
}

/* --- whose connections --- */

static void is_shared_by_clients_of_the_same_identity(void **state) {
  (void)state;
  struct job *one = join_new("https://host.example/v1", 0, 60, 600), *same = join_new("https://host.example/v2", 5, 60, 600);
  struct job *other = join_new("https://host.example:8443/v1", 0, 60, 600), *sooner = join_new("https://host.example/v1", 0, 59, 600);
  assert_ptr_equal(one->origin, same->origin);
  assert_ptr_not_equal(one->origin, other->origin);
  assert_ptr_not_equal(one->origin, sooner->origin);
  struct connection *connection = keep(one, NOW, NOW);
  assert_null(origin_take(&origins, other->origin, NOW));
  assert_null(origin_take(&origins, sooner->origin, NOW));
  takes(same, NOW, connection);
}

static void lives_as_long_as_a_job_or_a_connection(void **state) {
  (void)state;
  struct job *job = join_new("https://host.example", 0, 60, 600);
  struct origin *origin = job->origin;
  keep(job, NOW, NOW);
  origin_leave(&origins, job);
  assert_null(job->origin);
  assert_false(is_empty());
  assert_true(origin_join(&origins, job));
  assert_ptr_equal(job->origin, origin);
  origin_leave(&origins, job);
  origins_expire(&origins, NOW + 60);
  assert_true(is_empty());
  assert_null(connector.all);
}

static void finds_each_of_many(void **state) {
  (void)state;
  struct settings *clients[2 * ORIGIN_BUCKETS];
  struct origin *found[2 * ORIGIN_BUCKETS];
  const struct provider *alix = registry_find("alix");
  struct job *many[2 * ORIGIN_BUCKETS];
  char url[64];
  for (int i = 0; i < 2 * ORIGIN_BUCKETS; i++) {
    snprintf(url, sizeof url, "https://host%d.example", i);
    clients[i] = client_of(url, 0, 60, 600);
    many[i] = job_new(alix, alix->operations, clients[i]);
    assert_true(many[i] && origin_join(&origins, many[i]));
    found[i] = many[i]->origin;
  }
  for (int i = 0; i < 2 * ORIGIN_BUCKETS; i++) {
    struct job *again = job_new(alix, alix->operations, clients[i]);
    assert_true(again && origin_join(&origins, again));
    assert_ptr_equal(again->origin, found[i]);
    origin_leave(&origins, again);
    job_free(again);
  }
  for (int i = 0; i < 2 * ORIGIN_BUCKETS; i++) { /* the even ones first, out of the middle of their buckets */
    int at = (2 * i) % (2 * ORIGIN_BUCKETS) + (i >= ORIGIN_BUCKETS);
    origin_leave(&origins, many[at]);
    job_free(many[at]);
    settings_unref(clients[at]);
  }
  assert_true(is_empty());
}

/* --- idle connections --- */

static void takes_the_newest_first(void **state) {
  (void)state;
  struct job *job = join_new("https://host.example", 0, 60, 600);
  struct connection *first = keep(job, NOW - 9, NOW), *second = keep(job, NOW - 8, NOW + 1), *third = keep(job, NOW - 7, NOW + 2);
  assert_int_equal(origins.idle, 3);
  takes(job, NOW + 3, third);
  takes(job, NOW + 3, second);
  struct connection *fourth = keep(job, NOW - 6, NOW + 3);
  takes(job, NOW + 4, fourth);
  takes(job, NOW + 4, first);
  assert_null(origin_take(&origins, job->origin, NOW + 4));
  assert_int_equal(origins.idle, 0);
}

static void takes_none_that_was_idle_for_too_long(void **state) {
  (void)state;
  struct job *job = join_new("https://host.example", 0, 10, 600);
  keep(job, NOW, NOW);
  struct connection *last = keep(job, NOW, NOW + 1);
  takes(job, NOW + 10.999, last);
  assert_null(origin_take(&origins, job->origin, NOW + 10.999)); /* the other one is over, and closed by the way */
  assert_int_equal(count_connections(), 0);
  keep(job, NOW, NOW);
  assert_null(origin_take(&origins, job->origin, NOW + 10));
  assert_int_equal(count_connections(), 0);
}

static void takes_none_that_is_too_old(void **state) {
  (void)state;
  struct job *job = join_new("https://host.example", 0, 60, 100);
  struct connection *young = keep(job, NOW - 50, NOW);
  keep(job, NOW - 99, NOW); /* newer in use, but older */
  takes(job, NOW + 1, young);
  assert_int_equal(count_connections(), 0);
  struct connection *just = keep(job, NOW - 99, NOW);
  takes(job, NOW + 0.999, just);
}

static void keeps_none_without_time(void **state) {
  (void)state;
  struct job *job = join_new("https://host.example", 0, 0, 600);
  keep(job, NOW, NOW);
  assert_true(origins.expiry <= NOW);
  assert_null(origin_take(&origins, job->origin, NOW));
  assert_int_equal(count_connections(), 0);
}

static void closes_what_is_over_by_itself(void **state) {
  (void)state;
  struct job *one = join_new("https://host.example", 0, 10, 600), *other = join_new("https://other.example", 0, 60, 100);
  assert_true(origins.expiry < 0);
  keep(one, NOW, NOW);
  assert_true(origins.expiry == NOW + 10);
  keep(other, NOW - 95, NOW + 1);
  assert_true(origins.expiry == NOW + 5);
  struct connection *stays = keep(one, NOW, NOW + 7);
  assert_true(origins.expiry == NOW + 5);
  origins_expire(&origins, NOW + 4.999);
  assert_int_equal(origins.idle, 3);
  origins_expire(&origins, NOW + 5);
  assert_int_equal(origins.idle, 2);
  assert_true(origins.expiry == NOW + 10);
  origins_expire(&origins, NOW + 10);
  assert_int_equal(origins.idle, 1);
  assert_int_equal(count_connections(), 1);
  assert_true(origins.expiry == NOW + 17);
  takes(one, NOW + 11, stays);
  origins_expire(&origins, NOW + 17);
  assert_true(origins.expiry < 0);
}

static void drops_any_of_them(void **state) {
  (void)state;
  struct job *job = join_new("https://host.example", 0, 60, 600);
  for (int dropped = 0; dropped < 3; dropped++) {
    struct connection *all[3];
    for (int i = 0; i < 3; i++)
      all[i] = keep(job, NOW, NOW);
    origin_drop(&origins, all[dropped]);
    assert_int_equal(count_connections(), 2);
    for (int i = 2; i >= 0; i--)
      if (i != dropped) takes(job, NOW, all[i]);
    assert_int_equal(origins.idle, 0);
  }
}

static void closes_all(void **state) {
  (void)state;
  struct job *one = join_new("https://host.example", 0, 60, 600), *other = join_new("https://other.example", 0, 60, 600);
  for (int i = 0; i < 3; i++) {
    keep(one, NOW, NOW);
    keep(other, NOW, NOW);
  }
  origin_leave(&origins, other);
  origins_close(&origins);
  assert_int_equal(count_connections(), 0);
  assert_int_equal(origins.idle, 0);
  assert_non_null(one->origin); /* the job has it still */
}

/* --- limits of clients --- */

static bool enters(struct job *job) {
  bool no_memory = true;
  bool entered = origin_enter(job, &no_memory);
  assert_false(no_memory);
  return entered;
}

static void lets_any_number_in_without_a_limit(void **state) {
  (void)state;
  struct settings *client = client_of("https://host.example", 0, 60, 600);
  for (int i = 0; i < MOST; i++)
    assert_true(enters(join(client)));
  for (int i = 0; i < MOST; i++)
    assert_null(origin_exit(jobs[i]));
  settings_unref(client);
}

static void lets_so_many_in_and_the_others_in_their_order(void **state) {
  (void)state;
  struct settings *client = client_of("https://host.example", 2, 60, 600);
  for (int i = 0; i < 6; i++)
    assert_int_equal(enters(join(client)), i < 2);
  assert_ptr_equal(origin_exit(jobs[1]), jobs[2]);
  assert_ptr_equal(origin_exit(jobs[0]), jobs[3]);
  assert_false(enters(jobs[0])); /* behind the others */
  assert_ptr_equal(origin_exit(jobs[2]), jobs[4]);
  assert_ptr_equal(origin_exit(jobs[3]), jobs[5]);
  assert_ptr_equal(origin_exit(jobs[4]), jobs[0]);
  assert_null(origin_exit(jobs[5]));
  assert_true(enters(jobs[1]));
  assert_null(origin_exit(jobs[1]));
  assert_null(origin_exit(jobs[0]));
  settings_unref(client);
}

static void forgets_those_that_give_up(void **state) {
  (void)state;
  struct settings *client = client_of("https://host.example", 1, 60, 600);
  for (int i = 0; i < 6; i++)
    assert_int_equal(enters(join(client)), i < 1);
  origin_give_up(jobs[3]); /* in the middle, at the end, at the beginning */
  origin_give_up(jobs[5]);
  origin_give_up(jobs[1]);
  assert_false(enters(jobs[3]));
  assert_ptr_equal(origin_exit(jobs[0]), jobs[2]);
  assert_ptr_equal(origin_exit(jobs[2]), jobs[4]);
  assert_ptr_equal(origin_exit(jobs[4]), jobs[3]);
  assert_null(origin_exit(jobs[3]));
  settings_unref(client);
}

/* Though they share their connections. */
static void counts_each_client_by_itself(void **state) {
  (void)state;
  struct settings *one = client_of("https://host.example", 1, 60, 600), *other = client_of("https://host.example", 2, 60, 600);
  struct job *a = join(one), *b = join(one), *c = join(other), *d = join(other), *e = join(other);
  assert_ptr_equal(a->origin, c->origin);
  assert_true(enters(a));
  assert_false(enters(b));
  assert_true(enters(c));
  assert_true(enters(d));
  assert_false(enters(e));
  assert_ptr_equal(origin_exit(c), e);
  assert_null(origin_exit(e));
  assert_ptr_equal(origin_exit(a), b);
  assert_null(origin_exit(b));
  assert_null(origin_exit(d));
  settings_unref(one);
  settings_unref(other);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {
    TEST(is_shared_by_clients_of_the_same_identity),
    TEST(lives_as_long_as_a_job_or_a_connection),
    TEST(finds_each_of_many),
    TEST(takes_the_newest_first),
    TEST(takes_none_that_was_idle_for_too_long),
    TEST(takes_none_that_is_too_old),
    TEST(keeps_none_without_time),
    TEST(closes_what_is_over_by_itself),
    TEST(drops_any_of_them),
    TEST(closes_all),
    TEST(lets_any_number_in_without_a_limit),
    TEST(lets_so_many_in_and_the_others_in_their_order),
    TEST(forgets_those_that_give_up),
    TEST(counts_each_client_by_itself),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
