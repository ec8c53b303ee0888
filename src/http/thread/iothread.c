#include "http/thread/iothread.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "http/clock.h"
#include "http/engine.h"
#include "secret/pool.h"
#include "secret/secret.h"
#include "secret/stack.h"

struct channel {
  struct wakeup wakeup;
  uint32_t generation; /* of the process that made it */
  /* under the lock: */
  size_t references; /* one of its VM, one for each job, and one while it is being signalled */
  struct job_list outbox;
  bool signalled;
  struct channel *next_connected, **connected_link; /* in the list of those that are signalled every second */
  struct channel *next_to_signal;                   /* of the I/O thread alone */
  bool will_be_signalled;
};

#define TICK 1.0 /* seconds */

/* A fork has to find the I/O thread at rest. Otherwise locks of OpenSSL or libcurl would stay locked in the child,
 * and its data half changed. So the thread holds `working` while it works. A busy thread rests only for moments, so
 * whoever forks takes the turnstile first, which keeps it from going on. */
static pthread_mutex_t turnstile = PTHREAD_MUTEX_INITIALIZER, working = PTHREAD_MUTEX_INITIALIZER;

/* Guards everything here, except the engine that the I/O thread is running. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
  bool running, stopping;
  bool sleeping; /* whoever adds work has to wake it */
  pthread_t thread;
  struct engine *engine;
  int wake;
  struct job_list inbox;
  struct job *to_cancel;
  size_t jobs, limit;
  struct channel *connected;
} io = { .wake = -1, .limit = IOTHREAD_MAX_JOBS };

static void take(pthread_mutex_t *mutex) {
  if (pthread_mutex_lock(mutex) != 0) abort();
}

static void leave(pthread_mutex_t *mutex) {
  if (pthread_mutex_unlock(mutex) != 0) abort();
}

/* The I/O thread rests during every wait, and holds no lock then. Who looks at its engine works in its place. */
static void work(void) {
  take(&turnstile);
  take(&working);
  leave(&turnstile);
}

static void rest(void) {
  leave(&working);
}

/* --- channels --- */

/* Drops one reference to the channel and counts `jobs` less. Takes the lock. */
static void unref(struct channel *channel, size_t jobs) {
  take(&lock);
  io.jobs -= jobs;
  bool last = --channel->references == 0;
  leave(&lock);
  if (!last) return;
  wakeup_close(&channel->wakeup);
  pool_free(channel);
}

/* Under the lock. */
static void disconnect(struct channel *channel) {
  if (!channel->connected_link) return;
  *channel->connected_link = channel->next_connected;
  if (channel->next_connected) channel->next_connected->connected_link = channel->connected_link;
  channel->connected_link = NULL;
}

/* --- the thread --- */

/* What one turn has taken out of the lists, to go on with it without the lock. */
struct turn {
  struct job_list fresh, garbage;
  struct job *to_cancel;
  struct channel *to_signal;
  bool stopping, ended, connected; /* ended: some call has; connected: one of those over a new connection */
};

static void plan_signal(struct turn *turn, struct channel *channel) {
  if (channel->will_be_signalled) return;
  channel->will_be_signalled = true;
  channel->references++;
  channel->next_to_signal = turn->to_signal;
  turn->to_signal = channel;
}

/* Gives a job that is done to its channel, or to the garbage when nobody wants it. */
static void hand_back(struct turn *turn, struct job *job) {
  struct channel *channel = job->channel;
  turn->ended = true;
  turn->connected = turn->connected || !job->reused;
  if (job->place == PLACE_GIVEN_UP) return; /* it also is in the list of those to cancel, which take_work reads next */
  if (job->place == PLACE_CANCELLED) {
    job_list_add(&turn->garbage, job);
    return;
  }
  job->place = PLACE_OUTBOX;
  job_list_add(&channel->outbox, job);
  if (channel->signalled) return;
  channel->signalled = true;
  plan_signal(turn, channel);
}

static void take_work(struct turn *turn) {
  for (struct job *job; (job = job_list_pop(&io.inbox));) {
    job->place = PLACE_THREAD;
    job_list_add(&turn->fresh, job);
  }
  turn->to_cancel = io.to_cancel;
  io.to_cancel = NULL;
  for (struct job *job = turn->to_cancel; job; job = job->next_to_cancel)
    job->place = PLACE_CANCELLED;
  turn->stopping = io.stopping;
}

static void free_garbage(struct job_list *garbage) {
  for (struct job *job; (job = job_list_pop(garbage));) {
    struct channel *channel = job->channel;
    job_free(job);
    unref(channel, 1);
  }
}

static void signal_channels(struct channel *first) {
  for (struct channel *channel = first, *next; channel; channel = next) {
    next = channel->next_to_signal;
    channel->will_be_signalled = false;
    wakeup_signal(&channel->wakeup);
    unref(channel, 0);
  }
}

static void cancel_jobs(struct turn *turn, struct engine *engine) {
  for (struct job *job = turn->to_cancel, *next; job; job = next) {
    next = job->next_to_cancel;
    if (job->state == JOB_DONE)
      job_list_add(&turn->garbage, job); /* it had ended before */
    else
      engine_cancel(engine, job, ERROR_CANCELLED, "given up");
  }
}

/* Takes over new work and gives back what is done. Returns the seconds to wait afterwards, below 0 for no limit. */
static double turn_over(struct engine *engine, bool tick, bool *stopping) {
  struct turn turn = { 0 };
  job_list_init(&turn.fresh);
  job_list_init(&turn.garbage);
  take(&lock);
  io.sleeping = false;
  for (struct job *job; (job = engine_done(engine));)
    hand_back(&turn, job);
  if (tick)
    for (struct channel *channel = io.connected; channel; channel = channel->next_connected)
      plan_signal(&turn, channel);
  take_work(&turn);
  bool idle = !turn.fresh.first && !turn.to_cancel;
  io.sleeping = idle;
  double wait = !idle ? 0 : io.connected ? TICK : -1;
  leave(&lock);
  *stopping = turn.stopping;
  signal_channels(turn.to_signal);
  if (turn.ended) stack_wipe(turn.connected ? STACK_DEEP : STACK_SHALLOW);
  cancel_jobs(&turn, engine);
  for (struct job *job; (job = job_list_pop(&turn.fresh));)
    engine_submit(engine, job);
  free_garbage(&turn.garbage);
  return wait;
}

static void *run(void *argument) {
  struct engine *engine = argument;
  bool stopping = false;
  work();
  engine_around_waits(engine, rest, work);
  double ticked = clock_now();
  for (;;) {
    double now = clock_now();
    bool tick = now - ticked >= TICK;
    if (tick) ticked = now;
    double wait = turn_over(engine, tick, &stopping);
    if (stopping) break;
    engine_step(engine, wait);
  }
  engine_cancel_all(engine);
  turn_over(engine, false, &stopping);
  engine_free(engine);
  stack_wipe(STACK_DEEP);
  rest();
  return NULL;
}

static void wake(void) {
  static const uint64_t one = 1;
  if (write(io.wake, &one, sizeof one) < 0) abort(); /* its counter cannot be full */
}

/* --- starting and stopping it --- */

static void stop(void) {
  take(&lock);
  bool running = io.running;
  io.stopping = true;
  leave(&lock);
  if (!running) return;
  wake();
  pthread_join(io.thread, NULL);
  close(io.wake);
}

static void before_fork(void) {
  take(&turnstile);
  take(&working);
  take(&lock);
}

static void after_fork(void) {
  leave(&lock);
  leave(&working);
  leave(&turnstile);
}

/* In the child, which has neither the I/O thread nor its calls. */
static void forget(void) {
  if (io.running) {
    close(io.wake);
    engine_abandon(io.engine);
  }
  io.running = io.stopping = io.sleeping = false;
  io.engine = NULL;
  io.wake = -1;
  job_list_init(&io.inbox);
  io.to_cancel = NULL;
  io.jobs = 0;
  io.connected = NULL;
  after_fork();
}

static bool prepared;

static void prepare(void) {
  job_list_init(&io.inbox);
  /* Sets its own handlers for forks first. They run in reverse order, and the I/O thread may need their locks to
   * rest. */
  secret_generation();
  prepared = pthread_atfork(before_fork, after_fork, forget) == 0 && atexit(stop) == 0;
}

/* Under the lock. */
static bool start(const char **why) {
  sigset_t all, former;
  *why = "the process is ending";
  if (io.stopping) return false;
  if (io.running) return true;
  io.engine = engine_new(why);
  if (!io.engine) return false;
  *why = "no file descriptor is left";
  io.wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (io.wake >= 0 && engine_add_wake(io.engine, io.wake)) {
    sigfillset(&all);
    *why = "no thread could be started";
    if (pthread_sigmask(SIG_SETMASK, &all, &former) == 0) {
      io.running = pthread_create(&io.thread, NULL, run, io.engine) == 0;
      pthread_sigmask(SIG_SETMASK, &former, NULL);
    }
    if (io.running) {
      pthread_setname_np(io.thread, "cards");
      return true;
    }
  }
  engine_free(io.engine);
  io.engine = NULL;
  if (io.wake >= 0) close(io.wake);
  io.wake = -1;
  return false;
}

/* --- public --- */

struct channel *channel_new(const char **why) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  engine_setup();
  *why = "no handler for forks and the end of the process could be set";
  if (pthread_once(&once, prepare) != 0 || !prepared) return NULL;
  *why = "memory is used up";
  struct channel *channel = pool_calloc(1, sizeof *channel);
  if (!channel) return NULL;
  channel->generation = secret_generation();
  channel->references = 1;
  job_list_init(&channel->outbox);
  if (wakeup_open(&channel->wakeup, why)) return channel;
  pool_free(channel);
  return NULL;
}

bool channel_is_foreign(const struct channel *channel) {
  return channel->generation != secret_generation();
}

struct wakeup *channel_wakeup(struct channel *channel) {
  return &channel->wakeup;
}

bool channel_submit(struct channel *channel, struct job *job, const char **why) {
  take(&lock);
  *why = "too many calls are under way";
  bool ok = io.jobs < io.limit && start(why), wanted = false;
  if (ok) {
    io.jobs++;
    channel->references++;
    job->channel = channel;
    job->place = PLACE_INBOX;
    job_list_add(&io.inbox, job);
    wanted = io.sleeping;
    io.sleeping = false;
  }
  leave(&lock);
  if (wanted) wake();
  return ok;
}

size_t channel_take(struct channel *channel, struct job **jobs, size_t max) {
  size_t count = 0;
  /* Before the jobs are taken, as what comes back later has to signal again. */
  if (!channel->connected_link) wakeup_clear(&channel->wakeup);
  take(&lock);
  for (; count < max && channel->outbox.first; count++) {
    jobs[count] = job_list_pop(&channel->outbox);
    jobs[count]->place = PLACE_OWNER;
    jobs[count]->channel = NULL;
    channel->references--;
    io.jobs--;
  }
  bool more = channel->outbox.first != NULL;
  channel->signalled = more;
  leave(&lock);
  if (more) wakeup_signal(&channel->wakeup);
  return count;
}

void channel_give_up(struct channel *channel, struct job *job) {
  bool ours = true, wanted = false;
  take(&lock);
  if (job->place == PLACE_THREAD) {
    ours = false;
    job->place = PLACE_GIVEN_UP;
    job->next_to_cancel = io.to_cancel;
    io.to_cancel = job;
    wanted = io.sleeping;
    io.sleeping = false;
  } else {
    job_list_remove(job->place == PLACE_INBOX ? &io.inbox : &channel->outbox, job);
  }
  leave(&lock);
  if (wanted) wake();
  if (!ours) return;
  job_free(job);
  unref(channel, 1);
}

bool channel_accept(struct channel *channel, const char **why) {
  if (!wakeup_accept(&channel->wakeup, why)) return false;
  take(&lock);
  disconnect(channel);
  channel->next_connected = io.connected;
  channel->connected_link = &io.connected;
  if (io.connected) io.connected->connected_link = &channel->next_connected;
  io.connected = channel;
  bool wanted = io.running && io.sleeping; /* it does not know yet that it has to tick */
  io.sleeping = io.sleeping && !wanted;
  leave(&lock);
  if (wanted) wake();
  return true;
}

void channel_disconnect(struct channel *channel) {
  take(&lock);
  disconnect(channel);
  leave(&lock);
  wakeup_disconnect(&channel->wakeup);
}

void channel_free(struct channel *channel) {
  if (channel_is_foreign(channel)) {
    wakeup_abandon(&channel->wakeup);
    return;
  }
  take(&lock);
  disconnect(channel);
  leave(&lock);
  unref(channel, 0);
}

void iothread_limit(size_t jobs) {
  take(&lock);
  io.limit = jobs;
  leave(&lock);
}

size_t iothread_jobs(void) {
  take(&lock);
  size_t jobs = io.jobs;
  leave(&lock);
  return jobs;
}

void iothread_use(struct engine_use *use) {
  work();
  take(&lock);
  if (io.running && !io.stopping) engine_use(io.engine, use);
  leave(&lock);
  rest();
}
