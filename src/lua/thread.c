/* What of the I/O thread a VM sees: its channel, and jobs that go through it. */
#include <poll.h>
#include <string.h>

#include "http/clock.h"
#include "lua/job.h"

#define TAKEN_AT_ONCE 32 /* jobs that one turn of an event loop gets: nothing else must wait for long */

static const char channel_key; /* its address is the key of the VM's channel in the registry */

static int collect(lua_State *L) {
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
  own = lua_newuserdata(L, sizeof *own);
  *own = NULL;
  lua_createtable(L, 0, 1);
  lua_pushcfunction(L, collect);
  lua_setfield(L, -2, "__gc");
  lua_setmetatable(L, -2);
  const char *why;
  *own = channel_new(&why);
  if (!*own) luaL_error(L, "cards: %s", why);
  compat_rawsetp(L, LUA_REGISTRYINDEX, &channel_key);
  return *own;
}

bool call_hand_over(lua_State *L, struct call *call) {
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
  call_make_room(L, 1, TAKEN_AT_ONCE);
  size_t count = channel_take(channel, jobs, TAKEN_AT_ONCE);
  if (!count && seconds > 0) {
    struct pollfd wakeup = { .fd = channel_wakeup(channel)->fd, .events = POLLIN };
    if (poll(&wakeup, 1, (int)(seconds * 1000) + 1) > 0) count = channel_take(channel, jobs, TAKEN_AT_ONCE);
  }
  for (size_t i = 0; i < count; i++) {
    struct call *call = jobs[i]->owner;
    call->channel = NULL;
    call_mark_unread(call);
    lua_pushnumber(L, call->tag);
    lua_rawseti(L, 1, (int)i + 1);
  }
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

static int outcome(lua_State *L, bool ok, const char *why) {
  lua_pushboolean(L, ok);
  if (ok) return 1;
  lua_pushstring(L, why);
  return 2;
}

/* core.listen(): the path of a unix socket to connect to at once; or false and why not. Over the connection comes a byte whenever core.take has something, and every second. */
int core_listen(lua_State *L) {
  char path[WAKEUP_PATH_MAX];
  const char *why = NULL;
  if (!wakeup_listen(channel_wakeup(get_channel(L)), path, &why)) return outcome(L, false, why);
  lua_pushstring(L, path);
  return 1;
}

/* core.accept(): takes the connection; true, or false and why not */
int core_accept(lua_State *L) {
  const char *why = NULL;
  bool ok = channel_accept(get_channel(L), &why);
  return outcome(L, ok, why);
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

/* core.calls(): how many jobs it has, of all VMs of the process */
int core_calls(lua_State *L) {
  compat_push_integer(L, (int64_t)iothread_jobs());
  return 1;
}
