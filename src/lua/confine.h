/* Scripts that run with less than the rest of the program has. */
#ifndef CARDS_LUA_CONFINE_H
#define CARDS_LUA_CONFINE_H

#include "lua/binding.h"

/* Whether a script runs within core.confined. */
bool confine_active(lua_State *L);
/* Raises an error where that script has had its time. Before what takes longer than instructions do. */
void confine_look(lua_State *L);
/* Raises an error where that script has gone far into C's stack. Before what calls it back. */
void confine_nest(lua_State *L);

#endif
