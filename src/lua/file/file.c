/* Files, for what Lua's own cannot do: reading one that may be no file at all, appending to one that others must not choose, and going on as a program.
 *
 * Lines are appended by one process at a time: what is written goes to the system in one piece, and what a killed process left half is cut off. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "http/file.h"
#include "lua/binding.h"

#define FILE_TYPE "cards.out_file"

#define PIECE 16384              /* bytes */
#define MOST  (16 * 1024 * 1024) /* bytes of a file that is read whole */

/* core.read_file(path, most): at most that many bytes of a file; or nil and why not. A device or a FIFO is not waited for, nor read. */
int core_read_file(lua_State *L) {
  const char *path = luaL_checkstring(L, 1);
  lua_Number most = luaL_checknumber(L, 2);
  luaL_argcheck(L, most >= 0 && most <= MOST, 2, "it is out of range");
  struct buf *text = binding_new_buf(L, (size_t)most), *why = binding_new_buf(L, FILE_WHY);
  if (!file_read_start(path, (size_t)most, text, why)) return text->failed ? binding_no_memory(L) : binding_fail(L, "%s", buf_string(why));
  lua_pushlstring(L, buf_string(text), text->len);
  buf_free(text);
  return 1;
}

/* core.exec(program, …): goes on as that program, which is looked for in PATH, with these arguments; or nil and why not */
int core_exec(lua_State *L) {
  int count = lua_gettop(L);
  luaL_checkstring(L, 1);
  const char **words = lua_newuserdata(L, ((size_t)count + 1) * sizeof *words);
  for (int i = 0; i < count; i++)
    words[i] = luaL_checkstring(L, i + 1);
  words[count] = NULL;
  fflush(NULL);
  execvp(words[0], (char *const *)(uintptr_t)words);
  return binding_fail(L, "%s: %s", words[0], strerror(errno));
}

/* core.hold_streams(): takes the place of each standard stream that nobody opened, which else the next file or connection would have, and be read or written in
 * its stead. Reading there finds the end, and writing fails. Returns true, or nil and why not. */
int core_hold_streams(lua_State *L) {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) /* from the lowest on, which is what open gives */
    if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDONLY) < 0) return binding_fail(L, "/dev/null: %s", strerror(errno));
  lua_pushboolean(L, 1);
  return 1;
}

static int *check_file(lua_State *L) {
  int *fd = luaL_checkudata(L, 1, FILE_TYPE);
  if (*fd < 0) luaL_error(L, "the file is closed");
  return fd;
}

static int fail(lua_State *L, int why) {
  return binding_fail(L, "%s", strerror(why));
}

const char *file_foreign(const struct stat *facts) {
  if (facts->st_uid != geteuid() && facts->st_uid != 0) return "it belongs to another user";
  if (!S_ISREG(facts->st_mode)) return "it is no regular file";
  return facts->st_mode & (S_IWGRP | S_IWOTH) ? "others can write to it" : NULL;
}

/* Why a file that was opened is none to append to; NULL where it is. What is written to a device is nobody's afterwards. */
static const char *unfit(int fd) {
  struct stat facts;
  if (fstat(fd, &facts) != 0) return strerror(errno);
  if (S_ISCHR(facts.st_mode)) return NULL;
  const char *why = file_foreign(&facts);
  if (why) return why;
  if (flock(fd, LOCK_EX | LOCK_NB) != 0) return errno == EWOULDBLOCK ? "another process writes to it" : strerror(errno);
  return NULL;
}

/* core.append(path): a file to append to, made where there is none and locked for this process; or nil and why not. Links are not followed, and a file that
 * others can write to is refused: who can choose what is in it, or where it is, would choose what a run does again and what it overwrites. */
int core_append(lua_State *L) {
  const char *path = luaL_checkstring(L, 1);
  int *fd = binding_new(L, FILE_TYPE, sizeof *fd);
  *fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC, 0600);
  if (*fd < 0) return errno == ELOOP ? binding_fail(L, "it is a symbolic link") : fail(L, errno);
  const char *why = unfit(*fd);
  if (!why) return 1;
  close(*fd);
  *fd = -1;
  return binding_fail(L, "%s", why);
}

/* Writes the entries of the folder of `path` to the disk. Returns 0, or errno. */
static int sync_folder(const char *path) {
  const char *slash = strrchr(path, '/');
  char *folder = slash == path ? strdup("/") : slash ? strndup(path, (size_t)(slash - path)) : strdup(".");
  if (!folder) return ENOMEM;
  int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  int why = fd < 0 || (fsync(fd) != 0 && errno != EINVAL) ? errno : 0; /* EINVAL: a file system that has no such thing */
  if (fd >= 0) close(fd);
  free(folder);
  return why;
}

/* core.replace(from, to): puts a file in the place of another, which is one or the other whenever the process or the power ends; true, or nil and why not */
int core_replace(lua_State *L) {
  const char *from = luaL_checkstring(L, 1), *to = luaL_checkstring(L, 2);
  int why = rename(from, to) != 0 ? errno : sync_folder(to);
  if (why) return fail(L, why);
  lua_pushboolean(L, 1);
  return 1;
}

/* file:read(most): the next bytes, nil at the end, or nil and why not */
static int read_text(lua_State *L) {
  const int *fd = check_file(L);
  lua_Number most = luaL_checknumber(L, 2);
  char piece[PIECE];
  ssize_t len;
  do
    len = read(*fd, piece, most < PIECE ? (size_t)most : PIECE);
  while (len < 0 && errno == EINTR);
  if (len < 0) return fail(L, errno);
  if (len > 0)
    lua_pushlstring(L, piece, (size_t)len);
  else
    lua_pushnil(L);
  return 1;
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

void binding_open_file(lua_State *L) {
  static const luaL_Reg methods[] = { { "read", read_text }, { "write", write_text }, { "cut", cut },
                                      { "sync", sync_file }, { "close", close_file }, { NULL, NULL } };
  static const luaL_Reg metamethods[] = { { "__gc", close_file }, { NULL, NULL } };
  binding_type(L, FILE_TYPE, metamethods, methods);
}
