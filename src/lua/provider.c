/* Providers and their records as Lua tables. What a provider is, is for describe, and for the checks that lua/cards/client/config.lua makes. */
#include <string.h>

#include "lua/binding.h"
#include "provider/builtin/builtin.h"

/* --- what a provider is --- */

static void push_list(lua_State *L, const char *const *list, size_t max) {
  lua_newtable(L);
  for (size_t i = 0; i < max && list[i]; i++) {
    lua_pushstring(L, list[i]);
    lua_rawseti(L, -2, (int)i + 1);
  }
}

/* A table with where it goes. */
static void push_place(lua_State *L, const struct part *part) {
  lua_newtable(L);
  binding_set_string(L, "into", part->into == INTO_NOTHING ? NULL : part_into_words[part->into]);
  binding_set_string(L, "wire", part->into == INTO_NOTHING ? part->wire : part_wire(part));
}

static void push_part(lua_State *L, const struct part *part) {
  push_place(L, part);
  if (part->into == INTO_NOTHING) binding_set_string(L, "into", "none");
  binding_set_string(L, "type", part_type_words[part->type]);
  binding_set_string(L, "default", part->value);
  binding_set_string(L, "excludes", part->excludes);
  binding_set_true(L, "required", part->required);
  binding_set_true(L, "sensitive", part->sensitive);
  binding_set_string(L, "unique", part->unique);
  binding_set_true(L, "allow_pan", part->allows_pan);
  if (part->choices) {
    push_list(L, part->choices, (size_t)-1);
    lua_setfield(L, -2, "enum");
  }
}

static void push_params(lua_State *L, const struct operation *operation) {
  lua_newtable(L);
  for (size_t i = 0; i < operation->part_count; i++) {
    if (operation->parts[i].source != FROM_ARGUMENT) continue;
    push_part(L, &operation->parts[i]);
    lua_setfield(L, -2, operation->parts[i].name);
  }
}

static const struct credential *find_credential(const struct provider *provider, const char *name) {
  for (size_t i = 0; name && i < provider->credential_count; i++)
    if (strcmp(provider->credentials[i].name, name) == 0) return &provider->credentials[i];
  return NULL;
}

static void set_making(lua_State *L, const struct making *making) {
  if (!making) return;
  binding_set_true(L, "signed", making->kind != MAKING_TEXT);
  binding_set_string(L, "made", making->kind == MAKING_SIGNATURE ? NULL : making_kind_words[making->kind]);
  binding_set_string(L, "over", making->over);
  binding_set_string(L, "algorithm", making->algorithm);
  binding_set_string(L, "key", making->key);
  binding_set_string(L, "sign", making->function);
  binding_set_string(L, "value", making->value);
  binding_set_string(L, "encoding", making->encoding);
}

/* What operation gives the part, with its URL where nobody sees it otherwise. */
static void set_fetched(lua_State *L, const struct provider *provider, const struct part *part) {
  const struct operation *operation = part->operation ? provider_operation(provider, part->operation) : NULL;
  binding_set_string(L, "operation", part->operation);
  if (operation && operation->hidden) binding_set_string(L, "url", operation->base_url);
}

/* Where credentials go, and what is made for each attempt: a list of { credential, operation, url, into, wire, prefix, basic, password, signed, made, over, algorithm, key, sign, value,
 * encoding }. */
static void push_auth(lua_State *L, const struct provider *provider, const struct operation *operation) {
  int count = 0;
  lua_newtable(L);
  for (size_t i = 0; i < operation->part_count; i++) {
    const struct part *part = &operation->parts[i];
    const struct credential *credential = find_credential(provider, part->name);
    if (part->source != FROM_MAKING && (part->source != FROM_CREDENTIAL || (credential && credential->kind == CREDENTIAL_SETTING))) continue;
    push_place(L, part);
    binding_set_string(L, "credential", credential ? credential->name : NULL);
    set_fetched(L, provider, part);
    binding_set_string(L, "prefix", part->prefix);
    binding_set_true(L, "basic", part->basic);
    binding_set_string(L, "password", part->password);
    set_making(L, part->making);
    lua_rawseti(L, -2, ++count);
  }
}

/* What goes with every call and is no secret, by the name that `new` takes it by. */
static void push_settings(lua_State *L, const struct provider *provider, const struct operation *operation) {
  lua_newtable(L);
  for (size_t i = 0; i < operation->part_count; i++) {
    const struct part *part = &operation->parts[i];
    const struct credential *credential = part->source == FROM_CREDENTIAL ? find_credential(provider, part->name) : NULL;
    if (!credential || credential->kind != CREDENTIAL_SETTING) continue;
    push_place(L, part);
    binding_set_string(L, "default", part->value);
    binding_set_true(L, "required", !credential->optional);
    binding_set_true(L, "allow_pan", part->allows_pan);
    lua_setfield(L, -2, credential->name);
  }
}

static void push_echoes(lua_State *L, const struct operation *operation) {
  lua_newtable(L);
  for (size_t i = 0; i < operation->echo_count; i++)
    binding_set_string(L, operation->echoes[i].path, operation->echoes[i].part);
}

static void push_pages(lua_State *L, const struct pages *pages) {
  if (!pages->into) {
    lua_pushnil(L);
    return;
  }
  lua_newtable(L);
  binding_set_string(L, "items", pages->items);
  binding_set_string(L, "cursor", pages->cursor);
  binding_set_string(L, "more", pages->more);
  binding_set_string(L, "last", pages->last);
  binding_set_string(L, "into", pages->into);
}

static bool has_body(const struct operation *operation) {
  for (size_t i = 0; i < operation->part_count; i++)
    if (operation->parts[i].into == INTO_BODY) return true;
  return operation->body || operation->template;
}

static void push_rule_value(lua_State *L, const struct rule *rule) {
  switch (rule->test) {
  case RULE_TRUE:
  case RULE_FALSE: lua_pushboolean(L, rule->test == RULE_TRUE); break;
  case RULE_EQUALS_STRING: lua_pushstring(L, rule->string); break;
  case RULE_EQUALS_NUMBER:
  case RULE_STATUS: lua_pushnumber(L, rule->number); break;
  case RULE_ABSENT: lua_pushnil(L); break;
  }
}

/* One value, or a list of several. */
static void push_rule_values(lua_State *L, const struct rule *rule) {
  int count = 0;
  if (!rule->otherwise) {
    push_rule_value(L, rule);
    return;
  }
  for (lua_newtable(L); rule; rule = rule->otherwise) {
    push_rule_value(L, rule);
    lua_rawseti(L, -2, ++count);
  }
}

static void push_rules(lua_State *L, const struct operation *operation) {
  lua_newtable(L);
  for (size_t i = 0; i < operation->rule_count; i++) {
    const struct rule *rule = &operation->rules[i];
    lua_newtable(L);
    binding_set_string(L, "path", rule->path);
    push_rule_values(L, rule);
    lua_setfield(L, -2, rule->test == RULE_STATUS ? "status" : "equals");
    binding_set_true(L, "absent", rule->test == RULE_ABSENT);
    binding_set_true(L, "shape", rule->shape);
    lua_rawseti(L, -2, (int)i + 1);
  }
}

/* How a text of the answer is encrypted, at the path where it stands. */
static void push_encryption(lua_State *L, const struct encryption *encryption, const char *at) {
  lua_newtable(L);
  binding_set_string(L, "at", at);
  binding_set_string(L, "type", encryption->jwe ? "jwe" : cipher_word(encryption->spec.cipher));
  binding_set_string(L, "alg", encryption->alg);
  binding_set_string(L, "enc", encryption->enc);
  binding_set_string(L, "key", encryption->wrapped ? encryption->wrapped->key : encryption->key);
  binding_set_true(L, "wrapped", encryption->wrapped != NULL);
}

/* A list of all that is encrypted; the one with json = true has the fields in it. */
static void set_decrypt(lua_State *L, const struct operation *operation) {
  int count = 0;
  lua_newtable(L);
  if (operation->decrypt) {
    push_encryption(L, operation->decrypt, operation->decrypt->at);
    binding_set_true(L, "json", true);
    lua_rawseti(L, -2, ++count);
  }
  for (size_t i = 0; i < operation->field_count; i++) {
    if (!operation->fields[i].decrypt) continue;
    push_encryption(L, operation->fields[i].decrypt, operation->fields[i].path);
    lua_rawseti(L, -2, ++count);
  }
  if (count)
    lua_setfield(L, -2, "decrypt");
  else
    lua_pop(L, 1);
}

static void push_response(lua_State *L, const struct operation *operation) {
  lua_newtable(L);
  binding_set_string(L, "format", answer_format_words[operation->format]);
  binding_set_string(L, "root", operation->root);
  lua_newtable(L);
  for (size_t i = 0; i < operation->field_count; i++)
    binding_set_string(L, operation->fields[i].path, field_type_words[operation->fields[i].type]);
  lua_setfield(L, -2, "fields");
  set_decrypt(L, operation);
  push_list(L, operation->required, operation->required_count);
  lua_setfield(L, -2, "required");
}

/* Kinds of errors by what has them: a status, a code or the path of a null. */
static void set_meanings(lua_State *L, const char *key, const struct meaning *meanings, size_t count) {
  lua_newtable(L);
  for (size_t i = 0; i < count; i++) {
    if (meanings[i].text)
      lua_pushstring(L, meanings[i].text);
    else
      lua_pushfstring(L, "%d", meanings[i].status); /* a table of numbers would be a list with holes for JSON */
    lua_pushstring(L, error_kind_name(meanings[i].kind));
    lua_rawset(L, -3);
  }
  lua_setfield(L, -2, key);
}

static void set_retry(lua_State *L, const struct retry_rules *rules) {
  lua_newtable(L);
  binding_set_string(L, "header", rules->header);
  binding_set_string(L, "after", rules->after);
  lua_newtable(L);
  for (size_t i = 0; i < rules->status_count; i++) {
    compat_push_integer(L, rules->statuses[i]);
    lua_rawseti(L, -2, (int)i + 1);
  }
  lua_setfield(L, -2, "status");
  lua_setfield(L, -2, "retry");
}

static void push_operation(lua_State *L, const struct provider *provider, const struct operation *operation) {
  lua_newtable(L);
  binding_set_string(L, "provider", provider->name);
  binding_set_string(L, "operation", operation->name);
  binding_set_string(L, "page", operation->page);
  binding_set_string(L, "method", operation->method);
  binding_set_string(L, "base_url", operation->base_url);
  binding_set_string(L, "path", operation->path);
  if (has_body(operation)) binding_set_string(L, "encoding", body_encoding_words[operation->encoding]);
  binding_set_string(L, "content_type", operation->content_type);
  binding_set_string(L, "accept", operation->accept);
  binding_set_string(L, "template", operation->template);
  binding_set_true(L, "safe", operation->safe);
  push_params(L, operation);
  lua_setfield(L, -2, "params");
  push_auth(L, provider, operation);
  lua_setfield(L, -2, "auth");
  push_settings(L, provider, operation);
  lua_setfield(L, -2, "settings");
  push_echoes(L, operation);
  lua_setfield(L, -2, "echo");
  push_pages(L, &operation->pages);
  lua_setfield(L, -2, "pages");
  push_rules(L, operation);
  lua_setfield(L, -2, "success");
  push_response(L, operation);
  lua_setfield(L, -2, "response");
  binding_set_true(L, "empty", operation->empty);
  set_meanings(L, "null", operation->nulls, operation->null_count);
  set_meanings(L, "code", operation->codes, operation->code_count);
  set_meanings(L, "status", operation->statuses, operation->status_count);
  set_retry(L, &operation->retry);
  lua_newtable(L);
  push_list(L, operation->error_codes, COUNT_OF(operation->error_codes));
  lua_setfield(L, -2, "code");
  push_list(L, operation->error_messages, COUNT_OF(operation->error_messages));
  lua_setfield(L, -2, "message");
  lua_setfield(L, -2, "error");
}

/* The type of a key that is a credential; NULL for any other one. */
static const char *key_type(const struct provider *provider, const struct credential *credential) {
  for (size_t i = 0; i < provider->operation_count; i++)
    for (size_t j = 0; j < provider->operations[i].part_count; j++) {
      const struct part *part = &provider->operations[i].parts[j];
      bool is_key = part->type == PART_PEM || part->type == PART_BYTES;
      if (is_key && strcmp(part->name, credential->name) == 0) return part_type_words[part->type];
    }
  return NULL;
}

static void push_credentials(lua_State *L, const struct provider *provider) {
  lua_newtable(L);
  for (size_t i = 0; i < provider->credential_count; i++) {
    const struct credential *credential = &provider->credentials[i];
    lua_newtable(L);
    binding_set_string(L, "name", credential->name);
    binding_set_string(L, "kind", credential_kind_words[credential->kind]);
    binding_set_true(L, "optional", credential->optional);
    binding_set_string(L, "one_of", credential->one_of);
    binding_set_string(L, "type", key_type(provider, credential));
    lua_rawseti(L, -2, (int)i + 1);
  }
}

/* The names of headers that are the provider's, which nobody else may set. */
static void push_headers(lua_State *L, const struct provider *provider) {
  int count = 0;
  lua_newtable(L);
  for (size_t i = 0; i < provider->operation_count; i++)
    for (size_t j = 0; j < provider->operations[i].part_count; j++) {
      const struct part *part = &provider->operations[i].parts[j];
      if (part->into != INTO_HEADER) continue;
      lua_pushstring(L, part_wire(part));
      lua_rawseti(L, -2, ++count);
    }
}

/* Adds to the operation's table on top of the stack what its definition, at index 1, has to say of it besides. */
static void add_described(lua_State *L, const char *name) {
  int operation = lua_gettop(L);
  binding_push_flow(L, 1);
  if (lua_istable(L, -1)) lua_getfield(L, -1, "described");
  if (lua_istable(L, -1)) lua_getfield(L, -1, name);
  if (lua_istable(L, -1))
    for (lua_pushnil(L); lua_next(L, -2);)
      lua_setfield(L, operation, lua_tostring(L, -2));
  lua_settop(L, operation);
}

/* core.provider(name, definition or client): { name, base_url, credentials = { … }, headers = { … }, operations = { name = descriptor } }, or nil */
int core_provider(lua_State *L) {
  lua_settop(L, 1);
  const struct provider *provider = binding_to_provider(L, 1);
  if (!provider) return 0;
  lua_newtable(L);
  binding_set_string(L, "name", provider->name);
  binding_set_string(L, "base_url", provider->base_url);
  push_credentials(L, provider);
  lua_setfield(L, -2, "credentials");
  push_headers(L, provider);
  lua_setfield(L, -2, "headers");
  lua_newtable(L);
  for (size_t i = 0; i < provider->operation_count; i++) {
    if (provider->operations[i].hidden) continue;
    push_operation(L, provider, &provider->operations[i]);
    add_described(L, provider->operations[i].name);
    lua_setfield(L, -2, provider->operations[i].name);
  }
  lua_setfield(L, -2, "operations");
  return 1;
}

/* core.providers(): the names of the built-in ones; see core.definitions, too */
int core_providers(lua_State *L) {
  lua_newtable(L);
  for (int i = 0; registry[i]; i++) {
    lua_pushstring(L, registry[i]->name);
    lua_rawseti(L, -2, i + 1);
  }
  return 1;
}

/* --- records --- */

/* The addresses are keys of tables in the registry. */
static const char record_metatables; /* operation, or the name of a definition's -> metatable of its records */
static const char record_origins;    /* names of operations, whose places are the origins of secrets */
static const char record_methods;    /* core.records: the metamethods of every record */

static void push_value(lua_State *L, struct record *record, uint32_t origin);

/* Pushes a key. Different card numbers may have the same mask: then the n-th such key of its table gets a "#n", so that each stays. */
static void push_key(lua_State *L, const char *key, int *masked) {
  lua_pushstring(L, key);
  if (!strchr(key, '*')) return;
  for (int n = ++*masked < 2 ? 2 : *masked;; n++) {
    lua_pushvalue(L, -1);
    lua_rawget(L, -3);
    bool taken = !lua_isnil(L, -1);
    lua_pop(L, 1);
    if (!taken) return;
    lua_pop(L, 1);
    lua_pushfstring(L, "%s#%d", key, n);
  }
}

static void push_children(lua_State *L, struct record *record, uint32_t origin) {
  luaL_checkstack(L, 8, "a record nested too deeply");
  bool object = record->type == RECORD_OBJECT;
  int count = record->count > 1000000 ? 1000000 : (int)record->count;
  lua_createtable(L, object ? 0 : count, object ? count : 0);
  int place = 0, masked = 0;
  for (struct record *child = record->child; child; child = child->next) {
    place++;
    if (child->type == RECORD_NULL) continue;
    if (object) push_key(L, child->key, &masked);
    push_value(L, child, origin);
    if (object)
      lua_rawset(L, -3);
    else
      lua_rawseti(L, -2, place);
  }
}

static void push_value(lua_State *L, struct record *record, uint32_t origin) {
  switch (record->type) {
  case RECORD_NULL: lua_pushnil(L); break;
  case RECORD_BOOLEAN: lua_pushboolean(L, record->as.boolean); break;
  case RECORD_INTEGER: compat_push_integer(L, record->as.integer); break;
  case RECORD_NUMBER: lua_pushnumber(L, record->as.number); break;
  case RECORD_STRING: lua_pushlstring(L, record->as.string.bytes, record->as.string.len); break;
  case RECORD_SECRET: {
    struct secret *secret = binding_new_secret(L);
    *secret = record->as.secret;
    secret->origin = origin;
    memset(&record->as.secret, 0, sizeof record->as.secret);
    break;
  }
  case RECORD_OBJECT:
  case RECORD_ARRAY: push_children(L, record, origin); break;
  }
}

/* What a built-in operation is found by is its address; that of a definition may be another one's later. */
static void push_operation_key(lua_State *L, const struct provider *provider, const struct operation *operation) {
  if (provider->owner)
    lua_pushfstring(L, "%s.%s", provider->name, operation->name);
  else
    lua_pushlightuserdata(L, (void *)(uintptr_t)operation);
}

/* Whether the record may have a field of that name. */
static bool declares(const struct operation *operation, const char *name) {
  size_t len = strlen(name);
  for (size_t i = 0; i < operation->field_count; i++)
    if (strncmp(operation->fields[i].path, name, len) == 0 && strchr(".[", operation->fields[i].path[len])) return true;
  return false;
}

/* Pushes a new metatable of the operation's records. */
static void make_metatable(lua_State *L, const struct provider *provider, const struct operation *operation) {
  lua_createtable(L, 0, 6);
  int made = lua_gettop(L);
  compat_rawgetp(L, LUA_REGISTRYINDEX, &record_methods);
  for (lua_pushnil(L); lua_next(L, made + 1); lua_pop(L, 1)) {
    lua_pushvalue(L, -2);
    lua_pushvalue(L, -2);
    lua_rawset(L, made);
  }
  lua_settop(L, made);
  if (declares(operation, "close")) { /* which is nil where the answer has none */
    lua_pushnil(L);
    lua_setfield(L, -2, "__index");
  }
  lua_pushfstring(L, "%s.%s", provider->name, operation->name);
  compat_rawgetp(L, LUA_REGISTRYINDEX, &record_origins);
  int origin = (int)lua_rawlen(L, -1) + 1;
  lua_pushvalue(L, -2);
  lua_rawseti(L, -2, origin);
  lua_pop(L, 1);
  lua_setfield(L, made, "__metatable"); /* getmetatable(record) is the operation's name, and nobody can change it */
  compat_push_integer(L, origin);
  lua_rawseti(L, made, 1);
}

static void push_metatable(lua_State *L, const struct provider *provider, const struct operation *operation) {
  compat_rawgetp(L, LUA_REGISTRYINDEX, &record_metatables);
  push_operation_key(L, provider, operation);
  lua_rawget(L, -2);
  if (lua_isnil(L, -1)) {
    lua_pop(L, 1);
    make_metatable(L, provider, operation);
    push_operation_key(L, provider, operation);
    lua_pushvalue(L, -2);
    lua_rawset(L, -4);
  }
  lua_remove(L, -2);
}

void binding_push_record(lua_State *L, struct record *record, const struct provider *provider, const struct operation *operation) {
  push_metatable(L, provider, operation);
  lua_rawgeti(L, -1, 1);
  uint32_t origin = (uint32_t)lua_tointeger(L, -1);
  lua_pop(L, 1);
  push_children(L, record, origin);
  lua_insert(L, -2);
  lua_setmetatable(L, -2);
}

/* core.origin(secret): the names of the provider and of the operation that it came from; nothing for one that came from elsewhere */
int core_origin(lua_State *L) {
  const struct secret *secret = binding_to_secret(L, 1);
  luaL_argcheck(L, secret, 1, "secret expected");
  if (!secret->origin) return 0;
  compat_rawgetp(L, LUA_REGISTRYINDEX, &record_origins);
  lua_rawgeti(L, -1, (int)secret->origin);
  const char *name = lua_tostring(L, -1), *dot = strrchr(name, '.');
  lua_pushlstring(L, name, (size_t)(dot - name));
  lua_pushstring(L, dot + 1);
  return 2;
}

void binding_open_provider(lua_State *L) {
  lua_newtable(L);
  compat_rawsetp(L, LUA_REGISTRYINDEX, &record_metatables);
  lua_newtable(L);
  compat_rawsetp(L, LUA_REGISTRYINDEX, &record_origins);
  lua_newtable(L);
  lua_pushvalue(L, -1);
  compat_rawsetp(L, LUA_REGISTRYINDEX, &record_methods);
  lua_setfield(L, -2, "records");
}
