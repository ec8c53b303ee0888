#include "http/engine.h"

#include <stdlib.h>
#include <string.h>

#include "http/clock.h"
#include "http/connection/connection.h"
#include "http/connection/origin.h"
#include "http/exchange.h"
#include "http/job_heap.h"
#include "http/retry.h"
#include "secret/pool.h"
#include "secret/secret.h"

#define SCRATCH 16384 /* bytes of one read */

struct engine {
  struct connector connector;
  struct origins origins;
  uint32_t generation; /* of the process that made it */
  struct job_list ready, done;
  struct job_heap heap; /* all jobs under way */
  char scratch[SCRATCH];
};

static void set_due(struct engine *engine, struct job *job, double due) {
  if (job->due == due) return;
  job->due = due;
  job_heap_settle(&engine->heap, job);
}

/* --- ends of attempts --- */

static void add_done(struct engine *engine, struct job *job) {
  job->state = JOB_DONE;
  job->finished = clock_now();
  job_list_add(&engine->done, job);
}

static void finish(struct engine *engine, struct job *job) {
  job_heap_remove(&engine->heap, job);
  origin_leave(&engine->origins, job);
  reader_free(&job->reader);
  add_done(engine, job);
}

/* Its client may have one more call on the wire now: starts the next one that waits. */
static void exit_origin(struct engine *engine, struct job *job) {
  struct job *next = origin_exit(job);
  if (!next) return;
  next->state = JOB_READY;
  job_list_add(&engine->ready, next);
}

/* Gives the job back instead of another attempt if its owner has to supply something for that. */
static bool hand_back(struct engine *engine, struct job *job) {
  bool asks = job->asks && job->attempts > 0 && !job->supplied;
  job->supplied = false;
  if (!asks) return false;
  job->asking = true;
  finish(engine, job);
  return true;
}

/* The attempt has ended with a record or an error, and the job has no connection any more. */
static void end_attempt(struct engine *engine, struct job *job) {
  double at, now;
  exit_origin(engine, job);
  if (job->error.kind != ERROR_NONE && retry_next(job, now = clock_now(), &at)) {
    job_keep_attempt(job, now);
    job->retries--;
    job->state = JOB_WAITING;
    reader_free(&job->reader);
    set_due(engine, job, at);
    return;
  }
  finish(engine, job);
}

static void release(struct engine *engine, struct job *job, bool keep) {
  struct connection *connection = job->connection;
  job->connection = NULL;
  if (keep)
    origin_keep(&engine->origins, connection, clock_now());
  else
    connection_close(connection);
}

static void unconnected(void *context, struct connection *connection, CURLcode code) {
  struct engine *engine = context;
  struct job *job = connection->job;
  exchange_unconnected(job, code);
  release(engine, job, false);
  end_attempt(engine, job);
}

/* --- attempts --- */

static void begin_attempt(struct engine *engine, struct job *job);

static void after(struct engine *engine, struct job *job, enum exchange_state state) {
  if (state == EXCHANGE_GOES_ON || state == EXCHANGE_PAUSES) return;
  if (state == EXCHANGE_DONE) {
    release(engine, job, exchange_leaves_open(job) && connection_is_drained(job->connection, engine->scratch, sizeof engine->scratch));
    end_attempt(engine, job);
    return;
  }
  /* It counts as a retry. A call without retries gets it, too, or it would fail whenever a server closes at that
   * moment. */
  job->replaced = job->fresh = true;
  if (job->retries > 0) job->retries--;
  release(engine, job, false);
  job_fail(job, ERROR_NETWORK, true, "the connection was closed without an answer", NULL);
  job_keep_attempt(job, clock_now());
  if (job->asks) {
    exit_origin(engine, job);
    hand_back(engine, job);
    return;
  }
  begin_attempt(engine, job);
}

static void send_request(struct engine *engine, struct job *job) {
  set_due(engine, job, job->deadline);
  after(engine, job, exchange_send(job, engine->scratch, sizeof engine->scratch));
}

/* An idle connection can be read. That may be a session ticket or its end. Other bytes would be taken for the answer
 * of the next call, so it is dropped. */
static void check_idle(struct engine *engine, struct connection *connection) {
  if (!connection_is_silent(connection, engine->scratch, sizeof engine->scratch)) origin_drop(&engine->origins, connection);
}

/* Takes an idle connection, or NULL. It is checked at this moment: an answer that is there before the request belongs
 * to another one. */
static struct connection *take_idle(struct engine *engine, const struct job *job, double now) {
  struct connection *connection = NULL;
  while (!job->fresh && (connection = origin_take(&engine->origins, job->origin, now)) &&
         !connection_is_silent(connection, engine->scratch, sizeof engine->scratch))
    connection_close(connection);
  return connection;
}

/* A forked child does not have the secrets of its parent. */
static bool has_lost_password(struct job *job) {
  if (secret_state(&job->settings->key_password) == SECRET_FORKED)
    job_fail(job, ERROR_TLS, false, "tls.key_password was made before this process was forked", NULL);
  else if (secret_state(&job->settings->proxy_password) == SECRET_FORKED)
    job_fail(job, ERROR_NETWORK, false, "proxy.password was made before this process was forked", NULL);
  else
    return false;
  return true;
}

static void begin_attempt(struct engine *engine, struct job *job) {
  double now = clock_now();
  job->state = JOB_RUNNING;
  exchange_begin(job);
  if (job->deadline <= now) { /* a function that gave a credential took all the time */
    job_fail(job, ERROR_TIMEOUT, job->operation->safe, "no answer in time", NULL);
    end_attempt(engine, job);
    return;
  }
  if (job->attempts > 0 && request_renews(&job->request) && !request_build(&job->request, true, &job->error)) {
    job->error.attempts = job->attempts;
    end_attempt(engine, job);
    return;
  }
  job->attempts++;
  job->began = now;
  struct connection *connection = job->connection = take_idle(engine, job, now);
  counts_try(job->counts, connection != NULL);
  if (connection) {
    connection->job = job;
    job->reused = true;
    send_request(engine, job);
    return;
  }
  if (has_lost_password(job)) {
    end_attempt(engine, job);
    return;
  }
  connection = job->connection = connection_new(&engine->connector, job);
  if (!connection) {
    job_fail(job, ERROR_BUSY, true, "memory is used up", NULL);
    end_attempt(engine, job);
    return;
  }
  double due = now + job->connect_timeout;
  set_due(engine, job, due < job->deadline ? due : job->deadline);
  CURLcode code = connection_start(connection);
  if (code != CURLE_OK) unconnected(engine, connection, code);
}

/* Begins an attempt as soon as its client may have one more call on the wire. */
static void start_attempt(struct engine *engine, struct job *job) {
  bool no_memory;
  if (hand_back(engine, job)) return;
  job->fresh = false;
  if (origin_enter(job, &no_memory)) {
    begin_attempt(engine, job);
  } else if (no_memory) {
    job_fail(job, ERROR_BUSY, true, "memory is used up", NULL);
    finish(engine, job);
  } else {
    job->state = JOB_QUEUED;
    set_due(engine, job, job->deadline);
  }
}

static void on_ended(void *context, CURL *easy, CURLcode code) {
  struct engine *engine = context;
  struct connection *connection = NULL;
  if (curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&connection) != CURLE_OK || !connection) return;
  code = connection_ended(connection, code);
  if (code != CURLE_OK) {
    unconnected(engine, connection, code);
    return;
  }
  send_request(engine, connection->job);
}

static void on_ready(void *context, struct connection *connection) {
  struct engine *engine = context;
  struct job *job = connection->job;
  if (!job) {
    check_idle(engine, connection);
    return;
  }
  enum exchange_state state = EXCHANGE_GOES_ON;
  if (connection->writing) state = exchange_send(job, engine->scratch, sizeof engine->scratch);
  if (state == EXCHANGE_GOES_ON) state = exchange_receive(job, engine->scratch, sizeof engine->scratch);
  after(engine, job, state);
}

/* --- public --- */

struct engine *engine_new(const char **why) {
  engine_setup();
  *why = "memory is used up";
  struct engine *engine = pool_calloc(1, sizeof *engine);
  if (!engine) return NULL;
  engine->generation = secret_generation();
  job_list_init(&engine->ready);
  job_list_init(&engine->done);
  engine->origins.expiry = -1;
  if (sockets_open(&engine->connector.sockets, on_ready, on_ended, engine, why)) return engine;
  pool_free(engine);
  return NULL;
}

bool engine_is_foreign(const struct engine *engine) {
  return engine->generation != secret_generation();
}

void engine_cancel_all(struct engine *engine) {
  while (engine->heap.count)
    engine_cancel(engine, engine->heap.jobs[0], ERROR_CANCELLED, "the process is ending");
}

void engine_abandon(struct engine *engine) {
  sockets_abandon(&engine->connector.sockets); /* the rest stays as it is */
}

void engine_free(struct engine *engine) {
  if (!engine) return;
  if (engine_is_foreign(engine)) {
    engine_abandon(engine);
    return;
  }
  engine_cancel_all(engine);
  while (engine_done(engine))
    continue; /* they belong to their owners */
  origins_close(&engine->origins);
  names_free(&engine->connector.names);
  sockets_close(&engine->connector.sockets);
  sessions_free(&engine->connector.sessions);
  trust_free(&engine->connector.trust);
  job_heap_free(&engine->heap);
  pool_free(engine);
}

bool engine_add_wake(struct engine *engine, int fd) {
  return sockets_add_wake(&engine->connector.sockets, fd);
}

void engine_around_waits(struct engine *engine, void (*leave)(void), void (*enter)(void)) {
  engine->connector.sockets.leave = leave;
  engine->connector.sockets.enter = enter;
}

void engine_submit(struct engine *engine, struct job *job) {
  if (job->attempts > 0) job_keep_attempt(job, job->finished); /* a credential was refused, and it comes again with another one */
  job->due = job->deadline;
  bool joined = origin_join(&engine->origins, job);
  if (joined && job_heap_add(&engine->heap, job)) {
    start_attempt(engine, job);
    return;
  }
  if (joined) origin_leave(&engine->origins, job);
  job_fail(job, ERROR_BUSY, true, "memory is used up", NULL);
  add_done(engine, job);
}

void engine_cancel(struct engine *engine, struct job *job, enum error_kind kind, const char *message) {
  switch (job->state) {
  case JOB_RUNNING:
    job->status = job->reader.status; /* the answer has begun */
    release(engine, job, false);
    exit_origin(engine, job);
    break;
  case JOB_READY:
    job_list_remove(&engine->ready, job);
    exit_origin(engine, job);
    break;
  case JOB_QUEUED: origin_give_up(job); break;
  case JOB_WAITING: break;
  default: return;
  }
  job_fail(job, kind, false, message, NULL);
  finish(engine, job);
}

/* --- time --- */

/* Seconds until something is due: 0 when it is, below 0 when nothing is. */
static double until_due(const struct engine *engine, double now) {
  double at = sockets_due(&engine->connector.sockets);
  if (engine->ready.first || engine->connector.names.changed) return 0;
  if (engine->heap.count && (at < 0 || engine->heap.jobs[0]->due < at)) at = engine->heap.jobs[0]->due;
  if (engine->origins.expiry >= 0 && (at < 0 || engine->origins.expiry < at)) at = engine->origins.expiry;
  return at < 0 ? -1 : at > now ? at - now : 0;
}

static void end_overdue(struct engine *engine, struct job *job) {
  if (job->state == JOB_RUNNING && job->due < job->deadline) { /* it could not connect in time; another attempt may */
    job_fail(job, ERROR_TIMEOUT, true, "no answer in time", NULL);
    release(engine, job, false);
    end_attempt(engine, job);
    return;
  }
  bool queued = job->state != JOB_RUNNING;
  engine_cancel(engine, job, ERROR_TIMEOUT, queued ? "no connection became free in time" : "no answer in time");
  job->error.retryable = queued || exchange_may_repeat(job);
}

static void run_due(struct engine *engine) {
  double now = clock_now();
  while (engine->heap.count && engine->heap.jobs[0]->due <= now) {
    struct job *job = engine->heap.jobs[0];
    if (job->state == JOB_WAITING)
      start_attempt(engine, job);
    else
      end_overdue(engine, job);
  }
  sockets_run_timers(&engine->connector.sockets, now);
  origins_expire(&engine->origins, now);
}

/* Ends the connections of shards for which libcurl had no memory, as it may have forgotten any of them. */
static void end_broken(struct engine *engine) {
  for (struct connection *connection = engine->connector.all, *next; connection; connection = next) {
    next = connection->next_all;
    if (!connection->shard || !connection->shard->broken) continue;
    if (!connection->job) {
      origin_drop(&engine->origins, connection);
      continue;
    }
    struct job *job = connection->job;
    engine_cancel(engine, job, ERROR_BUSY, "memory is used up");
    job->error.retryable = exchange_may_repeat(job);
  }
  sockets_mend(&engine->connector.sockets);
}

bool engine_step(struct engine *engine, double seconds) {
  struct sockets *sockets = &engine->connector.sockets;
  double due = until_due(engine, clock_now());
  if (due >= 0 && (seconds < 0 || due < seconds)) seconds = due;
  int milliseconds = seconds < 0 ? -1 : seconds > 1e6 ? 1000000000 : (int)(seconds * 1000 + 0.999);
  bool uninterrupted = sockets_wait(sockets, milliseconds);
  run_due(engine);
  connection_start_waiting(&engine->connector, unconnected, engine);
  for (struct job *job; (job = job_list_pop(&engine->ready));)
    begin_attempt(engine, job);
  if (sockets->broken) end_broken(engine);
  return uninterrupted;
}

bool engine_take(struct engine *engine, struct job *job) {
  if (job->state != JOB_DONE || !job->link) return false;
  job_list_remove(&engine->done, job);
  return true;
}

struct job *engine_done(struct engine *engine) {
  return job_list_pop(&engine->done);
}

size_t engine_jobs(const struct engine *engine) {
  return engine->heap.count;
}

void engine_use(const struct engine *engine, struct engine_use *use) {
  use->idle += engine->origins.idle;
  for (const struct connection *connection = engine->connector.all; connection; connection = connection->next_all)
    use->open += connection->state == CONNECTION_OPEN;
  for (size_t i = 0; i < engine->heap.count; i++)
    use->waiting += engine->heap.jobs[i]->state == JOB_QUEUED;
}
