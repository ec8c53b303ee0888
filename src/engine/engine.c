#include "engine.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../base/clock.h"
#include "../base/pool.h"
#include "../base/secret.h"
#include "response.h"
#include "retry.h"
#include "transfer.h"

#define MAX_CONNECTIONS 1024L      /* idle ones that are kept */
#define IDLE            (1u << 27) /* beside the events: libcurl does not watch the descriptor at present */
#define EVENTS          64         /* read from epoll at once */

struct engine {
  CURLM *multi;
  int epoll;
  uint32_t generation; /* of the process that made it */
  bool skipped;        /* the last step did not look at the sockets */
  double timer;        /* when libcurl wants to be called, monotonic seconds; below 0 for never */
  uint32_t *sockets;   /* what epoll knows of a descriptor, by its number; 0 for nothing */
  size_t socket_count;
  size_t idle; /* of them */
  CURL *spare; /* a handle for the next call, made while this one waits */
  struct settings *spare_settings;
  struct job *running;
  struct job **waiting; /* a heap by next_attempt */
  size_t waiting_count, waiting_size;
  struct job *done, **done_tail;
};

/* --- lists and the heap of waiting jobs --- */

static void list_add(struct job **head, struct job *job) {
  job->next = *head;
  job->link = head;
  if (*head) (*head)->link = &job->next;
  *head = job;
}

static void list_remove(struct job *job) {
  *job->link = job->next;
  if (job->next) job->next->link = job->link;
}

static void finish(struct engine *engine, struct job *job) {
  job->state = JOB_DONE;
  job->finished = clock_now();
  job->next = NULL;
  job->link = engine->done_tail;
  *engine->done_tail = job;
  engine->done_tail = &job->next;
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

/* --- sockets and the timer of libcurl --- */

static uint32_t *entry(struct engine *engine, int fd) {
  if ((size_t)fd >= engine->socket_count) {
    size_t count = engine->socket_count ? engine->socket_count : 64;
    while (count <= (size_t)fd)
      count *= 2;
    uint32_t *grown = pool_realloc(engine->sockets, count * sizeof *grown);
    if (!grown) return NULL;
    memset(grown + engine->socket_count, 0, (count - engine->socket_count) * sizeof *grown);
    engine->sockets = grown;
    engine->socket_count = count;
  }
  return &engine->sockets[fd];
}

static void watch(struct engine *engine, int fd, uint32_t events) {
  uint32_t *known = entry(engine, fd);
  if (!known) return; /* the call then ends at its deadline */
  if ((*known & ~IDLE) != events) {
    struct epoll_event event = { .events = events, .data.fd = fd };
    int operation = events == 0 ? EPOLL_CTL_DEL : (*known & ~IDLE) == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
    if (epoll_ctl(engine->epoll, operation, fd, &event) != 0) events = 0;
  }
  if (*known & IDLE) engine->idle--;
  *known = events;
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *user, void *unused) {
  (void)easy;
  (void)unused;
  struct engine *engine = user;
  switch (what) {
  case CURL_POLL_IN: watch(engine, fd, EPOLLIN); break;
  case CURL_POLL_OUT: watch(engine, fd, EPOLLOUT); break;
  case CURL_POLL_INOUT: watch(engine, fd, EPOLLIN | EPOLLOUT); break;
  case CURL_POLL_REMOVE:
    /* An idle connection stays watched for reading: the next call over it then needs no system call. */
    if ((size_t)fd < engine->socket_count && engine->sockets[fd] == EPOLLIN) {
      engine->sockets[fd] |= IDLE;
      engine->idle++;
    } else
      watch(engine, fd, 0);
  }
  return 0;
}

static int on_close(void *user, curl_socket_t fd) {
  struct engine *engine = user;
  if ((size_t)fd < engine->socket_count) {
    if (engine->sockets[fd] & IDLE) engine->idle--;
    engine->sockets[fd] = 0;
  }
  return close(fd);
}

static int on_timer(CURLM *multi, long milliseconds, void *user) {
  (void)multi;
  struct engine *engine = user;
  engine->timer = milliseconds < 0 ? -1 : clock_now() + (double)milliseconds / 1000;
  return 0;
}

/* An idle connection that has something to read is over: the server closed it, or sent what nobody asked for, which the next call would take for its answer (libcurl
 * 7.88 sees the bytes and goes on). Without a reading side libcurl finds it dead. */
static void retire(struct engine *engine, int fd) {
  char unasked[4096];
  shutdown(fd, SHUT_RD);
  while (recv(fd, unasked, sizeof unasked, MSG_DONTWAIT) > 0)
    continue;
  explicit_bzero(unasked, sizeof unasked);
  watch(engine, fd, 0);
}

/* Before a call goes over a connection that was idle. */
static void retire_idle(struct engine *engine) {
  struct epoll_event events[EVENTS];
  int count = engine->idle ? epoll_wait(engine->epoll, events, EVENTS, 0) : 0;
  for (int i = 0; i < count; i++)
    if (engine->sockets[events[i].data.fd] & IDLE) retire(engine, events[i].data.fd);
}

/* --- attempts --- */

static CURL *take_blank(struct engine *engine, const struct settings *settings) {
  if (!engine->spare || engine->spare_settings != settings) return transfer_blank(settings, on_close, engine);
  CURL *blank = engine->spare;
  engine->spare = NULL;
  return blank;
}

/* Who calls once calls again, mostly: setting up a handle costs less while the server is at work. */
static void make_spare(struct engine *engine) {
  struct settings *settings = engine->running->settings;
  if (engine->spare && engine->spare_settings == settings) return;
  curl_easy_cleanup(engine->spare);
  engine->spare = transfer_blank(settings, on_close, engine);
  if (engine->spare_settings == settings) return;
  settings_unref(engine->spare_settings);
  engine->spare_settings = settings_ref(settings);
}

static void start(struct engine *engine, struct job *job) {
  retire_idle(engine);
  job->attempts++;
  if (!transfer_prepare(job, take_blank(engine, job->settings), clock_now())) {
    finish(engine, job);
    return;
  }
  if (curl_multi_add_handle(engine->multi, job->easy) != CURLM_OK) {
    transfer_discard(job);
    response_failed(job, ERROR_BUSY, true, "libcurl took no further call", NULL);
    finish(engine, job);
    return;
  }
  job->state = JOB_RUNNING;
  list_add(&engine->running, job);
}

static void end_attempt(struct engine *engine, struct job *job, CURLcode code) {
  curl_multi_remove_handle(engine->multi, job->easy);
  list_remove(job);
  transfer_finish(job, code);
  if (job->error.kind != ERROR_NONE && retry_next(job, clock_now(), &job->next_attempt) && heap_add(engine, job)) {
    job->retries--;
    job->state = JOB_WAITING;
    return;
  }
  finish(engine, job);
}

static void collect(struct engine *engine) {
  int left;
  for (CURLMsg *message; (message = curl_multi_info_read(engine->multi, &left));) {
    if (message->msg != CURLMSG_DONE) continue;
    struct job *job = NULL;
    CURLcode code = message->data.result;
    if (curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&job) == CURLE_OK && job) end_attempt(engine, job, code);
  }
}

/* --- public --- */

struct engine *engine_new(const char **why) {
  engine_setup();
  *why = "memory is used up";
  struct engine *engine = pool_calloc(1, sizeof *engine);
  if (!engine) return NULL;
  engine->generation = secret_generation();
  engine->timer = -1;
  engine->done_tail = &engine->done;
  engine->epoll = epoll_create1(EPOLL_CLOEXEC);
  engine->multi = curl_multi_init();
  if (engine->epoll >= 0 && engine->multi && curl_multi_setopt(engine->multi, CURLMOPT_SOCKETFUNCTION, on_socket) == CURLM_OK &&
      curl_multi_setopt(engine->multi, CURLMOPT_SOCKETDATA, engine) == CURLM_OK &&
      curl_multi_setopt(engine->multi, CURLMOPT_TIMERFUNCTION, on_timer) == CURLM_OK &&
      curl_multi_setopt(engine->multi, CURLMOPT_TIMERDATA, engine) == CURLM_OK &&
      curl_multi_setopt(engine->multi, CURLMOPT_MAXCONNECTS, MAX_CONNECTIONS) == CURLM_OK)
    return engine;
  *why = engine->epoll < 0 ? "no file descriptor is left" : "libcurl could not be set up";
  engine_free(engine);
  return NULL;
}

bool engine_is_foreign(const struct engine *engine) {
  return engine->generation != secret_generation();
}

void engine_free(struct engine *engine) {
  if (!engine) return;
  if (engine_is_foreign(engine)) {
    /* Cleaning up would say goodbye on the parent's connections. Its sockets are only closed here, the rest is left as it is. */
    for (size_t fd = 0; fd < engine->socket_count; fd++)
      if (engine->sockets[fd]) close((int)fd);
    close(engine->epoll);
    return;
  }
  while (engine->running)
    engine_cancel(engine, engine->running, ERROR_CANCELLED, "the engine was closed");
  while (engine->waiting_count)
    engine_cancel(engine, engine->waiting[0], ERROR_CANCELLED, "the engine was closed");
  curl_easy_cleanup(engine->spare);
  settings_unref(engine->spare_settings);
  if (engine->multi) curl_multi_cleanup(engine->multi);
  if (engine->epoll >= 0) close(engine->epoll);
  pool_free(engine->sockets);
  pool_free(engine->waiting);
  pool_free(engine);
}

void engine_submit(struct engine *engine, struct job *job) {
  start(engine, job);
}

void engine_cancel(struct engine *engine, struct job *job, enum error_kind kind, const char *message) {
  if (job->state == JOB_RUNNING) {
    curl_multi_remove_handle(engine->multi, job->easy);
    list_remove(job);
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
  double at = engine->timer;
  if (engine->waiting_count && (at < 0 || engine->waiting[0]->next_attempt < at)) at = engine->waiting[0]->next_attempt;
  return at < 0 ? -1 : at > now ? at - now : 0;
}

static void run_due(struct engine *engine) {
  int running;
  double now = clock_now();
  if (engine->timer >= 0 && engine->timer <= now) {
    engine->timer = -1;
    curl_multi_socket_action(engine->multi, CURL_SOCKET_TIMEOUT, 0, &running);
  }
  while (engine->waiting_count && engine->waiting[0]->next_attempt <= now) {
    struct job *job = engine->waiting[0];
    heap_remove(engine, job);
    start(engine, job);
  }
}

static void run_socket(struct engine *engine, const struct epoll_event *event) {
  int running, bits = 0, fd = event->data.fd;
  if (engine->sockets[fd] & IDLE) {
    retire(engine, fd);
    return;
  }
  if (event->events & EPOLLIN) bits |= CURL_CSELECT_IN;
  if (event->events & EPOLLOUT) bits |= CURL_CSELECT_OUT;
  if (event->events & (EPOLLERR | EPOLLHUP)) bits |= CURL_CSELECT_ERR;
  curl_multi_socket_action(engine->multi, fd, bits, &running);
}

bool engine_step(struct engine *engine, double seconds) {
  struct epoll_event events[EVENTS];
  double due = until_due(engine, clock_now());
  if (due >= 0 && (seconds < 0 || due < seconds)) seconds = due;
  int count = 0;
  /* What is due at once, as every call is that was just submitted, comes first; but not twice in a row. */
  engine->skipped = seconds == 0 && !engine->skipped;
  if (!engine->skipped) {
    if (seconds != 0 && engine->running) make_spare(engine);
    int milliseconds = seconds < 0 ? -1 : seconds > 1e6 ? 1000000000 : (int)(seconds * 1000 + 0.999);
    count = epoll_wait(engine->epoll, events, EVENTS, milliseconds);
  }
  bool interrupted = count < 0 && errno == EINTR;
  for (int i = 0; i < count; i++)
    run_socket(engine, &events[i]);
  run_due(engine);
  collect(engine);
  return !interrupted;
}

bool engine_take(struct engine *engine, struct job *job) {
  if (job->state != JOB_DONE || !job->link) return false;
  if (engine->done_tail == &job->next) engine->done_tail = job->link;
  list_remove(job);
  job->next = NULL;
  job->link = NULL;
  return true;
}

struct job *engine_done(struct engine *engine) {
  struct job *job = engine->done;
  if (job) engine_take(engine, job);
  return job;
}
