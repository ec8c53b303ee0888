/* What a script file has: the functions of Lua that are pure and end soon, and marks for transforms and rules. */
#ifndef CARDS_LUA_SCRIPT_ENVIRONMENT_H
#define CARDS_LUA_SCRIPT_ENVIRONMENT_H

#include "lua/binding.h"

#define SCRIPT_MARK "cards.script.mark" /* the metatable of a mark, in both states: { name, line, n, arguments } */

/* In a state that bounds_open has seen: pushes the global names of a script. They are Lua's pure functions, and a mark for each of the names in the list on top of the stack,
 * which is replaced. */
void environment_push(lua_State *L);

#endif
