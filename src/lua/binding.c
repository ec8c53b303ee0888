/* What the files of the binding share: types, fields, errors, texts, memory that is used up, buffers. */
#include "lua/binding.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Lua has no constant for it. */
#define NO_MEMORY "not enough memory"
#define NO_BUFFER "not enough memory for buffer allocation" /* behind a position, of Lua 5.3's string functions */

/* --- types --- */

void binding_type(lua_State *L, const char *name, const luaL_Reg *metamethods, const luaL_Reg *methods) {
  luaL_newmetatable(L, name);
  luaL_setfuncs(L, metamethods, 0);
  binding_set_string(L, "__metatable", name);
  binding_set_string(L, "__name", name);
  if (methods) {
    lua_newtable(L);
    luaL_setfuncs(L, methods, 0);
    lua_setfield(L, -2, "__index");
  }
  lua_pop(L, 1);
}

void *binding_new(lua_State *L, const char *type, size_t size) {
  void *made = lua_newuserdata(L, size);
  memset(made, 0, size);
  luaL_getmetatable(L, type);
  lua_setmetatable(L, -2);
  return made;
}

void *binding_to(lua_State *L, int index, const char *type) {
  return lua_type(L, index) == LUA_TUSERDATA ? luaL_testudata(L, index, type) : NULL;
}

/* --- fields --- */

void binding_set_string(lua_State *L, const char *key, const char *value) {
  if (!value) return;
  lua_pushstring(L, value);
  lua_setfield(L, -2, key);
}

void binding_set_boolean(lua_State *L, const char *key, bool value) {
  lua_pushboolean(L, value);
  lua_setfield(L, -2, key);
}

void binding_set_true(lua_State *L, const char *key, bool value) {
  if (value) binding_set_boolean(L, key, true);
}

void binding_set_integer(lua_State *L, const char *key, int64_t value) {
  compat_push_integer(L, value);
  lua_setfield(L, -2, key);
}

void binding_set_number(lua_State *L, const char *key, double value) {
  lua_pushnumber(L, value);
  lua_setfield(L, -2, key);
}

/* --- errors --- */

int binding_fail(lua_State *L, const char *format, ...) {
  va_list arguments;
  lua_pushnil(L);
  va_start(arguments, format);
  lua_pushvfstring(L, format, arguments);
  va_end(arguments);
  return 2;
}

static void set_text(lua_State *L, const char *key, const char *text) {
  binding_set_string(L, key, text && *text ? text : NULL);
}

int binding_fail_with(lua_State *L, const struct error *error, const char *provider, const char *operation) {
  lua_pushnil(L);
  lua_createtable(L, 0, 10);
  set_text(L, "kind", error_kind_name(error->kind));
  set_text(L, "provider", provider);
  set_text(L, "operation", operation);
  set_text(L, "code", error->code);
  set_text(L, "message", error->message);
  set_text(L, "request_id", error->request_id);
  binding_set_boolean(L, "retryable", error->retryable);
  binding_set_integer(L, "attempts", error->attempts);
  if (error->status) binding_set_integer(L, "status", error->status);
  if (error->retry_after >= 0) binding_set_number(L, "retry_after", error->retry_after);
  luaL_getmetatable(L, ERROR_TYPE);
  lua_setmetatable(L, -2);
  return 2;
}

int binding_refuse(lua_State *L, const char *provider, const char *operation, const char *format, ...) {
  char message[ERROR_MESSAGE_MAX];
  struct error error;
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(message, sizeof message, format, arguments);
  va_end(arguments);
  for (char *c = message; *c; c++) /* of a name or path: an error is one line */
    if ((unsigned char)*c < 0x20 || *c == 0x7f) *c = '?';
  error_set(&error, ERROR_INVALID_REQUEST, "%s", message);
  return binding_fail_with(L, &error, provider, operation);
}

/* One line: "whop.retrieve: not_found (HTTP 404, code resource_not_found): the message" */
static int error_to_string(lua_State *L) {
  static const char *const fields[] = { "provider", "operation", "kind", "status", "code", "message" };
  const char *text[6];
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  for (int i = 0; i < 6; i++) {
    lua_pushstring(L, fields[i]);
    lua_rawget(L, 1);
    text[i] = lua_type(L, -1) == LUA_TSTRING || lua_type(L, -1) == LUA_TNUMBER ? lua_tostring(L, -1) : NULL;
  }
  const char *status = text[3], *code = text[4];
  int from = lua_gettop(L);
  lua_pushfstring(L, "%s%s%s: %s", text[0] ? text[0] : "cards", text[1] ? "." : "", text[1] ? text[1] : "", text[2] ? text[2] : "error");
  if (status || code)
    lua_pushfstring(L, " (%s%s%s%s%s)", status ? "HTTP " : "", status ? status : "", status && code ? ", " : "", code ? "code " : "",
                    code ? code : "");
  lua_pushfstring(L, ": %s", text[5] ? text[5] : "no message");
  lua_concat(L, lua_gettop(L) - from);
  return 1;
}

/* core.error { kind = …, message = … }: makes a table of ours of it */
int core_error(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  luaL_getmetatable(L, ERROR_TYPE);
  lua_setmetatable(L, 1);
  return 1;
}

/* --- texts --- */

int binding_concat(lua_State *L) {
  lua_settop(L, 2);
  for (int i = 1; i <= 2; i++) {
    bool is_text = lua_type(L, i) == LUA_TSTRING || lua_type(L, i) == LUA_TNUMBER;
    if (is_text) continue;
    if (!luaL_getmetafield(L, i, "__concat")) return luaL_error(L, "attempt to concatenate a %s value", luaL_typename(L, i));
    bool is_ours = lua_tocfunction(L, -1) == binding_concat;
    lua_pop(L, 1);
    if (is_ours && luaL_callmeta(L, i, "__tostring")) lua_replace(L, i);
  }
  lua_concat(L, 2);
  return 1;
}

/* --- memory that is used up --- */

int binding_no_memory(lua_State *L) {
  lua_pushliteral(L, NO_MEMORY);
  return lua_error(L);
}

bool binding_is_no_memory(lua_State *L, int status) {
  if (status == LUA_OK || status == LUA_ERRMEM || lua_type(L, -1) != LUA_TSTRING) return status == LUA_ERRMEM;
  const char *message = lua_tostring(L, -1), *behind = strstr(message, NO_BUFFER);
  return strcmp(message, NO_MEMORY) == 0 || (LUA_VERSION_NUM == 503 && behind && behind[strlen(NO_BUFFER)] == '\0');
}

/* --- buffers --- */

struct buf *binding_new_buf(lua_State *L, size_t max) {
  struct buf *buf = binding_new(L, BUF_TYPE, sizeof *buf);
  buf_init(buf, max);
  return buf;
}

static int collect_buf(lua_State *L) {
  buf_free(lua_touserdata(L, 1));
  return 0;
}

void binding_open(lua_State *L) {
  static const luaL_Reg of_error[] = { { "__tostring", error_to_string }, { "__concat", binding_concat }, { NULL, NULL } },
                        of_buf[] = { { "__gc", collect_buf }, { NULL, NULL } };
  binding_type(L, ERROR_TYPE, of_error, NULL);
  binding_type(L, BUF_TYPE, of_buf, NULL);
}
