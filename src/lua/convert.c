/* Records and errors as Lua tables. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lua/binding.h"

static const char
    record_metatables; /* its address is the key of a table in the registry: operation, or the name of a definition's -> metatable of its records */

static void push_value(lua_State *L, struct record *record);

/* Pushes a key. Different card numbers may have the same mask: then the n-th such key of its table gets a "#n", so that each stays. */
static void push_key(lua_State *L, const char *key, int *masked) {
  lua_pushstring(L, key);
  if (!strchr(key, '*')) return;
  for (int n = ++*masked < 2 ? 2 : *masked;; n++) {
    lua_pushvalue(L, -1);
    lua_rawget(L, -3);
    bool taken = !lua_isnil(L, -1);
    lua_pop(L, 1);
    if (!taken) return;
    lua_pop(L, 1);
    lua_pushfstring(L, "%s#%d", key, n);
  }
}

static void push_children(lua_State *L, struct record *record) {
  luaL_checkstack(L, 8, "a record nested too deeply");
  bool object = record->type == RECORD_OBJECT;
  int count = record->count > 1000000 ? 1000000 : (int)record->count;
  lua_createtable(L, object ? 0 : count, object ? count : 0);
  int place = 0, masked = 0;
  for (struct record *child = record->child; child; child = child->next) {
    place++;
    if (child->type == RECORD_NULL) continue;
    if (object) push_key(L, child->key, &masked);
    push_value(L, child);
    if (object)
      lua_rawset(L, -3);
    else
      lua_rawseti(L, -2, place);
  }
}

static void push_value(lua_State *L, struct record *record) {
  switch (record->type) {
  case RECORD_NULL: lua_pushnil(L); break;
  case RECORD_BOOLEAN: lua_pushboolean(L, record->as.boolean); break;
  case RECORD_INTEGER: compat_push_integer(L, record->as.integer); break;
  case RECORD_NUMBER: lua_pushnumber(L, record->as.number); break;
  case RECORD_STRING: lua_pushlstring(L, record->as.string.bytes, record->as.string.len); break;
  case RECORD_SECRET: {
    struct secret *secret = binding_new_secret(L);
    *secret = record->as.secret;
    memset(&record->as.secret, 0, sizeof record->as.secret);
    break;
  }
  case RECORD_OBJECT:
  case RECORD_ARRAY: push_children(L, record); break;
  }
}

/* What a built-in operation is found by is its address; that of a definition may be another one's later. */
static void push_operation_key(lua_State *L, const struct provider *provider, const struct operation *operation) {
  if (provider->owner)
    lua_pushfstring(L, "%s.%s", provider->name, operation->name);
  else
    lua_pushlightuserdata(L, (void *)(uintptr_t)operation);
}

static void push_metatable(lua_State *L, const struct provider *provider, const struct operation *operation) {
  compat_rawgetp(L, LUA_REGISTRYINDEX, &record_metatables);
  push_operation_key(L, provider, operation);
  lua_rawget(L, -2);
  if (lua_isnil(L, -1)) {
    lua_pop(L, 1);
    push_operation_key(L, provider, operation);
    lua_createtable(L, 0, 2);
    lua_pushfstring(L, "%s.%s", provider->name, operation->name);
    lua_setfield(L, -2, "__metatable"); /* getmetatable(record) is the operation's name, and nobody can change it */
    lua_rawset(L, -3);
    push_operation_key(L, provider, operation);
    lua_rawget(L, -2);
  }
  lua_remove(L, -2);
}

void binding_push_record(lua_State *L, struct record *record, const struct provider *provider, const struct operation *operation) {
  push_children(L, record);
  push_metatable(L, provider, operation);
  lua_setmetatable(L, -2);
}

static void set_text(lua_State *L, const char *key, const char *value) {
  if (!value || !*value) return;
  lua_pushstring(L, value);
  lua_setfield(L, -2, key);
}

void binding_push_error(lua_State *L, const struct error *error, const char *provider, const char *operation) {
  lua_createtable(L, 0, 10);
  set_text(L, "kind", error_kind_name(error->kind));
  set_text(L, "provider", provider);
  set_text(L, "operation", operation);
  set_text(L, "code", error->code);
  set_text(L, "message", error->message);
  set_text(L, "request_id", error->request_id);
  lua_pushboolean(L, error->retryable);
  lua_setfield(L, -2, "retryable");
  compat_push_integer(L, error->attempts);
  lua_setfield(L, -2, "attempts");
  if (error->status) {
    compat_push_integer(L, error->status);
    lua_setfield(L, -2, "status");
  }
  if (error->retry_after >= 0) {
    lua_pushnumber(L, error->retry_after);
    lua_setfield(L, -2, "retry_after");
  }
  luaL_getmetatable(L, ERROR_TYPE);
  lua_setmetatable(L, -2);
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
  lua_pushnil(L);
  binding_push_error(L, &error, provider, operation);
  return 2;
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
  luaL_Buffer line;
  luaL_buffinit(L, &line);
  luaL_addstring(&line, text[0] ? text[0] : "cards");
  if (text[1]) {
    luaL_addchar(&line, '.');
    luaL_addstring(&line, text[1]);
  }
  luaL_addstring(&line, ": ");
  luaL_addstring(&line, text[2] ? text[2] : "error");
  if (text[3] || text[4]) {
    luaL_addstring(&line, " (");
    if (text[3]) {
      luaL_addstring(&line, "HTTP ");
      luaL_addstring(&line, text[3]);
    }
    if (text[3] && text[4]) luaL_addstring(&line, ", ");
    if (text[4]) {
      luaL_addstring(&line, "code ");
      luaL_addstring(&line, text[4]);
    }
    luaL_addchar(&line, ')');
  }
  luaL_addstring(&line, ": ");
  luaL_addstring(&line, text[5] ? text[5] : "no message");
  luaL_pushresult(&line);
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

void binding_open_convert(lua_State *L) {
  luaL_newmetatable(L, ERROR_TYPE);
  lua_pushcfunction(L, error_to_string);
  lua_setfield(L, -2, "__tostring");
  lua_pushliteral(L, ERROR_TYPE);
  lua_setfield(L, -2, "__name");
  lua_pushliteral(L, ERROR_TYPE);
  lua_setfield(L, -2, "__metatable");
  lua_pop(L, 1);
  lua_newtable(L);
  compat_rawsetp(L, LUA_REGISTRYINDEX, &record_metatables);
}
