/* A bare signature from Lua, beside an unsigned call: what a signed one is compared with.
 *
 *   local sign = require "bare" ()      HMAC, or by a private key as PEM in the file that is named
 *   sign()
 */
#include <lauxlib.h>
#include <lua.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <stdbool.h>
#include <string.h>

#define SIGNED 200 /* bytes that are signed */

static EVP_PKEY *pkey; /* NULL for HMAC */
static EVP_MD *sha256;

static bool sign(unsigned char *to, size_t *made) {
  static const unsigned char text[SIGNED];
  static const char key[] = "a secret of 32 bytes, as is usual";
  unsigned len;
  if (!pkey) return HMAC(sha256, key, sizeof key - 1, text, sizeof text, to, &len) != NULL;
  EVP_MD_CTX *context = EVP_MD_CTX_new();
  bool ok = context && EVP_DigestSignInit(context, NULL, sha256, NULL, pkey) == 1 && EVP_DigestSign(context, to, made, text, sizeof text) == 1;
  EVP_MD_CTX_free(context);
  return ok;
}

static int lua_sign(lua_State *L) {
  unsigned char to[1024];
  size_t made = sizeof to;
  return sign(to, &made) ? 0 : luaL_error(L, "could not sign");
}

/* The function that signs, with the key in the file, or as HMAC without one. */
static int prepare(lua_State *L) {
  const char *path = luaL_optstring(L, 1, NULL);
  FILE *file = path ? fopen(path, "r") : NULL;
  sha256 = EVP_MD_fetch(NULL, "SHA2-256", NULL);
  pkey = file ? PEM_read_PrivateKey(file, NULL, NULL, NULL) : NULL;
  if (file) fclose(file);
  if (!sha256 || (path && !pkey)) return luaL_error(L, "no key");
  lua_pushcfunction(L, lua_sign);
  return 1;
}

int luaopen_bare(lua_State *L);
int luaopen_bare(lua_State *L) {
  lua_pushcfunction(L, prepare);
  return 1;
}
