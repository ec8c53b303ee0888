/* Threads that submit, give up, take and free at random, processes that fork beside them, and ends of the process in the middle of it all, under a sanitizer.
 * storm SECONDS HTTP_URL HTTPS_URL CA_FILE: prints TAP. A process that reports a race, crashes or hangs fails it. */
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>

#include "http/clock.h"
#include "jobs.h"

#define THREADS   4
#define MOST      40  /* jobs of one thread */
#define HANG      120 /* seconds */
#define RACE_EXIT 66  /* ThreadSanitizer's */

enum { HTTP, HTTPS, LIMITED /* HTTP, with few calls at once over connections that are soon closed */, SILENT, REFUSED, SERVERS };

static struct settings *servers[SERVERS];
static const char *urls[SERVERS], *ca_file;
static atomic_bool over;
static atomic_ulong submitted, given_up, taken, refused;

static _Noreturn void die(const char *what) {
  fprintf(stderr, "storm: %s\n", what);
  _exit(1);
}

static void open_servers(void) {
  int port;
  engine_setup();
  if (listen_silently(&port) < 0) die("no silent server");
  servers[SILENT] = settings_for_port(port, 1);
  if (hold_port(&port) < 0) die("no port");
  servers[REFUSED] = settings_for_port(port, 5);
  servers[HTTP] = settings_for(urls[HTTP], NULL, 20);
  servers[HTTPS] = settings_for(urls[HTTPS], ca_file, 20);
  servers[LIMITED] = begin_settings(urls[HTTP], NULL, 20);
  if (servers[LIMITED]) {
    servers[LIMITED]->max_connections = 3;
    servers[LIMITED]->idle_timeout = 0.02;
    servers[LIMITED]->max_age = 0.5;
  }
  servers[LIMITED] = finish_settings(servers[LIMITED]);
  for (int i = 0; i < SERVERS; i++)
    if (!servers[i]) die("no settings");
}

static void close_servers(void) {
  for (int i = 0; i < SERVERS; i++)
    settings_unref(servers[i]);
}

static struct channel *new_channel(void) {
  const char *why = "";
  struct channel *channel = channel_new(&why);
  if (!channel) die(why);
  return channel;
}

/* --- one VM --- */

struct vm {
  unsigned int seed;
  bool tidy; /* gives everything back at the end */
  struct channel *channel;
  struct job *jobs[MOST];
  size_t count;
};

static void check(int server, const struct job *job) {
  bool ended = job->error.kind == ERROR_CANCELLED;
  if (job->state != JOB_DONE) die("a job came back that is not done");
  if (ended || job->error.kind == ERROR_TIMEOUT) return;
  if (server == REFUSED ? job->error.kind != ERROR_NETWORK : job->error.kind != ERROR_NONE) die(job->error.message);
}

static void forget(struct vm *vm, const struct job *job) {
  for (size_t i = 0; i < vm->count; i++)
    if (vm->jobs[i] == job) {
      vm->jobs[i] = vm->jobs[--vm->count];
      return;
    }
  die("a job came back that nobody had submitted, or twice");
}

static void submit_one(struct vm *vm) {
  const char *why = "";
  int server = rand_r(&vm->seed) % SERVERS;
  if (vm->count == MOST) return;
  struct job *job = job_for(servers[server], "c_1");
  if (!job) die("memory is used up");
  if (channel_submit(vm->channel, job, &why)) {
    vm->jobs[vm->count++] = job;
    submitted++;
    return;
  }
  job_free(job);
  refused++;
}

static void give_one_up(struct vm *vm) {
  if (!vm->count) return;
  size_t at = (size_t)rand_r(&vm->seed) % vm->count;
  channel_give_up(vm->channel, vm->jobs[at]);
  vm->jobs[at] = vm->jobs[--vm->count];
  given_up++;
}

static void take_some(struct vm *vm) {
  struct job *jobs[8];
  struct pollfd wakeup = { .fd = channel_wakeup(vm->channel)->fd, .events = POLLIN };
  poll(&wakeup, 1, rand_r(&vm->seed) % 10);
  size_t count = channel_take(vm->channel, jobs, 1 + (size_t)rand_r(&vm->seed) % 8);
  for (size_t i = 0; i < count; i++) {
    int server = 0;
    while (servers[server] != jobs[i]->settings)
      server++;
    check(server, jobs[i]);
    forget(vm, jobs[i]);
    job_free(jobs[i]);
    taken++;
  }
}

static void close_vm(struct vm *vm) {
  struct channel *channel = vm->channel;
  bool first = rand_r(&vm->seed) % 2; /* a VM collects in any order */
  if (first && vm->count) channel_free(channel);
  bool freed = first && vm->count;
  while (vm->count)
    give_one_up(vm);
  if (!freed) channel_free(channel);
}

static void *live(void *argument) {
  struct vm *vm = argument;
  vm->channel = new_channel();
  while (!atomic_load(&over)) {
    int dice = rand_r(&vm->seed) % 100;
    if (dice < 45)
      submit_one(vm);
    else if (dice < 60)
      give_one_up(vm);
    else if (dice < 99)
      take_some(vm);
    else {
      close_vm(vm);
      vm->channel = new_channel();
    }
  }
  if (vm->tidy) close_vm(vm);
  return NULL;
}

/* --- one process --- */

/* What the I/O thread's engine has, from another thread. */
static void look_at_engine(void) {
  struct engine_use use = { 0 };
  iothread_use(&use);
  if (use.idle > use.open) die("more connections are idle than there are");
}

/* ThreadSanitizer knows no threads that a child starts after the fork of a process with several: there the child only looks around. */
static _Noreturn void live_as_child(struct channel *inherited, unsigned int seed) {
  alarm(HANG);
  if (!channel_is_foreign(inherited) || iothread_jobs() != 0) die("a forked child has its parent's calls");
  channel_free(inherited);
#ifndef __SANITIZE_THREAD__
  const char *why = "";
  struct job *job = job_for(servers[seed % 2 ? HTTP : REFUSED], "c_1");
  struct channel *channel = new_channel();
  struct pollfd wakeup = { .fd = channel_wakeup(channel)->fd, .events = POLLIN };
  if (!job || !channel_submit(channel, job, &why)) die("a forked child could not submit");
  while (channel_take(channel, &job, 1) == 0)
    poll(&wakeup, 1, 1000);
  check(seed % 2 ? HTTP : REFUSED, job);
  job_free(job);
  channel_free(channel);
#endif
  if (seed % 3) exit(0);
  _exit(0);
}

static bool ended_well(pid_t pid) {
  int status;
  if (pid < 0 || waitpid(pid, &status, 0) != pid) die("no child");
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return true;
  fprintf(stderr, "storm: a process ended with %s %d%s\n", WIFEXITED(status) ? "status" : "signal",
          WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status), WIFEXITED(status) && WEXITSTATUS(status) == RACE_EXIT ? ", a race" : "");
  return false;
}

static _Noreturn void live_as_process(unsigned int seed, double seconds) {
  pthread_t threads[THREADS];
  struct vm vms[THREADS] = { 0 };
  bool tidy = rand_r(&seed) % 2, ok = true;
  unsigned long forks = 0;
  alarm(HANG);
  open_servers();
  struct channel *channel = new_channel();
  if (rand_r(&seed) % 3 == 0) iothread_limit(20);
  for (int i = 0; i < THREADS; i++) {
    vms[i] = (struct vm){ .seed = (unsigned int)rand_r(&seed), .tidy = tidy };
    if (pthread_create(&threads[i], NULL, live, &vms[i]) != 0) die("no thread");
  }
  for (double ends = clock_now() + seconds; ok && clock_now() < ends; forks++) {
    poll(NULL, 0, rand_r(&seed) % 200);
    look_at_engine();
    unsigned int child = (unsigned int)rand_r(&seed);
    pid_t pid = fork();
    if (pid == 0) live_as_child(channel, child);
    ok = ended_well(pid);
  }
  atomic_store(&over, true);
  for (int i = 0; i < THREADS; i++)
    pthread_join(threads[i], NULL);
  channel_free(channel);
  if (tidy) close_servers();
  printf("# %lu submitted, %lu given up, %lu taken, %lu refused, %lu forks, ended %s\n", submitted, given_up, taken, refused, forks,
         tidy ? "tidily" : "with calls under way");
  if (!ok) exit(1);
  exit(0);
}

int main(int argc, char **argv) {
  if (argc != 5) return 2;
  double ends = clock_now() + strtod(argv[1], NULL);
  urls[HTTP] = argv[2];
  urls[HTTPS] = argv[3];
  ca_file = argv[4];
  unsigned int seed = getenv("SEED") ? (unsigned int)strtoul(getenv("SEED"), NULL, 10) : (unsigned int)time(NULL);
  bool ok = true;
  printf("# SEED=%u\n", seed);
  while (ok && clock_now() < ends) {
    double seconds = 1 + rand_r(&seed) % 5;
    unsigned int process = (unsigned int)rand_r(&seed);
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) live_as_process(process, seconds);
    ok = ended_well(pid);
  }
  printf("1..1\n%s 1 - threads, forks and ends at random\n", ok ? "ok" : "not ok");
  return ok ? 0 : 1;
}
