/* Runs a script's function with a bound on what it may take. While it runs, the VM's allocator is one that counts, which is also how the rest of the binding tells
 * that a script runs; hooks watch the thread, strings have the methods that the caller gives, and no secret is revealed. No state outlives the run. */
#include "lua/binding.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define MAX_STEPS 2e8 /* of a match: about a second */
#define FEW_STEPS 1e4
#define STEP      50 /* instructions between two looks at what is left: each may be a call of C's that takes some hundredths of a second */
#define LENIENCES 8  /* so often a script may touch its bound of bytes, and go on with what the collector found */
#define MAX_LIMIT 2e9
#define MAX_STACK (256 * 1024) /* bytes of C's stack: LuaJIT does not see where that ends */

struct run {
  lua_Alloc former; /* that of another run where this one is within it */
  void *former_ud;
  size_t used, bytes;
  int denied;
  lua_Number left, instructions;
  double ends, seconds;   /* of the thread's CPU */
  struct timespec tick;   /* of a clock that costs nothing: the other one is looked at when this one has moved */
  const char *source;     /* the script's name, held by its function */
  char shown[LUA_IDSIZE]; /* the same as it stands in errors */
  int line;               /* where the script is */
};

/* Counts what grows from now on; what is given back counts the other way, whoever it belonged to. */
static void *allocate(void *ud, void *block, size_t old, size_t size) {
  struct run *run = ud;
  size_t before = block ? old : 0;
  size_t room = run->denied > LENIENCES || run->used > run->bytes ? 0 : run->bytes - run->used;
  if (size > before && size - before > room) {
    run->denied++;
    return NULL;
  }
  void *made = run->former(run->former_ud, block, old, size);
  if (size && !made) {
    run->denied += run->former == allocate;
    return NULL;
  }
  if (size >= before)
    run->used += size - before;
  else
    run->used -= run->used < before - size ? run->used : before - size;
  return made;
}

/* The innermost run, or NULL. */
static struct run *current(lua_State *L) {
  void *ud;
  return lua_getallocf(L, &ud) == allocate ? ud : NULL;
}

bool confine_active(lua_State *L) {
  return current(L) != NULL;
}

static double cpu_seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void look(lua_State *L) {
  struct run *run = current(L);
  if (!run) return;
  double now = cpu_seconds();
  if (run->ends == 0) run->ends = now + run->seconds;
  if (now <= run->ends) return;
  lua_pushfstring(L, "%s:%d: the script took too long: more than %d ms", run->shown, run->line, (int)(run->seconds * 1e3));
  lua_error(L);
}

static bool has_moved(struct timespec *tick) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  bool moved = now.tv_sec != tick->tv_sec || now.tv_nsec != tick->tv_nsec;
  *tick = now;
  return moved;
}

static void check_nesting(lua_State *L) {
  const struct run *run = current(L);
  uintptr_t here = (uintptr_t)&run, outside = (uintptr_t)run; /* which is on the stack, too */
  if (run && (outside > here ? outside - here : here - outside) > MAX_STACK) luaL_error(L, "C stack overflow");
}

/* What catches the error does not go on: the next step raises it again. */
static void on_hook(lua_State *L, lua_Debug *about) {
  struct run *run = current(L);
  if (!run) return;
  if (about->event == LUA_HOOKLINE) {
    int line = about->currentline;
    if (lua_getinfo(L, "S", about) && about->source == run->source) run->line = line;
    return;
  }
  if (has_moved(&run->tick)) look(L);
  run->left -= STEP;
  if (run->left > 0) return;
  lua_pushfstring(L, "%s:%d: the script took more than %d instructions", run->shown, run->line, (int)run->instructions);
  lua_error(L);
}

static lua_Number limit(lua_State *L, const char *name) {
  lua_getfield(L, 2, name);
  lua_Number value = lua_type(L, -1) == LUA_TNUMBER ? lua_tonumber(L, -1) : 0;
  luaL_argcheck(L, value > 0 && value <= MAX_LIMIT, 2, "instructions, bytes and seconds are numbers above 0");
  lua_pop(L, 1);
  return value;
}

static void prepare(lua_State *L, struct run *run) {
  lua_Debug about;
  memset(run, 0, sizeof *run);
  run->instructions = run->left = limit(L, "instructions");
  run->bytes = (size_t)limit(L, "bytes");
  run->seconds = limit(L, "seconds");
  lua_pushvalue(L, 1);
  lua_getinfo(L, ">S", &about);
  run->source = about.source;
  run->line = about.linedefined > 0 ? about.linedefined : 1;
  snprintf(run->shown, sizeof run->shown, "%s", about.short_src);
  has_moved(&run->tick);
  const struct run *outer = current(L);
  if (!outer) return;
  if (outer->left < run->left) {
    run->left = outer->left;
    run->instructions = outer->instructions;
  }
  run->ends = outer->ends;
}

/* Handles an error, before the calls that led to it are undone: keeps the line of the script. One about memory does not come here: then it is the line that the last hook saw. */
static int find_line(lua_State *L) {
  struct run *run = current(L);
  lua_Debug about;
  for (int level = 1; run && lua_getstack(L, level, &about); level++) {
    if (!lua_getinfo(L, "Sl", &about) || about.source != run->source || about.currentline <= 0) continue;
    run->line = about.currentline;
    break;
  }
  return 1;
}

/* Calls what stands at index 5 with the arguments above it, between the two allocators. At 1 is the handler of errors, at 2 the metatable of strings, at 3 "__index", at 4 the methods:
 * those of the script before, the former ones afterwards. */
static int run_between(lua_State *L, struct run *run) {
  lua_Hook hook = lua_gethook(L);
  int mask = lua_gethookmask(L), count = lua_gethookcount(L);
  struct run *outer = current(L);
  lua_Number begun = run->left;

  lua_pushvalue(L, 3);
  lua_rawget(L, 2); /* the former methods, above the arguments: they are moved to 4 in the place of the script's */
  lua_pushvalue(L, 3);
  lua_pushvalue(L, 4);
  lua_rawset(L, 2);
  lua_replace(L, 4);

  run->former = lua_getallocf(L, &run->former_ud);
  lua_setallocf(L, allocate, run);
  lua_sethook(L, on_hook, LUA_MASKCOUNT | LUA_MASKLINE, STEP);
  int status = lua_pcall(L, lua_gettop(L) - 5, LUA_MULTRET, 1);
  lua_sethook(L, hook, mask, count);
  lua_setallocf(L, run->former, run->former_ud);

  lua_pushvalue(L, 3);
  lua_pushvalue(L, 4);
  lua_rawset(L, 2);
  if (outer) {
    outer->left -= begun - run->left + STEP; /* a run of less than a step counts, too */
    outer->ends = outer->ends == 0 ? run->ends : outer->ends;
  }
  return status;
}

/* Sees to it that the error on top of the stack says where the script was: one about memory does not, nor does one of a function that was called in the place of a
 * return. */
static void explain(lua_State *L, const struct run *run, int status) {
  const char *message = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : NULL;
  if (!message) return;
  if (run->denied && binding_is_no_memory(L, status))
    lua_pushfstring(L, "%s:%d: the script took more than %d bytes of memory", run->shown, run->line, (int)run->bytes);
  else if (strncmp(message, run->shown, strlen(run->shown)) != 0)
    lua_pushfstring(L, "%s:%d: %s", run->shown, run->line, message);
  else
    return;
  lua_replace(L, -2);
}

/* core.confined(f, { instructions, bytes, seconds, methods }, ...): as pcall(f, ...), with these bounds, and behind an error the line where the script was. `methods` is the table of the methods of strings meanwhile.
 * What f makes may outlive the run. A run within another takes from what the outer one has left. */
int core_confined(lua_State *L) {
  struct run run;
  luaL_checktype(L, 1, LUA_TFUNCTION);
  luaL_checktype(L, 2, LUA_TTABLE);
  luaL_checkstack(L, 8, "too many arguments");
  prepare(L, &run);
  lua_getfield(L, 2, "methods");
  luaL_argcheck(L, lua_istable(L, -1), 2, "methods must be a table");
  lua_insert(L, 1);
  lua_remove(L, 3);
  lua_pushliteral(L, "__index");
  lua_insert(L, 1);
  lua_pushliteral(L, "");
  if (!lua_getmetatable(L, -1)) return luaL_error(L, "strings have no metatable");
  lua_insert(L, 1);
  lua_pop(L, 1);
  lua_pushcfunction(L, find_line);
  lua_insert(L, 1); /* find_line, metatable, "__index", methods, f, arguments */
  int status = run_between(L, &run);
  if (status != LUA_OK) {
    explain(L, &run, status);
    compat_push_integer(L, run.line);
  }
  lua_pushboolean(L, status == LUA_OK);
  lua_replace(L, 4);
  return lua_gettop(L) - 3;
}

/* --- functions of the string library, without those uses that would hardly ever end: a count of instructions does not see into a call of C's --- */

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
  look(L);
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
  if (most > FEW_STEPS) look(L);
  check_nesting(L);
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
