/* A Lua 5.4 in which each allocation fails: Lua's own once, then with some of those that follow it, then the core's, then OpenSSL's. vm SCENARIOS.lua CERTIFICATE.pem [INDEX]:
 * prints TAP. Of OpenSSL's and of those of a scenario that says so, which may be thousands, ever fewer fail after the first.
 *
 * A scenario is a function that returns true where all is well. It may fail for want of memory and for nothing else, and works as before afterwards. What Lua and the core
 * have taken is counted, so that nothing is lost when the VM is closed; the sanitizer that this is built with sees the rest. */
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

#include "failing.h"
#include "server.h"

int luaopen_cards_core(lua_State *L);

/* --- Lua's allocator --- */

#define SOME 5 /* of so many allocations after the first that failed one fails, too */

static long lua_at;   /* growths until the one that fails; 0 and below: none */
static bool lua_more; /* some after it fail as well */
static bool lua_failed;
static size_t lua_again; /* the size that failed: Lua collects garbage and asks once more, in vain */
static long lua_blocks;

static void *allocate(void *unused, void *block, size_t old_size, size_t size) {
  (void)unused;
  if (size == 0) {
    lua_blocks -= block != NULL;
    free(block);
    return NULL;
  }
  if (!block || size > old_size) {
    if (lua_again == size) {
      lua_again = 0;
      return NULL;
    }
    lua_again = 0;
    if (lua_at > 0 && --lua_at == 0) {
      lua_again = size;
      lua_failed = true;
      if (lua_more) lua_at = SOME;
      return NULL;
    }
  }
  void *moved = realloc(block, size);
  lua_blocks += moved && !block;
  return moved;
}

/* --- OpenSSL's --- */

static atomic_long crypto_at; /* as failing_at */

static bool crypto_fails(void) {
  return !server_is_here && atomic_load(&crypto_at) > 0 && atomic_fetch_sub(&crypto_at, 1) == 1;
}

static void *crypto_malloc(size_t size, const char *file, int line) {
  (void)file, (void)line;
  return crypto_fails() ? NULL : __real_malloc(size);
}

static void *crypto_realloc(void *block, size_t size, const char *file, int line) {
  (void)file, (void)line;
  return crypto_fails() ? NULL : realloc(block, size);
}

static void crypto_free(void *block, const char *file, int line) {
  (void)file, (void)line;
  free(block);
}

/* --- one scenario --- */

static const char *scenarios, *certificate;
static int port, tls_port;

struct scenario {
  char name[64];
  bool fresh; /* a VM for each try */
  bool many;  /* allocations, of which ever fewer fail */
  bool once;  /* none fails: only what the end of the VM leaves is looked at */
  bool inner; /* none of Lua's fails, and of the others ever fewer */
};

#define FEW 64

/* A VM with the scenarios, and the one of that index on its stack. */
static lua_State *open_vm(int index, struct scenario *scenario) {
  lua_State *L = lua_newstate(allocate, NULL);
  luaL_openlibs(L);
  lua_getglobal(L, "package");
  lua_getfield(L, -1, "preload");
  lua_pushcfunction(L, luaopen_cards_core);
  lua_setfield(L, -2, "cards.core");
  lua_settop(L, 0);
  if (luaL_loadfile(L, scenarios) != LUA_OK) goto broken;
  lua_pushinteger(L, port);
  lua_pushinteger(L, tls_port);
  lua_pushstring(L, certificate);
  if (lua_pcall(L, 3, 1, 0) != LUA_OK) goto broken;
  if (lua_rawgeti(L, 1, index) == LUA_TNIL) {
    lua_close(L);
    return NULL;
  }
  lua_getfield(L, 2, "name");
  snprintf(scenario->name, sizeof scenario->name, "%s", lua_tostring(L, -1));
  lua_getfield(L, 2, "fresh");
  scenario->fresh = lua_toboolean(L, -1);
  lua_getfield(L, 2, "many");
  scenario->many = lua_toboolean(L, -1);
  lua_getfield(L, 2, "once");
  scenario->once = lua_toboolean(L, -1);
  lua_getfield(L, 2, "inner");
  scenario->inner = lua_toboolean(L, -1);
  scenario->many = scenario->many || scenario->inner;
  lua_getfield(L, 2, "run");
  lua_replace(L, 1);
  lua_settop(L, 1);
  return L;
broken:
  printf("Bail out! %s\n", lua_tostring(L, -1));
  exit(1);
}

/* NULL where it returned true; else why not. */
static const char *run(lua_State *L) {
  static char why[512];
  lua_settop(L, 1);
  lua_pushvalue(L, 1);
  int status = lua_pcall(L, 0, 1, 0);
  if (status == LUA_OK && lua_toboolean(L, -1)) return NULL;
  const char *text = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : status == LUA_OK ? "it returned no true" : "an error that is no text";
  snprintf(why, sizeof why, "%s", text);
  return why;
}

static void collect(lua_State *L) {
  lua_settop(L, 1);
  lua_gc(L, LUA_GCRESTART);
  lua_gc(L, LUA_GCCOLLECT);
  lua_gc(L, LUA_GCCOLLECT);
}

static bool fails(const char *name, long n, const char *which, const char *what) {
  printf("# %s: allocation %ld of %s: %s\n", name, n, which, what);
  return false;
}

enum kind { LUA_ONCE, LUA_SOME, CORE, CRYPTO };

/* Each allocation of the kind in turn. In a VM of its own for each where `fresh`. */
static bool each_fails(int index, enum kind kind, long *count) {
  static const char *const names[] = { "Lua", "Lua and some after it", "the core", "OpenSSL" };
  struct scenario scenario;
  const char *which = names[kind], *name = scenario.name, *why;
  bool reached = true;
  long blocks = atomic_load(&lent);
  lua_State *L = open_vm(index, &scenario);
  if (!scenario.fresh && (why = run(L))) return fails(name, 0, which, why);
  if (scenario.once) lua_close(L);
  for (long n = 1; reached && !scenario.once; n += kind == CRYPTO || scenario.many ? 1 + n / FEW : 1) {
    lua_gc(L, LUA_GCSTOP); /* so that every run asks for the same */
    lua_failed = false;
    lua_more = kind == LUA_SOME;
    if (kind == CORE)
      atomic_store(&failing_at, n);
    else if (kind == CRYPTO)
      atomic_store(&crypto_at, n);
    else
      lua_at = n;
    why = run(L);
    reached = kind == CORE ? atomic_load(&failing_at) <= 0 : kind == CRYPTO ? atomic_load(&crypto_at) <= 0 : lua_failed;
    atomic_store(&failing_at, 0);
    atomic_store(&crypto_at, 0);
    lua_at = 0;
    lua_again = 0;
    if (why && !reached) return fails(name, n, which, why);
    if (why && !strstr(why, "memory") && !strstr(why, "too long" /* a header whose line could not be made */) &&
        !strstr(why, "stack overflow" /* which is what luaL_checkstack says then */))
      return fails(name, n, which, why);
    collect(L);
    if ((why = run(L))) return fails(name, n, which, why);
    collect(L);
    if (scenario.fresh || !reached) lua_close(L);
    if (scenario.fresh && reached) L = open_vm(index, &scenario);
    *count += reached;
  }
  for (int i = 0; i < 1000 && atomic_load(&lent) != blocks; i++)
    usleep(1000); /* what the I/O thread is still giving back */
  if (secrets_open() != 0) return fails(name, 0, which, "a secret is left");
  if (lua_blocks != 0) return fails(name, 0, which, "Lua has lost a block");
  return true;
}

int main(int argc, char **argv) {
  if (argc < 3 || CRYPTO_set_mem_functions(crypto_malloc, crypto_realloc, crypto_free) != 1) return 2;
  scenarios = argv[1];
  certificate = argv[2];
  port = server_open(NULL);
  tls_port = server_open(certificate);
  int only = argc > 3 ? atoi(argv[3]) : 0, total = 0;
  bool all = true;
  if (port < 0 || tls_port < 0) return 2;
  for (int index = 1;; index++) {
    struct scenario scenario;
    lua_State *L = open_vm(index, &scenario);
    if (!L) break;
    lua_close(L);
    if (only && index != only) continue;
    long of_lua = 0, once_more = 0, of_core = 0, of_crypto = 0;
    bool ok = (scenario.inner || (each_fails(index, LUA_ONCE, &of_lua) && each_fails(index, LUA_SOME, &once_more))) &&
              each_fails(index, CORE, &of_core) && each_fails(index, CRYPTO, &of_crypto);
    printf("%s %d - %s: %ld allocations of Lua, %ld of the core, %ld of OpenSSL\n", ok ? "ok" : "not ok", ++total, scenario.name, of_lua, of_core,
           of_crypto);
    fflush(stdout);
    all = all && ok;
  }
  printf("1..%d\n", total);
  return all ? 0 : 1;
}
