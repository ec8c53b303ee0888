#include "lua/value.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

size_t value_digits(lua_State *L, int index, char out[static VALUE_DIGITS]) {
  if (lua_type(L, index) != LUA_TNUMBER) return 0;
#if LUA_VERSION_NUM >= 503
  if (lua_isinteger(L, index)) return (size_t)snprintf(out, VALUE_DIGITS, "%lld", (long long)lua_tointeger(L, index));
#endif
  double number = lua_tonumber(L, index);
  return isfinite(number) ? (size_t)snprintf(out, VALUE_DIGITS, "%.0f", number) : 0;
}

bool value_is_whole(lua_State *L, int index) {
  double number = lua_type(L, index) == LUA_TNUMBER ? lua_tonumber(L, index) : NAN;
  return isfinite(number) && number == floor(number);
}

bool value_text(lua_State *L) {
  char digits[VALUE_DIGITS];
  if (lua_type(L, -1) == LUA_TSTRING) return true;
  if (!value_is_whole(L, -1)) return false;
  lua_pushlstring(L, digits, value_digits(L, -1, digits));
  lua_replace(L, -2);
  return true;
}

struct secret *value_secret(lua_State *L, int secrets) {
  if (lua_type(L, -1) != LUA_TUSERDATA || !lua_getmetatable(L, -1)) return NULL;
  bool is_secret = lua_rawequal(L, -1, secrets);
  lua_pop(L, 1);
  return is_secret ? lua_touserdata(L, -1) : NULL;
}

int value_hold(lua_State *L, int list) {
  int place = (int)lua_rawlen(L, list) + 1;
  lua_rawseti(L, list, place);
  return place;
}
