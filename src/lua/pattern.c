/* Functions of Lua's string library for scripts, without those uses that would hardly ever end: a count of instructions does not see into a call of C's. */
#include "lua/confine.h"

#define MAX_STEPS 2e8 /* about a second */
#define FEW_STEPS 1e4

/* How many of its parts may stand for more than one text: each multiplies the ways to try. */
static int choices(const char *pattern, size_t len) {
  int count = 0;
  for (size_t i = 0; i < len; i++) {
    if (pattern[i] == '%') {
      if (++i < len && pattern[i] == 'b') count++;
    } else if (pattern[i] == '[') {
      for (i += 2; i < len && pattern[i] != ']'; i++) /* what is first in a set, or behind a '^', does not end it */
        if (pattern[i] == '%') i++;
    } else if (i > 0 && (pattern[i] == '*' || pattern[i] == '+' || pattern[i] == '-' || pattern[i] == '?')) {
      count++;
    }
  }
  return count;
}

/* Steps that a match may take at the most: the ways to lay n + k bars. */
static double steps(const char *pattern, size_t len, size_t n) {
  int k = choices(pattern, len);
  if (k && pattern[0] != '^') k++;
  double ways = 1;
  for (int i = 1; i <= k && ways <= MAX_STEPS; i++)
    ways = ways * ((double)n + i) / i;
  double plain = (double)n * (double)len;
  return ways > plain ? ways : plain;
}

/* What gmatch returned, in an upvalue. */
static int next_match(lua_State *L) {
  confine_look(L);
  lua_settop(L, 0);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_call(L, 0, LUA_MULTRET);
  return lua_gettop(L);
}

/* A function of (text, pattern, …), of an upvalue. */
static int match(lua_State *L) {
  size_t text_len, len;
  luaL_checklstring(L, 1, &text_len);
  const char *pattern = luaL_checklstring(L, 2, &len);
  double most = steps(pattern, len, text_len);
  if (most > MAX_STEPS) return luaL_error(L, "a pattern with so many repetitions could take too long for a text of %d bytes", (int)text_len);
  if (most > FEW_STEPS) confine_look(L);
  confine_nest(L);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
  if (most > FEW_STEPS && lua_isfunction(L, -1)) lua_pushcclosure(L, next_match, 1);
  return lua_gettop(L);
}

/* string.rep, which goes round for nothing as often as it is told. */
static int rep(lua_State *L) {
  size_t len, separator = 0;
  luaL_checklstring(L, 1, &len);
  luaL_checknumber(L, 2);
  if (!lua_isnoneornil(L, 3)) luaL_checklstring(L, 3, &separator);
  if (len + separator == 0) {
    lua_pushnumber(L, 0);
    lua_replace(L, 2);
  }
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_call(L, lua_gettop(L) - 1, 1);
  return 1;
}

/* core.bounded(name, f): f, the function of the string library with that name, for scripts */
int core_bounded(lua_State *L) {
  static const char *const names[] = { "rep", "match", NULL };
  int kind = luaL_checkoption(L, 1, NULL, names);
  luaL_checktype(L, 2, LUA_TFUNCTION);
  lua_settop(L, 2);
  lua_pushcclosure(L, kind == 0 ? rep : match, 1);
  return 1;
}
