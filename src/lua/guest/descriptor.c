/* Descriptors of other libraries' connections, such as luasocket's, that functions of Lua wait for beside the calls of the VM's engine.
 *
 * They are in an epoll of their own, which the engine's epoll watches: core.done returns when one of them is ready, and core.ready then says which. A descriptor is
 * reported once for each core.await. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "lua/job.h"

#define READY_AT_ONCE 64 /* descriptors that core.ready tells of; it has the others when it is asked again */

/* The VM's epoll of guests, made where there is none. */
static int get_guests(lua_State *L) {
  struct vm *vm = vm_get(L);
  if (vm->has_guests) return vm->guests;
  vm->guests = epoll_create1(EPOLL_CLOEXEC);
  if (vm->guests < 0) return luaL_error(L, "cards: no epoll: %s", strerror(errno));
  vm->has_guests = engine_add_wake(vm->engine, vm->guests);
  if (vm->has_guests) return vm->guests;
  close(vm->guests);
  return binding_no_memory(L);
}

/* core.await(descriptor, writing, tag): core.ready returns the tag, a number, once the descriptor can be read, or with `writing` written; true, or nil and why not. It takes the place of what
 * was awaited of the descriptor before. From then on programs that the host starts do not inherit it. */
int core_await(lua_State *L) {
  int fd = (int)luaL_checkinteger(L, 1);
  struct epoll_event event = { .events = EPOLLONESHOT | (lua_toboolean(L, 2) ? EPOLLOUT : EPOLLIN), .data.u64 = (uint64_t)luaL_checknumber(L, 3) };
  int guests = get_guests(L);
  int failed = epoll_ctl(guests, EPOLL_CTL_MOD, fd, &event);
  if (failed && errno == ENOENT) {
    failed = epoll_ctl(guests, EPOLL_CTL_ADD, fd, &event);
    if (!failed) failed = fcntl(fd, F_SETFD, FD_CLOEXEC);
  }
  if (failed) return binding_fail(L, "%s", strerror(errno));
  lua_pushboolean(L, 1);
  return 1;
}

/* core.forget(descriptor): to be called before it is closed, as a forked process may still have it, and then epoll would go on to report it. */
int core_forget(lua_State *L) {
  int fd = (int)luaL_checkinteger(L, 1);
  const struct vm *vm = vm_get(L);
  if (vm->has_guests) epoll_ctl(vm->guests, EPOLL_CTL_DEL, fd, NULL);
  return 0;
}

/* core.ready(table): the tags of descriptors that can be read or written, in the table from 1 on; returns how many. Never waits. */
int core_ready(lua_State *L) {
  struct epoll_event events[READY_AT_ONCE];
  luaL_checktype(L, 1, LUA_TTABLE);
  const struct vm *vm = vm_get(L);
  int count = vm->has_guests ? epoll_wait(vm->guests, events, READY_AT_ONCE, 0) : 0;
  for (int i = 0; i < count; i++) {
    lua_pushnumber(L, (lua_Number)events[i].data.u64);
    lua_rawseti(L, 1, i + 1);
  }
  compat_push_integer(L, count > 0 ? count : 0);
  return 1;
}

/* core.process(): a number of this process; a forked child has another one */
int core_process(lua_State *L) {
  compat_push_integer(L, secret_generation());
  return 1;
}

/* core.detach(descriptor): puts /dev/null in its place: of a connection that this process has from its parent, so that nothing of what a library sends when it closes it reaches the other end.
 * True, or nil and why not */
int core_detach(lua_State *L) {
  int fd = (int)luaL_checkinteger(L, 1), null = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (null < 0) return binding_fail(L, "/dev/null: %s", strerror(errno));
  int made = dup3(null, fd, O_CLOEXEC), why = errno;
  close(null);
  if (made < 0) return binding_fail(L, "%s", strerror(why));
  lua_pushboolean(L, 1);
  return 1;
}
