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

/* What is written. */
struct tree {
  struct buf *out;
  bool has_secret;
  int secrets; /* the index of a list that each secret is added to; 0 for none */
};

static const char *write_value(lua_State *L, struct tree *tree, int depth);

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

static const char *write_list(lua_State *L, struct tree *tree, size_t count, int depth) {
  if (lua_rawlen(L, -1) != count) return "is a list with a hole or a name in it";
  const char *wrong = NULL;
  for (size_t i = 1; !wrong && i <= count; i++) {
    if (i > 1) buf_add_char(tree->out, ',');
    lua_rawgeti(L, -1, (int)i);
    wrong = write_value(L, tree, depth);
    lua_pop(L, 1);
  }
  return wrong;
}

/* Puts the names in the table at an index, sorted, into the list on top of the stack, which has room for so many. So they stay where a finalizer, which may run
 * wherever Lua allocates, takes them out of the table. */
static const char *read_names(lua_State *L, int table, const char **names, size_t count) {
  int list = lua_gettop(L);
  size_t entries = 0, texts = 0;
  for (lua_pushnil(L); lua_next(L, table); lua_pop(L, 1)) {
    if (++entries > count || lua_type(L, -2) != LUA_TSTRING) continue;
    names[texts++] = lua_tostring(L, -2);
    lua_pushvalue(L, -2);
    lua_rawseti(L, list, (int)texts);
  }
  if (entries != count) return "changes while it is read";
  if (texts != count) return "has a key that is no text";
  qsort(names, count, sizeof *names, compare);
  return NULL;
}

/* The value on top of the stack, behind its name. */
static const char *write_member(lua_State *L, struct tree *tree, const char *name, int depth) {
  if (json_write_string(tree->out, name, strlen(name)) && buf_add_char(tree->out, ':')) return write_value(L, tree, depth);
  return tree->out->failed ? "is too long" : "has a key that is not valid UTF-8";
}

/* Sorted, so that the same table is the same text. */
static const char *write_members(lua_State *L, struct tree *tree, size_t count, int depth) {
  int table = lua_gettop(L);
  const char **names = lua_newuserdata(L, (count + 1) * sizeof *names);
  lua_createtable(L, (int)count, 0);
  const char *wrong = read_names(L, table, names, count);
  for (size_t i = 0; !wrong && i < count; i++) {
    if (i) buf_add_char(tree->out, ',');
    lua_pushstring(L, names[i]);
    lua_rawget(L, table);
    wrong = write_member(L, tree, names[i], depth);
    lua_pop(L, 1);
  }
  lua_settop(L, table);
  return wrong;
}

static const char *write_table(lua_State *L, struct tree *tree, bool list, int depth) {
  if (depth == MAX_DEPTH) return "is nested too deeply";
  if (!lua_checkstack(L, 8)) return "does not fit into memory";
  size_t count = count_entries(L, &list);
  if (!list && count > MAX_KEYS) return "has more than 1000 keys";
  buf_add_char(tree->out, list ? '[' : '{');
  const char *wrong = list ? write_list(L, tree, count, depth + 1) : write_members(L, tree, count, depth + 1);
  buf_add_char(tree->out, list ? ']' : '}');
  return wrong || !tree->out->failed ? wrong : "is too long";
}

/* The text or secret on top of the stack. */
static const char *write_bytes(lua_State *L, struct tree *tree, const char *bytes, size_t len) {
  bool written = json_write_string(tree->out, bytes, len); /* before Lua allocates */
  if (lua_type(L, -1) != LUA_TSTRING) {
    tree->has_secret = true;
    if (tree->secrets) {
      lua_pushvalue(L, -1);
      lua_rawseti(L, tree->secrets, (int)lua_rawlen(L, tree->secrets) + 1);
    }
  }
  return written ? NULL : "has a text that is not valid UTF-8, or is too long";
}

static const char *write_value(lua_State *L, struct tree *tree, int depth) {
  char text[JSON_NUMBER_TEXT];
  size_t len;
  const char *bytes = binding_bytes(L, -1, &len);
  if (bytes) return write_bytes(L, tree, bytes, len);
  switch (lua_type(L, -1)) {
  case LUA_TTABLE: return write_table(L, tree, false, depth);
  case LUA_TBOOLEAN: buf_add_string(tree->out, lua_toboolean(L, -1) ? "true" : "false"); return NULL;
  case LUA_TNUMBER:
    if (input_number(L, false, text)) return "has a number that is not finite";
    buf_add_string(tree->out, text);
    return NULL;
  default: break;
  }
  if (lua_islightuserdata(L, -1) && !lua_touserdata(L, -1)) { /* cjson.null, ngx.null */
    buf_add_string(tree->out, "null");
    return NULL;
  }
  return binding_to_secret(L, -1) ? "has a secret that is not open" : "has a value that is no text, number, boolean, secret or table";
}

static const char *write_tree(lua_State *L, struct tree *tree, bool list) {
  return lua_istable(L, -1) ? write_table(L, tree, list, 0) : "must be a table";
}

const char *input_tree(lua_State *L, struct buf *out, bool list, bool *has_secret) {
  struct tree tree = { .out = out };
  const char *wrong = write_tree(L, &tree, list);
  *has_secret = tree.has_secret;
  return wrong;
}

/* core.tree(table, list): its JSON, or nil and what is wrong with it; a secret in it is wrong, too, unless the third argument is true: then the JSON is a secret
 * itself, and the secrets in it are added to the list that the fourth one is */
int core_tree(lua_State *L) {
  bool list = lua_toboolean(L, 2), as_secret = lua_toboolean(L, 3);
  lua_settop(L, 4);
  struct tree tree = { .out = binding_new_buf(L, REQUEST_MAX_BODY), .secrets = lua_istable(L, 4) ? 4 : 0 };
  lua_pushvalue(L, 1);
  const char *wrong = write_tree(L, &tree, list);
  if (!wrong && tree.has_secret && !as_secret) wrong = "must not have a secret in it";
  if (wrong) return binding_fail(L, "%s", wrong);
  int count = 1;
  if (as_secret)
    count = binding_push_secret(L, SECRET_CREDENTIAL, buf_string(tree.out), tree.out->len);
  else
    lua_pushlstring(L, buf_string(tree.out), tree.out->len);
  buf_free(tree.out);
  return count;
}
