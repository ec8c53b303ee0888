/* A configured client as userdata. lua/cards/client/config.lua checks the configuration and names what is wrong with it; here it only becomes settings. */
#include <string.h>
#include <strings.h>

#include "crypto/signing.h"
#include "http/connection/tls.h"
#include "http/file.h"
#include "lua/binding.h"
#include "provider/encryption.h"
#include "provider/request/making.h"
#include "secret/pool.h"
#include "secret/stack.h"

#define BREAKS_LINE " contains a line break, a NUL or another control character"

static const struct {
  const char *key;
  size_t offset;
} strings[] = {
  { "base_url", offsetof(struct settings, base_url) },     { "proxy", offsetof(struct settings, proxy) },
  { "proxy_user", offsetof(struct settings, proxy_user) }, { "user_agent", offsetof(struct settings, user_agent) },
  { "ca_file", offsetof(struct settings, ca_file) },       { "cert_file", offsetof(struct settings, cert_file) },
  { "key_file", offsetof(struct settings, key_file) },     { "pinned_public_key", offsetof(struct settings, pinned_public_key) },
};

static void read_strings(lua_State *L, struct settings *settings) {
  for (size_t i = 0; i < COUNT_OF(strings); i++) {
    size_t len;
    lua_getfield(L, 2, strings[i].key);
    if (!lua_isnil(L, -1)) {
      const char *bytes = binding_bytes(L, -1, &len);
      if (!bytes) luaL_error(L, "%s is neither a string nor an open secret", strings[i].key);
      char *copy = pool_calloc(1, len + 1);
      if (!copy) binding_no_memory(L);
      memcpy(copy, bytes, len);
      memcpy((char *)settings + strings[i].offset, &copy, sizeof copy);
    }
    lua_pop(L, 1);
  }
}

static bool has_control(const char *bytes, size_t len) {
  for (size_t i = 0; i < len; i++)
    if ((unsigned char)bytes[i] < 0x20 || bytes[i] == 0x7f) return true;
  return false;
}

static const struct {
  const char *key, *shown;
  size_t offset;
} passwords[] = {
  { "key_password", "tls.key_password", offsetof(struct settings, key_password) },
  { "proxy_password", "proxy.password", offsetof(struct settings, proxy_password) },
};

/* With a NUL behind each. Returns 0, or the count of results that say what is wrong. */
static int read_passwords(lua_State *L, struct settings *settings) {
  for (size_t i = 0; i < COUNT_OF(passwords); i++) {
    struct secret *password = (struct secret *)(void *)((char *)settings + passwords[i].offset);
    const char *why = NULL;
    size_t len;
    lua_getfield(L, 2, passwords[i].key);
    if (!lua_isnil(L, -1)) {
      const char *bytes = binding_bytes(L, -1, &len);
      if (!bytes) luaL_error(L, "%s is neither a string nor an open secret", passwords[i].shown);
      if (has_control(bytes, len)) return binding_fail(L, "%s" BREAKS_LINE, passwords[i].shown);
      if (!secret_reserve(password, SECRET_CREDENTIAL, len + 1, &why)) return binding_push_filled(L, false, why);
      memcpy(password->bytes, bytes, len);
      password->bytes[len] = '\0';
    }
    lua_pop(L, 1);
  }
  return 0;
}

static lua_Number number(lua_State *L, const char *key, lua_Number otherwise) {
  lua_getfield(L, 2, key);
  lua_Number value = lua_isnil(L, -1) ? otherwise : luaL_checknumber(L, -1);
  lua_pop(L, 1);
  return value;
}

static bool equals(lua_State *L, const char *key, const char *text) {
  lua_getfield(L, 2, key);
  bool same = lua_type(L, -1) == LUA_TSTRING && strcmp(lua_tostring(L, -1), text) == 0;
  lua_pop(L, 1);
  return same;
}

/* Adds the headers that are strings; those that are secrets stay in the private table, from where each call takes them. NULL, or the name of one whose value would break its line. */
static const char *read_headers(lua_State *L, struct settings *settings) {
  for (int table = 2; table <= 3; table++) {
    lua_getfield(L, table, "headers");
    if (!lua_istable(L, -1)) continue;
    for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
      size_t len;
      const char *bytes = binding_bytes(L, -1, &len);
      if (lua_type(L, -2) != LUA_TSTRING || !bytes) luaL_error(L, "headers: a value is neither a string nor an open secret");
      if (has_control(bytes, len)) return lua_tostring(L, -2);
      if (table == 3) continue;
      if (len && !settings_add_header(settings, lua_tostring(L, -2), bytes, len)) luaL_error(L, "headers.%s is too long", lua_tostring(L, -2));
    }
  }
  lua_settop(L, lua_gettop(L) - 2);
  return NULL;
}

/* The bytes of a credential in the table at that index; NULL for none, or one that a function gives. */
static struct value credential_value(lua_State *L, int credentials, const char *name) {
  struct value value = { NULL, 0 };
  lua_getfield(L, credentials, name);
  value.bytes = binding_bytes(L, -1, &value.len);
  lua_pop(L, 1); /* the table has it */
  return value;
}

/* Whether the answer's texts can be decrypted with it, where they are with the key of that name. */
static bool decrypts(const struct operation *operation, const char *name, const struct key *key, const char **why) {
  bool fit = true;
  for (size_t i = 0; fit && i <= operation->field_count; i++) {
    const struct encryption *encryption = i < operation->field_count ? operation->fields[i].decrypt : operation->decrypt;
    while (encryption && encryption->wrapped)
      encryption = encryption->wrapped;
    if (encryption && strcmp(encryption->key, name) == 0) fit = encryption_fits(encryption, key, true, why);
  }
  return fit;
}

/* What is wrong with the key that is this part; NULL for nothing. */
static const char *key_fault(lua_State *L, const struct operation *operation, const struct part *part, int credentials) {
  const char *why = NULL;
  struct value value = credential_value(L, credentials, part->name), password = { NULL, 0 };
  if (!value.bytes) return NULL;
  if (part->key_password) password = credential_value(L, credentials, part->key_password);
  if (part->key_password && !password.bytes) return NULL; /* a function may give it */
  struct key *key = encryption_key(NULL, part, value, password, &why);
  bool fit = key != NULL && decrypts(operation, part->name, key, &why);
  for (size_t i = 0; fit && i < operation->part_count; i++) {
    const struct making *making = operation->parts[i].making;
    bool used = making && making->key && strcmp(making->key, part->name) == 0;
    fit = !used || making_fits(making, key, &why);
  }
  key_unref(key);
  stack_wipe(STACK_DEEP);
  return fit ? NULL : why;
}

/* Looks at the credentials that were given as each call would, and reads the keys among them. NULL, or what is wrong, on the stack. */
static const char *unfit_credential(lua_State *L, const struct operation *operation, int credentials) {
  for (size_t i = 0; i < operation->part_count; i++) {
    const struct part *part = &operation->parts[i];
    struct error error;
    if (part->source != FROM_CREDENTIAL) continue;
    struct value value = credential_value(L, credentials, part->name);
    if (value.bytes && !request_check_value(part, value, &error)) return lua_pushfstring(L, "%s", error.message);
    const char *why = part->into == INTO_NOTHING ? key_fault(L, operation, part, credentials) : NULL;
    if (why) return lua_pushfstring(L, "%s %s", part->name, why);
  }
  return NULL;
}

static const char *unfit_credentials(lua_State *L, const struct provider *provider) {
  const char *unfit = NULL;
  lua_getfield(L, 3, "credentials");
  for (size_t i = 0; !unfit && lua_istable(L, -1) && i < provider->operation_count; i++)
    unfit = unfit_credential(L, &provider->operations[i], lua_gettop(L));
  return unfit;
}

/* Makes the settings of operations with a base URL of their own, the strings of `bases` by the operations' names. Those of the same URL share them. NULL, or what is wrong. */
static const char *read_bases(lua_State *L, struct client *client) {
  const struct provider *provider = client->provider;
  const char *unreadable = NULL, *why;
  lua_getfield(L, 2, "bases");
  if (lua_istable(L, -1) && !(client->bases = pool_calloc(provider->operation_count, sizeof(struct settings *)))) binding_no_memory(L);
  for (size_t i = 0; client->bases && !unreadable && i < provider->operation_count; i++) {
    size_t len;
    lua_getfield(L, -1, provider->operations[i].name);
    const char *url = lua_tolstring(L, -1, &len);
    struct settings *made = NULL;
    for (size_t j = 0; url && !made && j < i; j++)
      if (client->bases[j] && strcmp(client->bases[j]->base_url, url) == 0) made = settings_ref(client->bases[j]);
    if (url && !made) {
      made = settings_like(client->settings, url, len);
      if (!made) binding_no_memory(L);
      if (!settings_finish(made, &why)) unreadable = why;
    }
    client->bases[i] = made;
    lua_pop(L, 1);
  }
  lua_pop(L, 1);
  return unreadable;
}

/* core.client(provider's name or definition, settings, private), or nil and what is wrong: private is the client's user value, with its `credentials` and `defaults` */
int core_client(lua_State *L) {
  luaL_checktype(L, 2, LUA_TTABLE);
  luaL_checktype(L, 3, LUA_TTABLE);
  struct client *client = binding_new(L, CLIENT_TYPE, sizeof *client);
  lua_pushvalue(L, 3);
  lua_setuservalue(L, -2);
  const struct provider *provider = binding_to_provider(L, 1);
  luaL_argcheck(L, provider, 1, "no such provider");
  client->provider = provider_ref(provider);
  struct settings *settings = client->settings = settings_new();
  if (!settings) return binding_no_memory(L);
  read_strings(L, settings);
  int refused = read_passwords(L, settings);
  if (refused) return refused;
  if (!settings->base_url) return luaL_error(L, "base_url is required");
  settings->timeout = number(L, "timeout", settings->timeout);
  settings->connect_timeout = number(L, "connect_timeout", settings->connect_timeout);
  settings->retries = (int)number(L, "retries", settings->retries);
  settings->max_response_bytes = (size_t)number(L, "max_response_bytes", (lua_Number)settings->max_response_bytes);
  settings->insecure_http = number(L, "insecure_http", 0) != 0;
  if (equals(L, "min_version", "1.3")) settings->tls_version = CURL_SSLVERSION_TLSv1_3;
  settings->idle_timeout = number(L, "idle_timeout", settings->idle_timeout);
  settings->max_age = number(L, "max_age", settings->max_age);
  settings->max_connections = (size_t)number(L, "max_connections", 0);
  const char *broken = read_headers(L, settings);
  if (broken) return binding_fail(L, "headers.%s" BREAKS_LINE, broken);
  const char *unreadable = NULL;
  if (!settings_finish(settings, &unreadable)) return binding_fail(L, "%s", unreadable);
  struct buf *why = binding_new_buf(L, FILE_WHY);
  if (!tls_check(settings, why)) return why->failed ? binding_no_memory(L) : binding_fail(L, "%s", buf_string(why));
  lua_pop(L, 1);
  unreadable = read_bases(L, client);
  if (unreadable) return binding_fail(L, "%s", unreadable);
  const char *unfit = unfit_credentials(L, provider);
  if (unfit) return binding_fail(L, "%s", unfit);
  lua_pop(L, 1);
  lua_getfield(L, 3, "sources");
  client->has_sources = lua_istable(L, -1) && lua_rawlen(L, -1) > 0;
  lua_getfield(L, 3, "on_event");
  lua_getfield(L, 3, "plans");
  client->listens = !lua_isnil(L, -2);
  client->plain = !client->has_sources && !client->listens && lua_isnil(L, -1);
  lua_pop(L, 3);
  return 1;
}

static int collect(lua_State *L) {
  struct client *client = luaL_checkudata(L, 1, CLIENT_TYPE);
  for (size_t i = 0; client->bases && i < client->provider->operation_count; i++)
    settings_unref(client->bases[i]);
  pool_free(client->bases);
  client->bases = NULL;
  for (size_t i = 0; i < CLIENT_KEPT; i++) {
    settings_unref(client->kept[i]);
    client->kept[i] = NULL;
  }
  settings_unref(client->settings);
  client->settings = NULL;
  provider_unref(client->provider);
  client->provider = NULL;
  client->plain = false;
  return 0;
}

static int to_string(lua_State *L) {
  struct client *client = luaL_checkudata(L, 1, CLIENT_TYPE);
  bool open = client->provider && client->settings && client->settings->base_url;
  lua_pushfstring(L, "cards.%s client (%s)", client->provider ? client->provider->name : "?", open ? client->settings->base_url : "closed");
  return 1;
}

/* client.method: looked up in private.methods, which says what one is that is not there */
static int get(lua_State *L) {
  luaL_checkudata(L, 1, CLIENT_TYPE);
  lua_getuservalue(L, 1);
  lua_getfield(L, -1, "methods");
  lua_pushvalue(L, 2);
  if (lua_istable(L, -2))
    lua_gettable(L, -2);
  else
    lua_pushnil(L);
  return 1;
}

/* core.hold(client): from now on its calls are checked, and none is ever sent: what cards.testing put into its plans answers them */
int core_hold(lua_State *L) {
  struct client *client = luaL_checkudata(L, 1, CLIENT_TYPE);
  client->held = client->uncounted = client->has_sources = true;
  client->plain = false;
  return 0;
}

/* core.leave_out(client): metrics leave its calls out from now on */
int core_leave_out(lua_State *L) {
  struct client *client = luaL_checkudata(L, 1, CLIENT_TYPE);
  client->uncounted = true;
  return 0;
}

/* core.private(value): the user value of a client and its provider's name; nil for anything else */
int core_private(lua_State *L) {
  struct client *client = binding_to(L, 1, CLIENT_TYPE);
  if (!client || !client->provider) return 0;
  lua_getuservalue(L, 1);
  lua_pushstring(L, client->provider->name);
  return 2;
}

void binding_open_client(lua_State *L) {
  static const luaL_Reg metamethods[] = { { "__gc", collect }, { "__tostring", to_string }, { "__index", get }, { NULL, NULL } };
  binding_type(L, CLIENT_TYPE, metamethods, NULL);
}
