#include "lua/script/plain.h"

#include <string.h>

#define ROOM 8 /* slots of the stack that one table needs */

/* The first byte of each value. */
enum tag { NIL, FALSE, TRUE, INTEGER, NUMBER, TEXT, TABLE, END, FUNCTION, MARK, SECRET };

struct source {
  const char *at;
  plain_make *make;
  void *context;
};

static bool add_tag(struct buf *out, enum tag tag) {
  return buf_add_char(out, (char)tag);
}

static bool add_number(lua_State *L, struct buf *out) {
#if LUA_VERSION_NUM >= 503
  if (lua_isinteger(L, -1)) {
    lua_Integer integer = lua_tointeger(L, -1);
    return add_tag(out, INTEGER) && buf_add(out, &integer, sizeof integer);
  }
#endif
  lua_Number number = lua_tonumber(L, -1);
  return add_tag(out, NUMBER) && buf_add(out, &number, sizeof number);
}

static bool add_text(lua_State *L, struct buf *out) {
  size_t len;
  const char *text = lua_tolstring(L, -1, &len);
  return add_tag(out, TEXT) && buf_add(out, &len, sizeof len) && buf_add(out, text, len);
}

static bool add_value(lua_State *L, struct buf *out, plain_kind *kind, int depth);

/* A field of which one half is nothing is taken back. */
static bool add_fields(lua_State *L, struct buf *out, plain_kind *kind, int depth) {
  int table = lua_gettop(L);
  if (depth > PLAIN_DEEPEST) return false;
  luaL_checkstack(L, ROOM, NULL);
  for (lua_pushnil(L); lua_next(L, table); lua_pop(L, 1)) {
    size_t before = out->len, value;
    lua_pushvalue(L, -2);
    if (!add_value(L, out, kind, depth)) return false;
    lua_pop(L, 1);
    value = out->len;
    if (!add_value(L, out, kind, depth)) return false;
    if (out->data[before] == NIL || out->data[value] == NIL) buf_cut(out, before);
  }
  return add_tag(out, END);
}

static bool add_other(lua_State *L, struct buf *out, plain_kind *kind, int depth) {
  int number = 0;
  switch (kind ? kind(L, &number) : PLAIN_NOTHING) {
  case PLAIN_AS_TABLE: return add_tag(out, TABLE) && add_fields(L, out, kind, depth + 1);
  case PLAIN_MARK: return add_tag(out, MARK) && add_fields(L, out, kind, depth + 1);
  case PLAIN_FUNCTION: return add_tag(out, FUNCTION) && buf_add(out, &number, sizeof number);
  case PLAIN_SECRET: return add_tag(out, SECRET) && buf_add(out, &number, sizeof number);
  default: return add_tag(out, NIL);
  }
}

/* Appends the value on top of the stack, and leaves it there. */
static bool add_value(lua_State *L, struct buf *out, plain_kind *kind, int depth) {
  switch (lua_type(L, -1)) {
  case LUA_TNIL: return add_tag(out, NIL);
  case LUA_TBOOLEAN: return add_tag(out, lua_toboolean(L, -1) ? TRUE : FALSE);
  case LUA_TNUMBER: return add_number(L, out);
  case LUA_TSTRING: return add_text(L, out);
  case LUA_TTABLE:
    if (!lua_getmetatable(L, -1)) return add_tag(out, TABLE) && add_fields(L, out, kind, depth + 1);
    lua_pop(L, 1);
    return add_other(L, out, kind, depth);
  default: return add_other(L, out, kind, depth);
  }
}

bool plain_write(lua_State *L, int index, struct buf *out, plain_kind *kind) {
  int top = lua_gettop(L);
  luaL_checkstack(L, ROOM, NULL);
  lua_pushvalue(L, index);
  bool ok = add_value(L, out, kind, 0);
  lua_settop(L, top);
  return ok;
}

static void take(struct source *source, void *into, size_t len) {
  memcpy(into, source->at, len);
  source->at += len;
}

static void read_value(lua_State *L, struct source *source);

static void read_fields(lua_State *L, struct source *source) {
  luaL_checkstack(L, ROOM, NULL);
  lua_newtable(L);
  while (*source->at != END) {
    read_value(L, source);
    read_value(L, source);
    lua_rawset(L, -3);
  }
  source->at++;
}

static void read_value(lua_State *L, struct source *source) {
  int number;
  size_t len;
  lua_Number value;
#if LUA_VERSION_NUM >= 503
  lua_Integer integer;
#endif
  switch ((enum tag) * source->at++) {
  case FALSE:
  case TRUE: lua_pushboolean(L, source->at[-1] == TRUE); return;
#if LUA_VERSION_NUM >= 503
  case INTEGER:
    take(source, &integer, sizeof integer);
    lua_pushinteger(L, integer);
    return;
#endif
  case NUMBER:
    take(source, &value, sizeof value);
    lua_pushnumber(L, value);
    return;
  case TEXT:
    take(source, &len, sizeof len);
    lua_pushlstring(L, source->at, len);
    source->at += len;
    return;
  case TABLE: read_fields(L, source); return;
  case MARK:
    read_fields(L, source);
    source->make(L, PLAIN_MARK, 0, source->context);
    return;
  case FUNCTION:
  case SECRET:
    number = source->at[-1] == FUNCTION;
    enum plain_kind kind = number ? PLAIN_FUNCTION : PLAIN_SECRET;
    take(source, &number, sizeof number);
    source->make(L, kind, number, source->context);
    return;
  default: lua_pushnil(L);
  }
}

void plain_read(lua_State *L, const struct buf *bytes, plain_make *make, void *context) {
  struct source source = { .at = buf_string(bytes), .make = make, .context = context };
  luaL_checkstack(L, ROOM, NULL);
  read_value(L, &source);
}
