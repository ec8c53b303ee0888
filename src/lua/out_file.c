/* Files that lines are appended to, by one process at a time: what is written goes to the system in one piece, and what a killed process left half is cut off. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lua/binding.h"

#define FILE_TYPE "cards.out_file"

static int *check_file(lua_State *L) {
  int *fd = luaL_checkudata(L, 1, FILE_TYPE);
  if (*fd < 0) luaL_error(L, "the file is closed");
  return fd;
}

static int fail(lua_State *L, int why) {
  return binding_fail(L, "%s", why == EWOULDBLOCK ? "another process writes to it" : strerror(why));
}

/* core.append(path): a file to append to, made where there is none and locked for this process; or nil and why not */
int core_append(lua_State *L) {
  const char *path = luaL_checkstring(L, 1);
  int *fd = binding_new(L, FILE_TYPE, sizeof *fd);
  *fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (*fd < 0) return fail(L, errno);
  if (flock(*fd, LOCK_EX | LOCK_NB) == 0) return 1;
  int why = errno;
  close(*fd);
  *fd = -1;
  return fail(L, why);
}

/* file:write(text): true, or nil and why not */
static int write_text(lua_State *L) {
  const int *fd = check_file(L);
  size_t len, done = 0;
  const char *text = luaL_checklstring(L, 2, &len);
  while (done < len) {
    ssize_t written = write(*fd, text + done, len - done);
    if (written < 0 && errno != EINTR) return fail(L, errno);
    if (written > 0) done += (size_t)written;
  }
  lua_pushboolean(L, 1);
  return 1;
}

/* file:cut(bytes): makes the file that long; true, or nil and why not */
static int cut(lua_State *L) {
  const int *fd = check_file(L);
  if (ftruncate(*fd, (off_t)luaL_checknumber(L, 2)) != 0) return fail(L, errno);
  lua_pushboolean(L, 1);
  return 1;
}

/* file:sync(): what was written is on the disk; true, or nil and why not */
static int sync_file(lua_State *L) {
  const int *fd = check_file(L);
  if (fsync(*fd) != 0 && errno != EINVAL) return fail(L, errno); /* EINVAL: no file of a disk */
  lua_pushboolean(L, 1);
  return 1;
}

static int close_file(lua_State *L) {
  int *fd = luaL_checkudata(L, 1, FILE_TYPE);
  if (*fd >= 0) close(*fd);
  *fd = -1;
  return 0;
}

void binding_open_out_file(lua_State *L) {
  static const luaL_Reg methods[] = { { "write", write_text }, { "cut", cut }, { "sync", sync_file }, { "close", close_file }, { NULL, NULL } };
  static const luaL_Reg metamethods[] = { { "__gc", close_file }, { NULL, NULL } };
  binding_type(L, FILE_TYPE, metamethods, methods);
}
