/* The differences between Lua 5.1, 5.2, 5.3, 5.4 and LuaJIT, as far as the binding meets them. Everything is written against 5.4. */
#ifndef CARDS_LUA_COMPAT_H
#define CARDS_LUA_COMPAT_H

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <stdbool.h>
#include <stdint.h>

#if LUA_VERSION_NUM < 502
#define lua_rawlen(L, i)       lua_objlen(L, i)
#define lua_setuservalue(L, i) lua_setfenv(L, i)
#define lua_getuservalue(L, i) lua_getfenv(L, i)
#ifndef LUA_OK
#define LUA_OK 0
#endif
static inline int lua_absindex(lua_State *L, int i) {
  return i > 0 || i <= LUA_REGISTRYINDEX ? i : lua_gettop(L) + i + 1;
}
#ifndef luaL_newlib /* LuaJIT has it, and what follows */
#define luaL_newlib(L, functions) (lua_newtable(L), luaL_setfuncs(L, functions, 0))
static inline void luaL_setfuncs(lua_State *L, const luaL_Reg *functions, int upvalues) {
  for (; functions->name; functions++) {
    for (int i = 0; i < upvalues; i++)
      lua_pushvalue(L, -upvalues);
    lua_pushcclosure(L, functions->func, upvalues);
    lua_setfield(L, -(upvalues + 2), functions->name);
  }
  lua_pop(L, upvalues);
}
static inline void lua_copy(lua_State *L, int from, int to) {
  to = lua_absindex(L, to);
  lua_pushvalue(L, from);
  lua_replace(L, to);
}
static inline void *luaL_testudata(lua_State *L, int i, const char *name) {
  void *p = lua_touserdata(L, i);
  if (!p || !lua_getmetatable(L, i)) return NULL;
  luaL_getmetatable(L, name);
  if (!lua_rawequal(L, -1, -2)) p = NULL;
  lua_pop(L, 2);
  return p;
}
#endif
#elif LUA_VERSION_NUM >= 504
#undef lua_newuserdata
#undef lua_setuservalue
#undef lua_getuservalue
#define lua_newuserdata(L, size) lua_newuserdatauv(L, size, 1)
#define lua_setuservalue(L, i)   lua_setiuservalue(L, i, 1)
#define lua_getuservalue(L, i)   lua_getiuservalue(L, i, 1)
#endif

/* Whether there is lua_isyieldable: LuaJIT, which lualib.h tells, has it, too. */
#if LUA_VERSION_NUM >= 503 || defined(LUA_JITLIBNAME)
#define COMPAT_YIELDABLE
#endif

/* lua_rawgetp and lua_rawsetp take a light userdata as key; 5.1 has neither. */
static inline void compat_rawgetp(lua_State *L, int i, const void *key) {
  i = lua_absindex(L, i);
  lua_pushlightuserdata(L, (void *)(uintptr_t)key);
  lua_rawget(L, i);
}
static inline void compat_rawsetp(lua_State *L, int i, const void *key) {
  i = lua_absindex(L, i);
  lua_pushlightuserdata(L, (void *)(uintptr_t)key);
  lua_insert(L, -2);
  lua_rawset(L, i);
}

/* lua_rawget that returns the type of what it pushes. */
static inline int compat_rawget(lua_State *L, int i) {
#if LUA_VERSION_NUM >= 503
  return lua_rawget(L, i);
#else
  lua_rawget(L, i);
  return lua_type(L, -1);
#endif
}

/* Calls a function without arguments and results; where it fails the error is on the stack. In 5.1 even pushing a function may run out of memory. */
static inline int compat_pcall(lua_State *L, lua_CFunction function) {
#if LUA_VERSION_NUM < 502
  return lua_cpcall(L, function, NULL);
#else
  lua_pushcfunction(L, function);
  return lua_pcall(L, 0, 0, 0);
#endif
}

/* An integer as Lua has it: in 5.3 and later with the subtype integer; before, every value that comes here fits a double. */
static inline void compat_push_integer(lua_State *L, int64_t value) {
#if LUA_VERSION_NUM >= 503
  lua_pushinteger(L, (lua_Integer)value);
#else
  lua_pushnumber(L, (lua_Number)value);
#endif
}

#endif
