/* A module that has its own ideas of what libcurl and cJSON are to allocate with, as others in a process may: for the rows `first` and `hooks` of cases.lua. */
#include <cjson/cJSON.h>
#include <curl/curl.h>
#include <lauxlib.h>

/* other.initialise_libcurl(): with the memory of the C library */
static int initialise_libcurl(lua_State *L) {
  if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) return luaL_error(L, "libcurl cannot be initialised");
  return 0;
}

/* other.put_hooks_back(): cJSON allocates with malloc, and frees without wiping */
static int put_hooks_back(lua_State *L) {
  (void)L;
  cJSON_InitHooks(NULL);
  return 0;
}

__attribute__((visibility("default"))) int luaopen_other(lua_State *L) {
  static const luaL_Reg functions[] = { { "initialise_libcurl", initialise_libcurl }, { "put_hooks_back", put_hooks_back }, { NULL, NULL } };
  lua_newtable(L);
  for (const luaL_Reg *one = functions; one->name; one++) {
    lua_pushcfunction(L, one->func);
    lua_setfield(L, -2, one->name);
  }
  return 1;
}
