/* What a script's state may take: memory from its birth on, and for each run instructions, time and C's stack.
 *
 *   struct bounds bounds;                       must last as long as the state
 *   bounds_open(&bounds, L, 32 << 20);          right after luaL_newstate
 *   bounds_begin(&bounds, L, &limit);
 *   status = lua_pcall(L, 0, 0, 0);             an error where it takes more; bounds.line says where it was
 *   bounds_end(L);
 */
#ifndef CARDS_LUA_SCRIPT_BOUNDS_H
#define CARDS_LUA_SCRIPT_BOUNDS_H

#include <time.h>

#include "lua/binding.h"

struct limit {
  double instructions, seconds; /* of CPU */
};

struct bounds {
  lua_Alloc allocate; /* of the state before */
  void *ud;
  size_t used, most; /* bytes */
  bool denied;       /* an allocation was, in this run */
  const struct limit *limit;
  double left;          /* instructions */
  double ends;          /* of the thread's CPU, in seconds; 0 before the first look */
  struct timespec tick; /* of a clock that costs nothing: the other one is looked at when this one has moved */
  uintptr_t stack;      /* where C's stack was when the run began */
  int line;             /* where the script is */
};

/* Bounds the memory of a new state to so many bytes. */
void bounds_open(struct bounds *bounds, lua_State *L, size_t most);
/* Gives the state its own allocator back, before it is closed: LuaJIT frees what that one has only then. */
void bounds_close(const struct bounds *bounds, lua_State *L);
/* Begins and ends a run. */
void bounds_begin(struct bounds *bounds, lua_State *L, const struct limit *limit);
void bounds_end(lua_State *L);
/* Those of a state. */
struct bounds *bounds_of(lua_State *L);
/* Counts so many instructions, as a call of C's may stand for many. Raises an error where the script has had them, or its time. */
void bounds_charge(lua_State *L, double instructions);
/* Raises an error where the script has gone far into C's stack. Before what calls it back. */
void bounds_nest(lua_State *L);

#endif
