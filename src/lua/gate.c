/* The gate of secrets: what gives their bytes away, as a Lua string or sealed, goes through functions of lua/cards/reveal. */
#include "lua/binding.h"

/* core.gate(make): calls make(reveal, seal_for), whose results become the methods `reveal` and `seal` of secrets. Once for each VM: nobody else gets those functions, but through `debug`.
 * The gate is of Lua, as it calls functions that yield, which LuaJIT cannot do across a function of C. */
int core_gate(lua_State *L) {
  luaL_checktype(L, 1, LUA_TFUNCTION);
  lua_settop(L, 1);
  lua_getfield(L, LUA_REGISTRYINDEX, SECRET_METHODS);
  if (lua_isnil(L, -1)) return luaL_error(L, "the gate stands already");
  lua_insert(L, 1);
  lua_pushcfunction(L, binding_reveal);
  lua_pushcfunction(L, binding_seal_for);
  lua_call(L, 2, 2);
  lua_setfield(L, 1, "seal");
  lua_setfield(L, 1, "reveal");
  lua_pushnil(L);
  lua_setfield(L, LUA_REGISTRYINDEX, SECRET_METHODS);
  return 0;
}
