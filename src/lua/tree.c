/* Lua values as the texts that are sent: numbers, and tables as JSON, which are lists and objects in a request. A secret in one goes from where it is into the text, which is wiped. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lua/job.h"
#include "secret/pool.h"
#include "json/json.h"

#define MAX_DEPTH 16
#define MAX_KEYS  1000 /* of one object */

#define MOST_WHOLE 9007199254740992.0 /* up to here a double holds every whole number */

const char *input_number(lua_State *L, bool whole, char text[static JSON_NUMBER_TEXT]) {
  lua_Number number = lua_tonumber(L, -1);
  bool exact = false; /* an integer of 5.3 and later */
#if LUA_VERSION_NUM >= 503
  exact = lua_isinteger(L, -1);
#endif
  if (exact)
    snprintf(text, JSON_NUMBER_TEXT, "%lld", (long long)lua_tointeger(L, -1));
  else if (number >= -MOST_WHOLE && number <= MOST_WHOLE && number == (lua_Number)(int64_t)number)
    snprintf(text, JSON_NUMBER_TEXT, "%lld", (long long)number);
  else if (whole || number != number || number - number != 0)
    return whole ? "must be a whole number" : "must be a number";
  else
    json_print_number((double)number, text);
  return NULL;
}

/* core.number(number, whole): the text of a number as a parameter is sent; nothing where it is not finite, or `whole` is true and it is no whole number that is exact */
int core_number(lua_State *L) {
  char text[JSON_NUMBER_TEXT];
  bool whole = lua_toboolean(L, 2);
  luaL_checktype(L, 1, LUA_TNUMBER);
  lua_settop(L, 1);
  if (input_number(L, whole, text)) return 0;
  lua_pushstring(L, text);
  return 1;
}

static const char *write_value(lua_State *L, struct buf *out, bool *has_secret, int depth);

static int compare(const void *a, const void *b) {
  return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* How many entries the table on top of the stack has; whether they are a list's. */
static size_t count_entries(lua_State *L, bool *list) {
  size_t count = 0, length = lua_rawlen(L, -1);
  for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1))
    count++;
  *list = *list || length > 0;
  return count;
}

static const char *write_list(lua_State *L, struct buf *out, size_t count, bool *has_secret, int depth) {
  if (lua_rawlen(L, -1) != count) return "is a list with a hole or a name in it";
  const char *wrong = NULL;
  for (size_t i = 1; !wrong && i <= count; i++) {
    if (i > 1) buf_add_char(out, ',');
    lua_rawgeti(L, -1, (int)i);
    wrong = write_value(L, out, has_secret, depth);
    lua_pop(L, 1);
  }
  return wrong;
}

/* Sorted, so that the same table is the same text. */
static const char *write_members(lua_State *L, struct buf *out, const char **keys, size_t count, bool *has_secret, int depth) {
  const char *wrong = NULL;
  size_t at = 0;
  for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1))
    if (lua_type(L, -2) == LUA_TSTRING && at < count) keys[at++] = lua_tostring(L, -2); /* the table has it */
  if (at != count) return "has a key that is no text";
  qsort(keys, count, sizeof *keys, compare);
  for (size_t i = 0; !wrong && i < count; i++) {
    if (i) buf_add_char(out, ',');
    if (!json_write_string(out, keys[i], strlen(keys[i])) || !buf_add_char(out, ':'))
      return out->failed ? "is too long" : "has a key that is not valid UTF-8";
    lua_pushstring(L, keys[i]);
    lua_rawget(L, -2);
    wrong = write_value(L, out, has_secret, depth);
    lua_pop(L, 1);
  }
  return wrong;
}

static const char *write_table(lua_State *L, struct buf *out, bool list, bool *has_secret, int depth) {
  if (depth == MAX_DEPTH) return "is nested too deeply";
  if (!lua_checkstack(L, 8)) return "does not fit into memory";
  size_t count = count_entries(L, &list);
  if (!list && count > MAX_KEYS) return "has more than 1000 keys";
  const char **keys = list ? NULL : pool_alloc((count + 1) * sizeof *keys);
  if (!list && !keys) return "does not fit into memory";
  buf_add_char(out, list ? '[' : '{');
  const char *wrong = list ? write_list(L, out, count, has_secret, depth + 1) : write_members(L, out, keys, count, has_secret, depth + 1);
  buf_add_char(out, list ? ']' : '}');
  pool_free(keys);
  return wrong || !out->failed ? wrong : "is too long";
}

static const char *write_value(lua_State *L, struct buf *out, bool *has_secret, int depth) {
  char text[JSON_NUMBER_TEXT];
  size_t len;
  const char *bytes = binding_bytes(L, -1, &len);
  if (bytes) {
    *has_secret = *has_secret || lua_type(L, -1) != LUA_TSTRING;
    return json_write_string(out, bytes, len) ? NULL : "has a text that is not valid UTF-8, or is too long";
  }
  switch (lua_type(L, -1)) {
  case LUA_TTABLE: return write_table(L, out, false, has_secret, depth);
  case LUA_TBOOLEAN: buf_add_string(out, lua_toboolean(L, -1) ? "true" : "false"); return NULL;
  case LUA_TNUMBER:
    if (input_number(L, false, text)) return "has a number that is not finite";
    buf_add_string(out, text);
    return NULL;
  default: return binding_to_secret(L, -1) ? "has a secret that is not open" : "has a value that is no text, number, boolean, secret or table";
  }
}

const char *input_tree(lua_State *L, struct buf *out, bool list, bool *has_secret) {
  return lua_istable(L, -1) ? write_table(L, out, list, has_secret, 0) : "must be a table";
}

/* core.tree(table, list): its JSON, or nil and what is wrong with it; a secret in it is wrong, too, unless the third argument is true: then the JSON is a secret itself */
int core_tree(lua_State *L) {
  bool has_secret = false;
  bool list = lua_toboolean(L, 2), as_secret = lua_toboolean(L, 3);
  lua_settop(L, 1);
  struct buf *text = binding_new_buf(L, REQUEST_MAX_BODY);
  lua_insert(L, 1);
  const char *wrong = input_tree(L, text, list, &has_secret);
  if (!wrong && has_secret && !as_secret) wrong = "must not have a secret in it";
  if (wrong) return binding_fail(L, "%s", wrong);
  if (as_secret) {
    const char *why = NULL;
    bool ok = secret_init(binding_new_secret(L), SECRET_CREDENTIAL, buf_string(text), text->len, &why);
    buf_free(text);
    return binding_push_filled(L, ok, why);
  }
  lua_pushlstring(L, buf_string(text), text->len);
  buf_free(text);
  return 1;
}
