#include "engine.h"

#include <stdlib.h>
#include <string.h>

#include "../base/clock.h"
#include "../base/pool.h"
#include "../base/secret.h"
#include "response.h"
#include "retry.h"
#include "sockets.h"
#include "transfer.h"

#define FEW_CALLS 4
#define OVERSLEPT 0.02 /* seconds: libcurl keeps the deadline, and is late at times */

struct engine {
  struct sockets sockets;
  uint32_t generation; /* of the process that made it */
  bool skipped;        /* the last step did not look at the sockets */
  CURL *spare;         /* a handle for the next call, made while this one waits */
  uint64_t spare_for;  /* the id of the settings that it has: what belongs to a client must not outlive it here */
  struct job_list running, done;
  struct job **waiting; /* a heap by next_attempt */
  size_t waiting_count, waiting_size;
  double overdue_at; /* when the first of the running calls will be, monotonic seconds, or before; below 0 for never */
};

/* --- the heap of waiting jobs --- */

static void finish(struct engine *engine, struct job *job) {
  job->state = JOB_DONE;
  job->finished = clock_now();
  job_list_add(&engine->done, job);
}

static void heap_put(struct engine *engine, size_t at, struct job *job) {
  engine->waiting[at] = job;
  job->heap_index = at;
}

static void heap_settle(struct engine *engine, size_t at) {
  struct job *job = engine->waiting[at];
  while (at > 0 && job->next_attempt < engine->waiting[(at - 1) / 2]->next_attempt) {
    heap_put(engine, at, engine->waiting[(at - 1) / 2]);
    at = (at - 1) / 2;
  }
  for (size_t child; (child = 2 * at + 1) < engine->waiting_count; at = child) {
    if (child + 1 < engine->waiting_count && engine->waiting[child + 1]->next_attempt < engine->waiting[child]->next_attempt) child++;
    if (job->next_attempt <= engine->waiting[child]->next_attempt) break;
    heap_put(engine, at, engine->waiting[child]);
  }
  heap_put(engine, at, job);
}

static bool heap_add(struct engine *engine, struct job *job) {
  if (engine->waiting_count == engine->waiting_size) {
    size_t size = engine->waiting_size ? engine->waiting_size * 2 : 16;
    struct job **grown = pool_realloc(engine->waiting, size * sizeof *grown);
    if (!grown) return false;
    engine->waiting = grown;
    engine->waiting_size = size;
  }
  heap_put(engine, engine->waiting_count++, job);
  heap_settle(engine, job->heap_index);
  return true;
}

static void heap_remove(struct engine *engine, struct job *job) {
  size_t at = job->heap_index;
  struct job *last = engine->waiting[--engine->waiting_count];
  if (last == job) return;
  heap_put(engine, at, last);
  heap_settle(engine, at);
}

/* --- attempts --- */

static CURL *take_blank(struct engine *engine, const struct settings *settings) {
  if (!engine->spare || engine->spare_for != settings->id) return transfer_blank(settings, &engine->sockets);
  CURL *blank = engine->spare;
  engine->spare = NULL;
  return blank;
}

/* Who calls once calls again, mostly: setting up a handle costs less while the server is at work. */
static void make_spare(struct engine *engine) {
  const struct settings *settings = engine->running.first->settings;
  if (engine->spare && engine->spare_for == settings->id) return;
  curl_easy_cleanup(engine->spare);
  engine->spare = transfer_blank(settings, &engine->sockets);
  engine->spare_for = settings->id;
}

static void start(struct engine *engine, struct job *job) {
  double now = clock_now();
  sockets_retire_idle(&engine->sockets, now);
  job->attempts++;
  if (!transfer_prepare(job, take_blank(engine, job->settings), now)) {
    finish(engine, job);
    return;
  }
  job->lane = sockets_add(&engine->sockets, job->easy);
  if (!job->lane) {
    transfer_discard(job);
    response_failed(job, ERROR_BUSY, true, "libcurl took no further call", NULL);
    finish(engine, job);
    return;
  }
  job->state = JOB_RUNNING;
  job_list_add(&engine->running, job);
  if (engine->overdue_at < 0 || job->deadline + OVERSLEPT < engine->overdue_at) engine->overdue_at = job->deadline + OVERSLEPT;
}

static void end_attempt(void *context, CURL *easy, CURLcode code) {
  struct engine *engine = context;
  struct job *job = NULL;
  if (curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&job) != CURLE_OK || !job) return;
  sockets_remove(job->lane, easy);
  job_list_remove(&engine->running, job);
  transfer_finish(job, code);
  if (job->error.kind != ERROR_NONE && retry_next(job, clock_now(), &job->next_attempt) && heap_add(engine, job)) {
    job->retries--;
    job->state = JOB_WAITING;
    return;
  }
  finish(engine, job);
}

/* --- public --- */

struct engine *engine_new(const char **why) {
  engine_setup();
  *why = "memory is used up";
  struct engine *engine = pool_calloc(1, sizeof *engine);
  if (!engine) return NULL;
  engine->generation = secret_generation();
  job_list_init(&engine->running);
  job_list_init(&engine->done);
  engine->overdue_at = -1;
  if (sockets_open(&engine->sockets, why)) return engine;
  pool_free(engine);
  return NULL;
}

bool engine_is_foreign(const struct engine *engine) {
  return engine->generation != secret_generation();
}

void engine_cancel_all(struct engine *engine) {
  while (engine->running.first)
    engine_cancel(engine, engine->running.first, ERROR_CANCELLED, "the process is ending");
  while (engine->waiting_count)
    engine_cancel(engine, engine->waiting[0], ERROR_CANCELLED, "the process is ending");
}

void engine_abandon(struct engine *engine) {
  sockets_abandon(&engine->sockets); /* the rest is left as it is */
}

void engine_free(struct engine *engine) {
  if (!engine) return;
  if (engine_is_foreign(engine)) {
    engine_abandon(engine);
    return;
  }
  engine_cancel_all(engine);
  while (engine_done(engine))
    continue; /* they are their owners' */
  curl_easy_cleanup(engine->spare);
  sockets_close(&engine->sockets);
  pool_free(engine->waiting);
  pool_free(engine);
}

bool engine_add_wake(struct engine *engine, int fd) {
  return sockets_add_wake(&engine->sockets, fd);
}

void engine_around_waits(struct engine *engine, void (*leave)(void), void (*enter)(void)) {
  engine->sockets.leave = leave;
  engine->sockets.enter = enter;
}

void engine_submit(struct engine *engine, struct job *job) {
  start(engine, job);
}

void engine_cancel(struct engine *engine, struct job *job, enum error_kind kind, const char *message) {
  if (job->state == JOB_RUNNING) {
    sockets_remove(job->lane, job->easy);
    job_list_remove(&engine->running, job);
    transfer_discard(job);
    buf_free(&job->body);
  } else if (job->state == JOB_WAITING) {
    heap_remove(engine, job);
  } else {
    return;
  }
  response_failed(job, kind, false, message, NULL);
  finish(engine, job);
}

/* The time until something is due: 0 when it is, below 0 when nothing ever is. */
static double until_due(const struct engine *engine, double now) {
  double at = sockets_due(&engine->sockets);
  if (engine->waiting_count && (at < 0 || engine->waiting[0]->next_attempt < at)) at = engine->waiting[0]->next_attempt;
  if (engine->overdue_at >= 0 && (at < 0 || engine->overdue_at < at)) at = engine->overdue_at;
  return at < 0 ? -1 : at > now ? at - now : 0;
}

static void end_overdue(struct engine *engine, double now) {
  engine->overdue_at = -1;
  for (struct job *job = engine->running.first, *next; job; job = next) {
    next = job->next;
    double at = job->deadline + OVERSLEPT;
    if (at <= now) {
      engine_cancel(engine, job, ERROR_TIMEOUT, "no answer in time");
      job->error.retryable = job->operation->safe;
    } else if (engine->overdue_at < 0 || at < engine->overdue_at) {
      engine->overdue_at = at;
    }
  }
}

static void run_due(struct engine *engine) {
  double now = clock_now();
  if (engine->overdue_at >= 0 && engine->overdue_at <= now) end_overdue(engine, now);
  sockets_run_timers(&engine->sockets, now);
  while (engine->waiting_count && engine->waiting[0]->next_attempt <= now) {
    struct job *job = engine->waiting[0];
    heap_remove(engine, job);
    start(engine, job);
  }
}

/* Calls that libcurl may have forgotten for want of memory. */
static void end_broken(struct engine *engine) {
  for (struct job *job = engine->running.first, *next; job; job = next) {
    next = job->next;
    if (!job->lane->broken) continue;
    engine_cancel(engine, job, ERROR_BUSY, "memory is used up");
    job->error.retryable = true;
  }
  sockets_mend(&engine->sockets);
}

bool engine_step(struct engine *engine, double seconds) {
  double due = until_due(engine, clock_now());
  if (due >= 0 && (seconds < 0 || due < seconds)) seconds = due;
  bool uninterrupted = true;
  /* What is due at once, as every call is that was just submitted, comes first where few are in flight; but not twice in a row. */
  engine->skipped = seconds == 0 && !engine->skipped && sockets_calls(&engine->sockets) <= FEW_CALLS;
  if (!engine->skipped) {
    if (seconds != 0 && engine->running.first) make_spare(engine);
    int milliseconds = seconds < 0 ? -1 : seconds > 1e6 ? 1000000000 : (int)(seconds * 1000 + 0.999);
    uninterrupted = sockets_wait(&engine->sockets, milliseconds);
  }
  run_due(engine);
  sockets_collect(&engine->sockets, end_attempt, engine);
  if (engine->sockets.broken) end_broken(engine);
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
