/* The engine of a VM. */
#include "lua/vm.h"

#include <signal.h>
#include <string.h>

static const char vm_key; /* its address is the key of the VM's struct vm in the registry */

static int collect(lua_State *L) {
  struct vm *vm = lua_touserdata(L, 1);
  engine_free(vm->engine);
  vm->engine = NULL;
  vm->is_closing = true;
  return 0;
}

void vm_open(lua_State *L) {
  struct vm *vm = lua_newuserdata(L, sizeof *vm);
  memset(vm, 0, sizeof *vm);
  lua_createtable(L, 0, 1);
  lua_pushcfunction(L, collect);
  lua_setfield(L, -2, "__gc");
  lua_setmetatable(L, -2);
  compat_rawsetp(L, LUA_REGISTRYINDEX, &vm_key);
}

struct vm *vm_get(lua_State *L) {
  const char *why;
  struct sigaction handler;
  compat_rawgetp(L, LUA_REGISTRYINDEX, &vm_key);
  struct vm *vm = lua_touserdata(L, -1);
  lua_pop(L, 1);
  if (vm->engine && !engine_is_foreign(vm->engine)) return vm;
  engine_free(vm->engine); /* a forked child has an engine of its own */
  vm->engine = NULL;
  if (vm->is_closing) luaL_error(L, "cards: the Lua state is closing");
  vm->engine = engine_new(&why);
  if (!vm->engine) luaL_error(L, "cards: %s", why);
  vm->handles_interrupts = sigaction(SIGINT, NULL, &handler) == 0 && handler.sa_handler != SIG_DFL;
  return vm;
}
