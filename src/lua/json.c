/* JSON as plain Lua values, for files of rows: what is read here is the user's own input, and its strings are Lua's. */
#include "json/json.h"
#include "lua/binding.h"

#define ROOT_TYPE "cards.json"

static int collect_root(lua_State *L) {
  struct json_node **root = lua_touserdata(L, 1);
  json_free(*root);
  *root = NULL;
  return 0;
}

static void push_node(lua_State *L, const struct json_node *node) {
  size_t len;
  int64_t integer;
  int place = 0;
  luaL_checkstack(L, 6, "JSON nested too deeply");
  switch (json_type(node)) {
  case JSON_NULL: lua_pushnil(L); break;
  case JSON_BOOLEAN: lua_pushboolean(L, json_boolean(node)); break;
  case JSON_NUMBER:
    if (json_integer(node, &integer))
      compat_push_integer(L, integer);
    else
      lua_pushnumber(L, json_number(node));
    break;
  case JSON_STRING: {
    const char *bytes = json_string(node, &len);
    lua_pushlstring(L, bytes, len);
    break;
  }
  case JSON_ARRAY:
    lua_newtable(L);
    for (const struct json_node *child = json_child(node); child; child = json_next(child)) {
      push_node(L, child);
      lua_rawseti(L, -2, ++place);
    }
    break;
  case JSON_OBJECT:
    lua_newtable(L);
    for (const struct json_node *child = json_child(node); child; child = json_next(child)) {
      lua_pushstring(L, json_key(child));
      push_node(L, child);
      lua_rawset(L, -3);
    }
    break;
  }
}

/* core.json_decode(text): the value, null absent, or nil and what is wrong with the text, which is not in it */
int core_json_decode(lua_State *L) {
  size_t len, where = 0;
  const char *text = luaL_checklstring(L, 1, &len), *why = NULL;
  struct json_node **root = binding_new(L, ROOT_TYPE, sizeof *root);
  *root = json_parse(text, len, &why, &where);
  if (!*root) return binding_fail(L, "%s at byte %d", why, (int)where + 1);
  push_node(L, *root);
  json_free(*root);
  *root = NULL;
  return 1;
}

void binding_open_json(lua_State *L) {
  static const luaL_Reg metamethods[] = { { "__gc", collect_root }, { NULL, NULL } };
  binding_type(L, ROOT_TYPE, metamethods, NULL);
}
