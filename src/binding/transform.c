/* core.transforms and what else a mapping does with values: a secret stays a secret, and its bytes never pass through Lua. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "../base/pan.h"
#include "../base/stack.h"
#include "../base/transform.h"
#include "binding.h"

#define SHORT   256 /* bytes of a result that need no memory of Lua's */
#define LAST4   4
#define BIN     6
#define LONGEST 64 /* bytes of a card number with what stands between its digits */

/* A secret of the same class with the result, which is written where it stays; nothing where there is none or the secret is closed. */
static int transform_secret(lua_State *L, enum transform transform, const struct secret *secret) {
  if (secret_state(secret) != SECRET_OPEN) return 0;
  const char *why = NULL;
  struct secret *made = binding_new_secret(L);
  size_t room = transform_room(transform, secret->len), len = 0;
  bool reserved = secret_reserve(made, secret->class, room, &why);
  if (!reserved) {
    lua_gc(L, LUA_GCCOLLECT, 0); /* secrets that nobody holds any more still take room */
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

static int transform_text(lua_State *L, enum transform transform, const char *text, size_t len) {
  char small[SHORT];
  size_t room = transform_room(transform, len), out_len;
  char *out = room <= sizeof small ? small : lua_newuserdata(L, room);
  if (!transform_apply(transform, text, len, out, &out_len)) return 0;
  lua_pushlstring(L, out, out_len);
  return 1;
}

/* core.transforms.<name>(value): the result of a string or number as a string, of a secret as a new secret of its class, or nothing where it makes no sense; nil and an
 * error where there is no room for the secret */
static int apply(lua_State *L) {
  enum transform transform = (enum transform)lua_tonumber(L, lua_upvalueindex(1));
  int type = lua_type(L, 1);
  if (type == LUA_TSTRING) {
    size_t len;
    const char *text = lua_tolstring(L, 1, &len);
    return transform_text(L, transform, text, len);
  } else if (type == LUA_TNUMBER) {
    char digits[64];
    double number = lua_tonumber(L, 1);
    if (!(fabs(number) < 1e15)) return 0;
    int len = snprintf(digits, sizeof digits, number == floor(number) ? "%.0f" : "%.3f", number);
    return transform_text(L, transform, digits, (size_t)len);
  }
  const struct secret *secret = binding_to_secret(L, 1);
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

/* core.apart(f, value): true and the first result of f(value), or false and what it raised. f cannot yield, and memory that is used up goes on as an error. */
static int apart(lua_State *L) {
  lua_settop(L, 2);
  int status = lua_pcall(L, 1, 1, 0);
  if (status == LUA_ERRMEM) return lua_error(L);
  lua_pushboolean(L, status == LUA_OK);
  lua_insert(L, 1);
  return 2;
}

void binding_open_transform(lua_State *L) {
  static const luaL_Reg functions[] = { { "ends", ends }, { "apart", apart }, { NULL, NULL } };
  luaL_setfuncs(L, functions, 0);
  lua_createtable(L, 0, TRANSFORMS);
  for (int i = 0; i < TRANSFORMS; i++) {
    lua_pushnumber(L, i);
    lua_pushcclosure(L, apply, 1);
    lua_setfield(L, -2, transform_name((enum transform)i));
  }
  lua_setfield(L, -2, "transforms");
}
