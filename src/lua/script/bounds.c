#include "lua/script/bounds.h"

#define STEP      50           /* instructions between two looks at what is left: each may be a call of C's that takes some hundredths of a second */
#define MAX_STACK (256 * 1024) /* bytes of C's stack: LuaJIT does not see where that ends */

struct bounds *bounds_of(lua_State *L) {
  void *ud;
  lua_getallocf(L, &ud);
  return ud;
}

static void *allocate(void *ud, void *block, size_t old, size_t size) {
  struct bounds *bounds = ud;
  size_t before = block ? old : 0;
  if (size > before && (bounds->used > bounds->most || size - before > bounds->most - bounds->used)) {
    bounds->denied = true;
    return NULL;
  }
  void *made = bounds->allocate(bounds->ud, block, old, size);
  if (size == 0 || made) bounds->used = bounds->used + size - before;
  return made;
}

void bounds_open(struct bounds *bounds, lua_State *L, size_t most) {
  bounds->allocate = lua_getallocf(L, &bounds->ud);
  bounds->used = (size_t)lua_gc(L, LUA_GCCOUNT, 0) * 1024 + (size_t)lua_gc(L, LUA_GCCOUNTB, 0);
  bounds->most = most;
  lua_setallocf(L, allocate, bounds);
}

void bounds_close(const struct bounds *bounds, lua_State *L) {
  lua_setallocf(L, bounds->allocate, bounds->ud);
}

static double cpu_seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void look(lua_State *L) {
  struct bounds *bounds = bounds_of(L);
  double now = cpu_seconds();
  if (bounds->ends == 0) bounds->ends = now + bounds->limit->seconds;
  if (now > bounds->ends) luaL_error(L, "the script took too long: more than %d ms", (int)(bounds->limit->seconds * 1e3));
}

static bool has_moved(struct timespec *tick) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  bool moved = now.tv_sec != tick->tv_sec || now.tv_nsec != tick->tv_nsec;
  *tick = now;
  return moved;
}

void bounds_charge(lua_State *L, double instructions) {
  struct bounds *bounds = bounds_of(L);
  if (has_moved(&bounds->tick)) look(L);
  bounds->left -= instructions;
  if (bounds->left <= 0) luaL_error(L, "the script took more than %d instructions", (int)bounds->limit->instructions);
}

void bounds_nest(lua_State *L) {
  uintptr_t here = (uintptr_t)__builtin_frame_address(0), begun = bounds_of(L)->stack;
  if ((begun > here ? begun - here : here - begun) > MAX_STACK) luaL_error(L, "C stack overflow");
}

static void on_hook(lua_State *L, lua_Debug *about) {
  if (about->event == LUA_HOOKLINE)
    bounds_of(L)->line = about->currentline;
  else
    bounds_charge(L, STEP);
}

void bounds_begin(struct bounds *bounds, lua_State *L, const struct limit *limit) {
  bounds->limit = limit;
  bounds->left = limit->instructions;
  bounds->ends = 0;
  bounds->stack = (uintptr_t)__builtin_frame_address(0);
  bounds->denied = false;
  has_moved(&bounds->tick);
  lua_sethook(L, on_hook, LUA_MASKCOUNT | LUA_MASKLINE, STEP);
}

void bounds_end(lua_State *L) {
  lua_sethook(L, NULL, 0, 0);
}
