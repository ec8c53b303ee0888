/* Plain values as bytes: what goes from one Lua state to another. Neither state sees anything of the other, and an error in one does not pass through the other.
 *
 *   buf_clear(&bytes);
 *   plain_write(here, 1, &bytes, NULL, false);      nil, booleans, numbers, texts, and tables of such
 *   plain_read(there, &bytes, NULL, NULL);   pushes a copy
 */
#ifndef CARDS_LUA_SCRIPT_PLAIN_H
#define CARDS_LUA_SCRIPT_PLAIN_H

#include "lua/binding.h"

#define PLAIN_MOST    100000 /* values, names included */
#define PLAIN_DEEPEST 200    /* tables in tables, as many as can be written down in Lua */

/* What stands in the place of a value that is not plain. */
enum plain_kind {
  PLAIN_NOTHING,  /* nil; as the key or value of a table it is left out */
  PLAIN_AS_TABLE, /* its content is written, as if it had no metatable */
  PLAIN_FUNCTION, /* a function, by the number that plain_kind gave it */
  PLAIN_MARK,     /* a table that has a meaning: its content is written */
  PLAIN_SECRET    /* a secret, by its class */
};

/* Says what the value on top of the stack is: a userdata, function, coroutine, or a table with a metatable. *number is its number or class. */
typedef enum plain_kind plain_kind(lua_State *L, int *number);
/* Pushes what a function (by its number) becomes in the state that reads, or puts the mark's table on top of the stack into its form. */
typedef void plain_make(lua_State *L, enum plain_kind kind, int number, void *context);

enum plain_status {
  PLAIN_OK,
  PLAIN_TOO_DEEP, /* deeper than PLAIN_DEEPEST */
  PLAIN_TOO_LONG, /* for out */
  PLAIN_NO_MEMORY
};

/* Appends the value at the index, with the card numbers in it masked where it redacts. Raises an error only where the stack cannot grow. */
enum plain_status plain_write(lua_State *L, int index, struct buf *out, plain_kind *kind, bool redacts);
/* Pushes the value that stands in the bytes. Raises an error where Lua has no more memory. */
void plain_read(lua_State *L, const struct buf *bytes, plain_make *make, void *context);

#endif
