/* Providers of scripts: a Lua table becomes the struct that the built-in providers are. lua/cards/define/definition.lua checks such a table and names what is wrong with it;
 * here whatever does not fit is just an error. */
#include <string.h>

#include "crypto/signing.h"
#include "lua/binding.h"
#include "provider/builtin/builtin.h"
#include "provider/definition.h"

#define DEFINITION_TYPE "cards.definition"

#define MAX_TEXT       2000 /* bytes */
#define MAX_OPERATIONS 64
#define MAX_FIELDS     256
#define MAX_LIST       64 /* of anything else */

static const char definitions; /* its address is the key of the VM's table of them in the registry: name -> definition */

struct handle {
  struct definition *definition; /* NULL once it is collected */
};

/* --- reading the table on top of the stack --- */

static void *allocate(lua_State *L, struct definition *definition, size_t count, size_t size) {
  void *made = definition_alloc(definition, count, size);
  if (!made) binding_no_memory(L);
  return made;
}

/* A copy of the string on top of the stack; NULL for nil. */
static const char *to_text(lua_State *L, struct definition *definition, const char *key) {
  size_t len;
  if (lua_isnil(L, -1)) return NULL;
  if (lua_type(L, -1) != LUA_TSTRING) luaL_error(L, "%s is no string", key);
  const char *bytes = lua_tolstring(L, -1, &len);
  if (len > MAX_TEXT || memchr(bytes, '\0', len)) luaL_error(L, "%s is too long, or has a NUL", key);
  const char *copy = definition_string(definition, bytes, len);
  if (!copy) binding_no_memory(L);
  return copy;
}

static const char *text(lua_State *L, struct definition *definition, const char *key) {
  lua_getfield(L, -1, key);
  const char *copy = to_text(L, definition, key);
  lua_pop(L, 1);
  return copy;
}

static const char *required_text(lua_State *L, struct definition *definition, const char *key) {
  const char *copy = text(L, definition, key);
  if (!copy) luaL_error(L, "%s is missing", key);
  return copy;
}

static bool flag(lua_State *L, const char *key) {
  lua_getfield(L, -1, key);
  bool value = lua_toboolean(L, -1);
  lua_pop(L, 1);
  return value;
}

/* The place of a word in a NULL-terminated list; the first one where there is none. */
static int word(lua_State *L, const char *key, const char *const *words) {
  int place = 0;
  lua_getfield(L, -1, key);
  if (!lua_isnil(L, -1)) {
    const char *given = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "";
    while (words[place] && strcmp(words[place], given) != 0)
      place++;
    if (!words[place]) luaL_error(L, "%s is none of the words for it", key);
  }
  lua_pop(L, 1);
  return place;
}

/* Pushes the list of that name; returns its length, 0 and an empty one where there is none. */
static size_t open_list(lua_State *L, const char *key, size_t max) {
  luaL_checkstack(L, 8, "a definition nested too deeply");
  lua_getfield(L, -1, key);
  if (lua_isnil(L, -1)) {
    lua_pop(L, 1);
    lua_newtable(L);
  }
  if (!lua_istable(L, -1)) luaL_error(L, "%s is no list", key);
  size_t count = lua_rawlen(L, -1);
  if (count > max) luaL_error(L, "%s has too many entries", key);
  return count;
}

typedef void read_entry(lua_State *L, struct definition *definition, void *entry);

/* Makes an array of so many bytes for each entry of the list of that name, which are tables: `read` fills it in with the table on top of the stack. */
static const void *read_list(lua_State *L, struct definition *definition, const char *key, size_t max, size_t size, read_entry *read, size_t *count) {
  *count = open_list(L, key, max);
  char *entries = allocate(L, definition, *count, size);
  for (size_t i = 0; i < *count; i++) {
    lua_rawgeti(L, -1, (int)i + 1);
    if (!lua_istable(L, -1)) luaL_error(L, "an entry is no table");
    read(L, definition, entries + i * size);
    lua_pop(L, 1);
  }
  lua_pop(L, 1);
  return entries;
}

/* The strings of a list, and a NULL behind them. */
static size_t texts(lua_State *L, struct definition *definition, const char *key, const char **into, size_t max) {
  size_t count = open_list(L, key, max);
  for (size_t i = 0; i < count; i++) {
    lua_rawgeti(L, -1, (int)i + 1);
    into[i] = to_text(L, definition, key);
    if (!into[i]) luaL_error(L, "%s has a hole", key);
    lua_pop(L, 1);
  }
  lua_pop(L, 1);
  return count;
}

/* --- its parts --- */

static void read_credential(lua_State *L, struct definition *definition, void *entry) {
  struct credential *credential = entry;
  credential->name = required_text(L, definition, "name");
  credential->kind = (enum credential_kind)word(L, "kind", credential_kind_words);
  credential->optional = flag(L, "optional");
  credential->one_of = text(L, definition, "one_of");
}

static const struct signature *read_signature(lua_State *L, struct definition *definition) {
  struct signature *signature = allocate(L, definition, 1, sizeof *signature);
  signature->over = text(L, definition, "over");
  signature->algorithm = text(L, definition, "algorithm");
  signature->key = text(L, definition, "key");
  signature->function = text(L, definition, "sign");
  signature->value = text(L, definition, "value");
  if (signature->key ? !signature->algorithm || !signing_find(signature->algorithm) : signature->algorithm != NULL)
    luaL_error(L, "a key without an algorithm that is known, or one without a key");
  if (!signature->over && (signature->key || signature->function)) luaL_error(L, "over is missing");
  return signature;
}

static void read_choices(lua_State *L, struct definition *definition, struct part *part) {
  const char *choices[MAX_LIST];
  size_t count = texts(L, definition, "enum", choices, MAX_LIST);
  if (!count) return;
  const char **copy = allocate(L, definition, count + 1, sizeof *copy);
  memcpy(copy, choices, count * sizeof *copy);
  part->choices = copy;
}

static void read_part(lua_State *L, struct definition *definition, void *entry) {
  static const char *const sources[] = { "argument", "credential", "constant", "signature", NULL };
  struct part *part = entry;
  part->name = required_text(L, definition, "name");
  part->wire = text(L, definition, "wire");
  part->source = (enum part_source)word(L, "source", sources);
  part->into = (enum part_into)word(L, "into", part_into_words);
  part->type = (enum part_type)word(L, "type", part_type_words);
  part->required = flag(L, "required");
  part->sensitive = flag(L, "sensitive");
  part->unique = flag(L, "unique");
  part->basic = flag(L, "basic");
  part->value = part->source == FROM_CONSTANT ? required_text(L, definition, "value") : text(L, definition, "default");
  part->prefix = text(L, definition, "prefix");
  part->excludes = text(L, definition, "excludes");
  part->password = text(L, definition, "password");
  if (part->source == FROM_SIGNATURE) part->signature = read_signature(L, definition);
  if (part->basic && (part->into != INTO_HEADER || !part->wire)) luaL_error(L, "basic is for headers");
  read_choices(L, definition, part);
}

static void read_rule(lua_State *L, struct definition *definition, void *entry) {
  struct rule *rule = entry;
  rule->path = required_text(L, definition, "path");
  rule->shape = flag(L, "shape");
  lua_getfield(L, -1, "equals");
  switch (lua_type(L, -1)) {
  case LUA_TBOOLEAN: rule->test = lua_toboolean(L, -1) ? RULE_TRUE : RULE_FALSE; break;
  case LUA_TNUMBER:
    rule->test = RULE_EQUALS_NUMBER;
    rule->number = lua_tonumber(L, -1);
    break;
  case LUA_TNIL: rule->test = RULE_ABSENT; break;
  default: rule->test = RULE_EQUALS_STRING; rule->string = to_text(L, definition, "equals");
  }
  lua_pop(L, 1);
}

static void read_echo(lua_State *L, struct definition *definition, void *entry) {
  struct echo *echo = entry;
  echo->path = required_text(L, definition, "path");
  echo->part = required_text(L, definition, "part");
  echo->required = flag(L, "required");
}

static void read_field(lua_State *L, struct definition *definition, void *entry) {
  struct field *field = entry;
  field->path = required_text(L, definition, "path");
  field->type = (enum field_type)word(L, "type", field_type_words);
  lua_getfield(L, -1, "digits");
  lua_Number digits = lua_tonumber(L, -1);
  if (!(digits >= 0 && digits <= 19)) luaL_error(L, "digits is out of range");
  field->digits = (int)digits;
  lua_pop(L, 1);
}

static void read_pages(lua_State *L, struct definition *definition, struct pages *pages) {
  lua_getfield(L, -1, "pages");
  if (lua_istable(L, -1)) {
    pages->items = text(L, definition, "items");
    pages->cursor = text(L, definition, "cursor");
    pages->more = text(L, definition, "more");
    pages->last = text(L, definition, "last");
    pages->into = text(L, definition, "into");
  }
  lua_pop(L, 1);
}

static void read_operation(lua_State *L, struct definition *definition, void *entry) {
  static const char *const encodings[] = { "json", "form", NULL };
  struct operation *operation = entry;
  operation->name = required_text(L, definition, "name");
  operation->page = text(L, definition, "page");
  operation->method = required_text(L, definition, "method");
  operation->path = required_text(L, definition, "path");
  operation->root = required_text(L, definition, "root");
  operation->safe = flag(L, "safe");
  operation->body = flag(L, "body");
  operation->form = word(L, "encoding", encodings) == 1;
  operation->error_details = text(L, definition, "details");
  texts(L, definition, "codes", operation->error_codes, COUNT_OF(operation->error_codes) - 1);
  texts(L, definition, "messages", operation->error_messages, COUNT_OF(operation->error_messages) - 1);
  operation->parts = read_list(L, definition, "parts", VALUES_MAX_PARTS, sizeof(struct part), read_part, &operation->part_count);
  operation->rules = read_list(L, definition, "rules", MAX_LIST, sizeof(struct rule), read_rule, &operation->rule_count);
  operation->echoes = read_list(L, definition, "echoes", MAX_LIST, sizeof(struct echo), read_echo, &operation->echo_count);
  operation->fields = read_list(L, definition, "fields", MAX_FIELDS, sizeof(struct field), read_field, &operation->field_count);
  read_pages(L, definition, &operation->pages);
}

/* --- the functions --- */

static void push_definitions(lua_State *L) {
  compat_rawgetp(L, LUA_REGISTRYINDEX, &definitions);
}

/* core.define(table): a definition, from what lua/cards/define/definition.lua makes of a script's */
int core_define(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  struct handle *handle = binding_new(L, DEFINITION_TYPE, sizeof *handle);
  struct definition *definition = handle->definition = definition_new();
  if (!definition) return binding_no_memory(L);
  lua_insert(L, 1);
  definition->provider.name = required_text(L, definition, "name");
  definition->provider.base_url = text(L, definition, "base_url");
  if (registry_find(definition->provider.name)) return luaL_error(L, "a built-in provider has that name");
  struct provider *provider = &definition->provider;
  provider->credentials = read_list(L, definition, "credentials", MAX_LIST, sizeof(struct credential), read_credential, &provider->credential_count);
  provider->operations = read_list(L, definition, "operations", MAX_OPERATIONS, sizeof(struct operation), read_operation, &provider->operation_count);
  lua_settop(L, 1);
  return 1;
}

/* core.enter(name, definition or nil): has core.provider and core.client find that one by its name from now on, or none; returns the former one, or nil */
int core_enter(lua_State *L) {
  lua_settop(L, 2);
  const struct handle *handle = lua_isnil(L, 2) ? NULL : luaL_checkudata(L, 2, DEFINITION_TYPE);
  luaL_argcheck(L, !handle || (handle->definition && strcmp(handle->definition->provider.name, luaL_checkstring(L, 1)) == 0), 2, "another name");
  push_definitions(L);
  lua_getfield(L, -1, luaL_checkstring(L, 1));
  lua_pushvalue(L, 2);
  lua_setfield(L, -3, lua_tostring(L, 1));
  return 1;
}

/* core.definitions(): a new list of the names that definitions are found by */
int core_definitions(lua_State *L) {
  int count = 0;
  lua_settop(L, 0);
  lua_newtable(L);
  push_definitions(L);
  for (lua_pushnil(L); lua_next(L, 2); lua_pop(L, 1)) {
    lua_pushvalue(L, -2);
    lua_rawseti(L, 1, ++count);
  }
  lua_settop(L, 1);
  return 1;
}

const struct provider *binding_to_provider(lua_State *L, int index) {
  const struct client *client = binding_to(L, index, CLIENT_TYPE);
  const struct handle *handle = binding_to(L, index, DEFINITION_TYPE);
  if (client) return client->provider;
  if (lua_type(L, index) == LUA_TSTRING) {
    const struct provider *built_in = registry_find(lua_tostring(L, index));
    if (built_in) return built_in;
    push_definitions(L);
    lua_pushvalue(L, index);
    lua_rawget(L, -2);
    handle = binding_to(L, -1, DEFINITION_TYPE);
    if (handle) lua_replace(L, index);
    lua_pop(L, handle ? 1 : 2);
  }
  return handle && handle->definition ? &handle->definition->provider : NULL;
}

static int collect(lua_State *L) {
  struct handle *handle = luaL_checkudata(L, 1, DEFINITION_TYPE);
  definition_unref(handle->definition);
  handle->definition = NULL;
  return 0;
}

void binding_open_define(lua_State *L) {
  static const luaL_Reg metamethods[] = { { "__gc", collect }, { NULL, NULL } };
  binding_type(L, DEFINITION_TYPE, metamethods, NULL);
  lua_newtable(L);
  compat_rawsetp(L, LUA_REGISTRYINDEX, &definitions);
}
