/* Lua values as mapping and masking read them. The parameter `secrets` is the stack index of the metatable of secrets, which a closure keeps so that nobody looks it up. */
#ifndef CARDS_LUA_VALUE_H
#define CARDS_LUA_VALUE_H

#include "lua/binding.h"
#include "text/transform/transform.h"

#define VALUE_DIGITS 320 /* bytes of the digits of any number, a sign and a NUL */
#define VALUE_LAST4  4   /* characters that value_ends finds */
#define VALUE_BIN    6

/* Writes all digits of the number at the index, with a sign where it is negative; 5.0 is "5", and 1.5 is rounded. Returns how many bytes: 0 for anything else, and for a
 * number that is not finite. */
size_t value_digits(lua_State *L, int index, char out[static VALUE_DIGITS]);
/* Replaces a whole number on top of the stack by the text of its digits. True for that and for a text. Anything else stays: false. */
bool value_text(lua_State *L);

/* What is on top of the stack in the place of a value. */
enum outcome {
  NO_VALUE, /* anything: the value makes no sense */
  A_VALUE,  /* the result */
  NO_ROOM   /* an error of kind `busy`: there is no room for a secret */
};

/* The secret on top of the stack, which may be closed; NULL for anything else. */
struct secret *value_secret(lua_State *L, int secrets);

/* Replaces the value on top of the stack by a new secret with these bytes, which may be the value's own. NO_VALUE: they are too many. */
enum outcome value_to_secret(lua_State *L, enum secret_class class, const char *bytes, size_t len);
/* Replaces the value on top of the stack, which has that type, by what the transform makes of it: a text; a number where that is a month or a year; for a secret a new
 * secret of its class. */
enum outcome value_transform(lua_State *L, int type, enum transform transform, int secrets);

/* Copies the last four and the first six digits of the secret, without a NUL. The first byte is NUL where they may not be shown or are no digits. */
void value_ends(const struct secret *secret, char last4[static VALUE_LAST4], char bin[static VALUE_BIN]);

/* Pops a value, which is not nil, and appends it to the list at the index (positive), which keeps it for a plan. Returns its place there. */
int value_hold(lua_State *L, int list);

#endif
