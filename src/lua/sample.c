/* Requests and answers without a server: what a definition's function signs, and what an operation makes of an answer. */
#include <limits.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

#include "lua/input.h"
#include "lua/job.h"
#include "provider/response.h"
#include "secret/stack.h"

/* Pushes bytes as a string, or as a secret; false where there is no room for that. */
static bool push_text(lua_State *L, const char *bytes, size_t len, bool secret, const char **why) {
  if (!secret) {
    lua_pushlstring(L, bytes, len);
    return true;
  }
  return secret_init(binding_new_secret(L), SECRET_CREDENTIAL, bytes, len, why);
}

static int refuse_room(lua_State *L, const struct input *input, const char *why) {
  struct error error;
  error_set(&error, ERROR_BUSY, "%s", why);
  error.retryable = true;
  lua_pushnil(L);
  binding_push_error(L, &error, input->client->provider->name, input->operation->name);
  return 2;
}

/* core.outline(client, operation, params, nil, credentials): the request as a function that signs may see it, { method, url, path, body }, or nil and an error. path has the
 * query. What a secret or a credential is part of is a secret, the rest strings. */
static int outline(lua_State *L) {
  struct input input;
  int refused = input_take(L, &input, true);
  if (refused) return refused;
  bool secret_url = false, secret_body = false;
  for (size_t i = 0; i < input.operation->part_count; i++) {
    const struct part *part = &input.operation->parts[i];
    bool credential = part->source == FROM_CREDENTIAL;
    bool secret = input.values[i].bytes && (credential || input.secret_values & UINT64_C(1) << i);
    secret_url |= secret && (part->into == INTO_PATH || part->into == INTO_QUERY);
    secret_body |= secret && part->into == INTO_BODY;
    if (credential && part->into == INTO_HEADER && !input.values[i].bytes) input.values[i] = (struct value){ "-", 1 }; /* what is being signed for */
  }
  struct box *box = job_new_box(L);
  box->job = job_new(input.client->provider, input.operation, input.client->settings);
  if (!box->job) return luaL_error(L, "memory is used up");
  struct request *request = &box->job->request;
  if (!request_build(request, input.operation, &input.client->settings->base, input.values, input.key, NULL, 0, &box->job->error)) {
    box->job->error.attempts = 0;
    return job_push_result(L, box);
  }
  const char *why = NULL;
  lua_createtable(L, 0, 4);
  lua_pushstring(L, input.operation->method);
  lua_setfield(L, -2, "method");
  const char *target = request->wire.data + request->target_at, *body = request->wire.data + request->head_len;
  struct buf *url = binding_new_buf(L, REQUEST_MAX_TARGET + 4096);
  if (!buf_add_string(url, input.client->settings->origin) || !buf_add(url, target, request->target_len)) return luaL_error(L, "memory is used up");
  bool ok = push_text(L, buf_string(url), url->len, secret_url, &why);
  buf_free(url);
  if (!ok) return refuse_room(L, &input, why);
  lua_setfield(L, -3, "url");
  lua_pop(L, 1);
  if (!push_text(L, target, request->target_len, secret_url, &why)) return refuse_room(L, &input, why);
  lua_setfield(L, -2, "path");
  if (!push_text(L, body, request->wire.len - request->head_len, secret_body, &why)) return refuse_room(L, &input, why);
  lua_setfield(L, -2, "body");
  job_free(box->job);
  box->job = NULL;
  stack_wipe(STACK_DEEP);
  return 1;
}

/* core.read(provider's name or definition, operation, status, body): what the operation would return for such an answer */
static int read_answer(lua_State *L) {
  size_t len;
  lua_settop(L, 4);
  struct box *box = job_new_box(L);
  const struct provider *provider = binding_to_provider(L, 1);
  luaL_argcheck(L, provider, 1, "no such provider");
  const struct operation *operation = provider_operation(provider, luaL_checkstring(L, 2));
  luaL_argcheck(L, operation, 2, "no such operation");
  lua_Number status = luaL_checknumber(L, 3);
  luaL_argcheck(L, status >= 100 && status <= 599, 3, "no status of HTTP");
  const char *body = luaL_checklstring(L, 4, &len);
  struct settings *settings = settings_new();
  struct job *job = box->job = settings ? job_new(provider, operation, settings) : NULL;
  settings_unref(settings); /* the job has its own reference */
  if (!job) return luaL_error(L, "memory is used up");
  luaL_argcheck(L, len <= job->max_response_bytes, 4, "too long");
  job->status = (int)status;
  /* Nothing was sent that the answer would have to repeat. */
  struct response response = { .operation = operation, .request = &job->request, .status = job->status, .body = body, .len = len };
  job->record = response_read(&response, &job->error);
  return job_push_result(L, box);
}

static const char *to_bytes(lua_State *L, int index, size_t *len) {
  const struct secret *secret = binding_to_secret(L, index);
  if (!secret) return luaL_checklstring(L, index, len);
  if (secret_state(secret) != SECRET_OPEN) luaL_argerror(L, index, "the secret is closed");
  *len = secret->len;
  return (const char *)secret->bytes;
}

/* core.hmac(key, "hex" or "base64", …): HMAC-SHA-256 of texts and secrets, one behind the other, under a key */
static int hmac(lua_State *L) {
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
  if (!ok) return luaL_error(L, "memory is used up");
  lua_pushlstring(L, buf_string(out), out->len);
  return 1;
}

/* core.unique(): a text that no other call has */
static int unique(lua_State *L) {
  char made[40];
  if (!request_unique(made)) return luaL_error(L, "no randomness");
  lua_pushstring(L, made);
  return 1;
}

void binding_open_sample(lua_State *L) {
  static const luaL_Reg functions[] = { { "outline", outline }, { "read", read_answer }, { "hmac", hmac }, { "unique", unique }, { NULL, NULL } };
  luaL_setfuncs(L, functions, 0);
}
