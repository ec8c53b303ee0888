/* What a script gives for one call, as values of the request: parameters, defaults, credentials, options. */
#include "lua/input.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "text/clean.h"
#include "text/nearest.h"
#include "text/pan.h"
#include "text/suspect.h"
#include "json/json.h"

#define SHOWN_MAX  256                /* bytes of a text of the script's own in an error */
#define MOST_WHOLE 9007199254740992.0 /* up to here a double holds every whole number */

static int refuse(lua_State *L, const struct input *input, const char *name, const char *what) {
  return binding_refuse(L, input->client->provider->name, input->operation->name, "%s %s", name, what);
}

/* The number on top of the stack as it is sent. NULL on success, else what is wrong with it. */
static const char *write_number(lua_State *L, bool whole, char text[static JSON_NUMBER_TEXT]) {
  lua_Number number = lua_tonumber(L, -1);
  bool exact = false; /* an integer of 5.3 and later */
#if LUA_VERSION_NUM >= 503
  exact = lua_isinteger(L, -1);
#endif
  if (exact)
    snprintf(text, JSON_NUMBER_TEXT, "%lld", (long long)lua_tointeger(L, -1));
  else if (number >= -MOST_WHOLE && number <= MOST_WHOLE && number == (lua_Number)(int64_t)number)
    snprintf(text, JSON_NUMBER_TEXT, "%lld", (long long)number);
  else if (whole || number != number || number - number != 0)
    return whole ? "must be a whole number" : "must be a number";
  else
    json_print_number((double)number, text);
  return NULL;
}

int input_number(lua_State *L) {
  char text[JSON_NUMBER_TEXT];
  bool whole = lua_toboolean(L, 2);
  luaL_checktype(L, 1, LUA_TNUMBER);
  lua_settop(L, 1);
  if (write_number(L, whole, text)) return 0;
  lua_pushstring(L, text);
  return 1;
}

/* The same of a number: its text is put below it. */
static const char *number_to_value(lua_State *L, bool whole, struct value *value) {
  char text[JSON_NUMBER_TEXT];
  const char *wrong = write_number(L, whole, text);
  if (wrong) return wrong;
  luaL_checkstack(L, 2, "too many parameters");
  lua_pushstring(L, text);
  value->bytes = lua_tolstring(L, -1, &value->len);
  lua_insert(L, -2);
  return NULL;
}

/* The text of the value on top of the stack, which stays there or in its table. NULL on success, else what is wrong with it. */
static const char *to_value(lua_State *L, enum part_type type, struct value *value) {
  static const char empty[] = "";
  const struct secret *secret = binding_to_secret(L, -1);
  if (secret) {
    const char *reason = secret_state_reason(secret);
    if (reason) return reason[0] == 'i' ? "is a secret that is closed" : "is a secret that was made before this process was forked";
    *value = (struct value){ secret->len ? (const char *)secret->bytes : empty, secret->len };
    return NULL;
  }
  switch (lua_type(L, -1)) {
  case LUA_TSTRING: value->bytes = lua_tolstring(L, -1, &value->len); return NULL;
  case LUA_TBOOLEAN:
    if (type != PART_BOOLEAN) break;
    *value = lua_toboolean(L, -1) ? (struct value){ "true", 4 } : (struct value){ "false", 5 };
    return NULL;
  case LUA_TNUMBER:
    if (type != PART_INTEGER && type != PART_NUMBER) break;
    return number_to_value(L, type == PART_INTEGER, value);
  default: break;
  }
  return type == PART_STRING ? "must be a string or a secret" : type == PART_BOOLEAN ? "must be true or false" : "must be a number";
}

/* The value of an argument: the caller's, else the client's default. Leaves one value on the stack. */
static void get_argument(lua_State *L, const struct input *input, const char *name) {
  lua_pushnil(L);
  if (lua_istable(L, input->params)) {
    lua_pop(L, 1);
    lua_pushstring(L, name);
    lua_rawget(L, input->params);
  } else if (input->bare == name) {
    lua_pop(L, 1);
    lua_pushvalue(L, input->params);
  }
  if (!lua_isnil(L, -1)) return;
  lua_pop(L, 1);
  lua_getfield(L, input->private, "defaults");
  if (lua_istable(L, -1)) {
    lua_getfield(L, -1, name);
    lua_remove(L, -2);
  } else {
    lua_pop(L, 1);
    lua_pushnil(L);
  }
}

/* A credential: what the call brings, else the client's own. Leaves one value on the stack; a function counts as none. */
static void get_credential(lua_State *L, const struct input *input, const char *name) {
  lua_pushnil(L);
  if (lua_istable(L, input->credentials)) {
    lua_pop(L, 1);
    lua_getfield(L, input->credentials, name);
  }
  if (!lua_isnil(L, -1)) return;
  lua_pop(L, 1);
  lua_getfield(L, input->private, "credentials");
  lua_getfield(L, -1, name);
  lua_remove(L, -2);
}

/* A bare string or secret is the one required argument that has no default. */
static const char *bare_argument(lua_State *L, const struct input *input) {
  const char *name = NULL;
  for (size_t i = 0; i < input->operation->part_count; i++) {
    const struct part *part = &input->operation->parts[i];
    if (part->source != FROM_ARGUMENT || !part->required) continue;
    get_argument(L, input, part->name);
    bool given = !lua_isnil(L, -1);
    lua_pop(L, 1);
    if (given) continue;
    if (name) return NULL;
    name = part->name;
  }
  return name;
}

/* Finds out which argument a bare value is. Returns 0, or the count of results of a refusal. */
static int take_params(lua_State *L, struct input *input) {
  if (lua_istable(L, input->params) || lua_isnil(L, input->params)) return 0;
  const char *name = bare_argument(L, input);
  bool bare = lua_type(L, input->params) == LUA_TSTRING || binding_to_secret(L, input->params);
  if (!bare) return refuse(L, input, name ? name : "parameters", name ? "must be a string or a secret" : "must be a table");
  if (!name) return refuse(L, input, "parameters", "must be a table: no single one is required");
  input->bare = name;
  return 0;
}

/* A name that a caller made up, as it may stand in one line: plain characters only, and nothing that looks like a value. */
static void show_name(const char *name, char out[static 65]) {
  char plain[65];
  struct buf redacted, masked;
  size_t len = 0;
  for (; len < sizeof plain - 1 && name[len]; len++)
    plain[len] = strchr(" _.-", name[len]) || isalnum((unsigned char)name[len]) ? name[len] : '?';
  plain[len] = '\0';
  buf_init(&redacted, 64);
  buf_init(&masked, 256);
  bool ok = pan_redact(&redacted, plain, len) && suspect_mask(&masked, buf_string(&redacted), redacted.len);
  snprintf(out, 65, "%.64s", ok ? buf_string(&masked) : "");
  buf_free(&redacted);
  buf_free(&masked);
}

static int check_names(lua_State *L, const struct input *input) {
  if (!lua_istable(L, input->params)) return 0;
  for (lua_pushnil(L); lua_next(L, input->params); lua_pop(L, 1)) {
    if (lua_type(L, -2) != LUA_TSTRING) return refuse(L, input, "parameters", "have names, not places");
    const char *name = lua_tostring(L, -2), *like = NULL;
    if (operation_argument(input->operation, name)) continue;
    size_t best = (size_t)-1;
    for (size_t i = 0; i < input->operation->part_count; i++) {
      const struct part *part = &input->operation->parts[i];
      size_t distance = part->source == FROM_ARGUMENT ? nearest_distance(name, part->name) : best;
      if (distance >= best) continue;
      best = distance;
      like = part->name;
    }
    char shown[65];
    show_name(name, shown);
    return binding_refuse(L, input->client->provider->name, input->operation->name, "there is no parameter '%s'; the nearest is '%s'", shown,
                          like ? like : "");
  }
  return 0;
}

/* Fills values[] and key. with_credentials is false for a check before the credentials are fetched. */
static int take_values(lua_State *L, struct input *input, bool with_credentials) {
  const struct operation *operation = input->operation;
  luaL_checkstack(L, 2 * INPUT_MAX_PARTS + 8, "too many parameters");
  for (size_t i = 0; i < operation->part_count; i++) {
    const struct part *part = &operation->parts[i];
    struct value *value = &input->values[i];
    const char *wrong = NULL;
    if (part->source == FROM_ARGUMENT) {
      get_argument(L, input, part->name);
      if (lua_isnil(L, -1) && part->unique && lua_istable(L, input->credentials)) { /* one that was made up for a function that signs */
        lua_pop(L, 1);
        lua_getfield(L, input->credentials, part->name);
      }
      if (!lua_isnil(L, -1))
        wrong = to_value(L, part->type, value);
      else if (part->value)
        *value = (struct value){ part->value, strlen(part->value) };
      else if (part->unique) {
        char unique[40];
        if (!request_unique(unique)) return refuse(L, input, part->name, "could not be made up: no randomness");
        lua_pushstring(L, unique);
        value->bytes = lua_tolstring(L, -1, &value->len);
      }
    } else if (part->source == FROM_CREDENTIAL || part->source == FROM_SIGNATURE) {
      const char *name = part->source == FROM_SIGNATURE ? operation->signature->value : part->name;
      if (!with_credentials) {
        if (part->required && part->source == FROM_CREDENTIAL) *value = (struct value){ "-", 1 };
        continue;
      }
      get_credential(L, input, name);
      if (!lua_isnil(L, -1))
        wrong = to_value(L, PART_STRING, value);
      else if (part->value)
        *value = (struct value){ part->value, strlen(part->value) };
      if (wrong) return refuse(L, input, name, wrong);
    }
    if (wrong) return refuse(L, input, part->name, wrong);
    if (value->bytes && lua_type(L, -1) == LUA_TUSERDATA) input->secret_values |= UINT64_C(1) << i;
  }
  if (with_credentials && operation->signature) {
    get_credential(L, input, operation->signature->key);
    const char *wrong = lua_isnil(L, -1) ? NULL : to_value(L, PART_STRING, &input->key);
    if (wrong) return refuse(L, input, operation->signature->key, wrong);
  }
  return 0;
}

/* The headers in a table, but for those that the first `given` already name. */
static int take_headers_of(lua_State *L, struct input *input, int table, size_t given) {
  for (lua_pushnil(L); lua_next(L, table); lua_pop(L, 1)) {
    struct header *header = &input->headers[input->header_count];
    const char *name = lua_tostring(L, -2);
    size_t same = 0;
    while (same < given && strcasecmp(input->headers[same].name, name) != 0)
      same++;
    if (same < given) continue;
    if (input->header_count == INPUT_MAX_HEADERS) return refuse(L, input, "headers", "are too many");
    header->name = name;
    const char *wrong = to_value(L, PART_STRING, &header->value);
    if (wrong) return binding_refuse(L, input->client->provider->name, input->operation->name, "headers.%s %s", header->name, wrong);
    input->header_count++;
  }
  return 0;
}

/* Those of the call, and the client's that are secrets. Both tables stay on the stack. */
static int take_headers(lua_State *L, struct input *input) {
  int refused = 0;
  if (lua_istable(L, input->options)) {
    lua_getfield(L, input->options, "headers");
    if (lua_istable(L, -1)) refused = take_headers_of(L, input, lua_gettop(L), 0);
  }
  if (refused) return refused;
  lua_getfield(L, input->private, "headers");
  return lua_istable(L, -1) ? take_headers_of(L, input, lua_gettop(L), input->header_count) : 0;
}

int input_take(lua_State *L, struct input *input, bool with_credentials) {
  memset(input, 0, sizeof *input);
  lua_settop(L, 7);
  input->client = binding_check_client(L, 1);
  input->operation = provider_operation(input->client->provider, luaL_checkstring(L, 2));
  luaL_argcheck(L, input->operation && input->operation->part_count <= INPUT_MAX_PARTS, 2, "no such operation");
  input->params = 3;
  input->options = 4;
  input->credentials = 5;
  input->started = 6;
  input->former = 7;
  lua_getuservalue(L, 1);
  input->private = lua_gettop(L);
  int refused = take_params(L, input);
  if (!refused) refused = check_names(L, input);
  if (!refused) refused = take_values(L, input, with_credentials);
  if (!refused) refused = take_headers(L, input);
  return refused;
}

int input_check(lua_State *L) {
  struct input input;
  struct error error;
  int refused = input_take(L, &input, false);
  if (refused) return refused;
  const char *provider = input.client->provider->name;
  struct buf *payload = binding_new_buf(L, REQUEST_MAX_BODY);
  bool ok = request_check(input.operation, input.values, &error);
  if (ok && input.operation->signature) ok = request_payload(payload, input.operation, input.values, &error);
  lua_pushboolean(L, ok);
  if (ok && payload->len)
    lua_pushlstring(L, buf_string(payload), payload->len);
  else
    lua_pushnil(L);
  buf_free(payload);
  if (ok) return 2;
  lua_pushnil(L);
  binding_push_error(L, &error, provider, input.operation->name);
  return 2;
}

lua_Number input_option(lua_State *L, const struct input *input, const char *name, lua_Number otherwise) {
  if (!lua_istable(L, input->options)) return otherwise;
  lua_getfield(L, input->options, name);
  lua_Number value = lua_isnumber(L, -1) ? lua_tonumber(L, -1) : otherwise;
  lua_pop(L, 1);
  return value;
}

int input_clean(lua_State *L) {
  struct input input;
  struct value credentials[INPUT_MAX_PARTS];
  size_t len, count = 0;
  const char *text = luaL_checklstring(L, 6, &len);
  char cleaned[SHOWN_MAX + 4] = "it failed";
  bool ok = input_take(L, &input, false) == 0;
  for (size_t i = 0; ok && i < input.client->provider->credential_count && count < COUNT_OF(credentials); i++) {
    get_credential(L, &input, input.client->provider->credentials[i].name);
    if (!lua_isnil(L, -1) && !to_value(L, PART_STRING, &credentials[count])) count++;
  }
  /* Until the scrub is freed nothing of Lua's may be called that raises an error. */
  struct scrub scrub;
  struct buf shown;
  scrub_init(&scrub);
  buf_init(&shown, SHOWN_MAX + 3);
  for (size_t i = 0; ok && i < input.operation->part_count; i++)
    if (input.operation->parts[i].source == FROM_ARGUMENT && input.values[i].bytes)
      ok = scrub_add(&scrub, input.values[i].bytes, input.values[i].len);
  for (size_t i = 0; ok && i < count; i++)
    ok = scrub_add(&scrub, credentials[i].bytes, credentials[i].len);
  ok = ok && clean_text(&scrub, &shown, text, len, SHOWN_MAX);
  if (ok) snprintf(cleaned, sizeof cleaned, "%s", buf_string(&shown));
  buf_free(&shown);
  scrub_free(&scrub);
  lua_pushstring(L, cleaned);
  return 1;
}
