/* What is counted of calls, as Lua sees it: numbers by keys that say what each counts, as lua/cards/metrics/keys.lua reads them. */
#include <stdio.h>

#include "http/counts.h"
#include "lua/binding.h"

#define KEY_MAX (2 * COUNTS_NAME + 64) /* bytes */

/* Pushes a key: "what<tab>provider<tab>operation<tab>which". */
static void push_key(lua_State *L, const struct counts *counts, const char *what, const char *which) {
  char key[KEY_MAX];
  snprintf(key, sizeof key, "%s\t%s\t%s\t%s", what, counts->provider, counts->operation, which);
  lua_pushstring(L, key);
}

/* Sets a number in the table at index 1; not where it is 0. */
static void set(lua_State *L, const struct counts *counts, const char *what, const char *which, int64_t number) {
  if (number == 0) return;
  push_key(L, counts, what, which);
  compat_push_integer(L, number);
  lua_rawset(L, 1);
}

static int64_t value_of(struct counts *counts, size_t place, bool news) {
  return (int64_t)(news ? counts_take(counts, place) : counts_value(counts, place));
}

static void set_seconds(lua_State *L, struct counts *counts, bool news) {
  int64_t nanoseconds = value_of(counts, COUNTS_NANOSECONDS, news);
  if (nanoseconds == 0) return;
  push_key(L, counts, "seconds", "");
  lua_pushnumber(L, (lua_Number)nanoseconds / 1e9);
  lua_rawset(L, 1);
}

static void set_all(lua_State *L, struct counts *counts, bool news) {
  for (size_t kind = 0; kind < ERROR_KINDS; kind++)
    set(L, counts, "result", kind == ERROR_NONE ? "ok" : error_kind_name((enum error_kind)kind), value_of(counts, COUNTS_RESULTS + kind, news));
  for (size_t i = 0; i <= COUNTS_BOUNDS; i++) {
    char number[24];
    snprintf(number, sizeof number, "%zu", i + 1);
    set(L, counts, "bucket", number, value_of(counts, COUNTS_BUCKETS + i, news));
  }
  set_seconds(L, counts, news);
  set(L, counts, "try", "new", value_of(counts, COUNTS_TRIES, news));
  set(L, counts, "try", "reused", value_of(counts, COUNTS_TRIES + 1, news));
  if (!news) set(L, counts, "in_flight", "", atomic_load_explicit(&counts->in_flight, memory_order_relaxed));
}

/* core.counts(table, news): sets what this process has counted in the table: what and how often by operation, and what is in flight. With `news` only how much each number has grown since
 * news were asked for last, by any VM of the process. What is 0 is not there. */
int core_counts(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  bool news = lua_toboolean(L, 2);
  for (struct counts *counts = counts_next(NULL); counts; counts = counts_next(counts))
    set_all(L, counts, news);
  return 0;
}

/* core.refused(client, operation, kind): counts a call for which core.job made no job, but an error of that kind */
int core_refused(lua_State *L) {
  const struct client *client = luaL_checkudata(L, 1, CLIENT_TYPE);
  const struct operation *operation = provider_operation(client->provider, luaL_checkstring(L, 2));
  enum error_kind kind = error_kind_of(luaL_checkstring(L, 3));
  if (operation && !client->uncounted) counts_refuse(counts_of(client->provider, operation), kind);
  return 0;
}

void binding_open_metrics(lua_State *L) {
  lua_createtable(L, COUNTS_BOUNDS, 0);
  for (int i = 0; i < COUNTS_BOUNDS; i++) {
    lua_pushnumber(L, counts_bounds[i]);
    lua_rawseti(L, -2, i + 1);
  }
  lua_setfield(L, -2, "bounds");
}
