/* Runs a Lua script with its arguments on LuaJIT, as `lua script args…` does: Debian's nginx brings the library, not the program. */
#include <lauxlib.h>
#include <lualib.h>
#include <stdio.h>

int main(int argc, char **argv) {
  lua_State *L = luaL_newstate();
  if (!L || argc < 2) return 2;
  luaL_openlibs(L);
  lua_createtable(L, argc, 0);
  for (int i = 0; i < argc; i++)
    lua_pushstring(L, argv[i]), lua_rawseti(L, -2, i - 1);
  lua_setglobal(L, "arg");
  int failed = luaL_loadfile(L, argv[1]);
  for (int i = 2; !failed && i < argc; i++)
    lua_pushstring(L, argv[i]);
  if (!failed) failed = lua_pcall(L, argc - 2, 0, 0);
  if (failed) {
    if (luaL_callmeta(L, -1, "__tostring")) lua_replace(L, -2);
    fprintf(stderr, "%s\n", lua_isstring(L, -1) ? lua_tostring(L, -1) : "an error that is no text");
  }
  lua_close(L);
  return failed != 0;
}
