/* The module cards.core: what of the library is C, for lua/cards to build on. Here are its list, and the functions of texts and of the process. */
#include <limits.h>
#include <math.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "http/clock.h"
#include "http/engine.h"
#include "lua/value.h"
#include "provider/record.h"
#include "secret/stack.h"
#include "text/chars.h"
#include "text/hash.h"
#include "text/nearest.h"
#include "text/pan.h"

/* core.has_pan(text or secret): whether it is a card's number, or has one in it that stands by itself */
static int has_pan(lua_State *L) {
  size_t len;
  const struct secret *secret = binding_to_secret(L, 1);
  const char *bytes = binding_bytes(L, 1, &len);
  lua_pushboolean(L, (secret && secret->class == SECRET_PAN) || (bytes && pan_stands_in(bytes, len)));
  return 1;
}

/* core.redact(text): the text without card numbers; a number is one, too */
static int redact(lua_State *L) {
  size_t len;
  lua_settop(L, 1);
  if (fabs(lua_tonumber(L, 1)) < 1e20) value_text(L); /* Lua would leave some digits out, as in 4.1111111111111e+15 */
  const char *text = luaL_checklstring(L, 1, &len);
  if (!pan_suspected(text, len)) return 1; /* as most texts */
  struct buf *out = binding_new_buf(L, len);
  bool ok = pan_redact(out, text, len);
  if (ok) lua_pushlstring(L, buf_string(out), out->len);
  buf_free(out);
  return ok ? 1 : binding_no_memory(L);
}

/* core.nearest(name, names): what a message says behind a name that is none of a list: the hint of src/text/nearest.h; and where a name was
 * meant that, and how far it is */
static int nearest(lua_State *L) {
  struct nearest found;
  char hint[NEAREST_HINT];
  luaL_checktype(L, 2, LUA_TTABLE);
  nearest_begin(&found, luaL_checkstring(L, 1));
  for (int i = 1; lua_rawgeti(L, 2, i), lua_type(L, -1) == LUA_TSTRING; i++) {
    nearest_try(&found, lua_tostring(L, -1));
    lua_pop(L, 1);
  }
  nearest_hint(&found, hint);
  lua_pushstring(L, hint);
  if (!found.meant[0]) return 1;
  lua_pushstring(L, found.meant);
  lua_pushnumber(L, (lua_Number)found.distance);
  return 3;
}

/* core.hash(key, text): hash_keyed of two texts, of which each may be a secret */
static int hash(lua_State *L) {
  char hex[HASH_HEX];
  size_t len, key_len;
  binding_check_bytes(L, 1, &key_len); /* which makes a number a text: the bytes are taken when nothing allocates any more */
  binding_check_bytes(L, 2, &len);
  luaL_argcheck(L, key_len > 0 && key_len <= HASH_KEY_MAX, 1, "a key has 1 to 4096 bytes");
  bool ok = hash_keyed(binding_check_bytes(L, 1, &key_len), key_len, binding_check_bytes(L, 2, &len), len, hex);
  stack_wipe(STACK_SHALLOW); /* before Lua is called, which may raise an error */
  if (!ok) return binding_no_memory(L);
  lua_pushlstring(L, hex, sizeof hex);
  return 1;
}

static bool add_hex(struct buf *out, const unsigned char *bytes, size_t count) {
  if (!buf_reserve(out, 2 * count)) return false;
  hex_write(out->data + out->len, bytes, count);
  buf_added(out, 2 * count);
  return true;
}

/* core.hmac(key, "hex" or "base64", …): HMAC-SHA-256 of texts and secrets, one behind the other, under a key */
static int hmac(lua_State *L) {
  static const char *const encodings[] = { "hex", "base64", NULL };
  unsigned char mac[EVP_MAX_MD_SIZE];
  unsigned int mac_len = 0;
  size_t len;
  int pieces = lua_gettop(L);
  int encoding = luaL_checkoption(L, 2, NULL, encodings);
  struct buf *text = binding_new_buf(L, REQUEST_MAX_BODY), *out = binding_new_buf(L, 2 * sizeof mac);
  for (int i = 3; i <= pieces; i++) {
    const char *bytes = binding_check_bytes(L, i, &len);
    if (len && !buf_add(text, bytes, len)) return luaL_argerror(L, i, "the text is too long");
  }
  const char *key = binding_check_bytes(L, 1, &len);
  luaL_argcheck(L, len > 0 && len <= INT_MAX, 1, "a key has at least one byte");
  bool ok = HMAC(EVP_sha256(), key, (int)len, (const unsigned char *)buf_string(text), text->len, mac, &mac_len) != NULL;
  ok = ok && (encoding == 0 ? add_hex(out, mac, mac_len) : buf_add_base64(out, mac, mac_len));
  buf_free(text);
  stack_wipe(STACK_SHALLOW);
  if (!ok) return binding_no_memory(L);
  lua_pushlstring(L, buf_string(out), out->len);
  return 1;
}

/* core.sha256(text): the digest of a text, in hexadecimal */
static int sha256(lua_State *L) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  char hex[2 * EVP_MAX_MD_SIZE];
  unsigned int digest_len = 0;
  size_t len;
  const char *text = luaL_checklstring(L, 1, &len);
  if (!EVP_Digest(text, len, digest, &digest_len, EVP_sha256(), NULL)) return binding_no_memory(L);
  hex_write(hex, digest, digest_len);
  lua_pushlstring(L, hex, 2 * digest_len);
  return 1;
}

#define ID_MAX 16

/* core.id(bytes): so many random bytes in hexadecimal, at most 16, as an id that others log: not all zeros, and without what a scan for card numbers would find */
static int random_id(lua_State *L) {
  unsigned char bytes[ID_MAX];
  char hex[2 * ID_MAX + 1] = "";
  lua_Number count = luaL_checknumber(L, 1);
  luaL_argcheck(L, count >= 1 && count <= ID_MAX, 1, "out of range");
  size_t len = 2 * (size_t)count;
  do {
    if (getrandom(bytes, len / 2, 0) != (ssize_t)(len / 2)) return luaL_error(L, "cards: no randomness");
    hex_write(hex, bytes, len / 2);
  } while (strspn(hex, "0") >= len || pan_suspected(hex, len));
  lua_pushlstring(L, hex, len);
  return 1;
}

/* core.random(): a number from 0 to just below 1, another one in each process */
static int random_number(lua_State *L) {
  uint64_t bits = 0;
  if (getrandom(&bits, sizeof bits, 0) != (ssize_t)sizeof bits) return luaL_error(L, "cards: no randomness");
  lua_pushnumber(L, (lua_Number)(bits >> 11) / 9007199254740992.0);
  return 1;
}

/* core.now(): seconds of a clock that only goes forward */
static int now(lua_State *L) {
  lua_pushnumber(L, clock_now());
  return 1;
}

/* core.time(): seconds since 1970 with fractions, of the system's clock */
static int wall_time(lua_State *L) {
  struct timespec time;
  if (clock_gettime(CLOCK_REALTIME, &time) != 0) return luaL_error(L, "cards: no clock");
  lua_pushnumber(L, (lua_Number)time.tv_sec + (lua_Number)time.tv_nsec / 1e9);
  return 1;
}

#ifdef COMPAT_YIELDABLE
/* core.is_yieldable(): whether the running coroutine can yield here. 5.1 cannot say, and nginx leaves coroutine.isyieldable out. */
static int is_yieldable(lua_State *L) {
  lua_pushboolean(L, lua_isyieldable(L));
  return 1;
}
#else
static bool get_level(lua_State *L, int level, lua_Debug *at) {
  return lua_getstack(L, level, at) && lua_getinfo(L, "nS", at);
}

/* Whether it is the place of a function that was left by a tail call. */
static bool is_tail(const lua_Debug *at) {
  return *at->what == 't';
}

/* core.seems_yieldable(): whether the running coroutine can yield here, as far as the stack tells. Lua 5.1 cannot yield through a function of C, such as pcall, nor through iterators of for
 * loops and metamethods, which no call instruction has called. A function that is called as f()() looks like one of these: such a call blocks where it could have yielded. */
static int seems_yieldable(lua_State *L) {
  lua_Debug at, caller;
  bool yieldable = true, more = get_level(L, 1, &at);
  for (int level = 2; more && yieldable; level++) {
    more = get_level(L, level, &caller);
    bool called = *at.namewhat || is_tail(&at) || !more || is_tail(&caller);
    yieldable = called && *at.what != 'C' && !(at.name && strcmp(at.name, "(for generator)") == 0);
    at = caller;
  }
  lua_pushboolean(L, yieldable);
  return 1;
}
#endif

/* core.is_terminal([stream]): whether "stdout" or "stderr", which is the default, is one */
static int is_terminal(lua_State *L) {
  static const char *const names[] = { "stdout", "stderr", NULL };
  static const int files[] = { STDOUT_FILENO, STDERR_FILENO };
  lua_pushboolean(L, isatty(files[luaL_checkoption(L, 1, "stderr", names)]));
  return 1;
}

/* core.columns(stream): how many columns the terminal of "stdout" or "stderr" has; nil where it is none, or does not say */
static int terminal_columns(lua_State *L) {
  static const char *const names[] = { "stdout", "stderr", NULL };
  static const int files[] = { STDOUT_FILENO, STDERR_FILENO };
  struct winsize size;
  if (ioctl(files[luaL_checkoption(L, 1, NULL, names)], TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 0;
  lua_pushinteger(L, size.ws_col);
  return 1;
}

__attribute__((visibility("default"))) int luaopen_cards_core(lua_State *L) {
  static const luaL_Reg functions[] = {
    /* secret.c */
    { "missing", core_missing },
    { "secret_in_file", core_secret_in_file },
    /* shared/seal.c */
    { "prepare_seal", core_prepare_seal },
    { "shared_name", core_shared_name },
    { "shared_key", core_shared_key },
    { "name_with", core_name_with },
    { "seal", core_seal },
    { "unseal", core_unseal },
    { "seal_with", core_seal_with },
    { "unseal_with", core_unseal_with },
    /* client.c */
    { "client", core_client },
    { "private", core_private },
    { "hold", core_hold },
    { "leave_out", core_leave_out },
    /* job.c */
    { "job", core_job },
    { "read", core_read },
    /* input.c */
    { "number", core_number },
    { "tree", core_tree },
    /* vm.c */
    { "interrupted", core_interrupted },
    { "interrupt_on_term", core_interrupt_on_term },
    { "stop_on_signals", core_stop_on_signals },
    { "stopping", core_stopping },
    { "done", core_done },
    { "take", core_take },
    { "pollfd", core_pollfd },
    { "wake", core_wake },
    { "listen", core_listen },
    { "accept", core_accept },
    { "disconnect", core_disconnect },
    { "limit", core_limit },
    { "under_way", core_under_way },
    { "calls", core_calls },
    { "in_use", core_in_use },
    /* guest/descriptor.c */
    { "await", core_await },
    { "forget", core_forget },
    { "ready", core_ready },
    { "process", core_process },
    { "detach", core_detach },
    /* guest/certificate.c */
    { "certificate_names", core_certificate_names },
    { "authorities", core_authorities },
    /* metrics/metrics.c */
    { "counts", core_counts },
    { "refused", core_refused },
    /* provider.c */
    { "provider", core_provider },
    { "providers", core_providers },
    { "origin", core_origin },
    /* define.c */
    { "define", core_define },
    { "flow", core_flow },
    { "enter", core_enter },
    { "definitions", core_definitions },
    { "template", core_template },
    { "made", core_made },
    { "algorithms", core_algorithms },
    { "jwe", core_jwe },
    /* map.c */
    { "mapping", core_mapping },
    { "mapper", core_mapper },
    { "fits", core_fits },
    /* mask.c */
    { "masker", core_masker },
    /* script/script.c */
    { "script", core_script },
    { "script_line", core_script_line },
    /* memory.c */
    { "memory", core_memory },
    { "strict", core_strict },
    /* gate.c */
    { "gate", core_gate },
    /* recipient.c */
    { "recipient", core_recipient },
    { "thumbprint", core_thumbprint },
    /* json.c */
    { "json_decode", core_json_decode },
    /* file/file.c */
    { "append", core_append },
    { "replace", core_replace },
    { "read_file", core_read_file },
    { "exec", core_exec },
    { "hold_streams", core_hold_streams },
    /* file/log.c */
    { "log", core_log },
    /* binding.c */
    { "error", core_error },
    { "concat", binding_concat },
    /* core.c */
    { "redact", redact },
    { "has_pan", has_pan },
    { "nearest", nearest },
    { "hash", hash },
    { "hmac", hmac },
    { "sha256", sha256 },
    { "random", random_number },
    { "id", random_id },
    { "now", now },
    { "time", wall_time },
    { "is_terminal", is_terminal },
    { "columns", terminal_columns },
#ifdef COMPAT_YIELDABLE
    { "is_yieldable", is_yieldable },
#else
    { "seems_yieldable", seems_yieldable },
#endif
    { NULL, NULL },
  };
  engine_setup();
  record_setup(LUA_VERSION_NUM < 503);
  luaL_newlib(L, functions);
  binding_open(L);
  binding_open_secret(L);
  binding_open_seal(L);
  binding_open_client(L);
  binding_open_job(L);
  binding_open_vm(L);
  binding_open_provider(L);
  binding_open_define(L);
  binding_open_script(L);
  binding_open_recipient(L);
  binding_open_json(L);
  binding_open_file(L);
  binding_open_log(L);
  binding_open_metrics(L);
  return 1;
}
