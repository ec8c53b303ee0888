/* cards.secret: bytes outside of the Lua heap, as userdata that shows nothing of them. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "http/file.h"
#include "lua/binding.h"
#include "secret/pool.h"
#include "text/chars.h"
#include "text/naming.h"
#include "text/pan.h"

#define FILE_MAX (64 * 1024) /* bytes of a credential in a file */

struct secret *binding_new_secret(lua_State *L) {
  return binding_new(L, SECRET_TYPE, sizeof(struct secret));
}

struct secret *binding_to_secret(lua_State *L, int index) {
  return binding_to(L, index, SECRET_TYPE);
}

const char *binding_bytes(lua_State *L, int index, size_t *len) {
  const struct secret *secret = binding_to_secret(L, index);
  if (!secret) return lua_type(L, index) == LUA_TSTRING ? lua_tolstring(L, index, len) : NULL;
  *len = secret->len;
  return secret_state(secret) != SECRET_OPEN ? NULL : secret->len ? (const char *)secret->bytes : "";
}

static struct secret *check_secret(lua_State *L, int index) {
  struct secret *secret = binding_to_secret(L, index);
  if (!secret) luaL_argerror(L, index, "secret expected");
  return secret;
}

static struct secret *check_open(lua_State *L, int index) {
  struct secret *secret = check_secret(L, index);
  const char *reason = secret_state_reason(secret);
  if (reason && index > 1) luaL_argerror(L, index, lua_pushfstring(L, "the secret %s", reason));
  if (reason) luaL_error(L, "the secret %s", reason);
  return secret;
}

const char *binding_check_bytes(lua_State *L, int index, size_t *len) {
  if (!binding_to_secret(L, index)) return luaL_checklstring(L, index, len);
  check_open(L, index);
  return binding_bytes(L, index, len);
}

static int collect(lua_State *L) {
  lua_gc(L, LUA_GCCOLLECT, 0);
  return 0;
}

void binding_collect(lua_State *L) {
  if (compat_pcall(L, collect) != LUA_OK) lua_pop(L, 1);
}

/* As secret_init, collecting garbage once when the arena is full. */
static bool fill(lua_State *L, struct secret *secret, enum secret_class class, const void *bytes, size_t len, const char **why) {
  if (secret_init(secret, class, bytes, len, why)) return true;
  binding_collect(L);
  return secret_init(secret, class, bytes, len, why);
}

int binding_push_filled(lua_State *L, bool filled, const char *why) {
  if (filled) return 1;
  struct error error;
  error_set(&error, ERROR_BUSY, "%s", why);
  error.retryable = true;
  return binding_fail_with(L, &error, "cards", "secret");
}

int binding_push_secret(lua_State *L, enum secret_class class, const char *bytes, size_t len) {
  const char *why = NULL;
  if (len > SECRET_MAX_LEN) return binding_refuse(L, "cards", "secret", "longer than %d bytes", (int)SECRET_MAX_LEN);
  bool filled = fill(L, binding_new_secret(L), class, bytes, len, &why);
  return binding_push_filled(L, filled, why);
}

/* cards.secret(text [, class]) */
static int make(lua_State *L) {
  size_t len;
  luaL_argcheck(L, lua_type(L, 1) == LUA_TSTRING, 1, "string expected");
  const char *bytes = lua_tolstring(L, 1, &len);
  enum secret_class class = SECRET_CREDENTIAL;
  if (!lua_isnoneornil(L, 2) && !secret_class_from_name(luaL_checkstring(L, 2), &class))
    return luaL_argerror(L, 2, "class is one of pan, cvv, token, credential, undeclared");
  return binding_push_secret(L, class, bytes, len);
}

/* A name that the system is asked for: behind a NUL it would be another one than was given. */
static const char *check_name(lua_State *L) {
  size_t len;
  const char *name = luaL_checklstring(L, 1, &len);
  luaL_argcheck(L, strlen(name) == len, 1, "it contains a NUL");
  return name;
}

/* Without one line break at the end, as tools that write a line leave it. */
static size_t without_line_break(const char *bytes, size_t len) {
  if (len && bytes[len - 1] == '\n') len--;
  if (len && bytes[len - 1] == '\r') len--;
  return len;
}

/* --- what was not found --- */

#define MISSING      "cards.missing" /* in the registry: texts, which say what could not be had and where it was asked for */
#define MISSING_MOST 8

/* Notes that nothing came of a call of ours, whose nil and error are on top of the stack: in `access_token = cards.secret.from_env "X"` the error is lost. Returns the count. */
static int note_missing(lua_State *L) {
  lua_getfield(L, LUA_REGISTRYINDEX, MISSING);
  int count = (int)lua_rawlen(L, -1);
  if (count < MISSING_MOST) {
    luaL_where(L, 1);
    lua_getfield(L, -3, "message");
    lua_concat(L, 2);
    lua_rawseti(L, -2, count + 1);
  }
  lua_pop(L, 1);
  return 2;
}

/* core.missing(): a list of what cards.secret.from_env and from_file did not find since the last time that this was asked, "app.lua:3: the environment variable X is not set or empty" */
int core_missing(lua_State *L) {
  lua_getfield(L, LUA_REGISTRYINDEX, MISSING);
  lua_newtable(L);
  lua_setfield(L, LUA_REGISTRYINDEX, MISSING);
  return 1;
}

static bool is_in_nginx(lua_State *L) {
  lua_getglobal(L, "ngx");
  bool is = lua_istable(L, -1);
  lua_pop(L, 1);
  return is;
}

/* cards.secret.from_env(name): the variable without one line break at its end */
static int from_env(lua_State *L) {
  const char *name = check_name(L);
  const char *value = getenv(name);
  size_t len = value ? without_line_break(value, strlen(value)) : 0;
  if (len) return binding_push_secret(L, SECRET_CREDENTIAL, value, len);
  if (!naming_is_variable(name)) return binding_refuse(L, "cards", "secret", "the name of an environment variable is expected");
  binding_refuse(L, "cards", "secret", "the environment variable %s is not set or empty%s%s%s", name,
                 is_in_nginx(L) ? " (nginx keeps from its workers what no line `env " : "", is_in_nginx(L) ? name : "",
                 is_in_nginx(L) ? ";` names)" : "");
  return note_missing(L);
}

static int from_named_file(lua_State *L, enum file_kind kind) {
  const char *path = check_name(L), *reason = NULL;
  lua_settop(L, 1);
  struct secret *secret = binding_new_secret(L);
  struct buf *bytes = binding_new_buf(L, FILE_MAX), *why = binding_new_buf(L, FILE_WHY);
  bool read = file_read(path, kind, bytes, why);
  size_t mark = read ? utf8_mark(bytes->data, bytes->len) : 0;
  size_t len = read ? without_line_break(bytes->data + mark, bytes->len - mark) : 0;
  bool filled = len && fill(L, secret, SECRET_CREDENTIAL, bytes->data + mark, len, &reason);
  buf_free(bytes);
  lua_pushvalue(L, 2);
  if (len) return binding_push_filled(L, filled, reason);
  if (!naming_is_path(path) && access(path, F_OK) != 0)
    binding_refuse(L, "cards", "secret", "the path of a file is expected");
  else if (read)
    binding_refuse(L, "cards", "secret", "%s: it is empty", file_shown(path));
  else
    binding_refuse(L, "cards", "secret", "%s", buf_string(why));
  return note_missing(L);
}

/* cards.secret.from_file(path): the file without a byte order mark and without one line break at its end; a pipe to its end */
static int from_file(lua_State *L) {
  return from_named_file(L, FILE_OR_PIPE);
}

/* core.secret_in_file(path): the same of a regular file, for one that is read during calls, which must not wait */
int core_secret_in_file(lua_State *L) {
  return from_named_file(L, FILE_REGULAR);
}

/* --- the way out --- */

int binding_reveal(lua_State *L) {
  struct secret *secret = binding_to_secret(L, 1);
  if (!secret) return binding_fail(L, "bad argument #1 to 'reveal' (secret expected)");
  const char *reason = secret_state_reason(secret);
  if (reason) return binding_fail(L, "the secret %s", reason);
  if (lua_toboolean(L, 2))
    lua_pushboolean(L, true);
  else
    lua_pushlstring(L, (const char *)secret->bytes, secret->len);
  return 1;
}

/* Pushes the method `reveal` or `seal`, which there is once the module is loaded that makes the gate. */
static void push_gated(lua_State *L, int methods, const char *name) {
  lua_getfield(L, methods, name);
  if (!lua_isnil(L, -1)) return;
  lua_getglobal(L, "require");
  lua_pushliteral(L, "cards.reveal");
  lua_call(L, 1, 0);
  lua_getfield(L, methods, name);
}

static int close_(lua_State *L) {
  secret_wipe(check_secret(L, 1));
  return 0;
}

void binding_push_mask(lua_State *L, const struct secret *secret, size_t first, size_t last) {
  char shown[PAN_MASK_ROOM];
  lua_pushlstring(L, shown, pan_mask(shown, secret->class, (const char *)secret->bytes, secret->len, first, last));
}

static size_t check_count(lua_State *L, int index, const char *name) {
  lua_Number value = lua_tonumber(L, index);
  if (lua_type(L, index) != LUA_TNUMBER || !(value >= 0 && value < INFINITY) || value != floor(value))
    luaL_error(L, "%s must be a whole number that is not negative", name);
  return value < SECRET_MAX_LEN ? (size_t)value : SECRET_MAX_LEN;
}

/* s:mask { first = n, last = n } */
static int mask(lua_State *L) {
  struct secret *secret = check_open(L, 1);
  size_t first = 0, last = secret->class == SECRET_PAN ? 4 : 0;
  if (!lua_isnoneornil(L, 2)) {
    luaL_checktype(L, 2, LUA_TTABLE);
    last = 0;
    for (lua_pushnil(L); lua_next(L, 2); lua_pop(L, 1)) {
      const char *key = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "?";
      if (strcmp(key, "first") == 0)
        first = check_count(L, -1, "first");
      else if (strcmp(key, "last") == 0)
        last = check_count(L, -1, "last");
      else
        /* a word, and nothing that may be a value in the place of a name */
        return luaL_error(L, "mask has no option '%s': it has first and last", key[strspn(key, "abcdefghijklmnopqrstuvwxyz_")] ? "?" : key);
    }
  }
  binding_push_mask(L, secret, first, last);
  return 1;
}

/* What of a secret may be counted from either end: the digits of a pan, the bytes of the rest. */
static int show(lua_State *L, bool from_end) {
  struct secret *secret = check_open(L, 1);
  size_t wish = check_count(L, 2, "n"), len = secret->len, most_first = SIZE_MAX,
         most_last = SIZE_MAX; /* both ends together are what a mask may show */
  char digits[64], shown[PAN_MAX_DIGITS];
  const char *bytes = (const char *)secret->bytes;
  bool is_pan = secret->class == SECRET_PAN && len <= sizeof digits;
  size_t count = is_pan ? pan_digits(bytes, len, digits) : 0;
  if (is_pan && count <= PAN_MAX_DIGITS) {
    bytes = digits;
    len = count;
  }
  pan_limit(secret->class, pan_is_number(bytes, len), len, &most_first, &most_last);
  size_t most = from_end ? most_last : most_first;
  if (wish > most) wish = most;
  memcpy(shown, from_end ? bytes + len - wish : bytes, wish); /* a few: pan_limit */
  explicit_bzero(digits, sizeof digits);                      /* before Lua is called, which may raise an error */
  lua_pushlstring(L, shown, wish);
  return 1;
}

static int first(lua_State *L) {
  return show(L, false);
}

static int last(lua_State *L) {
  return show(L, true);
}

static int length(lua_State *L) {
  compat_push_integer(L, (int64_t)check_open(L, 1)->len);
  return 1;
}

/* s:digits(): a new secret of the same class with the digits only */
static int digits(lua_State *L) {
  struct secret *secret = check_open(L, 1);
  struct secret *made = binding_new_secret(L); /* first: nothing of Lua's may raise an error while the bytes are held */
  const char *why = NULL;
  char *bytes = pool_alloc(secret->len + 1);
  if (!bytes) return binding_no_memory(L);
  size_t len = pan_digits((const char *)secret->bytes, secret->len, bytes);
  bool filled = fill(L, made, secret->class, bytes, len, &why);
  made->origin = secret->origin;
  pool_free(bytes);
  return binding_push_filled(L, filled, why);
}

static int luhn(lua_State *L) {
  struct secret *secret = check_open(L, 1);
  lua_pushboolean(L, pan_luhn((const char *)secret->bytes, secret->len));
  return 1;
}

static int equals(lua_State *L) {
  struct secret *secret = check_open(L, 1);
  size_t len = 0;
  if (!binding_to_secret(L, 2)) luaL_argcheck(L, lua_type(L, 2) == LUA_TSTRING, 2, "secret or string expected");
  const char *bytes = binding_check_bytes(L, 2, &len);
  lua_pushboolean(L, secret_equals(secret, bytes, len));
  return 1;
}

static int to_string(lua_State *L) {
  struct secret *secret = check_secret(L, 1);
  if (secret_state(secret) == SECRET_OPEN)
    binding_push_mask(L, secret, 0, secret->class == SECRET_PAN ? 4 : 0);
  else
    lua_pushliteral(L, "*** (closed)");
  return 1;
}

/* secret.class, secret.state ("open", "closed", "forked") and the methods */
static int get(lua_State *L) {
  static const char *const states[] = { [SECRET_OPEN] = "open", [SECRET_CLOSED] = "closed", [SECRET_FORKED] = "forked" };
  struct secret *secret = check_secret(L, 1);
  const char *key = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "";
  if (strcmp(key, "class") == 0)
    lua_pushstring(L, secret_class_name(secret->class));
  else if (strcmp(key, "state") == 0)
    lua_pushstring(L, states[secret_state(secret)]);
  else if (strcmp(key, "reveal") == 0 || strcmp(key, "seal") == 0)
    push_gated(L, lua_upvalueindex(1), key);
  else
    lua_rawget(L, lua_upvalueindex(1));
  return 1;
}

static int new_index(lua_State *L) {
  return luaL_error(L, "a secret takes no fields");
}

static int call_make(lua_State *L) {
  lua_remove(L, 1);
  return make(L);
}

void binding_open_secret(lua_State *L) {
  static const luaL_Reg methods[] = { { "close", close_ },  { "mask", mask }, { "first", first },   { "last", last },
                                      { "digits", digits }, { "luhn", luhn }, { "equals", equals }, { NULL, NULL } };
  static const luaL_Reg metamethods[] = {
    { "__gc", close_ },          { "__close", close_ }, { "__tostring", to_string }, { "__concat", binding_concat }, { "__len", length },
    { "__newindex", new_index }, { NULL, NULL }
  };
  static const luaL_Reg functions[] = { { "from_env", from_env }, { "from_file", from_file }, { NULL, NULL } };

  binding_type(L, SECRET_TYPE, metamethods, NULL);
  luaL_getmetatable(L, SECRET_TYPE);
  luaL_newlib(L, methods);
  lua_pushvalue(L, -1);
  lua_setfield(L, LUA_REGISTRYINDEX, SECRET_METHODS);
  lua_pushcclosure(L, get, 1);
  lua_setfield(L, -2, "__index");
  lua_pop(L, 1);

  lua_newtable(L);
  lua_setfield(L, LUA_REGISTRYINDEX, MISSING);
  luaL_newlib(L, functions);
  lua_newtable(L);
  lua_pushcfunction(L, call_make);
  lua_setfield(L, -2, "__call");
  lua_setmetatable(L, -2);
  lua_setfield(L, -2, "secret");
}
