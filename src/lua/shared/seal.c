/* Names and secrets in a shape that others may hold: the workers of nginx in a shared dict, other hosts in Redis. */
#include <string.h>

#include "crypto/encoding.h"
#include "lua/binding.h"
#include "secret/seal.h"
#include "secret/stack.h"
#include "text/chars.h"
#include "text/hash.h"

#define SEALED_MAX (64 * 1024)                                /* bytes of what is sealed */
#define TEXT_MAX   ((SEALED_MAX + SEAL_OVERHEAD + 2) / 3 * 4) /* of base64url, which is padded while it is made */

/* core.prepare_seal(): makes the key now, for the processes that will be forked from this one. Gives whether this process has its key from the one that forked it */
int core_prepare_seal(lua_State *L) {
  lua_pushboolean(L, seal_is_shared());
  return 1;
}

/* --- names --- */

/* A card number has the name of its digits, and what is hashed is no longer than a hash. */
static bool shorten(lua_State *L, int index, char hash[static HASH_HEX]) {
  size_t len;
  const char *text = binding_check_bytes(L, index, &len);
  return hash_keyed("cards", 5, text, len, hash);
}

static int push_name(lua_State *L, bool ok, unsigned char name[static SEAL_NAME], const char *why) {
  char hex[2 * SEAL_NAME];
  if (!ok) return binding_fail(L, "%s", why);
  hex_write(hex, name, SEAL_NAME);
  lua_pushlstring(L, hex, sizeof hex);
  return 1;
}

/* core.shared_name(key): a text, number or secret as a name for a shared dict, 64 hexadecimal digits; or nil and why not. It is the same in all processes with the same key,
 * and shows nothing of what it was made of. A card number has the name of its digits. */
int core_shared_name(lua_State *L) {
  char hash[HASH_HEX];
  unsigned char name[SEAL_NAME];
  const char *why = "memory is used up";
  bool ok = shorten(L, 1, hash) && seal_name(hash, sizeof hash, name, &why);
  explicit_bzero(hash, sizeof hash);
  return push_name(L, ok, name, why);
}

/* --- a key of what hosts share --- */

#define KEY_TYPE "cards.shared_key"

static int wipe(lua_State *L) {
  struct secret *key = binding_to(L, 1, KEY_TYPE);
  if (key) secret_wipe(key);
  return 0;
}

/* core.shared_key(secret): the key that core.name_with, core.seal_with and core.unseal_with take, of a secret with 16 to 4096 bytes, the same wherever that is the same; or nil and
 * why not. It is as good as the secret: whoever has it opens what was sealed. */
int core_shared_key(lua_State *L) {
  size_t len;
  const char *why = NULL;
  luaL_argcheck(L, binding_to_secret(L, 1), 1, "secret expected");
  if (secret_arena_is_tight()) binding_collect(L);
  struct secret *key = binding_new(L, KEY_TYPE, sizeof *key);
  const char *bytes = binding_check_bytes(L, 1, &len);
  if (seal_derive(key, bytes, len, &why)) return 1;
  return binding_fail(L, "%s", why);
}

static const struct secret *check_key(lua_State *L) {
  const struct secret *key = binding_to(L, 1, KEY_TYPE);
  luaL_argcheck(L, key, 1, "a key of core.shared_key expected");
  const char *reason = secret_state_reason(key);
  if (reason) luaL_argerror(L, 1, lua_pushfstring(L, "the key %s", reason));
  return key;
}

void binding_open_seal(lua_State *L) {
  static const luaL_Reg metamethods[] = { { "__gc", wipe }, { NULL, NULL } };
  binding_type(L, KEY_TYPE, metamethods, NULL);
}

/* core.name_with(key, text): the same, for all who have the key */
int core_name_with(lua_State *L) {
  char hash[HASH_HEX];
  unsigned char name[SEAL_NAME];
  const char *why = "memory is used up";
  const struct secret *key = check_key(L);
  bool ok = shorten(L, 2, hash) && seal_name_with(key, hash, sizeof hash, name, &why);
  explicit_bzero(hash, sizeof hash);
  return push_name(L, ok, name, why);
}

/* --- secrets --- */

/* core.seal(secret, context): a string that core.unseal makes a secret of again, given the same context, in this process and in those that are forked from it once the key is
 * made; or nil and why not */
int core_seal(lua_State *L) {
  size_t context_len, len;
  const char *context = luaL_checklstring(L, 2, &context_len), *why = NULL;
  const struct secret *secret = binding_to_secret(L, 1);
  luaL_argcheck(L, secret, 1, "secret expected");
  binding_check_bytes(L, 1, &len); /* which is open */
  luaL_argcheck(L, len <= SEALED_MAX, 1, "too long");
  unsigned char *sealed = lua_newuserdata(L, len + SEAL_OVERHEAD);
  binding_check_bytes(L, 1, &len);
  if (!seal(secret, context, context_len, sealed, &why)) return binding_fail(L, "%s", why);
  lua_pushlstring(L, (const char *)sealed, len + SEAL_OVERHEAD);
  return 1;
}

/* core.unseal(string, context): the secret; or nil and why not */
int core_unseal(lua_State *L) {
  size_t len, context_len;
  const char *sealed = luaL_checklstring(L, 1, &len), *context = luaL_checklstring(L, 2, &context_len), *why = NULL;
  if (secret_arena_is_tight()) binding_collect(L);
  struct secret *secret = binding_new_secret(L);
  if (len <= SEALED_MAX + SEAL_OVERHEAD && seal_open(secret, (const unsigned char *)sealed, len, context, context_len, &why)) return 1;
  return binding_fail(L, "%s", why ? why : "it is too long");
}

/* core.seal_with(key, value, context): a text (base64url) of a secret, or of a string, for all who have the key; or nil and why not */
int core_seal_with(lua_State *L) {
  size_t context_len, len;
  const char *context = luaL_checklstring(L, 3, &context_len), *why = NULL;
  const struct secret *key = check_key(L);
  luaL_argcheck(L, context_len <= 4096, 3, "too long");
  luaL_argcheck(L, binding_to_secret(L, 2) || lua_type(L, 2) == LUA_TSTRING, 2, "secret or string expected");
  binding_check_bytes(L, 2, &len);
  if (len > SEALED_MAX) return binding_fail(L, "it is longer than %d bytes", SEALED_MAX);
  unsigned char *sealed = lua_newuserdata(L, len + SEAL_OVERHEAD);
  struct buf *text = binding_new_buf(L, TEXT_MAX);
  const char *bytes = binding_check_bytes(L, 2, &len);
  const struct secret *secret = binding_to_secret(L, 2);
  if (!seal_with(key, secret ? secret->class : SECRET_UNDECLARED, bytes, len, context, context_len, sealed, &why)) return binding_fail(L, "%s", why);
  if (!encoding_write(ENCODING_BASE64URL, sealed, len + SEAL_OVERHEAD, text)) return binding_no_memory(L);
  lua_pushlstring(L, text->data, text->len);
  return 1;
}

/* core.unseal_with(key, text, context): the secret, of class undeclared where it was a string; or nil and why not */
int core_unseal_with(lua_State *L) {
  size_t len, context_len;
  const char *text = luaL_checklstring(L, 2, &len), *context = luaL_checklstring(L, 3, &context_len), *why = "it is too long";
  const struct secret *key = check_key(L);
  if (secret_arena_is_tight()) binding_collect(L);
  struct buf *sealed = binding_new_buf(L, SEALED_MAX + SEAL_OVERHEAD);
  struct secret *secret = binding_new_secret(L);
  if (len > TEXT_MAX) return binding_fail(L, "%s", why);
  if (!encoding_read(ENCODING_BASE64URL, text, len, sealed)) {
    if (sealed->failed) return binding_no_memory(L);
    return binding_fail(L, "it is no base64url");
  }
  if (seal_open_with(key, secret, (const unsigned char *)buf_string(sealed), sealed->len, context, context_len, &why)) return 1;
  return binding_fail(L, "%s", why);
}
