/* What a script gives for one call. */
#ifndef CARDS_LUA_INPUT_H
#define CARDS_LUA_INPUT_H

#include "lua/binding.h"

#define INPUT_MAX_PARTS   64
#define INPUT_MAX_HEADERS 32

/* Everything that goes into one call, while its pieces are on the Lua stack. */
struct input {
  const struct client *client;
  const struct operation *operation;
  int params, options, credentials, started, former, private; /* stack indices; of nil or none where not given */
  const char *bare; /* name of the argument that stands in place of a table of them; one of the descriptor's own strings */
  struct value values[INPUT_MAX_PARTS];
  uint64_t secret_values; /* a bit for each of the values that a secret holds */
  struct value key;
  struct header headers[INPUT_MAX_HEADERS];
  size_t header_count;
};

/* Reads (client, operation, params, options, credentials, started, former credentials) from the stack. Returns 0, or the count of results of a refusal, which are on the stack. Without
 * credentials it is a check of the rest. */
int input_take(lua_State *L, struct input *input, bool with_credentials);
/* A number among the options of the call, or the other one. */
lua_Number input_option(lua_State *L, const struct input *input, const char *name, lua_Number otherwise);
/* core.check(client, operation, params): true and, where the operation is signed, the bytes to sign; or nil, error */
int input_check(lua_State *L);
/* core.number(number, whole): the text of a number as a parameter is sent; nothing where it is not finite, or `whole` is true and it is no whole number that is exact */
int input_number(lua_State *L);
/* core.clean(client, operation, params, options, credentials, text): a text of the script's own as it may stand in an error of that call: without its parameters and
 * credentials, and without what may be a secret. options and credentials may be nil. */
int input_clean(lua_State *L);

#endif
