/* What runs the jobs of a VM: an engine of its own, which the VM's thread drives, and a channel to the I/O thread. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "http/clock.h"
#include "lua/job.h"

#define DONE_AT_ONCE  64  /* jobs that core.done tells of; it has the others when it is asked again */
#define AT_ONCE       0.1 /* seconds between two signals that are one */
#define TAKEN_AT_ONCE 32  /* jobs that one turn of an event loop gets: nothing else must wait for long */

/* --- the engine --- */

#define VM_TYPE      "cards.vm"
#define CHANNEL_TYPE "cards.channel"

static const char vm_key; /* its address is the key of the VM's struct vm in the registry */

static void free_engine(struct vm *vm) {
  engine_free(vm->engine);
  vm->engine = NULL;
  if (vm->has_guests) close(vm->guests);
  vm->has_guests = false;
}

static int end_vm(lua_State *L) {
  struct vm *vm = lua_touserdata(L, 1);
  free_engine(vm);
  vm->is_closing = true;
  return 0;
}

static struct vm *find_vm(lua_State *L) {
  compat_rawgetp(L, LUA_REGISTRYINDEX, &vm_key);
  struct vm *vm = lua_touserdata(L, -1);
  lua_pop(L, 1);
  return vm;
}

struct vm *vm_get(lua_State *L) {
  const char *why;
  struct vm *vm = find_vm(L);
  if (vm->engine && !engine_is_foreign(vm->engine)) return vm;
  free_engine(vm); /* a forked child has an engine of its own */
  if (vm->is_closing) luaL_error(L, "cards: the Lua state is closing");
  vm->engine = engine_new(&why);
  if (!vm->engine) luaL_error(L, "cards: %s", why);
  return vm;
}

static bool has_handler(void) {
  struct sigaction handler;
  return sigaction(SIGINT, NULL, &handler) == 0 && handler.sa_handler != SIG_DFL;
}

bool vm_is_interrupted(const struct vm *vm) {
  return vm->handles_interrupts && !has_handler();
}

/* core.interrupted(): whether Ctrl-C was pressed, which the lua program makes an error in any function */
int core_interrupted(lua_State *L) {
  lua_pushboolean(L, vm_is_interrupted(find_vm(L)));
  return 1;
}

/* Whether a signal is one that was sent twice: timeout(1) sends it to the process, and at once to its group. `last` is the time of the last one, 0 before the
 * first, and that of this one afterwards. */
static bool is_sent_twice(double *last) {
  double before = *last;
  *last = clock_now();
  return before > 0 && *last - before < AT_ONCE;
}

static void interrupt(int received) {
  static double last;
  (void)received;
  if (!is_sent_twice(&last)) raise(SIGINT);
}

/* core.interrupt_on_term(): from now on SIGTERM ends the program as Ctrl-C does, where that is an error of Lua: what is under way can be written down. */
int core_interrupt_on_term(lua_State *L) {
  struct sigaction action, of_ctrl_c;
  if (sigaction(SIGINT, NULL, &of_ctrl_c) != 0 || of_ctrl_c.sa_handler == SIG_DFL || of_ctrl_c.sa_handler == SIG_IGN) return 0;
  if (sigaction(SIGTERM, NULL, &action) != 0 || action.sa_handler != SIG_DFL) return 0;
  memset(&action, 0, sizeof action);
  action.sa_handler = interrupt;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  if (sigaction(SIGTERM, &action, NULL) != 0) return luaL_error(L, "SIGTERM: %s", strerror(errno));
  return 0;
}

static volatile sig_atomic_t is_stopping;
static struct sigaction of_stops[2]; /* what SIGINT and SIGTERM did before */

static void stop(int received) {
  static double last;
  bool is_first = !is_stopping;
  is_stopping = 1;
  if (is_sent_twice(&last) || is_first) return;
  sigaction(SIGINT, &of_stops[0], NULL);
  sigaction(SIGTERM, &of_stops[1], NULL);
  raise(received); /* once this has returned, as it is blocked here */
}

/* core.stop_on_signals(): the next SIGINT or SIGTERM only makes core.stopping() true; one behind it does what it did before. One that is ignored stays so. */
int core_stop_on_signals(lua_State *L) {
  static const int signals[] = { SIGINT, SIGTERM };
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = stop;
  sigemptyset(&action.sa_mask);
  sigaddset(&action.sa_mask, SIGINT);
  sigaddset(&action.sa_mask, SIGTERM);
  for (size_t i = 0; i < 2; i++)
    if (sigaction(signals[i], NULL, &of_stops[i]) != 0) return luaL_error(L, "signals: %s", strerror(errno));
  for (size_t i = 0; i < 2; i++)
    if (of_stops[i].sa_handler != SIG_IGN && sigaction(signals[i], &action, NULL) != 0) return luaL_error(L, "signals: %s", strerror(errno));
  return 0;
}

/* core.stopping(): whether such a signal has come */
int core_stopping(lua_State *L) {
  lua_pushboolean(L, is_stopping);
  return 1;
}

/* --- jobs that are done --- */

/* Jobs that the script was told of and has not read yet, and what their results will leave on the stack. */
static __thread size_t unread;
static __thread enum stack_depth depth;

/* Makes room for so many tags in the table at index 1, so that none is lost for want of memory once its job was taken. */
static void make_room(lua_State *L, int tags) {
  luaL_checktype(L, 1, LUA_TTABLE);
  for (int i = (int)lua_rawlen(L, 1) + 1; i <= tags; i++) {
    lua_pushnumber(L, 0);
    lua_rawseti(L, 1, i);
  }
}

/* Puts the tag of a job that is done into the table at index 1. */
static void tell(lua_State *L, const struct job *job, int place) {
  struct call *call = job->owner;
  call->channel = NULL;
  call->unread = true;
  unread++;
  lua_pushnumber(L, call->tag);
  lua_rawseti(L, 1, place);
}

void vm_wipe_after(struct call *call, enum stack_depth needed) {
  if (needed > depth) depth = needed;
  if (call->unread) unread--;
  call->unread = false;
  if (unread) return;
  stack_wipe(depth);
  depth = STACK_SHALLOW;
}

/* core.done(table, seconds): the tags of jobs of the VM's own engine that are done, in the table from 1 on, waiting so long for the first; returns how many */
int core_done(lua_State *L) {
  struct engine *engine = vm_get(L)->engine;
  lua_Number seconds = luaL_checknumber(L, 2);
  int count = 0;
  make_room(L, DONE_AT_ONCE);
  struct job *job = engine_done(engine);
  if (!job) {
    engine_step(engine, seconds);
    job = engine_done(engine);
  }
  for (; job; job = count < DONE_AT_ONCE ? engine_done(engine) : NULL)
    tell(L, job, ++count);
  compat_push_integer(L, count);
  return 1;
}

/* --- the channel --- */

static const char channel_key; /* its address is the key of the VM's channel in the registry */

static int end_channel(lua_State *L) {
  struct channel **channel = lua_touserdata(L, 1);
  if (*channel) channel_free(*channel);
  *channel = NULL;
  return 0;
}

static struct channel *get_channel(lua_State *L) {
  compat_rawgetp(L, LUA_REGISTRYINDEX, &channel_key);
  struct channel **own = lua_touserdata(L, -1);
  lua_pop(L, 1);
  if (own && *own && !channel_is_foreign(*own)) return *own;
  own = binding_new(L, CHANNEL_TYPE, sizeof *own);
  const char *why;
  *own = channel_new(&why);
  if (!*own) luaL_error(L, "cards: %s", why);
  compat_rawsetp(L, LUA_REGISTRYINDEX, &channel_key);
  return *own;
}

bool vm_hand_over(lua_State *L, struct call *call) {
  struct channel *channel = get_channel(L);
  struct job *job = call->job;
  const char *why;
  call->channel = channel;
  if (channel_submit(channel, job, &why)) return true;
  call->channel = NULL;
  job_fail(job, ERROR_BUSY, true, why, NULL);
  return false;
}

/* core.take(table [, seconds]): the tags of jobs that have come back, in the table from 1 on; returns how many, some dozens at most. When more are left, the descriptor stays readable.
 * With seconds it waits so long for the first. */
int core_take(lua_State *L) {
  struct job *jobs[TAKEN_AT_ONCE];
  struct channel *channel = get_channel(L);
  lua_Number seconds = luaL_optnumber(L, 2, 0);
  make_room(L, TAKEN_AT_ONCE);
  size_t count = channel_take(channel, jobs, TAKEN_AT_ONCE);
  if (!count && seconds > 0) {
    struct pollfd wakeup = { .fd = channel_wakeup(channel)->fd, .events = POLLIN };
    if (poll(&wakeup, 1, (int)(seconds * 1000) + 1) > 0) count = channel_take(channel, jobs, TAKEN_AT_ONCE);
  }
  for (size_t i = 0; i < count; i++)
    tell(L, jobs[i], (int)i + 1);
  compat_push_integer(L, (int64_t)count);
  return 1;
}

/* core.pollfd(): a descriptor that is readable when core.take has something */
int core_pollfd(lua_State *L) {
  compat_push_integer(L, channel_wakeup(get_channel(L))->fd);
  return 1;
}

/* core.wake(): makes that descriptor readable */
int core_wake(lua_State *L) {
  wakeup_signal(channel_wakeup(get_channel(L)));
  return 0;
}

/* core.listen(): the path of a unix socket to connect to at once; or nil and why not. Over the connection comes a byte whenever core.take has something, and every second. */
int core_listen(lua_State *L) {
  char path[WAKEUP_PATH_MAX];
  const char *why = NULL;
  if (!wakeup_listen(channel_wakeup(get_channel(L)), path, &why)) return binding_fail(L, "%s", why);
  lua_pushstring(L, path);
  return 1;
}

/* core.accept(): takes the connection; true, or nil and why not */
int core_accept(lua_State *L) {
  const char *why = NULL;
  if (!channel_accept(get_channel(L), &why)) return binding_fail(L, "%s", why);
  lua_pushboolean(L, 1);
  return 1;
}

/* core.disconnect(): ends the connection */
int core_disconnect(lua_State *L) {
  channel_disconnect(get_channel(L));
  return 0;
}

/* core.limit(jobs): how many jobs the I/O thread takes at once */
int core_limit(lua_State *L) {
  lua_Number jobs = luaL_checknumber(L, 1);
  luaL_argcheck(L, jobs >= 1 && jobs <= 1e6, 1, "out of range");
  iothread_limit((size_t)jobs);
  return 0;
}

/* core.under_way(): how many jobs the VM's own engine has */
int core_under_way(lua_State *L) {
  const struct vm *vm = find_vm(L);
  compat_push_integer(L, vm->engine && !engine_is_foreign(vm->engine) ? (int64_t)engine_jobs(vm->engine) : 0);
  return 1;
}

/* core.calls(): how many jobs the I/O thread has, of all VMs of the process */
int core_calls(lua_State *L) {
  compat_push_integer(L, (int64_t)iothread_jobs());
  return 1;
}

/* core.in_use(): connections that are open, those of them that no call uses, and calls that wait for one of max_connections: of the VM's own engine and of the I/O thread */
int core_in_use(lua_State *L) {
  const struct vm *vm = find_vm(L);
  struct engine_use use = { 0 };
  if (vm->engine && !engine_is_foreign(vm->engine)) engine_use(vm->engine, &use);
  iothread_use(&use);
  compat_push_integer(L, (int64_t)use.open);
  compat_push_integer(L, (int64_t)use.idle);
  compat_push_integer(L, (int64_t)use.waiting);
  return 3;
}

void binding_open_vm(lua_State *L) {
  static const luaL_Reg of_vm[] = { { "__gc", end_vm }, { NULL, NULL } }, of_channel[] = { { "__gc", end_channel }, { NULL, NULL } };
  binding_type(L, VM_TYPE, of_vm, NULL);
  binding_type(L, CHANNEL_TYPE, of_channel, NULL);
  struct vm *vm = binding_new(L, VM_TYPE, sizeof *vm);
  vm->handles_interrupts = has_handler();
  compat_rawsetp(L, LUA_REGISTRYINDEX, &vm_key);
}
