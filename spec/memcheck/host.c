/* Runs a Lua script with its arguments in a state of its own, closes that state and lives on, to be scanned. It waits for a line on its standard input after the state was closed
 * and once more at the very end of the process, when all that was set up with atexit has run; the script can wait, too. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

static void stage(const char *name) {
  char c;
  printf("stage %s\n", name);
  fflush(stdout);
  while (read(STDIN_FILENO, &c, 1) == 1 && c != '\n')
    continue;
}

/* The end of the process: set up before anything else, so that it runs last. */
static void end(void) {
  stage("ended");
}

/* stage(name): says what the script has come to, and waits */
static int wait_at(lua_State *L) {
  stage(luaL_checkstring(L, 1));
  return 0;
}

/* plant(text): keeps a copy for good */
static int plant(lua_State *L) {
  static char *planted;
  planted = strdup(luaL_checkstring(L, 1));
  return planted ? 0 : luaL_error(L, "no memory");
}

int main(int argc, char **argv) {
  lua_State *L = luaL_newstate();
  if (!L || argc < 2 || atexit(end) != 0) return 2;
  luaL_openlibs(L);
  lua_register(L, "stage", wait_at);
  lua_register(L, "plant", plant);
  bool left = luaL_loadfile(L, argv[1]) != 0;
  for (int i = 2; !left && i < argc; i++)
    lua_pushstring(L, argv[i]);
  left = left || lua_pcall(L, argc - 2, 0, 0) != 0;
  bool meant = left && lua_isstring(L, -1) && strcmp(lua_tostring(L, -1), "left by an error") == 0;
  if (left && !meant) printf("%s\n", lua_isstring(L, -1) ? lua_tostring(L, -1) : "an error that is no text");
  lua_close(L);
  stage("closed");
  return left && !meant;
}
