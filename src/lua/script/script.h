/* The Lua state of one script file, as its own parts see it. The host sees it in script.c. */
#ifndef CARDS_LUA_SCRIPT_SCRIPT_H
#define CARDS_LUA_SCRIPT_SCRIPT_H

#include "lua/binding.h"

#define SCRIPT_MARK "cards.script.mark" /* the metatable of a mark, in both states: { name, line, n, arguments } */

/* Pushes the global names of a script: Lua's pure functions, and a mark for each of the names in the table on top of the stack, which it replaces. */
void script_push_environment(lua_State *L);

/* Counts so many instructions, as a call of C's may stand for many. Raises an error where the script has had them, or its time. */
void script_charge(lua_State *L, double instructions);
/* Raises an error where the script has gone far into C's stack. Before what calls it back. */
void script_nest(lua_State *L);

#endif
