/* JSON as plain Lua values, for files of rows: what is read here is the user's own input, and its strings are Lua's. */
#include <math.h>

#include "lua/binding.h"
#include "json/json.h"

#define ROOT_TYPE "cards.json"

static int collect_root(lua_State *L) {
  struct json_node **root = lua_touserdata(L, 1);
  json_free(*root);
  *root = NULL;
  return 0;
}

static const char *push_number(lua_State *L, const struct json_node *node) {
  int64_t integer;
  bool whole = json_integer(node, &integer);
#if LUA_VERSION_NUM < 503
  whole = whole && json_is_exact(node);
#endif
  if (!whole && (!json_is_exact(node) || !isfinite(json_number(node)))) return "a number that is too large to be exact";
  if (whole)
    compat_push_integer(L, integer);
  else
    lua_pushnumber(L, json_number(node));
  return NULL;
}

static const char *push_string(lua_State *L, const struct json_node *node) {
  size_t len;
  const char *bytes = json_string(node, &len);
  lua_pushlstring(L, bytes, len);
  return json_is_lossy(node) ? "a text with \\u0000 or half a surrogate pair in it" : NULL;
}

/* Pushes the value. Returns what is wrong with it, and leaves the stack as it is then; NULL for nothing. */
static const char *push_node(lua_State *L, const struct json_node *node) {
  const char *wrong = NULL;
  bool object = json_type(node) == JSON_OBJECT;
  int place = 0;
  luaL_checkstack(L, 6, "JSON nested too deeply");
  switch (json_type(node)) {
  case JSON_NULL: lua_pushnil(L); break;
  case JSON_BOOLEAN: lua_pushboolean(L, json_boolean(node)); break;
  case JSON_NUMBER: return push_number(L, node);
  case JSON_STRING: return push_string(L, node);
  case JSON_ARRAY:
  case JSON_OBJECT:
    lua_newtable(L);
    for (const struct json_node *child = json_child(node); child; child = json_next(child)) {
      if (object) lua_pushstring(L, json_key(child));
      wrong = push_node(L, child);
      if (wrong) break;
      if (object)
        lua_rawset(L, -3);
      else
        lua_rawseti(L, -2, ++place);
    }
  }
  return wrong;
}

/* core.json_decode(text): the value, null absent, or nil and what is wrong with the text, which is not in it. Nothing is changed: a number that Lua would round, and
 * a text in which a character is lost, are wrong. */
int core_json_decode(lua_State *L) {
  size_t len, where = 0;
  const char *text = luaL_checklstring(L, 1, &len), *why = NULL;
  struct json_node **root = binding_new(L, ROOT_TYPE, sizeof *root);
  *root = json_parse(text, len, &why, &where);
  if (!*root) return binding_fail(L, "%s at byte %d", why, (int)where + 1);
  why = push_node(L, *root);
  json_free(*root);
  *root = NULL;
  return why ? binding_fail(L, "%s", why) : 1;
}

void binding_open_json(lua_State *L) {
  static const luaL_Reg metamethods[] = { { "__gc", collect_root }, { NULL, NULL } };
  binding_type(L, ROOT_TYPE, metamethods, NULL);
}
