/* What an operation makes of an answer, without a server; and HMAC, for functions that sign. */
#include <limits.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

#include "lua/job.h"
#include "provider/response.h"
#include "secret/stack.h"

/* core.read(provider's name or definition, operation, status, body): what the operation would return for such an answer */
int core_read(lua_State *L) {
  size_t len;
  lua_settop(L, 4);
  struct call *call = call_push(L);
  const struct provider *provider = binding_to_provider(L, 1);
  luaL_argcheck(L, provider, 1, "no such provider");
  const struct operation *operation = provider_operation(provider, luaL_checkstring(L, 2));
  luaL_argcheck(L, operation, 2, "no such operation");
  lua_Number status = luaL_checknumber(L, 3);
  luaL_argcheck(L, status >= 100 && status <= 599, 3, "no status of HTTP");
  const char *body = luaL_checklstring(L, 4, &len);
  struct settings *settings = settings_new();
  struct job *job = call->job = settings ? job_new(provider, operation, settings) : NULL;
  settings_unref(settings); /* the job has its own reference */
  if (!job) return binding_no_memory(L);
  luaL_argcheck(L, len <= job->max_response_bytes, 4, "too long");
  job->status = (int)status;
  /* Nothing was sent that the answer would have to repeat. */
  struct response response = { .request = &job->request, .status = job->status, .body = body, .len = len };
  job->record = response_read(&response, &job->error);
  return call_push_result(L, call);
}

static const char *to_bytes(lua_State *L, int index, size_t *len) {
  const struct secret *secret = binding_to_secret(L, index);
  if (!secret) return luaL_checklstring(L, index, len);
  if (secret_state(secret) != SECRET_OPEN) luaL_argerror(L, index, "the secret is closed");
  *len = secret->len;
  return (const char *)secret->bytes;
}

/* core.hmac(key, "hex" or "base64", …): HMAC-SHA-256 of texts and secrets, one behind the other, under a key */
int core_hmac(lua_State *L) {
  static const char *const encodings[] = { "hex", "base64", NULL };
  unsigned char mac[EVP_MAX_MD_SIZE];
  unsigned int mac_len = 0;
  size_t key_len = 0;
  int pieces = lua_gettop(L);
  int encoding = luaL_checkoption(L, 2, NULL, encodings);
  struct buf *text = binding_new_buf(L, REQUEST_MAX_BODY), *out = binding_new_buf(L, 2 * sizeof mac + 1);
  for (int i = 3; i <= pieces; i++) {
    size_t len;
    const char *bytes = to_bytes(L, i, &len);
    if (len && !buf_add(text, bytes, len)) return luaL_argerror(L, i, "the text is too long");
  }
  const char *key = to_bytes(L, 1, &key_len);
  luaL_argcheck(L, key_len > 0 && key_len <= INT_MAX, 1, "a key has at least one byte");
  bool ok = HMAC(EVP_sha256(), key, (int)key_len, (const unsigned char *)buf_string(text), text->len, mac, &mac_len) != NULL;
  for (unsigned int i = 0; ok && encoding == 0 && i < mac_len; i++)
    ok = buf_addf(out, "%02x", mac[i]);
  if (ok && encoding == 1) ok = buf_add_base64(out, mac, mac_len);
  buf_free(text);
  stack_wipe(STACK_SHALLOW);
  if (!ok) return binding_no_memory(L);
  lua_pushlstring(L, buf_string(out), out->len);
  return 1;
}
