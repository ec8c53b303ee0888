/* Values of Lua's as masking policies look at them. An index of `secrets` is that of the metatable of secrets: a closure holds it, so that it is not looked up. */
#ifndef CARDS_LUA_VALUE_H
#define CARDS_LUA_VALUE_H

#include "lua/binding.h"

#define VALUE_DIGITS 320 /* bytes of the digits of any number, a sign and a NUL */

/* Writes the digits of the number at the index, all of them on every Lua, behind a sign where it is negative; 5.0 is "5", and 1.5 is rounded. Returns how many bytes:
 * 0 for what is no number, and for one that is not finite. */
size_t value_digits(lua_State *L, int index, char out[static VALUE_DIGITS]);
/* True for a number without a fraction. */
bool value_is_whole(lua_State *L, int index);
/* Makes a whole number on top of the stack the text of its digits. True for that and for a text, false for anything else, which stays. */
bool value_text(lua_State *L);

/* The secret on top of the stack, open or not, or NULL for anything else. */
struct secret *value_secret(lua_State *L, int secrets);

/* Moves the value on top of the stack, which is not nil, to the end of the list at the index (positive), which holds it for a plan. Returns its place there. */
int value_hold(lua_State *L, int list);

#endif
