/* JSON as plain Lua values and back, for files of rows. What is read here is the user's own input: its strings are Lua's. What is written shows no secret. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/json.h"
#include "binding.h"

#define ROOT_TYPE "cards.json"
#define MAX_TEXT  (256 * 1024 * 1024) /* bytes that are written */
#define SHOWN_MAX 200
#define FEW_KEYS  32

/* --- in --- */

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
static int decode(lua_State *L) {
  size_t len, where = 0;
  const char *text = luaL_checklstring(L, 1, &len), *why = NULL;
  struct json_node **root = lua_newuserdata(L, sizeof *root);
  *root = NULL;
  luaL_getmetatable(L, ROOT_TYPE);
  lua_setmetatable(L, -2);
  *root = json_parse(text, len, &why, &where);
  if (!*root) {
    lua_pushnil(L);
    lua_pushfstring(L, "%s at byte %d", why, (int)where + 1);
    return 2;
  }
  push_node(L, *root);
  json_free(*root);
  *root = NULL;
  return 1;
}

/* --- out --- */

struct out {
  lua_State *L;
  struct buf *text;
  char path[SHOWN_MAX]; /* of the value that is written */
  size_t path_len;
  int depth;
};

static int wrong(const struct out *out, const char *what) {
  return luaL_error(out->L, "%s%s%s", out->path, out->path_len ? " " : "it ", what);
}

static void add(const struct out *out, bool ok) {
  if (!ok && out->text->failed) wrong(out, "makes the text too long");
}

static size_t enter(struct out *out, const char *key) {
  size_t before = out->path_len;
  int written = snprintf(out->path + before, sizeof out->path - before, "%s%s", before ? "." : "", key);
  out->path_len = before + (size_t)written < sizeof out->path ? before + (size_t)written : sizeof out->path - 1;
  return before;
}

static void leave(struct out *out, size_t before) {
  out->path_len = before;
  out->path[before] = '\0';
}

static void write_value(struct out *out);

static void write_string(const struct out *out) {
  size_t len;
  const char *bytes = lua_tolstring(out->L, -1, &len);
  if (json_write_string(out->text, bytes, len)) return;
  add(out, false);
  wrong(out, "is no UTF-8, or has a NUL");
}

static void write_number(const struct out *out) {
  lua_Number number = lua_tonumber(out->L, -1);
#if LUA_VERSION_NUM >= 503
  if (lua_isinteger(out->L, -1)) {
    add(out, buf_addf(out->text, "%lld", (long long)lua_tointeger(out->L, -1)));
    return;
  }
#endif
  if (number != number || fabs(number) == (lua_Number)INFINITY) wrong(out, "is no number that JSON has");
  if (number == floor(number) && fabs(number) < 1e15) {
    add(out, buf_addf(out->text, "%.0f", number));
    return;
  }
  char text[40];
  snprintf(text, sizeof text, "%.15g", number);
  if (strtod(text, NULL) != number) snprintf(text, sizeof text, "%.17g", number);
  for (char *c = text; *c; c++)
    if (*c == ',') *c = '.'; /* in some locales */
  add(out, buf_add_string(out->text, text));
}

static int compare_keys(const void *a, const void *b) {
  return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* How many places 1 to n a table has where it has nothing else and one at least, or 0; *keys is the count of its names. */
static size_t shape(const struct out *out, size_t *keys) {
  lua_State *L = out->L;
  size_t places = 0;
  *keys = 0;
  for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
    if (lua_type(L, -2) == LUA_TSTRING && strlen(lua_tostring(L, -2)) == lua_rawlen(L, -2))
      ++*keys;
    else if (lua_type(L, -2) == LUA_TNUMBER)
      places++;
    else
      wrong(out, "has a key that is no name");
  }
  if (places && (*keys || lua_rawlen(L, -1) != places)) wrong(out, "has places and names, or places with holes");
  return places;
}

static void write_object(struct out *out, size_t count) {
  lua_State *L = out->L;
  const char *few[FEW_KEYS], **keys = few;
  size_t n = 0;
  int table = lua_gettop(L);
  if (count > FEW_KEYS) keys = lua_newuserdata(L, count * sizeof *keys);
  for (lua_pushnil(L); n < count && lua_next(L, table); lua_pop(L, 1))
    keys[n++] = lua_tostring(L, -2); /* held by the table, which nothing changes meanwhile */
  lua_settop(L, count > FEW_KEYS ? table + 1 : table);
  qsort(keys, n, sizeof *keys, compare_keys);
  add(out, buf_add_char(out->text, '{'));
  for (size_t i = 0; i < n; i++) {
    size_t before = enter(out, keys[i]);
    if (i) add(out, buf_add_char(out->text, ','));
    lua_pushstring(L, keys[i]);
    write_string(out);
    add(out, buf_add_char(out->text, ':'));
    lua_rawget(L, table);
    write_value(out);
    lua_pop(L, 1);
    leave(out, before);
  }
  lua_settop(L, table);
  add(out, buf_add_char(out->text, '}'));
}

static void write_array(struct out *out, size_t count) {
  char place[24];
  add(out, buf_add_char(out->text, '['));
  for (size_t i = 1; i <= count; i++) {
    snprintf(place, sizeof place, "%zu", i);
    size_t before = enter(out, place);
    if (i > 1) add(out, buf_add_char(out->text, ','));
    lua_rawgeti(out->L, -1, (int)i);
    write_value(out);
    lua_pop(out->L, 1);
    leave(out, before);
  }
  add(out, buf_add_char(out->text, ']'));
}

static void write_table(struct out *out) {
  size_t keys;
  if (++out->depth > JSON_MAX_DEPTH) wrong(out, "is nested too deeply");
  luaL_checkstack(out->L, 8, "nested too deeply");
  size_t places = shape(out, &keys);
  if (places)
    write_array(out, places);
  else
    write_object(out, keys);
  out->depth--;
}

/* Writes what is on top of the stack, and leaves it there. */
static void write_value(struct out *out) {
  lua_State *L = out->L;
  switch (lua_type(L, -1)) {
  case LUA_TNIL: add(out, buf_add_string(out->text, "null")); break;
  case LUA_TBOOLEAN: add(out, buf_add_string(out->text, lua_toboolean(L, -1) ? "true" : "false")); break;
  case LUA_TNUMBER: write_number(out); break;
  case LUA_TSTRING: write_string(out); break;
  case LUA_TTABLE: write_table(out); break;
  default:
    if (!binding_to_secret(L, -1)) wrong(out, "is a function, a coroutine or userdata");
    luaL_callmeta(L, -1, "__tostring"); /* the mask */
    write_string(out);
    lua_pop(L, 1);
  }
}

/* core.json_encode(value): a line of JSON; names are sorted, a secret shows its mask. An error that names the path where something has no place in JSON: a function,
 * other userdata, text that is no UTF-8, a table with places and names. An empty table is {}. */
static int encode(lua_State *L) {
  struct out out = { .L = L };
  luaL_checkany(L, 1);
  lua_settop(L, 1);
  out.text = binding_new_buf(L, MAX_TEXT);
  lua_insert(L, 1);
  write_value(&out);
  lua_pushlstring(L, buf_string(out.text), out.text->len);
  buf_free(out.text);
  return 1;
}

void binding_open_json(lua_State *L) {
  static const luaL_Reg functions[] = { { "json_decode", decode }, { "json_encode", encode }, { NULL, NULL } };
  luaL_newmetatable(L, ROOT_TYPE);
  lua_pushcfunction(L, collect_root);
  lua_setfield(L, -2, "__gc");
  lua_pop(L, 1);
  luaL_setfuncs(L, functions, 0);
}
