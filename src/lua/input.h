/* What a script gives for one call, as values of its request: parameters, the client's defaults and credentials, headers. */
#ifndef CARDS_LUA_INPUT_H
#define CARDS_LUA_INPUT_H

#include "lua/binding.h"

/* Where they are on the stack. */
enum { INPUT_CLIENT = 1, INPUT_PARAMETERS = 4, INPUT_OPTIONS = 5, INPUT_TOP = 7 };

/* Copies all that the script and the client give for the job into its request. private is the stack index of the client's user value. Returns 0, or the count of results of a refusal,
 * which are on the stack. */
int input_take(lua_State *L, struct job *job, int private);
/* Copies the value at the top of the stack, a string or an open secret, as the part at that place. name is for the refusal. Returns as input_take. */
int input_supply(lua_State *L, struct job *job, size_t place, const char *name);
/* A number among the options of the call, or the other one. */
lua_Number input_option(lua_State *L, const char *name, lua_Number otherwise);

#endif
