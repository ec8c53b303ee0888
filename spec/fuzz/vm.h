/* A Lua 5.4 with the library in it, in which a script drives what a fuzz target is about: a function of the input, which raises an error where a property does not hold. */
#ifndef CARDS_SPEC_FUZZ_VM_H
#define CARDS_SPEC_FUZZ_VM_H

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

#include "fuzz.h"

int luaopen_cards_core(lua_State *L);

static lua_State *vm;

static inline void vm_must(bool ok) {
  must(ok, "%s", lua_tostring(vm, -1));
}

/* Loads the script, below spec/fuzz; what it returns is the function. */
static inline void vm_start(const char *script) {
  vm = luaL_newstate();
  must(vm != NULL, "no memory");
  luaL_openlibs(vm);
  luaL_getsubtable(vm, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
  lua_pushcfunction(vm, luaopen_cards_core);
  lua_setfield(vm, -2, "cards.core");
  lua_pop(vm, 1);
  vm_must(luaL_dostring(vm, "package.path = 'lua/?.lua;lua/?/init.lua;spec/?.lua'") == LUA_OK);
  vm_must(luaL_loadfile(vm, script) == LUA_OK && lua_pcall(vm, 0, 1, 0) == LUA_OK);
}

/* Calls the function that is below so many arguments on the stack; afterwards nothing is left of what it made. */
static inline void vm_call(int arguments) {
  vm_must(lua_pcall(vm, arguments, 0, 0) == LUA_OK);
  lua_settop(vm, 1);
  lua_gc(vm, LUA_GCCOLLECT, 0);
  must_have_no_secret_open();
}

/* Calls the script's function with the input as a string. */
static inline void vm_run(const uint8_t *data, size_t size) {
  lua_settop(vm, 1);
  lua_pushvalue(vm, 1);
  lua_pushlstring(vm, (const char *)data, size);
  vm_call(1);
}

#endif
