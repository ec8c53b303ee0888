/* Plain Lua values as JSON, for files of rows: what is written shows no secret. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lua/binding.h"
#include "text/pan.h"
#include "json/json.h"

#define BUFFERS_TYPE "cards.json.buffers"
#define LINES_TYPE   "cards.json.lines"
#define MOST_KEPT    (1024 * 1024)
#define KEPT         (64 * 1024)         /* bytes of a buffer */
#define MAX_TEXT     (256 * 1024 * 1024) /* bytes that are written */
#define SHOWN_MAX    200
#define FEW_KEYS     32

/* Kept from one call to the next, as a row is little and rows are many. */
struct buffers {
  struct buf text, mask;
  bool busy;   /* a call is under way, from within which a finalizer may come here again */
  size_t done; /* bytes of whole lines in text */
};

struct out {
  lua_State *L;
  struct buffers *buffers;
  struct buf *text;     /* one of the buffers */
  char path[SHOWN_MAX]; /* of the value that is written */
  size_t path_len;
  int depth;
};

static int wrong(const struct out *out, const char *what) {
  out->buffers->busy = false;
  return luaL_error(out->L, "%s%s%s", out->path, out->path_len ? " " : "it ", what);
}

static void add(const struct out *out, bool ok) {
  if (!ok && out->text->failed) wrong(out, "makes the text too long");
}

static size_t enter(struct out *out, const char *key) {
  size_t before = out->path_len, at = before;
  if (at && at < sizeof out->path - 1) out->path[at++] = '.';
  while (*key && at < sizeof out->path - 1)
    out->path[at++] = *key++;
  out->path[at] = '\0';
  out->path_len = at;
  return before;
}

static void leave(struct out *out, size_t before) {
  out->path_len = before;
  out->path[before] = '\0';
}

static void write_value(struct out *out);

static void write_text(const struct out *out, const char *bytes, size_t len) {
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
  if (number == floor(number) && fabs(number) < 0x1p63) { /* exactly: readers may refuse an integer that was rounded */
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

static void write_secret(const struct out *out, const struct secret *secret) {
  struct buf *mask = &out->buffers->mask;
  bool open = secret_state(secret) == SECRET_OPEN;
  buf_clear(mask);
  if (open && !pan_mask(mask, secret->class, (const char *)secret->bytes, secret->len, 0, secret->class == SECRET_PAN ? 4 : 0))
    wrong(out, "is a secret for whose mask there is no memory");
  if (!json_write_string(out->text, open ? buf_string(mask) : "*** (closed)", open ? mask->len : 12)) wrong(out, "makes the text too long");
}

struct key {
  const char *name; /* held by the table, which nothing changes meanwhile */
  size_t len;
  int index; /* on the stack, where it is there */
};

static int compare_keys(const void *a, const void *b) {
  return strcmp(((const struct key *)a)->name, ((const struct key *)b)->name);
}

static void sort_keys(struct key *keys, size_t count) {
  if (count > FEW_KEYS) {
    qsort(keys, count, sizeof *keys, compare_keys);
    return;
  }
  for (size_t i = 1; i < count; i++) {
    struct key key = keys[i];
    size_t at = i;
    for (; at > 0 && compare_keys(&keys[at - 1], &key) > 0; at--)
      keys[at] = keys[at - 1];
    keys[at] = key;
  }
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
  struct key few[FEW_KEYS], *keys = few;
  size_t n = 0;
  int table = lua_gettop(L);
  if (count > FEW_KEYS) keys = lua_newuserdata(L, count * sizeof *keys);
  luaL_checkstack(L, FEW_KEYS + 8, "nested too deeply");
  for (lua_pushnil(L); n < count && lua_next(L, table); n++) {
    keys[n].name = lua_tolstring(L, -2, &keys[n].len);
    lua_pop(L, 1);
    keys[n].index = lua_gettop(L);
    if (count <= FEW_KEYS) lua_pushvalue(L, -1); /* one stays, the other leads to the next */
  }
  sort_keys(keys, n);
  add(out, buf_add_char(out->text, '{'));
  for (size_t i = 0; i < n; i++) {
    size_t before = enter(out, keys[i].name);
    if (i) add(out, buf_add_char(out->text, ','));
    write_text(out, keys[i].name, keys[i].len);
    add(out, buf_add_char(out->text, ':'));
    if (count <= FEW_KEYS)
      lua_pushvalue(L, keys[i].index);
    else
      lua_pushlstring(L, keys[i].name, keys[i].len);
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
  case LUA_TSTRING: {
    size_t len;
    const char *bytes = lua_tolstring(L, -1, &len);
    write_text(out, bytes, len);
    break;
  }
  case LUA_TTABLE: write_table(out); break;
  default: {
    const struct secret *secret = binding_to_secret(L, -1);
    if (secret)
      write_secret(out, secret);
    else
      wrong(out, "is a function, a coroutine or userdata");
  }
  }
}

static int collect_buffers(lua_State *L) {
  struct buffers *buffers = lua_touserdata(L, 1);
  buf_free(&buffers->text);
  buf_free(&buffers->mask);
  return 0;
}

static void push_buffers(lua_State *L) {
  struct buffers *buffers = lua_newuserdata(L, sizeof *buffers);
  buf_init(&buffers->text, MAX_TEXT);
  buf_init(&buffers->mask, 256);
  buffers->busy = false;
  buffers->done = 0;
  luaL_getmetatable(L, BUFFERS_TYPE);
  lua_setmetatable(L, -2);
}

/* Writes the value at the index behind what is done. */
static void begin(lua_State *L, struct out *out, struct buffers *buffers) {
  *out = (struct out){ .L = L, .buffers = buffers, .text = &buffers->text };
  if (buffers->text.len > buffers->done) { /* what a failed call left */
    buffers->text.len = buffers->done;
    buffers->text.failed = false;
  }
  buffers->busy = true;
}

/* core.json_encode(value): a line of JSON; names are sorted, a secret shows its mask. An error that names the path where something has no place in JSON: a function,
 * other userdata, text that is no UTF-8, a table with places and names. An empty table is {}. */
static int encode(lua_State *L) {
  struct out out;
  struct buffers *buffers = lua_touserdata(L, lua_upvalueindex(1));
  luaL_checkany(L, 1);
  lua_settop(L, 1);
  if (buffers->busy) {
    push_buffers(L);
    buffers = lua_touserdata(L, -1);
    lua_insert(L, 1);
  }
  begin(L, &out, buffers);
  write_value(&out);
  lua_pushlstring(L, buf_string(out.text), out.text->len);
  if (out.text->cap > KEPT) buf_free(out.text);
  buf_clear(out.text);
  buffers->busy = false;
  return 1;
}

static struct buffers *check_lines(lua_State *L) {
  struct buffers *lines = luaL_checkudata(L, 1, LINES_TYPE);
  if (lines->busy) luaL_error(L, "these lines are being written");
  return lines;
}

/* lines:add(row, name, value): adds {"row":row,"name":value} and returns how many bytes wait; an error as that of json_encode, and then nothing is added */
static int add_line(lua_State *L) {
  struct out out;
  struct buffers *lines = check_lines(L);
  lua_Number row = luaL_checknumber(L, 2);
  const char *name = luaL_checkstring(L, 3);
  lua_settop(L, 4);
  begin(L, &out, lines);
  add(&out, buf_addf(out.text, "{\"row\":%.0f,\"%s\":", row, name));
  write_value(&out);
  add(&out, buf_add_string(out.text, "}\n"));
  lines->done = out.text->len;
  lines->busy = false;
  compat_push_integer(L, (int64_t)lines->done);
  return 1;
}

/* lines:take(): what waits, as one text */
static int take_lines(lua_State *L) {
  struct buffers *lines = check_lines(L);
  lua_pushlstring(L, buf_string(&lines->text), lines->done);
  if (lines->text.cap > MOST_KEPT) buf_free(&lines->text);
  buf_clear(&lines->text);
  lines->done = 0;
  return 1;
}

/* core.json_lines(): lines to come, made one by one and taken together */
static int new_lines(lua_State *L) {
  push_buffers(L);
  luaL_getmetatable(L, LINES_TYPE);
  lua_setmetatable(L, -2);
  return 1;
}

void binding_open_json_out(lua_State *L) {
  static const luaL_Reg line_methods[] = { { "add", add_line }, { "take", take_lines }, { NULL, NULL } };
  luaL_newmetatable(L, BUFFERS_TYPE);
  lua_pushcfunction(L, collect_buffers);
  lua_setfield(L, -2, "__gc");
  lua_pop(L, 1);
  luaL_newmetatable(L, LINES_TYPE);
  lua_pushcfunction(L, collect_buffers);
  lua_setfield(L, -2, "__gc");
  luaL_newlib(L, line_methods);
  lua_setfield(L, -2, "__index");
  lua_pushliteral(L, LINES_TYPE);
  lua_setfield(L, -2, "__metatable");
  lua_pop(L, 1);
  lua_pushcfunction(L, new_lines);
  lua_setfield(L, -2, "json_lines");
  push_buffers(L);
  lua_pushcclosure(L, encode, 1);
  lua_setfield(L, -2, "json_encode");
}
