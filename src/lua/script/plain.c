#include "lua/script/plain.h"

#include <string.h>

#include "lua/value.h"
#include "text/pan.h"

#define ROOM 8 /* slots of the stack that one table needs */

/* The first byte of each value. */
enum tag { NIL, FALSE, TRUE, INTEGER, NUMBER, TEXT, TABLE, END, FUNCTION, MARK, SECRET };

struct writer {
  struct buf *out;
  plain_kind *kind;
  bool redacts, too_long;
  size_t values; /* that may still follow */
};

struct source {
  const char *at;
  plain_make *make;
  void *context;
};

static bool put(struct writer *writer, const void *bytes, size_t len) {
  writer->too_long = writer->too_long || len > writer->out->max - writer->out->len;
  return !writer->too_long && buf_add(writer->out, bytes, len);
}

static bool add_tag(struct writer *writer, enum tag tag) {
  char byte = (char)tag;
  return put(writer, &byte, 1);
}

/* A card number in it is masked where the writer redacts, which leaves the length as it is. */
static bool put_text(struct writer *writer, const char *text, size_t len) {
  if (!add_tag(writer, TEXT) || !put(writer, &len, sizeof len)) return false;
  if (!writer->redacts || !pan_suspected(text, len)) return put(writer, text, len);
  writer->too_long = len > writer->out->max - writer->out->len;
  return !writer->too_long && pan_redact(writer->out, text, len);
}

static bool add_text(lua_State *L, struct writer *writer) {
  size_t len;
  const char *text = lua_tolstring(L, -1, &len);
  return put_text(writer, text, len);
}

/* A number that is a card's becomes a text where the writer redacts. */
static bool add_number(lua_State *L, struct writer *writer) {
  char digits[VALUE_DIGITS];
  size_t len = writer->redacts ? value_digits(L, -1, digits) : 0;
  if (len > 0 && pan_is_card(digits, len)) return put_text(writer, digits, len);
#if LUA_VERSION_NUM >= 503
  if (lua_isinteger(L, -1)) {
    lua_Integer integer = lua_tointeger(L, -1);
    return add_tag(writer, INTEGER) && put(writer, &integer, sizeof integer);
  }
#endif
  lua_Number number = lua_tonumber(L, -1);
  return add_tag(writer, NUMBER) && put(writer, &number, sizeof number);
}

static bool add_value(lua_State *L, struct writer *writer, int depth);

/* A field of which one half is nothing is taken back. */
static bool add_fields(lua_State *L, struct writer *writer, int depth) {
  int table = lua_gettop(L);
  if (depth > PLAIN_DEEPEST) return false;
  luaL_checkstack(L, ROOM, NULL);
  for (lua_pushnil(L); lua_next(L, table); lua_pop(L, 1)) {
    size_t before = writer->out->len, value;
    lua_pushvalue(L, -2);
    if (!add_value(L, writer, depth)) return false;
    lua_pop(L, 1);
    value = writer->out->len;
    if (!add_value(L, writer, depth)) return false;
    if (writer->out->data[before] == NIL || writer->out->data[value] == NIL) buf_cut(writer->out, before);
  }
  return add_tag(writer, END);
}

static bool add_other(lua_State *L, struct writer *writer, int depth) {
  int number = 0;
  switch (writer->kind ? writer->kind(L, &number) : PLAIN_NOTHING) {
  case PLAIN_AS_TABLE: return add_tag(writer, TABLE) && add_fields(L, writer, depth + 1);
  case PLAIN_MARK: return add_tag(writer, MARK) && add_fields(L, writer, depth + 1);
  case PLAIN_FUNCTION: return add_tag(writer, FUNCTION) && put(writer, &number, sizeof number);
  case PLAIN_SECRET: return add_tag(writer, SECRET) && put(writer, &number, sizeof number);
  default: return add_tag(writer, NIL);
  }
}

/* Appends the value on top of the stack, and leaves it there. */
static bool add_value(lua_State *L, struct writer *writer, int depth) {
  writer->too_long = writer->too_long || writer->values-- == 0;
  if (writer->too_long) return false;
  switch (lua_type(L, -1)) {
  case LUA_TNIL: return add_tag(writer, NIL);
  case LUA_TBOOLEAN: return add_tag(writer, lua_toboolean(L, -1) ? TRUE : FALSE);
  case LUA_TNUMBER: return add_number(L, writer);
  case LUA_TSTRING: return add_text(L, writer);
  case LUA_TTABLE:
    if (!lua_getmetatable(L, -1)) return add_tag(writer, TABLE) && add_fields(L, writer, depth + 1);
    lua_pop(L, 1);
    return add_other(L, writer, depth);
  default: return add_other(L, writer, depth);
  }
}

enum plain_status plain_write(lua_State *L, int index, struct buf *out, plain_kind *kind, bool redacts) {
  struct writer writer = { .out = out, .kind = kind, .redacts = redacts, .values = PLAIN_MOST };
  int top = lua_gettop(L);
  luaL_checkstack(L, ROOM, NULL);
  lua_pushvalue(L, index);
  bool ok = add_value(L, &writer, 0);
  lua_settop(L, top);
  if (ok) return PLAIN_OK;
  return writer.too_long ? PLAIN_TOO_LONG : out->failed ? PLAIN_NO_MEMORY : PLAIN_TOO_DEEP;
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
