/* Whom a secret is encrypted for, as Lua sees it: a public key, and the JWE that only its owner opens. lua/cards/reveal says what may be sealed, and for what. */
#include "crypto/recipient.h"

#include "crypto/jwe.h"
#include "lua/binding.h"
#include "secret/stack.h"

#define RECIPIENT_TYPE "cards.recipient"
#define THUMBPRINT_MAX 64          /* bytes */
#define PLAIN_MAX      (64 * 1024) /* bytes of what is sealed */
#define SEALED_MAX     (128 * 1024)

struct recipient {
  struct key *key;       /* NULL once it is collected */
  struct json_node *jwk; /* while it is read */
};

static void forget_jwk(struct recipient *recipient) {
  json_free(recipient->jwk);
  recipient->jwk = NULL;
}

static int collect(lua_State *L) {
  struct recipient *recipient = luaL_checkudata(L, 1, RECIPIENT_TYPE);
  forget_jwk(recipient);
  key_unref(recipient->key);
  recipient->key = NULL;
  return 0;
}

/* Pushes the name that a JWK gives to its key: nil where there is none, false where it is no text. */
static void push_kid(lua_State *L, const struct json_node *jwk) {
  const struct json_node *kid = json_present(jwk, "kid");
  size_t len;
  if (!kid) {
    lua_pushnil(L);
  } else if (json_type(kid) == JSON_STRING) {
    const char *text = json_string(kid, &len);
    lua_pushlstring(L, text, len);
  } else {
    lua_pushboolean(L, 0);
  }
}

/* core.recipient(text): the public key in a JWK, a PEM or a certificate, the alg that it is used with, and the kid of a JWK, false where that is no text; or nil and a phrase that follows
 * the key's name */
int core_recipient(lua_State *L) {
  size_t len, where;
  const char *text = luaL_checklstring(L, 1, &len), *why = NULL;
  struct recipient *recipient = binding_new(L, RECIPIENT_TYPE, sizeof *recipient);
  recipient->key = recipient_read(text, len, &recipient->jwk, &why, &where);
  if (!recipient->key) {
    forget_jwk(recipient);
    stack_wipe(STACK_DEEP); /* a private key may have been read */
    return where ? binding_fail(L, "is no JSON: %s at byte %d", why, (int)where) : binding_fail(L, "%s", why);
  }
  lua_pushstring(L, recipient_alg(recipient->key));
  push_kid(L, recipient->jwk);
  forget_jwk(recipient);
  return 3;
}

static const struct recipient *check_open(lua_State *L) {
  const struct recipient *recipient = luaL_checkudata(L, 1, RECIPIENT_TYPE);
  luaL_argcheck(L, recipient->key, 1, "it is closed");
  return recipient;
}

/* core.thumbprint(recipient): that of its JWK by RFC 7638 */
int core_thumbprint(lua_State *L) {
  const struct recipient *recipient = check_open(L);
  struct buf *thumbprint = binding_new_buf(L, THUMBPRINT_MAX);
  if (!recipient_thumbprint(recipient->key, thumbprint)) return binding_no_memory(L);
  lua_pushlstring(L, buf_string(thumbprint), thumbprint->len);
  return 1;
}

int binding_seal_for(lua_State *L) {
  const struct recipient *recipient = check_open(L);
  const char *header = luaL_checkstring(L, 2), *why = "is longer than 64 KiB";
  luaL_argcheck(L, binding_to_secret(L, 3), 3, "secret expected");
  struct buf *sealed = binding_new_buf(L, SEALED_MAX);
  size_t len;
  const char *bytes = binding_check_bytes(L, 3, &len); /* good as long as Lua does not allocate */
  bool ok = len <= PLAIN_MAX && jwe_close(recipient_alg(recipient->key), RECIPIENT_ENC, recipient->key, header, bytes, len, sealed, &why);
  stack_wipe(STACK_DEEP);
  if (!ok) return binding_fail(L, "%s", why);
  lua_pushlstring(L, buf_string(sealed), sealed->len);
  return 1;
}

void binding_open_recipient(lua_State *L) {
  static const luaL_Reg metamethods[] = { { "__gc", collect }, { NULL, NULL } };
  binding_type(L, RECIPIENT_TYPE, metamethods, NULL);
}
