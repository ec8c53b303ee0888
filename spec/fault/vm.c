/* A Lua 5.4 in which each allocation fails: Lua's own once, then with some of those that follow it, then the core's. vm SCENARIOS.lua [INDEX]: prints TAP.
 *
 * A scenario is a function that returns true where all is well. It may fail for want of memory and for nothing else, and works as before afterwards. What Lua and the core
 * have taken is counted, so that nothing is lost when the VM is closed; the sanitizer that this is built with sees the rest. */
#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

#include "../c/failing.h"

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

/* --- a server that answers every request with the card of its provider, but the first of two equal ones by a client named "flaky" with an error;
 * nothing that it allocates is counted --- */

static const struct {
  const char *prefix, *body;
} answers[] = {
  { " /alix/", "{\"success\":true,\"message\":\"ok\",\"data\":{\"cvv\":\"111\",\"expYear\":\"27\",\"expMonth\":\"01\",\"cardNo\":"
               "\"4111111111111111\"},\"errorCode\":0}" },
  { " /whop/", "{\"object\":\"card\",\"id\":\"c_1\",\"name\":\"Travel\",\"last4\":\"4242\",\"expiration_month\":\"12\",\"expiration_year\":\"2027\","
               "\"spent_last_month\":123,"
               "\"new\":[1,{\"x\":\"y\"}],\"secrets\":{\"card_number\":\"4242424242424242\",\"cvc\":\"123\",\"name_on_card\":\"John Doe\"}}" },
  { "", "{\"success\":false,\"message\":\"no\"}" },
};

static void answer(int fd) {
  static char former[8192]; /* request that was turned away, up to its second line */
  char request[8192] = "", head[256];
  size_t len = 0;
  while (len < sizeof request - 1 && !strstr(request, "\r\n\r\n")) {
    ssize_t got = recv(fd, request + len, sizeof request - 1 - len, 0);
    if (got <= 0) return;
    len += (size_t)got;
    request[len] = '\0';
  }
  size_t i = 0;
  while (answers[i].prefix[0] && !strstr(request, answers[i].prefix))
    i++;
  const char *status = answers[i].prefix[0] ? "200 Fine" : "404 Not Found";
  if (strstr(request, "User-Agent: flaky\r\n")) {
    size_t line = strcspn(request, "\r");
    if (strncmp(former, request, line + 1) != 0) status = "500 Sorry\r\nRetry-After: 0";
    memcpy(former, request, line + 1);
  }
  int size = snprintf(head, sizeof head, "HTTP/1.1 %s\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n", status, strlen(answers[i].body));
  send(fd, head, (size_t)size, MSG_NOSIGNAL | MSG_MORE);
  send(fd, answers[i].body, strlen(answers[i].body), MSG_NOSIGNAL);
}

static void *serve_one(void *connection) {
  int fd = (int)(intptr_t)connection;
  answer(fd);
  close(fd);
  return NULL;
}

/* Each connection in a thread of its own: after a request that could not be built, libcurl keeps one that is silent. */
static void *serve(void *listener) {
  for (;;) {
    pthread_t thread;
    int fd = accept(*(int *)listener, NULL, NULL);
    if (fd < 0) return NULL;
    if (pthread_create(&thread, NULL, serve_one, (void *)(intptr_t)fd) == 0)
      pthread_detach(thread);
    else
      close(fd);
  }
}

/* The port, or -1. */
static int open_server(void) {
  static int listener;
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
  socklen_t size = sizeof address;
  pthread_t thread;
  listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (listener < 0 || bind(listener, (struct sockaddr *)&address, size) != 0 || listen(listener, 64) != 0 ||
      getsockname(listener, (struct sockaddr *)&address, &size) != 0 || pthread_create(&thread, NULL, serve, &listener) != 0)
    return -1;
  pthread_detach(thread);
  return ntohs(address.sin_port);
}

/* --- one scenario --- */

static const char *scenarios;
static int port;

/* A VM with the scenarios, and the one of that index on its stack; its name where wanted. */
static lua_State *open_vm(int index, char *name, size_t size, bool *fresh) {
  lua_State *L = lua_newstate(allocate, NULL);
  luaL_openlibs(L);
  lua_getglobal(L, "package");
  lua_getfield(L, -1, "preload");
  lua_pushcfunction(L, luaopen_cards_core);
  lua_setfield(L, -2, "cards.core");
  lua_settop(L, 0);
  if (luaL_loadfile(L, scenarios) != LUA_OK) goto broken;
  lua_pushinteger(L, port);
  if (lua_pcall(L, 1, 1, 0) != LUA_OK) goto broken;
  if (lua_rawgeti(L, 1, index) == LUA_TNIL) {
    lua_close(L);
    return NULL;
  }
  lua_getfield(L, 2, "name");
  snprintf(name, size, "%s", lua_tostring(L, -1));
  lua_getfield(L, 2, "fresh");
  *fresh = lua_toboolean(L, -1);
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

enum kind { LUA_ONCE, LUA_SOME, CORE };

/* Each allocation of the kind in turn. In a VM of its own for each where `fresh`. */
static bool each_fails(int index, enum kind kind, long *count) {
  static const char *const names[] = { "Lua", "Lua and some after it", "the core" };
  char name[64];
  const char *which = names[kind], *why;
  bool fresh, reached = true;
  long blocks = atomic_load(&lent);
  lua_State *L = open_vm(index, name, sizeof name, &fresh);
  if (!fresh && (why = run(L))) return fails(name, 0, which, why);
  for (long n = 1; reached; n++) {
    lua_gc(L, LUA_GCSTOP); /* so that every run asks for the same */
    lua_failed = false;
    lua_more = kind == LUA_SOME;
    if (kind == CORE)
      atomic_store(&failing_at, n);
    else
      lua_at = n;
    why = run(L);
    reached = kind == CORE ? atomic_load(&failing_at) <= 0 : lua_failed;
    atomic_store(&failing_at, 0);
    lua_at = 0;
    lua_again = 0;
    if (why && !reached) return fails(name, n, which, why);
    if (why && !strstr(why, "memory") && !strstr(why, "too long" /* a header whose line could not be made */) &&
        !strstr(why, "stack overflow" /* which is what luaL_checkstack says then */))
      return fails(name, n, which, why);
    collect(L);
    if ((why = run(L))) return fails(name, n, which, why);
    collect(L);
    if (fresh || !reached) lua_close(L);
    if (fresh && reached) L = open_vm(index, name, sizeof name, &fresh);
    *count += reached;
  }
  for (int i = 0; i < 1000 && atomic_load(&lent) != blocks; i++)
    usleep(1000); /* what the I/O thread is still giving back */
  if (secrets_open() != 0) return fails(name, 0, which, "a secret is left");
  if (lua_blocks != 0) return fails(name, 0, which, "Lua has lost a block");
  return true;
}

int main(int argc, char **argv) {
  if (argc < 2) return 2;
  scenarios = argv[1];
  port = open_server();
  int only = argc > 2 ? atoi(argv[2]) : 0, total = 0;
  bool all = true, fresh;
  for (int index = 1;; index++) {
    char name[64];
    lua_State *L = open_vm(index, name, sizeof name, &fresh);
    if (!L) break;
    lua_close(L);
    if (only && index != only) continue;
    long of_lua = 0, once_more = 0, of_core = 0;
    bool ok = each_fails(index, LUA_ONCE, &of_lua) && each_fails(index, LUA_SOME, &once_more) && each_fails(index, CORE, &of_core);
    printf("%s %d - %s: %ld allocations of Lua, %ld of the core\n", ok ? "ok" : "not ok", ++total, name, of_lua, of_core);
    fflush(stdout);
    all = all && ok;
  }
  printf("1..%d\n", total);
  return all ? 0 : 1;
}
