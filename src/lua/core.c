/* The module cards.core: what of the library is C, for lua/cards to build on. */
#include <lualib.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "http/engine.h"
#include "lua/binding.h"
#include "secret/stack.h"
#include "text/hash.h"
#include "text/nearest.h"
#include "text/pan.h"

/* Lua has no constant for it. */
#define NO_MEMORY "not enough memory"
#define NO_BUFFER "not enough memory for buffer allocation" /* behind a position, of Lua 5.3's string functions */

int binding_no_memory(lua_State *L) {
  lua_pushliteral(L, NO_MEMORY);
  return lua_error(L);
}

bool binding_is_no_memory(lua_State *L, int status) {
  if (status == LUA_OK || status == LUA_ERRMEM || lua_type(L, -1) != LUA_TSTRING) return status == LUA_ERRMEM;
  const char *message = lua_tostring(L, -1), *behind = strstr(message, NO_BUFFER);
  return strcmp(message, NO_MEMORY) == 0 || (LUA_VERSION_NUM == 503 && behind && behind[strlen(NO_BUFFER)] == '\0');
}

struct buf *binding_new_buf(lua_State *L, size_t max) {
  struct buf *buf = lua_newuserdata(L, sizeof *buf);
  buf_init(buf, max);
  luaL_getmetatable(L, BUF_TYPE);
  lua_setmetatable(L, -2);
  return buf;
}

static int collect_buf(lua_State *L) {
  buf_free(lua_touserdata(L, 1));
  return 0;
}

static void open_buf(lua_State *L) {
  luaL_newmetatable(L, BUF_TYPE);
  lua_pushcfunction(L, collect_buf);
  lua_setfield(L, -2, "__gc");
  lua_pop(L, 1);
}

/* Makes a whole number its digits: Lua would leave some out, as in 4.1111111111111e+15. */
static void spell(lua_State *L) {
  char digits[32];
  lua_Number number = lua_tonumber(L, 1);
#if LUA_VERSION_NUM >= 503
  if (lua_isinteger(L, 1)) return;
#endif
  if (lua_type(L, 1) != LUA_TNUMBER || number != floor(number) || !(fabs(number) < 1e20)) return;
  snprintf(digits, sizeof digits, "%.0f", number);
  lua_pushstring(L, digits);
  lua_replace(L, 1);
}

/* core.redact(text): the text without card numbers; a number is one, too */
int core_redact(lua_State *L) {
  size_t len;
  spell(L);
  const char *text = luaL_checklstring(L, 1, &len);
  size_t digits = 0;
  for (size_t i = 0; i < len && digits < PAN_MIN_DIGITS; i++)
    digits += text[i] >= '0' && text[i] <= '9';
  if (digits < PAN_MIN_DIGITS) { /* most texts have no number in them */
    lua_settop(L, 1);
    return 1;
  }
  struct buf *out = binding_new_buf(L, len);
  bool ok = pan_redact(out, text, len);
  if (ok) lua_pushlstring(L, buf_string(out), out->len);
  buf_free(out);
  return ok ? 1 : binding_no_memory(L);
}

/* core.distance(a, b): how far one name is from the other */
int core_distance(lua_State *L) {
  lua_pushnumber(L, (lua_Number)nearest_distance(luaL_checkstring(L, 1), luaL_checkstring(L, 2)));
  return 1;
}

/* core.hash(key, text): hash_keyed of two texts, of which each may be a secret */
int core_hash(lua_State *L) {
  char hex[HASH_HEX];
  const char *bytes[2];
  size_t len[2];
  for (int i = 0; i < 2; i++) {
    const struct secret *secret = binding_to_secret(L, i + 1);
    if (secret && secret_state(secret) != SECRET_OPEN) return luaL_argerror(L, i + 1, "the secret is closed");
    bytes[i] = secret ? (const char *)secret->bytes : luaL_checkstring(L, i + 1);
    len[i] = secret ? secret->len : lua_rawlen(L, i + 1);
  }
  luaL_argcheck(L, len[0] > 0 && len[0] <= HASH_KEY_MAX, 1, "a key has 1 to 4096 bytes");
  bool ok = hash_keyed(bytes[0], len[0], bytes[1], len[1], hex);
  stack_wipe(STACK_SHALLOW); /* before Lua is called, which may raise an error */
  if (!ok) return binding_no_memory(L);
  lua_pushlstring(L, hex, sizeof hex);
  return 1;
}

#if LUA_VERSION_NUM >= 503 || defined(LUA_JITLIBNAME)
/* core.is_yieldable(): whether the running coroutine can yield here. 5.1 cannot say, and nginx leaves coroutine.isyieldable out. */
int core_is_yieldable(lua_State *L) {
  lua_pushboolean(L, lua_isyieldable(L));
  return 1;
}
#endif

/* core.is_terminal(): whether standard error is one */
int core_is_terminal(lua_State *L) {
  lua_pushboolean(L, isatty(STDERR_FILENO));
  return 1;
}

__attribute__((visibility("default"))) int luaopen_cards_core(lua_State *L) {
  static const luaL_Reg functions[] = {
    /* seal.c */
    { "prepare_seal", core_prepare_seal },
    { "seal", core_seal },
    { "unseal", core_unseal },
    { "random", core_random },
    /* client.c */
    { "client", core_client },
    { "private", core_private },
    /* input.c */
    { "number", core_number },
    /* job.c */
    { "job", core_job },
    { "now", core_now },
    /* vm.c */
    { "done", core_done },
    { "take", core_take },
    { "pollfd", core_pollfd },
    { "wake", core_wake },
    { "listen", core_listen },
    { "accept", core_accept },
    { "disconnect", core_disconnect },
    { "limit", core_limit },
    { "calls", core_calls },
    /* provider.c */
    { "provider", core_provider },
    { "providers", core_providers },
    /* define.c */
    { "define", core_define },
    { "enter", core_enter },
    { "definitions", core_definitions },
    /* sample.c */
    { "read", core_read },
    { "hmac", core_hmac },
    /* convert.c */
    { "error", core_error },
    /* map.c */
    { "mapping", core_mapping },
    { "mapper", core_mapper },
    { "fits", core_fits },
    /* mask.c */
    { "masker", core_masker },
    /* confine.c */
    { "confined", core_confined },
    /* pattern.c */
    { "bounded", core_bounded },
    /* memory.c */
    { "memory", core_memory },
    { "strict", core_strict },
    /* json.c */
    { "json_decode", core_json_decode },
    /* out_file.c */
    { "append", core_append },
    /* core.c */
    { "redact", core_redact },
    { "distance", core_distance },
    { "hash", core_hash },
    { "is_terminal", core_is_terminal },
#if LUA_VERSION_NUM >= 503 || defined(LUA_JITLIBNAME)
    { "is_yieldable", core_is_yieldable },
#endif
    { NULL, NULL },
  };
  engine_setup();
  luaL_newlib(L, functions);
  open_buf(L);
  binding_open_convert(L);
  binding_open_secret(L);
  binding_open_client(L);
  binding_open_job(L);
  binding_open_vm(L);
  binding_open_define(L);
  binding_open_json(L);
  binding_open_out_file(L);
  return 1;
}
