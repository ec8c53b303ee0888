/* core.transforms and what else a mapping does with values: a secret stays a secret, and its bytes never pass through Lua. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lua/binding.h"
#include "secret/stack.h"
#include "text/pan.h"
#include "text/transform.h"
#include "json/json.h"

#define SHORT      256 /* bytes of a result that need no memory of Lua's */
#define LAST4      4
#define BIN        6
#define MOST_EXACT 9007199254740991.0 /* whole numbers beyond it are rounded, in a record they are an error */
#define LONGEST    64                 /* bytes of a card number with what stands between its digits */

/* A secret of the same class with the result, which is written where it stays; nothing where there is none or the secret is closed. */
static int transform_secret(lua_State *L, enum transform transform, const struct secret *secret) {
  if (secret_state(secret) != SECRET_OPEN) return 0;
  const char *why = NULL;
  struct secret *made = binding_new_secret(L);
  size_t room = transform_room(transform, secret->len), len = 0;
  bool reserved = secret_reserve(made, secret->class, room, &why);
  if (!reserved) {
    binding_collect(L);
    reserved = secret_reserve(made, secret->class, room, &why);
  }
  if (!reserved) return binding_push_filled(L, false, why);
  bool ok = secret_state(secret) == SECRET_OPEN && transform_apply(transform, (const char *)secret->bytes, secret->len, (char *)made->bytes, &len);
  made->len = (uint32_t)len;
  stack_wipe(STACK_SHALLOW);
  if (ok) return 1;
  secret_wipe(made);
  return 0;
}

static bool is_number(enum transform transform) {
  return transform == TRANSFORM_YEAR || transform == TRANSFORM_MONTH || transform == TRANSFORM_YEAR_OF || transform == TRANSFORM_MONTH_OF;
}

static int transform_text(lua_State *L, enum transform transform, const char *text, size_t len) {
  char small[SHORT];
  size_t room = transform_room(transform, len), out_len;
  char *out = room < sizeof small ? small : lua_newuserdata(L, room);
  if (!transform_apply(transform, text, len, out, &out_len)) return 0;
  if (is_number(transform)) {
    small[out_len] = '\0';
    compat_push_integer(L, strtol(small, NULL, 10));
  } else {
    lua_pushlstring(L, out, out_len);
  }
  return 1;
}

/* The country code and the number of a telephone that is told in two parts. */
static int transform_phone(lua_State *L) {
  char text[SHORT];
  lua_pushliteral(L, "cc");
  lua_rawget(L, 1);
  lua_pushliteral(L, "subscriber");
  lua_rawget(L, 1);
  if (lua_type(L, -1) != LUA_TSTRING) return 0;
  const char *country = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "";
  if (*country == '+') country++;
  bool known = *country && !country[strspn(country, "0123456789")];
  int len = snprintf(text, sizeof text, "%s%s %s", known ? "+" : "", known ? country : "", lua_tostring(L, -1));
  return len < (int)sizeof text ? transform_text(L, TRANSFORM_PHONE, text, (size_t)len) : 0;
}

/* core.transforms.<name>(value), core.plain_transforms.<name>(value): the result of a string or number as a string, or a number where it is a month or year; or nothing
 * where it makes no sense. Of a secret the former makes a new secret of its class, or nil and an error where there is no room for it; the latter nothing. */
static int apply(lua_State *L) {
  enum transform transform = (enum transform)lua_tonumber(L, lua_upvalueindex(1));
  int type = lua_type(L, 1);
  if (type == LUA_TSTRING) {
    size_t len;
    const char *text = lua_tolstring(L, 1, &len);
    return transform_text(L, transform, text, len);
  } else if (type == LUA_TNUMBER) {
    char digits[JSON_NUMBER_TEXT];
    double number = lua_tonumber(L, 1);
    if (!(fabs(number) <= MOST_EXACT)) return 0;
    json_print_number(number == floor(number) ? number : round(number * 1000) / 1000, digits); /* milliseconds are the finest there is */
    return transform_text(L, transform, digits, strlen(digits));
  } else if (type == LUA_TTABLE && transform == TRANSFORM_PHONE) {
    return transform_phone(L);
  }
  const struct secret *secret = lua_toboolean(L, lua_upvalueindex(2)) ? binding_to_secret(L, 1) : NULL;
  return secret ? transform_secret(L, transform, secret) : 0;
}

static void push_digits(lua_State *L, const char *bytes, size_t len, size_t wish) {
  bool all = len == wish;
  for (size_t i = 0; i < len; i++)
    all = all && bytes[i] >= '0' && bytes[i] <= '9';
  if (all)
    lua_pushlstring(L, bytes, len);
  else
    lua_pushnil(L);
}

/* core.ends(secret): the last four and the first six digits, where they may be shown and are digits, else nil for either; nothing of what is no open secret. As
 * secret:last(4) and secret:first(6), but both at once and never an error. */
static int ends(lua_State *L) {
  const struct secret *secret = binding_to_secret(L, 1);
  char bytes[LONGEST], shown_last[LAST4], shown_first[BIN];
  size_t first = BIN, last = LAST4;
  if (!secret || secret_state(secret) != SECRET_OPEN || secret->len > sizeof bytes) return 0;
  size_t len = secret->len;
  if (secret->class == SECRET_PAN)
    len = pan_digits((const char *)secret->bytes, len, bytes);
  else
    memcpy(bytes, secret->bytes, len);
  pan_limit(secret->class, len, &first, &last);
  memcpy(shown_last, bytes + len - last, last);
  memcpy(shown_first, bytes, first);
  explicit_bzero(bytes, sizeof bytes); /* before Lua may raise an error */
  push_digits(L, shown_last, last, LAST4);
  push_digits(L, shown_first, first, BIN);
  return 2;
}

/* Whether the transform gives what it takes. */
static bool is_fixed(enum transform transform, const char *text, size_t len) {
  char out[SHORT];
  size_t out_len;
  return transform_room(transform, len) <= sizeof out && transform_apply(transform, text, len, out, &out_len) && out_len == len &&
         memcmp(text, out, len) == 0;
}

static bool is_digits(const char *text, size_t len, size_t least, size_t most) {
  for (size_t i = 0; i < len; i++)
    if (text[i] < '0' || text[i] > '9') return false;
  return len >= least && len <= most;
}

static bool fits_kind(lua_State *L, int index, char kind) {
  int type = lua_type(L, index);
  if (type == LUA_TNIL) return true;
  if (kind == 's') {
    bool same = type == LUA_TUSERDATA && lua_getmetatable(L, index);
    if (!same) return false;
    same = lua_rawequal(L, -1, lua_upvalueindex(2));
    lua_pop(L, 1);
    return same;
  }
  if (type != LUA_TSTRING) return false;
  size_t len;
  const char *text = lua_tolstring(L, index, &len);
  switch (kind) {
  case 'p': return len > 0;
  case 'l': return is_digits(text, len, LAST4, LAST4);
  case 'b': return is_digits(text, len, BIN, BIN + 2);
  default: return is_fixed((enum transform)(kind - 'A'), text, len);
  }
}

/* The place of the first value that is neither nil nor what its field takes, or nothing. */
static int fits(lua_State *L) {
  size_t count;
  const char *kinds = lua_tolstring(L, lua_upvalueindex(1), &count);
  if (!lua_checkstack(L, 2)) return luaL_error(L, "not enough memory");
  lua_settop(L, (int)count);
  for (size_t i = 0; i < count; i++)
    if (!fits_kind(L, (int)i + 1, kinds[i])) {
      lua_pushnumber(L, (lua_Number)i + 1);
      return 1;
    }
  return 0;
}

/* core.fits(kind…): a function of as many values that returns the place of the first that is neither nil nor right as it is, or nothing. Right is of kind "plain" a text
 * that is not empty, "secret", "last4", "bin", and of the name of a transform what that would leave as it is. One call of it takes the place of many of `type`. */
static int make_fits(lua_State *L) {
  char kinds[64];
  int count = lua_gettop(L);
  luaL_argcheck(L, count <= (int)sizeof kinds, count, "too many");
  for (int i = 0; i < count; i++) {
    const char *name = luaL_checkstring(L, i + 1);
    kinds[i] = name[0];
    for (int transform = 0; transform < TRANSFORMS; transform++)
      if (strcmp(name, transform_name((enum transform)transform)) == 0) kinds[i] = (char)('A' + transform);
  }
  lua_pushlstring(L, kinds, (size_t)count);
  luaL_getmetatable(L, SECRET_TYPE);
  lua_pushcclosure(L, fits, 2);
  return 1;
}

/* core.apart(f, value): true and the first result of f(value), or false and what it raised. f cannot yield, and memory that is used up goes on as an error. */
static int apart(lua_State *L) {
  lua_settop(L, 2);
  int status = lua_pcall(L, 1, 1, 0);
  if (status == LUA_ERRMEM) return lua_error(L);
  lua_pushboolean(L, status == LUA_OK);
  lua_insert(L, 1);
  return 2;
}

static void set_transforms(lua_State *L, const char *key, bool secrets) {
  lua_createtable(L, 0, TRANSFORMS);
  for (int i = 0; i < TRANSFORMS; i++) {
    lua_pushnumber(L, i);
    lua_pushboolean(L, secrets);
    lua_pushcclosure(L, apply, 2);
    lua_setfield(L, -2, transform_name((enum transform)i));
  }
  lua_setfield(L, -2, key);
}

void binding_open_transform(lua_State *L) {
  static const luaL_Reg functions[] = { { "ends", ends }, { "apart", apart }, { "fits", make_fits }, { NULL, NULL } };
  luaL_setfuncs(L, functions, 0);
  set_transforms(L, "transforms", true);
  set_transforms(L, "plain_transforms", false);
}
