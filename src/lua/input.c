/* What a script gives for one call. Each value is copied as soon as it is looked at, with nothing of Lua's in between that allocates: else a finalizer might close a secret, and another
 * one might lie where it was. */
#include "lua/job.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "provider/request/unique.h"
#include "text/nearest.h"
#include "text/pan.h"
#include "text/redact.h"
#include "json/json.h"

static int refuse(lua_State *L, const struct job *job, const char *name, const char *what) {
  return binding_refuse(L, job->provider->name, job->operation->name, "%s %s", name, what);
}

static const char no_memory[] = "does not fit into memory";

static const char *set(struct job *job, size_t place, const char *bytes, size_t len) {
  return values_set(&job->request.values, place, bytes, len) ? NULL : no_memory;
}

static const char *closed(const struct secret *secret) {
  switch (secret_state(secret)) {
  case SECRET_OPEN: return NULL;
  case SECRET_FORKED: return "is a secret that was made before this process was forked";
  default: return "is a secret that is closed";
  }
}

static const char no_text[] = "must be a string or a secret";

/* Copies a table as JSON. */
static const char *take_tree(lua_State *L, struct job *job, size_t place, enum part_type type) {
  bool has_secret = false;
  struct buf *text = binding_new_buf(L, REQUEST_MAX_BODY);
  lua_insert(L, -2);
  const char *wrong = input_tree(L, text, type == PART_LIST, &has_secret);
  if (!wrong) wrong = set(job, place, text->data, text->len);
  if (has_secret) job->request.values.secrets |= UINT64_C(1) << place;
  buf_free(text);
  lua_remove(L, -2);
  return wrong;
}

/* Copies the value on top of the stack, which stays there. NULL on success, else what is wrong with it. */
static const char *take(lua_State *L, struct job *job, size_t place, enum part_type type) {
  char text[JSON_NUMBER_TEXT];
  size_t len;
  const struct secret *secret = binding_to_secret(L, -1);
  const char *bytes = binding_bytes(L, -1, &len);
  if (type == PART_LIST || type == PART_OBJECT) return take_tree(L, job, place, type);
  if (secret) job->request.values.secrets |= UINT64_C(1) << place;
  if (bytes) return set(job, place, bytes, len);
  if (secret) return closed(secret);
  switch (type) {
  case PART_BOOLEAN:
    if (!lua_isboolean(L, -1)) return "must be true or false";
    return lua_toboolean(L, -1) ? set(job, place, "true", 4) : set(job, place, "false", 5);
  case PART_INTEGER:
  case PART_NUMBER:
    bytes = lua_type(L, -1) == LUA_TNUMBER ? input_number(L, type == PART_INTEGER, text) : "must be a number";
    return bytes ? bytes : set(job, place, text, strlen(text));
  default: return no_text;
  }
}

/* What a value says that would be a part of the URL or of a header, which servers write into their logs, although it is a card's number or has one in it; NULL for nothing. secret
 * is that which the value came in, or NULL. */
static const char *shown_pan(const struct job *job, size_t place, const struct secret *secret) {
  const struct part *part = &job->operation->parts[place];
  struct value value = values_get(&job->request.values, place);
  if ((part->into != INTO_PATH && part->into != INTO_QUERY && part->into != INTO_HEADER) || part->allows_pan) return NULL;
  if ((secret && secret->class == SECRET_PAN) || pan_is_card(value.bytes, value.len)) return "is a card's number";
  return pan_stands_in(value.bytes, value.len) ? "has a card's number in it" : NULL;
}

#define SHOWN_PAN "%s %s, and would stand in the %s of the request: a definition can allow it (allow_pan = true)"

/* The argument that a bare value stands for; one of the descriptor's own strings. */
struct given {
  int private;
  const char *bare;
};

static void get_default(lua_State *L, const struct given *given, const char *name) {
  lua_getfield(L, given->private, "defaults");
  if (lua_istable(L, -1))
    lua_getfield(L, -1, name);
  else
    lua_pushnil(L);
  lua_remove(L, -2);
}

/* The value of an argument: the caller's, else the client's default. Leaves one value on the stack. */
static void get_argument(lua_State *L, const struct given *given, const char *name) {
  if (lua_istable(L, INPUT_PARAMETERS)) {
    lua_pushstring(L, name);
    lua_rawget(L, INPUT_PARAMETERS);
    if (!lua_isnil(L, -1)) return;
    lua_pop(L, 1);
  } else if (given->bare == name) {
    lua_pushvalue(L, INPUT_PARAMETERS);
    return;
  }
  get_default(L, given, name);
}

/* A bare string or secret is the one required argument that has no default. */
static const char *bare_argument(lua_State *L, const struct job *job, const struct given *given) {
  const char *name = NULL;
  for (size_t i = 0; i < job->operation->part_count; i++) {
    const struct part *part = &job->operation->parts[i];
    if (part->source != FROM_ARGUMENT || !part->required) continue;
    get_default(L, given, part->name);
    bool has_default = !lua_isnil(L, -1);
    lua_pop(L, 1);
    if (has_default) continue;
    if (name) return NULL;
    name = part->name;
  }
  return name;
}

/* Finds out which argument a bare value is. */
static int read_shape(lua_State *L, const struct job *job, struct given *given) {
  if (lua_istable(L, INPUT_PARAMETERS) || lua_isnil(L, INPUT_PARAMETERS)) return 0;
  const char *name = bare_argument(L, job, given);
  bool bare = lua_type(L, INPUT_PARAMETERS) == LUA_TSTRING || binding_to_secret(L, INPUT_PARAMETERS);
  if (!bare) return refuse(L, job, name ? name : "parameters", name ? "must be a string or a secret" : "must be a table");
  if (!name) return refuse(L, job, "parameters", "must be a table: no single one is required");
  given->bare = name;
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
  bool ok = pan_redact(&redacted, plain, len) && redact_suspects(&masked, buf_string(&redacted), redacted.len);
  snprintf(out, 65, "%.64s", ok ? buf_string(&masked) : "");
  buf_free(&redacted);
  buf_free(&masked);
}

static int check_names(lua_State *L, const struct job *job) {
  if (!lua_istable(L, INPUT_PARAMETERS)) return 0;
  for (lua_pushnil(L); lua_next(L, INPUT_PARAMETERS); lua_pop(L, 1)) {
    if (lua_type(L, -2) != LUA_TSTRING) return refuse(L, job, "parameters", "have names, not places");
    const char *name = lua_tostring(L, -2);
    if (operation_argument(job->operation, name)) continue;
    struct nearest nearest;
    nearest_begin(&nearest, name);
    for (size_t i = 0; i < job->operation->part_count; i++)
      if (job->operation->parts[i].source == FROM_ARGUMENT) nearest_try(&nearest, job->operation->parts[i].name);
    char shown[65], hint[NEAREST_HINT];
    show_name(name, shown);
    nearest_hint(&nearest, hint);
    return binding_refuse(L, job->provider->name, job->operation->name, "there is no parameter '%s'%s", shown, hint);
  }
  return 0;
}

static const char *set_unique(struct job *job, size_t place, const char *form) {
  struct buf made;
  buf_init(&made, UNIQUE_MOST);
  const char *wrong = unique_write(&made, form, strlen(form)) ? set(job, place, made.data, made.len) : "could not be made up: no randomness";
  buf_free(&made);
  return wrong;
}

static int take_argument(lua_State *L, struct job *job, const struct given *given, size_t place) {
  const struct part *part = &job->operation->parts[place];
  const char *wrong = NULL, *pan = NULL;
  get_argument(L, given, part->name);
  if (!lua_isnil(L, -1)) {
    wrong = take(L, job, place, part->type);
    if (!wrong) pan = shown_pan(job, place, binding_to_secret(L, -1));
  } else if (part->value) {
    wrong = set(job, place, part->value, strlen(part->value));
  } else if (part->unique) {
    wrong = set_unique(job, place, part->unique);
  }
  lua_pop(L, 1);
  if (pan) return binding_fail(L, SHOWN_PAN, part->name, pan, part_into_words[part->into]);
  return wrong ? refuse(L, job, part->name, wrong) : 0;
}

/* One that a function gives comes later. */
static int take_credential(lua_State *L, struct job *job, int credentials, size_t place) {
  const struct part *part = &job->operation->parts[place];
  const char *wrong = NULL;
  lua_getfield(L, credentials, part->name);
  if (!lua_isnil(L, -1))
    wrong = take(L, job, place, PART_STRING);
  else if (part->value)
    wrong = set(job, place, part->value, strlen(part->value));
  lua_pop(L, 1);
  return wrong ? refuse(L, job, part->name, wrong) : 0;
}

/* What stands there if the step before it gives nothing. */
static int take_default(lua_State *L, struct job *job, size_t place) {
  const struct part *part = &job->operation->parts[place];
  const char *wrong = part->value ? set(job, place, part->value, strlen(part->value)) : NULL;
  return wrong ? refuse(L, job, part->name, wrong) : 0;
}

static int take_values(lua_State *L, struct job *job, const struct given *given) {
  const struct operation *operation = job->operation;
  int refused = 0;
  lua_getfield(L, given->private, "credentials");
  int credentials = lua_gettop(L);
  for (size_t i = 0; !refused && i < operation->part_count; i++) {
    switch (operation->parts[i].source) {
    case FROM_ARGUMENT: refused = take_argument(L, job, given, i); break;
    case FROM_CREDENTIAL:
    case FROM_MAKING: refused = take_credential(L, job, credentials, i); break;
    case FROM_STEP: refused = take_default(L, job, i); break;
    case FROM_CONSTANT: break;
    }
  }
  return refused;
}

/* Whether it is among the first ones. */
static bool has_header(const struct job *job, const char *name, size_t first) {
  for (size_t i = 0; i < first; i++)
    if (strcasecmp(values_header_name(&job->request.values, i), name) == 0) return true;
  return false;
}

static const char *add_header(struct job *job, const char *name, const char *bytes, size_t len) {
  struct values *values = &job->request.values;
  if (values->header_count == VALUES_MAX_HEADERS) return "is one too many";
  return values_add_header(values, name, bytes, len) ? NULL : no_memory;
}

/* Takes the headers of the table on top of the stack, but for those that are there already, and pops it. */
static int take_headers(lua_State *L, struct job *job) {
  int refused = 0, table = lua_gettop(L);
  size_t former = job->request.values.header_count;
  if (lua_istable(L, table))
    for (lua_pushnil(L); !refused && lua_next(L, table);) {
      const char *name = lua_tostring(L, -2), *wrong = NULL;
      const struct secret *secret = binding_to_secret(L, -1);
      size_t len;
      const char *bytes = binding_bytes(L, -1, &len);
      if (!has_header(job, name, former)) /* the call's own takes the place of the client's */
        wrong = bytes ? add_header(job, name, bytes, len) : secret ? closed(secret) : no_text;
      if (wrong) refused = binding_refuse(L, job->provider->name, job->operation->name, "headers.%s %s", name, wrong);
      if (!refused) lua_pop(L, 1);
    }
  if (!refused) lua_settop(L, table - 1);
  return refused;
}

/* Takes the headers of the trace. lua/cards/trace has seen to it that neither the call nor the client has them, and that there is room. */
static int take_trace(lua_State *L, struct job *job) {
  if (!lua_istable(L, INPUT_TRACE)) return 0;
  size_t first = job->request.values.header_count;
  lua_getfield(L, INPUT_TRACE, "headers");
  int refused = take_headers(L, job);
  values_show_headers(&job->request.values, first); /* others' logs have them, too */
  return refused;
}

int input_take(lua_State *L, struct job *job, int private) {
  struct given given = { .private = private };
  int refused = read_shape(L, job, &given);
  if (!refused) refused = check_names(L, job);
  if (!refused) refused = take_values(L, job, &given);
  if (!refused && lua_istable(L, INPUT_OPTIONS)) {
    lua_getfield(L, INPUT_OPTIONS, "headers");
    refused = take_headers(L, job);
  }
  if (!refused) refused = take_trace(L, job);
  job->request.values.own_headers = job->request.values.header_count;
  if (!refused) {
    lua_getfield(L, private, "headers"); /* those that are secrets */
    refused = take_headers(L, job);
  }
  return refused;
}

int input_supply(lua_State *L, struct job *job, size_t place, const char *name) {
  const struct part *part = &job->operation->parts[place];
  const char *wrong = take(L, job, place, PART_STRING), *pan = NULL;
  if (wrong) return refuse(L, job, name, wrong);
  if (part->source == FROM_STEP) pan = shown_pan(job, place, binding_to_secret(L, -1));
  return pan ? binding_refuse(L, job->provider->name, job->operation->name, SHOWN_PAN, name, pan, part_into_words[part->into]) : 0;
}
