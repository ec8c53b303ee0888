/* Lua values as mapping and masking read them. The parameter `secrets` is the stack index of the metatable of secrets, which a closure keeps so that nobody looks it up. */
#ifndef CARDS_LUA_VALUE_H
#define CARDS_LUA_VALUE_H

#include "lua/binding.h"
#include "text/transform/transform.h"

#define VALUE_DIGITS 320 /* bytes of the digits of any number, a sign and a NUL */
#define VALUE_LAST4  4   /* characters that value_ends finds */
#define VALUE_BIN    6
#define VALUE_PIECES 16 /* that value_join takes */

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

/* The same for the characters from the first to the last, counted as string.sub does; NO_VALUE where there are none. Of a secret that is hidden a secret of the class that
 * shows nothing. */
enum outcome value_slice(lua_State *L, int type, int first, int last, bool hides, int secrets);
/* The same for the month or year of a text or number that is spelled so, see transform_spelled. */
enum outcome value_spelled(lua_State *L, int type, const char *spelling, bool is_year);
/* Replaces what is above the index, one to VALUE_PIECES texts and secrets, by a text of them all with `between` between each two. With a secret among them it is a secret of the
 * class that shows least; one that is hidden shows nothing, unless all are of card numbers. NO_VALUE: one is closed, or they are too long. */
enum outcome value_join(lua_State *L, int below, const char *between, size_t between_len, bool hides, int secrets);

/* Pads the text on top of the stack with zeros in front, to so many characters: an integer lost its own. */
void value_pad(lua_State *L, size_t len);

/* Copies the last four and the first six digits of the secret, without a NUL. The first byte is NUL where they may not be shown or are no digits. */
void value_ends(const struct secret *secret, char last4[static VALUE_LAST4], char bin[static VALUE_BIN]);

/* Pops a value, which is not nil, and appends it to the list at the index (positive), which keeps it for a plan. Returns its place there. */
int value_hold(lua_State *L, int list);

#endif
