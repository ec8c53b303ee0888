/* Providers of scripts: a Lua table becomes the struct that the built-in providers are. lua/cards/define/definition.lua checks such a table and names what is wrong with it;
 * here whatever does not fit is just an error. */
#include <string.h>

#include "crypto/jwe.h"
#include "crypto/signing.h"
#include "lua/binding.h"
#include "provider/builtin/builtin.h"
#include "provider/definition.h"
#include "provider/field_index.h"
#include "provider/request/moment.h"
#include "provider/request/template.h"
#include "provider/request/unique.h"

#define DEFINITION_TYPE "cards.definition"

#define MAX_TEXT       (64 * 1024) /* bytes */
#define MAX_OPERATIONS 80          /* hidden ones included */
#define MAX_FIELDS     256
#define LAST_REFUSAL   422 /* status, see struct operation */
#define MAX_CODES      256
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

/* A whole number from 0 to `most`. */
static lua_Number number(lua_State *L, const char *key, lua_Number otherwise, lua_Number most) {
  lua_getfield(L, -1, key);
  lua_Number value = lua_isnil(L, -1) ? otherwise : lua_tonumber(L, -1);
  if (!(value >= 0 && value <= most)) luaL_error(L, "%s is out of range", key);
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

/* The encryption in the field of that name; NULL where there is none. */
static const struct encryption *read_encryption(lua_State *L, struct definition *definition, const char *key) {
  static const char *const places[] = { "beside", "prefix", "suffix", "zero", NULL };
  luaL_checkstack(L, 8, "a definition nested too deeply");
  lua_getfield(L, -1, key);
  if (!lua_istable(L, -1)) {
    lua_pop(L, 1);
    return NULL;
  }
  struct encryption *encryption = allocate(L, definition, 1, sizeof *encryption);
  const char *type = required_text(L, definition, "type"), *encoding = text(L, definition, "encoding");
  encryption->jwe = strcmp(type, "jwe") == 0;
  encryption->alg = text(L, definition, "alg");
  encryption->enc = text(L, definition, "enc");
  encryption->key = text(L, definition, "key");
  encryption->at = text(L, definition, "at");
  encryption->iv = text(L, definition, "iv");
  encryption->tag = text(L, definition, "tag");
  encryption->header = text(L, definition, "header");
  encryption->wrapped = read_encryption(L, definition, "wrapped");
  encryption->spec.iv = (enum cipher_place)word(L, "iv_place", places);
  encryption->spec.tag = (enum cipher_place)word(L, "tag_place", places);
  encryption->spec.cipher = encryption->jwe ? NULL : cipher_find(type);
  bool known = encryption->jwe ? (!encryption->alg || jwe_knows_alg(encryption->alg)) && (!encryption->enc || jwe_knows_enc(encryption->enc))
                               : encryption->spec.cipher && encoding_find(encoding ? encoding : "base64", &encryption->spec.encoding);
  if (!known || !encryption->key == !encryption->wrapped || (encryption->wrapped && !encryption->wrapped->at))
    luaL_error(L, "an encryption is unknown, or has too little");
  lua_pop(L, 1);
  return encryption;
}

/* How the value of a part is made; NULL where the table on top of the stack does not say. */
static const struct making *read_making(lua_State *L, struct definition *definition) {
  static const char *const forms[] = { "spki", "pem", "jwk", NULL };
  struct making *making = allocate(L, definition, 1, sizeof *making);
  making->kind = (enum making_kind)word(L, "kind", making_kind_words);
  making->over = text(L, definition, "over");
  making->value = text(L, definition, "value");
  making->algorithm = text(L, definition, "algorithm");
  making->key = text(L, definition, "key");
  making->function = text(L, definition, "sign");
  making->header = text(L, definition, "header");
  making->encoding = text(L, definition, "encoding");
  making->consumer = text(L, definition, "consumer");
  making->length = (size_t)number(L, "length", 0, REQUEST_MAX_BODY);
  making->encryption = read_encryption(L, definition, "encryption");
  if (making->encryption) making->key = making->encryption->key;
  making->form = (enum key_form)word(L, "form", forms);
  const char *const templates[] = { making->over, making->value, making->header, making->encryption ? making->encryption->header : NULL };
  for (size_t i = 0; i < COUNT_OF(templates); i++)
    if (templates[i] && template_fault(templates[i], NULL, NULL)) luaL_error(L, "a template %s", template_fault(templates[i], NULL, NULL));
  return making;
}

/* Whether the parts of a making fit each other. */
static void check_making(lua_State *L, const struct making *making) {
  const struct signing *signing = making->algorithm ? signing_find(making->algorithm) : NULL;
  bool ok = true;
  switch (making->kind) {
  case MAKING_TEXT: ok = making->value != NULL; break;
  case MAKING_SIGNATURE: /* one that only functions give, or a call, has neither */
    ok = making->algorithm ? signing && making->over && signing_needs_key(signing) == (making->key != NULL) : !making->key;
    ok = ok && (making->over || !making->function);
    break;
  case MAKING_JWT: ok = making->key && making->algorithm && making->over; break;
  case MAKING_OAUTH1: ok = making->key && making->consumer; break;
  case MAKING_SESSION: ok = making->length > 0; break;
  case MAKING_SEALED: ok = making->encryption && making->key && making->over; break;
  case MAKING_PUBLIC: ok = making->key != NULL; break;
  case MAKING_KINDS: break;
  }
  if (!ok) luaL_error(L, "a value that is made has too little, or an unknown algorithm");
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
  static const char *const sources[] = { "argument", "credential", "constant", "made", "step", NULL };
  struct part *part = entry;
  part->name = required_text(L, definition, "name");
  part->wire = text(L, definition, "wire");
  part->source = (enum part_source)word(L, "source", sources);
  part->into = (enum part_into)word(L, "into", part_into_words);
  part->type = (enum part_type)word(L, "type", part_type_words);
  part->required = flag(L, "required");
  part->sensitive = flag(L, "sensitive");
  part->unique = text(L, definition, "unique");
  part->allows_pan = flag(L, "allow_pan");
  part->escapes = part->source == FROM_ARGUMENT && (part->into == INTO_BODY || part->into == INTO_SEALED || part->into == INTO_NOTHING);
  part->basic = flag(L, "basic");
  part->value = part->source == FROM_CONSTANT ? required_text(L, definition, "value") : text(L, definition, "default");
  part->prefix = text(L, definition, "prefix");
  part->excludes = text(L, definition, "excludes");
  part->password = text(L, definition, "password");
  part->shared = flag(L, "shared");
  part->operation = text(L, definition, "operation");
  part->key_password = text(L, definition, "key_password");
  part->encoding = text(L, definition, "encoding");
  if (part->source == FROM_MAKING) {
    part->making = read_making(L, definition);
    check_making(L, part->making);
  }
  if (part->basic && (part->into != INTO_HEADER || !part->wire)) luaL_error(L, "basic is for headers");
  read_choices(L, definition, part);
}

/* Reads the value on top of the stack. */
static void read_value(lua_State *L, struct definition *definition, struct rule *rule) {
  switch (lua_type(L, -1)) {
  case LUA_TBOOLEAN: rule->test = lua_toboolean(L, -1) ? RULE_TRUE : RULE_FALSE; break;
  case LUA_TNUMBER:
    rule->test = rule->path ? RULE_EQUALS_NUMBER : RULE_STATUS;
    rule->number = lua_tonumber(L, -1);
    break;
  default: rule->test = RULE_EQUALS_STRING; rule->string = to_text(L, definition, "values");
  }
}

/* A rule without a path is about the status, one without values about absence. */
static void read_rule(lua_State *L, struct definition *definition, void *entry) {
  struct rule rule = { .path = text(L, definition, "path"), .test = RULE_ABSENT, .shape = flag(L, "shape") };
  size_t count = open_list(L, "values", MAX_LIST);
  if (!rule.path && !count) luaL_error(L, "path is missing");
  for (size_t i = count; i > 0; i--) {
    struct rule *made = i > 1 ? allocate(L, definition, 1, sizeof *made) : entry;
    lua_rawgeti(L, -1, (int)i);
    read_value(L, definition, &rule);
    lua_pop(L, 1);
    *made = rule;
    rule.otherwise = made;
  }
  if (!count) *(struct rule *)entry = rule;
  lua_pop(L, 1);
}

static int integer(lua_State *L, const char *key, int least, int most) {
  lua_getfield(L, -1, key);
  lua_Number number = lua_tonumber(L, -1);
  if (!(number >= least && number <= most)) luaL_error(L, "%s is out of range", key);
  lua_pop(L, 1);
  return (int)number;
}

/* The kind of an answer that is named there. */
static enum error_kind answer_kind(lua_State *L) {
  static const enum error_kind kinds[] = { ERROR_AUTH,     ERROR_NOT_FOUND, ERROR_RATE_LIMITED, ERROR_DECLINED, ERROR_INVALID_REQUEST,
                                           ERROR_PROVIDER, ERROR_PROTOCOL };
  lua_getfield(L, -1, "kind");
  const char *name = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "";
  size_t i = 0;
  while (i < COUNT_OF(kinds) && strcmp(error_kind_name(kinds[i]), name) != 0)
    i++;
  if (i == COUNT_OF(kinds)) luaL_error(L, "kind is none of an answer");
  lua_pop(L, 1);
  return kinds[i];
}

static void read_text_meaning(lua_State *L, struct definition *definition, void *entry) {
  struct meaning *meaning = entry;
  meaning->text = required_text(L, definition, "text");
  meaning->kind = answer_kind(L);
}

static void read_status_meaning(lua_State *L, struct definition *definition, void *entry) {
  (void)definition;
  struct meaning *meaning = entry;
  meaning->status = integer(L, "status", 0, 999);
  meaning->kind = answer_kind(L);
}

static void read_status(lua_State *L, struct definition *definition, void *entry) {
  (void)definition;
  *(int *)entry = integer(L, "status", 0, 999);
}

static void read_retry(lua_State *L, struct definition *definition, struct retry_rules *rules) {
  lua_getfield(L, -1, "retry");
  if (lua_istable(L, -1)) {
    rules->header = text(L, definition, "header");
    rules->after = text(L, definition, "after");
    rules->statuses = read_list(L, definition, "statuses", MAX_LIST, sizeof(int), read_status, &rules->status_count);
  }
  lua_pop(L, 1);
}

static void read_required(lua_State *L, struct definition *definition, void *entry) {
  *(const char **)entry = required_text(L, definition, "path");
}

/* What an answer means, besides its fields. */
static void read_answer(lua_State *L, struct definition *definition, struct operation *operation) {
  operation->last_refusal = LAST_REFUSAL;
  operation->empty = flag(L, "empty");
  operation->error_details = text(L, definition, "details");
  texts(L, definition, "codes", operation->error_codes, ERROR_PATHS);
  texts(L, definition, "messages", operation->error_messages, ERROR_PATHS);
  operation->nulls = read_list(L, definition, "nulls", MAX_LIST, sizeof(struct meaning), read_text_meaning, &operation->null_count);
  operation->codes = read_list(L, definition, "code_kinds", MAX_CODES, sizeof(struct meaning), read_text_meaning, &operation->code_count);
  operation->statuses = read_list(L, definition, "status_kinds", MAX_LIST, sizeof(struct meaning), read_status_meaning, &operation->status_count);
  operation->required = read_list(L, definition, "required", MAX_LIST, sizeof(const char *), read_required, &operation->required_count);
  read_retry(L, definition, &operation->retry);
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
  field->digits = (int)number(L, "digits", 0, 19);
  field->decrypt = read_encryption(L, definition, "decrypt");
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

/* The paths of fields beside what is decrypted; NULL for none. */
static const char *const *read_outer(lua_State *L, struct definition *definition) {
  const char *paths[MAX_LIST];
  size_t count = texts(L, definition, "outer", paths, MAX_LIST);
  if (!count) return NULL;
  const char **copy = allocate(L, definition, count + 1, sizeof *copy);
  memcpy(copy, paths, count * sizeof *copy);
  return copy;
}

static void read_operation(lua_State *L, struct definition *definition, void *entry) {
  struct operation *operation = entry;
  operation->name = required_text(L, definition, "name");
  operation->page = text(L, definition, "page");
  operation->method = required_text(L, definition, "method");
  operation->base_url = text(L, definition, "base_url");
  operation->path = required_text(L, definition, "path");
  operation->format = (enum answer_format)word(L, "format", answer_format_words);
  operation->root = required_text(L, definition, "root");
  operation->decrypt = read_encryption(L, definition, "decrypt");
  operation->outer = read_outer(L, definition);
  operation->safe = flag(L, "safe");
  operation->body = flag(L, "body");
  operation->prepared = flag(L, "prepared");
  operation->hidden = flag(L, "hidden");
  operation->encoding = (enum body_encoding)word(L, "encoding", body_encoding_words);
  operation->content_type = text(L, definition, "content_type");
  operation->accept = text(L, definition, "accept");
  operation->template = text(L, definition, "template");
  operation->parts = read_list(L, definition, "parts", VALUES_MAX_PARTS, sizeof(struct part), read_part, &operation->part_count);
  operation->rules = read_list(L, definition, "rules", MAX_LIST, sizeof(struct rule), read_rule, &operation->rule_count);
  operation->echoes = read_list(L, definition, "echoes", MAX_LIST, sizeof(struct echo), read_echo, &operation->echo_count);
  operation->fields = read_list(L, definition, "fields", MAX_FIELDS, sizeof(struct field), read_field, &operation->field_count);
  read_answer(L, definition, operation);
  read_pages(L, definition, &operation->pages);
  operation->index = allocate(L, definition, 1, sizeof *operation->index);
  *operation->index = field_index_of(&definition->blocks, operation);
  if (!*operation->index) binding_no_memory(L);
}

/* --- the functions --- */

static void push_definitions(lua_State *L) {
  compat_rawgetp(L, LUA_REGISTRYINDEX, &definitions);
}

/* core.define(table): a definition, from what lua/cards/define/definition.lua makes of a script's. Its `flow`, a table or nil, is kept for core.flow */
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
  lua_settop(L, 2);
  lua_getfield(L, 2, "flow");
  if (!lua_istable(L, -1)) lua_newtable(L);
  lua_setuservalue(L, 1);
  lua_settop(L, 1);
  return 1;
}

void binding_push_flow(lua_State *L, int index) {
  bool client = binding_to(L, index, CLIENT_TYPE) != NULL;
  if (client || binding_to(L, index, DEFINITION_TYPE))
    lua_getuservalue(L, index);
  else
    lua_pushnil(L);
  if (!client || !lua_istable(L, -1)) return;
  lua_getfield(L, -1, "flow");
  lua_remove(L, -2);
}

/* core.flow(definition): what a definition has its calls do before they are sent, see lua/cards/define/fetched.lua */
int core_flow(lua_State *L) {
  luaL_checkudata(L, 1, DEFINITION_TYPE);
  binding_push_flow(L, 1);
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

static void add_name(void *context, const char *name, size_t len) {
  lua_State *L = context;
  lua_pushlstring(L, name, len);
  lua_rawseti(L, -2, (int)lua_rawlen(L, -2) + 1);
}

/* core.template(text): a list of the names in a template, without their pipes; or nil and what is wrong with it */
int core_template(lua_State *L) {
  size_t len;
  const char *template = luaL_checklstring(L, 1, &len);
  if (strlen(template) != len) return binding_fail(L, "has a NUL in it");
  lua_newtable(L);
  const char *fault = template_fault(template, add_name, L);
  return fault ? binding_fail(L, "%s", fault) : 1;
}

/* core.made(what, form): whether {what.form} in a template is a moment ("now") or a text that no other call has ("unique") */
int core_made(lua_State *L) {
  size_t len;
  const char *what = luaL_checkstring(L, 1), *form = luaL_checklstring(L, 2, &len);
  struct timespec moment = { 0 };
  struct buf *out = binding_new_buf(L, 1024);
  lua_pushboolean(L, strcmp(what, "now") == 0 ? moment_write(out, &moment, form, len) : unique_write(out, form, len));
  bool no_memory = out->failed;
  buf_free(out);
  return no_memory ? luaL_error(L, "not enough memory") : 1;
}

/* core.algorithms(): by their names what the keys of signatures and of ciphers are: { signature = { [name] = "pem", "bytes" or "none" }, cipher = the same } */
int core_algorithms(lua_State *L) {
  lua_newtable(L);
  lua_newtable(L);
  for (size_t i = 0; signing_name(i); i++) {
    const struct signing *signing = signing_find(signing_name(i));
    binding_set_string(L, signing_name(i), !signing_needs_key(signing) ? "none" : signing_takes_bytes(signing) ? "bytes" : "pem");
  }
  lua_setfield(L, -2, "signature");
  lua_newtable(L);
  for (size_t i = 0; cipher_name(i); i++)
    binding_set_string(L, cipher_name(i), cipher_takes_bytes(cipher_find(cipher_name(i))) ? "bytes" : "pem");
  lua_setfield(L, -2, "cipher");
  return 1;
}

/* core.jwe(alg, enc): whether there are such algorithms, each of which may be nil; and whether the key of the first one is bytes */
int core_jwe(lua_State *L) {
  const char *alg = luaL_optstring(L, 1, NULL), *enc = luaL_optstring(L, 2, NULL);
  bool known = (!alg || jwe_knows_alg(alg)) && (!enc || jwe_knows_enc(enc));
  lua_pushboolean(L, known);
  lua_pushboolean(L, known && alg && jwe_takes_bytes(alg));
  return 2;
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
