/* Secrets in a shape that may lie in shared memory: core.seal and core.unseal; and the randomness of waits. */
#include <sys/random.h>

#include "lua/binding.h"
#include "secret/seal.h"

#define SEALED_MAX (64 * 1024)

/* core.prepare_seal(): makes the key now, for the processes that will be forked from this one */
int core_prepare_seal(lua_State *L) {
  const char *why;
  lua_pushboolean(L, seal_prepare(&why));
  return 1;
}

/* core.seal(secret, context): a string that core.unseal makes a secret of again, given the same context, in this process and in those that are forked from it once the key is
 * made; or nil and why not */
int core_seal(lua_State *L) {
  size_t context_len;
  const struct secret *secret = binding_to_secret(L, 1);
  luaL_argcheck(L, secret, 1, "secret expected");
  const char *context = luaL_checklstring(L, 2, &context_len), *why = secret_state_reason(secret);
  if (why) return luaL_error(L, "the secret %s", why);
  luaL_argcheck(L, secret->len <= SEALED_MAX, 1, "too long");
  unsigned char *sealed = lua_newuserdata(L, secret->len + SEAL_OVERHEAD);
  if (seal(secret, context, context_len, sealed, &why)) {
    lua_pushlstring(L, (const char *)sealed, secret->len + SEAL_OVERHEAD);
    return 1;
  }
  lua_pushnil(L);
  lua_pushstring(L, why);
  return 2;
}

/* core.unseal(string, context): the secret; or nil and why not */
int core_unseal(lua_State *L) {
  size_t len, context_len;
  const char *sealed = luaL_checklstring(L, 1, &len), *context = luaL_checklstring(L, 2, &context_len), *why = NULL;
  if (secret_arena_is_tight()) binding_collect(L);
  struct secret *secret = binding_new_secret(L);
  if (len <= SEALED_MAX + SEAL_OVERHEAD && seal_open(secret, (const unsigned char *)sealed, len, context, context_len, &why)) return 1;
  lua_pushnil(L);
  lua_pushstring(L, why ? why : "it is too long");
  return 2;
}

/* core.random(): a number from 0 to just below 1, another one in each process */
int core_random(lua_State *L) {
  uint64_t bits = 0;
  if (getrandom(&bits, sizeof bits, 0) != (ssize_t)sizeof bits) return luaL_error(L, "cards: no randomness");
  lua_pushnumber(L, (lua_Number)(bits >> 11) / 9007199254740992.0);
  return 1;
}
