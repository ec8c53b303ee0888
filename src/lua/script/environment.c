/* What a script file has: the functions of Lua that are pure and end soon, and marks for transforms and rules. */
#include <lualib.h>
#include <string.h>

#include "lua/script/bounds.h"
#include "lua/script/environment.h"
#include "text/nearest.h"
#include "text/redact.h"

#define MAX_STEPS 2e8     /* of one match: about a second */
#define STEPS     100     /* that count as one instruction */
#define LONGEST   4194304 /* places of a list: more than there is memory for */

/* The functions that are taken as they are. */
static const char *const base[] = { "assert", "error", "ipairs", "next", "pairs", "select", "tonumber", "type", NULL };
static const char *const strings[] = { "byte", "char", "len", "lower", "reverse", "sub", "upper", NULL };
static const char *const tables[] = { "concat", NULL };
static const char *const maths[] = { "abs",   "acos", "asin",  "atan", "atan2", "ceil", "cos",        "cosh", "deg",        "exp",  "floor", "fmod",
                                     "frexp", "huge", "ldexp", "log",  "log10", "max",  "maxinteger", "min",  "mininteger", "modf", "pi",    "pow",
                                     "rad",   "sin",  "sinh",  "sqrt", "tan",   "tanh", "tointeger",  "type", "ult",        NULL };
#if LUA_VERSION_NUM >= 503
static const char *const utf8s[] = { "char", "charpattern", "codepoint", "len", "offset", NULL };
#endif

/* What a program of Lua's has, and a script has not. */
static const char *const withheld[] = { "arg",      "bit",      "bit32",      "collectgarbage", "coroutine",    "debug",
                                        "dofile",   "ffi",      "getfenv",    "getmetatable",   "io",           "jit",
                                        "load",     "loadfile", "loadstring", "module",         "ngx",          "os",
                                        "newproxy", "package",  "pcall",      "print",          "rawequal",     "rawget",
                                        "rawlen",   "rawset",   "require",    "setfenv",        "setmetatable", "utf8",
                                        "warn",     "xpcall",   "_G",         "_ENV",           "_VERSION",     NULL };

/* The function of Lua's is in an upvalue. */
static int call_original(lua_State *L) {
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
  return lua_gettop(L);
}

/* --- functions that would say an address ---
 * An address differs from run to run, and may differ with what the host holds. */

/* A table, function or coroutine is its type. */
static int to_text(lua_State *L) {
  luaL_checkany(L, 1);
  lua_settop(L, 1);
  if (!lua_isnil(L, 1) && !lua_isboolean(L, 1) && !lua_isnumber(L, 1) && !lua_isstring(L, 1)) {
    lua_pushstring(L, luaL_typename(L, 1));
    return 1;
  }
  return call_original(L);
}

static int format(lua_State *L) {
  size_t len;
  const char *text = luaL_checklstring(L, 1, &len);
  for (size_t i = 0; i + 1 < len; i++) {
    if (text[i] != '%') continue;
    i += 1 + strspn(text + i + 1, "-+ #0123456789.");
    luaL_argcheck(L, text[i] != 'p', 1, "a script has no addresses");
  }
  for (int i = lua_gettop(L); i > 1; i--) {
    if (lua_type(L, i) != LUA_TTABLE && lua_type(L, i) != LUA_TFUNCTION) continue;
    lua_pushstring(L, luaL_typename(L, i));
    lua_replace(L, i);
  }
  return call_original(L);
}

/* --- functions that would hardly ever end, with a bound: a count of instructions does not see into a call of C's --- */

/* How many parts of a pattern may stand for more than one text: each multiplies the ways to try. */
static int choices(const char *pattern, size_t len) {
  int count = 0;
  for (size_t i = 0; i < len; i++) {
    if (pattern[i] == '%') {
      if (++i < len && (pattern[i] == 'b' || (pattern[i] >= '1' && pattern[i] <= '9'))) count++; /* what is looked for again takes as long as it is */
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

static void charge(lua_State *L, double most) {
  bounds_charge(L, most / STEPS);
  bounds_nest(L);
}

/* What gmatch returned, in the first upvalue; in the second what each match may cost. */
static int next_match(lua_State *L) {
  charge(L, lua_tonumber(L, lua_upvalueindex(2)));
  lua_settop(L, 0);
  return call_original(L);
}

/* find, match, gmatch, gsub */
static int match(lua_State *L) {
  size_t text_len, len;
  luaL_checklstring(L, 1, &text_len);
  const char *pattern = luaL_checklstring(L, 2, &len);
  double most = steps(pattern, len, text_len);
  if (most > MAX_STEPS) return luaL_error(L, "a pattern with so many repetitions could take too long for a text of %d bytes", (int)text_len);
  charge(L, most);
  int results = call_original(L);
  if (results == 1 && lua_isfunction(L, 1)) {
    lua_pushnumber(L, most);
    lua_pushcclosure(L, next_match, 2);
  }
  return results;
}

/* Goes round for nothing as often as it is told. */
static int rep(lua_State *L) {
  size_t len, separator = 0;
  luaL_checklstring(L, 1, &len);
  luaL_checknumber(L, 2);
  if (!lua_isnoneornil(L, 3)) luaL_checklstring(L, 3, &separator);
  if (len + separator == 0) {
    lua_pushnumber(L, 0);
    lua_replace(L, 2);
  }
  return call_original(L);
}

/* In Lua 5.4 a table of a few elements can be made that says it has 2^62, and as many would be moved. */
static int change_list(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  bool is_mark = lua_getmetatable(L, 1);
  luaL_argcheck(L, !is_mark, 1, "it cannot be changed");
  luaL_argcheck(L, lua_rawlen(L, 1) <= LONGEST, 1, "the list is too long");
  return call_original(L);
}

/* Lua 5.1 would move as many elements as lie between, wherever the place is. */
static int insert(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  if (lua_gettop(L) > 2) {
    lua_Number place = luaL_checknumber(L, 2);
    luaL_argcheck(L, place >= 1 && place <= (lua_Number)lua_rawlen(L, 1) + 1, 2, "position out of bounds");
  }
  return change_list(L);
}

/* The comparison of a sort without one, which counts. */
static int less(lua_State *L) {
  bounds_charge(L, 4);
#if LUA_VERSION_NUM >= 502
  lua_pushboolean(L, lua_compare(L, 1, 2, LUA_OPLT));
#else
  lua_pushboolean(L, lua_lessthan(L, 1, 2));
#endif
  return 1;
}

static int sort(lua_State *L) {
  lua_settop(L, 2);
  bounds_nest(L);
  if (lua_isnil(L, 2)) {
    lua_pushcfunction(L, less);
    lua_replace(L, 2);
  }
  luaL_checktype(L, 2, LUA_TFUNCTION);
  return change_list(L);
}

/* --- marks --- */

/* mark(...): the same mark with arguments, and the line where it is called */
static int call_mark(lua_State *L) {
  lua_Debug about;
  int n = lua_gettop(L) - 1;
  lua_getfield(L, 1, "n");
  if (!lua_isnil(L, -1)) return luaL_error(L, "attempt to call what a transform or a rule gives");
  lua_pop(L, 1);
  lua_createtable(L, n, 3);
  lua_getfield(L, 1, "name");
  lua_setfield(L, -2, "name");
  lua_pushinteger(L, n);
  lua_setfield(L, -2, "n");
  if (lua_getstack(L, 1, &about) && lua_getinfo(L, "l", &about)) {
    lua_pushinteger(L, about.currentline);
    lua_setfield(L, -2, "line");
  }
  for (int i = 1; i <= n; i++) {
    lua_pushvalue(L, i + 1);
    lua_rawseti(L, -2, i);
  }
  lua_getmetatable(L, 1);
  lua_setmetatable(L, -2);
  return 1;
}

static int refuse_change(lua_State *L) {
  return luaL_error(L, "a global of a script cannot be changed");
}

/* Replaces the list of names on top of the stack by a table of marks. */
static void push_marks(lua_State *L) {
  static const luaL_Reg methods[] = { { "__call", call_mark }, { "__newindex", refuse_change }, { NULL, NULL } };
  int names = lua_gettop(L), count = (int)lua_rawlen(L, names);
  luaL_newmetatable(L, SCRIPT_MARK);
  luaL_setfuncs(L, methods, 0);
  lua_pushboolean(L, false);
  lua_setfield(L, -2, "__metatable");
  lua_createtable(L, 0, count);
  for (int i = 1; i <= count; i++) {
    lua_createtable(L, 0, 1);
    lua_rawgeti(L, names, i);
    lua_setfield(L, -2, "name");
    lua_pushvalue(L, names + 1);
    lua_setmetatable(L, -2);
    lua_rawgeti(L, names, i);
    lua_insert(L, -2);
    lua_rawset(L, names + 2);
  }
  lua_replace(L, names);
  lua_settop(L, names);
}

/* --- the environment --- */

static void open_library(lua_State *L, lua_CFunction open, const char *name) {
#if LUA_VERSION_NUM >= 502
  luaL_requiref(L, name, open, 1);
  lua_pop(L, 1);
#else
  lua_pushcfunction(L, open);
  lua_pushstring(L, name);
  lua_call(L, 1, 0);
#endif
}

/* Copies the functions of a library that has the name, or of the globals, into the table on top of the stack. */
static void copy(lua_State *L, const char *library, const char *const *names) {
  lua_getglobal(L, library);
  for (; lua_istable(L, -1) && *names; names++) {
    lua_getfield(L, -1, *names);
    lua_setfield(L, -3, *names);
  }
  lua_pop(L, 1);
}

/* Adds a bounded function of a library to the table on top of the stack. */
static void bound(lua_State *L, const char *library, const char *name, lua_CFunction function) {
  lua_getglobal(L, library);
  lua_getfield(L, -1, name);
  lua_remove(L, -2);
  lua_pushcclosure(L, function, 1);
  lua_setfield(L, -2, name);
}

static void push_unpack(lua_State *L) {
#if LUA_VERSION_NUM >= 502
  lua_getglobal(L, "table");
  lua_getfield(L, -1, "unpack");
  lua_remove(L, -2);
#else
  lua_getglobal(L, "unpack");
#endif
}

/* Puts the strings of the environment, on top of the stack, in the place of Lua's as their methods. */
static void set_methods(lua_State *L) {
  lua_pushliteral(L, "");
  if (!lua_getmetatable(L, -1)) luaL_error(L, "strings have no metatable");
  lua_newtable(L); /* a copy, as a script may write into its own */
  for (lua_pushnil(L); lua_next(L, -5);) {
    lua_pushvalue(L, -2);
    lua_insert(L, -2);
    lua_rawset(L, -4);
  }
  lua_setfield(L, -2, "__index");
  lua_pop(L, 2);
}

static bool is_withheld(const char *name) {
  for (const char *const *other = withheld; *other; other++)
    if (strcmp(*other, name) == 0) return true;
  return false;
}

/* A global that is not there. */
static int unknown(lua_State *L) {
  struct nearest nearest;
  char hint[NEAREST_HINT];
  const char *name = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "?";
  if (is_withheld(name)) return luaL_error(L, "'%s' is not available to a confined script", name);
  nearest_begin(&nearest, name);
  for (lua_pushnil(L); lua_next(L, 1); lua_pop(L, 1))
    if (lua_type(L, -2) == LUA_TSTRING) nearest_try(&nearest, lua_tostring(L, -2));
  nearest_hint(&nearest, hint);
  bool secret = !nearest.meant[0] && redact_suspected(name, strlen(name)); /* the file may be none of ours: TOKEN=… is Lua, too */
  return luaL_error(L, "unknown name '%s'%s", secret ? "***" : name, nearest.meant[0] ? hint : "");
}

void environment_push(lua_State *L) {
  static const luaL_Reg string_functions[] = { { "find", match }, { "match", match },   { "gmatch", match }, { "gsub", match },
                                               { "rep", rep },    { "format", format }, { NULL, NULL } };
  static const luaL_Reg methods[] = { { "__index", unknown }, { NULL, NULL } };
  open_library(L, luaopen_base, "_G");
  open_library(L, luaopen_string, "string");
  open_library(L, luaopen_table, "table");
  open_library(L, luaopen_math, "math");
#if LUA_VERSION_NUM >= 503
  open_library(L, luaopen_utf8, "utf8");
#endif
  push_marks(L);
  copy(L, "_G", base);
  bound(L, "_G", "tostring", to_text);
  lua_newtable(L);
  copy(L, "string", strings);
  for (const luaL_Reg *one = string_functions; one->name; one++)
    bound(L, "string", one->name, one->func);
  set_methods(L);
  lua_setfield(L, -2, "string");
  lua_newtable(L);
  copy(L, "table", tables);
  bound(L, "table", "insert", insert);
  bound(L, "table", "remove", change_list);
  bound(L, "table", "sort", sort);
  push_unpack(L);
  lua_setfield(L, -2, "unpack");
  lua_setfield(L, -2, "table");
  push_unpack(L);
  lua_setfield(L, -2, "unpack");
  lua_newtable(L);
  copy(L, "math", maths);
  lua_setfield(L, -2, "math");
#if LUA_VERSION_NUM >= 503
  lua_newtable(L);
  copy(L, "utf8", utf8s);
  lua_setfield(L, -2, "utf8");
#endif
  luaL_newlib(L, methods);
  lua_setmetatable(L, -2);
}
