/* A script file runs in a Lua state of its own, which never holds a secret. What it returns comes out as a copy: plain values, marks, and functions that are called in
 * that state with copies of plain values. The state has a bound of memory from its birth; a hook bounds instructions and time. Nothing of the host's enters it. */
#include <string.h>

#include "lua/script/bounds.h"
#include "lua/script/environment.h"
#include "lua/script/plain.h"
#include "text/redact.h"

#define SCRIPT_TYPE "cards.script"
#define MAX_TEXT    (256 * 1024)       /* bytes of a file */
#define PIECE       1024               /* bytes of it that are compiled between two looks at the time */
#define MAX_BYTES   (2 * 1024 * 1024)  /* of what goes in or comes out at once */
#define MAX_MEMORY  (32 * 1024 * 1024) /* bytes of the state, from its birth on */
#define MAX_GROWTH  (8 * 1024 * 1024)  /* the same for all calls of its functions together, above what the file took */
#define MAX_MESSAGE 1000

static const struct limit for_file = { 1e7, 2 }, for_call = { 1e6, 1 };

struct script {
  struct bounds bounds;   /* first, as the state leads to it */
  lua_State *L;           /* NULL once it is closed */
  bool starved;           /* in this run there was no memory for an allocation that was not denied */
  const char *name;       /* of the file */
  char shown[LUA_IDSIZE]; /* the same as Lua has it in errors */
  struct buf *bytes;      /* during a run: what goes in, and what comes out: a value or a message */
  const char *text;       /* while the file is loaded */
  size_t text_len;
  bool compiles_only;
  bool compiling;        /* until the text is known to be a script */
  int functions, called; /* how many came out; the one that is called */
};

static struct script *script_of(lua_State *L) {
  return (struct script *)bounds_of(L);
}

/* --- in the script's state --- */

/* Sees to it that the message in `bytes` begins with file and line. What the compiler quotes may be of a file that is no script but has a key or a token. */
static void keep_message(struct script *script, lua_State *L, int status) {
  struct redact none;
  struct buf message;
  redact_init(&none);
  buf_init(&message, 5 * MAX_MESSAGE);
  const char *said = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "an error that is no text", *rest = said;
  size_t len = strlen(script->shown);
  if (strncmp(said, script->shown, len) == 0 && said[len] == ':') {
    int line = 0;
    for (rest = said + len + 1; *rest >= '0' && *rest <= '9' && line < 1000000; rest++)
      line = 10 * line + (*rest - '0');
    if (rest[0] == ':' && line > 0) script->bounds.line = line;
    rest = rest[0] == ':' ? rest + 1 + (rest[1] == ' ') : said;
  }
  script->starved = !script->bounds.denied && binding_is_no_memory(L, status);
  if (script->bounds.denied && binding_is_no_memory(L, status))
    buf_addf(&message, "the script took more than %d bytes of memory", (int)(script->bounds.most < MAX_MEMORY ? MAX_GROWTH : MAX_MEMORY));
  else
    buf_addf(&message, "%.*s", 4 * MAX_MESSAGE, rest);
  const char *whole = buf_string(&message), *quoted = script->compiling ? strstr(whole, " near ") : NULL;
  size_t said_len = quoted ? (size_t)(quoted - whole) : message.len;
  buf_clear(script->bytes);
  buf_addf(script->bytes, "%s:%d: ", script->name, script->bounds.line);
  if (!redact_values(&none, script->bytes, whole, said_len, MAX_MESSAGE) ||
      (quoted && !redact_text(&none, script->bytes, quoted, message.len - said_len, MAX_MESSAGE)))
    buf_add_string(script->bytes, "it failed");
  redact_free(&none);
  buf_free(&message);
}

/* Runs the function in the script's state, with a limit. False: the message is in `bytes`. */
static bool run(struct script *script, lua_CFunction function, const struct limit *limit) {
  lua_State *L = script->L;
  script->starved = false;
  bounds_begin(&script->bounds, L, limit);
  int status = compat_pcall(L, function);
  bounds_end(L);
  if (status != LUA_OK) keep_message(script, L, status);
  lua_settop(L, 0);
  return status == LUA_OK;
}

/* What comes out: functions stay, and are known by their number in the list of them. */
static enum plain_kind kind_outside(lua_State *L, int *number) {
  struct script *script = script_of(L);
  if (lua_isfunction(L, -1)) {
    compat_rawgetp(L, LUA_REGISTRYINDEX, script);
    lua_pushvalue(L, -2);
    lua_rawseti(L, -2, *number = ++script->functions);
    lua_pop(L, 1);
    return PLAIN_FUNCTION;
  }
  return lua_type(L, -1) == LUA_TTABLE ? PLAIN_MARK : PLAIN_NOTHING;
}

/* Of a secret a script sees its class, and that it is there. */
static void make_inside(lua_State *L, enum plain_kind kind, int number, void *context) {
  (void)kind, (void)context;
  lua_createtable(L, 0, 2);
  lua_pushstring(L, secret_class_name((enum secret_class)number));
  lua_setfield(L, -2, "class");
  lua_pushboolean(L, true);
  lua_setfield(L, -2, "present");
}

/* Where the grammar begins: behind a byte order mark, and behind a first line that is for the shell. */
static const char *skip_prefix(const char *text, size_t *len) {
  const char *at = text, *end = text + *len;
  if (*len >= 3 && memcmp(at, "\xef\xbb\xbf", 3) == 0) at += 3;
  if (at < end && *at == '#')
    while (at < end && *at != '\n')
      at++;
  *len = (size_t)(end - at);
  return at;
}

static bool is_bytecode(const char *text, size_t len) {
  while (len > 0 && (*text == '\n' || *text == '\r'))
    text++, len--;
  return len > 0 && *text == LUA_SIGNATURE[0];
}

/* Without a kind it is what a function returned, which is redacted like a provider's text. */
static void write_result(lua_State *L, plain_kind *kind) {
  struct buf *out = script_of(L)->bytes;
  buf_clear(out);
  switch (plain_write(L, -1, out, kind, kind == NULL)) {
  case PLAIN_OK: return;
  case PLAIN_NO_MEMORY: binding_no_memory(L); return;
  case PLAIN_TOO_LONG: luaL_error(L, "what it returns is too large"); return;
  case PLAIN_TOO_DEEP: luaL_error(L, "tables nest too deeply");
  }
}

/* Pushes the name of the chunk, and finds out how Lua shows it. */
static const char *push_chunk_name(lua_State *L, struct script *script) {
  lua_Debug about;
  lua_pushfstring(L, "@%s", script->name);
  if (luaL_loadbuffer(L, "", 0, lua_tostring(L, -1)) != LUA_OK) lua_error(L);
  lua_getinfo(L, ">S", &about);
  memcpy(script->shown, about.short_src, sizeof script->shown);
  return lua_tostring(L, -1);
}

/* Gives the compiler the next piece: some texts take it a time that is not linear. */
static const char *next_piece(lua_State *L, void *context, size_t *len) {
  struct script *script = context;
  const char *piece = script->text;
  *len = script->text_len < PIECE ? script->text_len : PIECE;
  script->text += *len;
  script->text_len -= *len;
  bounds_charge(L, 1);
  return *len ? piece : NULL;
}

static int compile(lua_State *L, struct script *script) {
  const char *name = push_chunk_name(L, script);
#if LUA_VERSION_NUM >= 502
  return lua_load(L, next_piece, script, name, "t");
#else
  return lua_load(L, next_piece, script, name);
#endif
}

/* Compiles and runs the file. */
static int load_file(lua_State *L) {
  struct script *script = script_of(L);
  size_t len = script->text_len;
  const char *text = skip_prefix(script->text, &len);
  lua_newtable(L);
  compat_rawsetp(L, LUA_REGISTRYINDEX, script);
  plain_read(L, script->bytes, NULL, NULL); /* the names of marks */
  environment_push(L);
  script->bounds.line = 1;
  if (is_bytecode(text, len)) return luaL_error(L, "a script is text, not bytecode");
  script->text = text;
  script->text_len = len;
  script->compiling = true;
  if (compile(L, script) != LUA_OK) return lua_error(L);
  script->compiling = false;
  if (script->compiles_only) {
    buf_clear(script->bytes);
    return 0;
  }
  lua_pushvalue(L, -3);
#if LUA_VERSION_NUM < 502
  lua_setfenv(L, -2);
#else
  lua_setupvalue(L, -2, 1);
#endif
  lua_call(L, 0, 1);
  write_result(L, kind_outside);
  lua_settop(L, 0);
  lua_gc(L, LUA_GCCOLLECT, 0);
  return 0;
}

/* Calls one of its functions with the value in `bytes`. */
static int call_inside(lua_State *L) {
  struct script *script = script_of(L);
  if (script->bounds.used > script->bounds.most - MAX_GROWTH / 2) lua_gc(L, LUA_GCCOLLECT, 0);
  compat_rawgetp(L, LUA_REGISTRYINDEX, script);
  lua_rawgeti(L, -1, script->called);
  plain_read(L, script->bytes, make_inside, NULL);
  lua_call(L, 1, 1);
  write_result(L, NULL);
  return 0;
}

/* --- on the host's side --- */

static void end_script(struct script *script) {
  lua_State *L = script->L;
  script->L = NULL; /* first: who is called meanwhile finds none */
  if (!L) return;
  bounds_close(&script->bounds, L);
  lua_close(L);
}

static int collect(lua_State *L) {
  end_script(lua_touserdata(L, 1));
  return 0;
}

/* Pushes a buffer for one run. It stays on the stack as long as it is read, as what Lua collects meanwhile may call the script again. */
static struct buf *push_bytes(lua_State *L, struct script *script) {
  return script->bytes = binding_new_buf(L, MAX_BYTES);
}

/* What goes in: a record as a table, and of a secret its class. */
static enum plain_kind kind_inside(lua_State *L, int *number) {
  const struct secret *secret = binding_to_secret(L, -1);
  if (secret) {
    *number = (int)secret->class;
    return secret_state(secret) == SECRET_OPEN ? PLAIN_SECRET : PLAIN_NOTHING;
  }
  return lua_type(L, -1) == LUA_TTABLE ? PLAIN_AS_TABLE : PLAIN_NOTHING;
}

/* A function of a script, as the host calls it: (value). */
static int call(lua_State *L) {
  struct script *script = lua_touserdata(L, lua_upvalueindex(1));
  lua_settop(L, 1);
  if (!script->L) return luaL_error(L, "%s: its state is closed", script->name); /* as the host's is about to be */
  struct buf *bytes = push_bytes(L, script);
  enum plain_status status = plain_write(L, 1, bytes, kind_inside, true);
  if (status == PLAIN_NO_MEMORY) return binding_no_memory(L);
  if (status != PLAIN_OK) return luaL_error(L, "%s: the value is too large for a script", script->name);
  script->called = (int)lua_tointeger(L, lua_upvalueindex(2));
  bool ok = run(script, call_inside, &for_call);
  if (script->starved) return binding_no_memory(L);
  if (ok)
    plain_read(L, bytes, NULL, NULL);
  else
    lua_pushlstring(L, buf_string(bytes), bytes->len);
  buf_free(bytes);
  return ok ? 1 : lua_error(L);
}

/* Takes the place of what came out of the script; the context is the userdata of the script, at the index 1. */
static void make_outside(lua_State *L, enum plain_kind kind, int number, void *context) {
  (void)context;
  if (kind == PLAIN_MARK) {
    luaL_getmetatable(L, SCRIPT_MARK);
    lua_setmetatable(L, -2);
    return;
  }
  lua_pushvalue(L, 1);
  lua_pushinteger(L, number);
  lua_pushcclosure(L, call, 2);
}

/* Pushes a script with an empty state, and puts it below the text, its name (which it keeps) and the names. */
static struct script *push_script(lua_State *L) {
  struct script *script = binding_new(L, SCRIPT_TYPE, sizeof *script);
  lua_createtable(L, 1, 0);
  lua_pushvalue(L, 2);
  lua_rawseti(L, -2, 1);
  lua_setuservalue(L, -2);
  lua_insert(L, 1);
  script->L = luaL_newstate();
  if (!script->L) binding_no_memory(L);
  bounds_open(&script->bounds, script->L, MAX_MEMORY);
  return script;
}

/* core.script(text, name, names [, compiles_only]): what the script returns, or nothing where it is only compiled; or nil, and a message that begins with file and line. Functions in it run in the script's state, with a copy of
 * what they are given. A mark, which a global of the script named in the list `names` is, and what a call of it makes, is a table { name, line, n, arguments from 1 on }. */
int core_script(lua_State *L) {
  size_t len;
  const char *text = luaL_checklstring(L, 1, &len), *name = luaL_checkstring(L, 2);
  luaL_checktype(L, 3, LUA_TTABLE);
  lua_settop(L, 4);
  if (len > MAX_TEXT) return binding_fail(L, "%s: a script is no longer than %d bytes", name, MAX_TEXT);
  struct script *script = push_script(L);
  script->name = name;
  script->text = text;
  script->text_len = len;
  script->compiles_only = lua_toboolean(L, 5);
  struct buf *bytes = push_bytes(L, script);
  if (plain_write(L, 4, bytes, NULL, false) != PLAIN_OK) return binding_no_memory(L);
  bool ok = run(script, load_file, &for_file);
  script->text = NULL;
  if (script->starved) return binding_no_memory(L);
  if (ok && script->bounds.used + MAX_GROWTH < script->bounds.most) script->bounds.most = script->bounds.used + MAX_GROWTH;
  if (!ok || script->functions == 0) end_script(script);
  if (ok) {
    plain_read(L, bytes, make_outside, NULL);
  } else {
    lua_pushnil(L);
    lua_pushlstring(L, buf_string(bytes), bytes->len);
  }
  buf_free(bytes);
  return ok ? 1 : 2;
}

/* core.script_line(f): the line where the function of a script failed the last time; nil for any other function */
int core_script_line(lua_State *L) {
  if (lua_tocfunction(L, 1) != call || !lua_getupvalue(L, 1, 1)) return 0;
  const struct script *script = lua_touserdata(L, -1);
  lua_pushfstring(L, "%s:%d", script->name, script->bounds.line);
  return 1;
}

void binding_open_script(lua_State *L) {
  static const luaL_Reg metamethods[] = { { "__gc", collect }, { NULL, NULL } }, none[] = { { NULL, NULL } };
  binding_type(L, SCRIPT_TYPE, metamethods, NULL);
  binding_type(L, SCRIPT_MARK, none, NULL);
  lua_pushinteger(L, MAX_TEXT);
  lua_setfield(L, -2, "script_longest");
}
