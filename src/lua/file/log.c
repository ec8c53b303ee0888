/* A log that several processes append lines to, one process at a time, and whose file may be moved away at any time.
 *
 *   local log = core.log("audit.log", 1)      from here to log:close() the lock is this process's
 *   local line = log:last(4096)
 *   log:add "the next line\n"
 *
 * The file is opened anew for each line, so that one that was moved away gets no more of them. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "http/clock.h"
#include "lua/binding.h"

#define LOG_TYPE "cards.log"

#define MOST_BYTES 16384  /* of a last line that is looked for */
#define MOST_WAIT  60     /* seconds for the lock */
#define PAUSE      200000 /* nanoseconds between two tries to get it; whoever has it needs some ten thousand */

struct log {
  int fd;      /* -1: closed */
  off_t bytes; /* of the file, which only this process writes to while it has the lock */
};

static int fail(lua_State *L, int why) {
  return binding_fail(L, "%s", strerror(why));
}

/* Gives the lock back and closes the file. Returns 0, or errno: some file systems say only here that nothing was written. */
static int end(struct log *log) {
  flock(log->fd, LOCK_UN); /* as a process that was forked meanwhile has the same lock, and would keep it */
  int why = close(log->fd) != 0 && errno != EINTR ? errno : 0;
  log->fd = -1;
  return why;
}

/* Gets the lock of a file before a time comes. NULL, or why not. */
static const char *lock(int fd, double until) {
  static const struct timespec pause = { .tv_nsec = PAUSE };
  while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) return strerror(errno);
    if (clock_now() >= until) return "another process has it locked";
    nanosleep(&pause, NULL);
  }
  return NULL;
}

/* Opens the file and gets its lock. NULL, or why not; *moved where its name is another file's by now, or none's. */
static const char *begin(struct log *log, const char *path, double until, bool *moved) {
  struct stat facts, named;
  log->fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0600);
  if (log->fd < 0) return errno == ELOOP ? "it is a symbolic link" : errno == ENXIO ? "it is no regular file" : strerror(errno); /* ENXIO: a socket */
  if (fstat(log->fd, &facts) != 0) return strerror(errno);
  const char *why = file_foreign(&facts);
  if (!why) why = lock(log->fd, until);
  if (why) return why;
  if (fstat(log->fd, &facts) != 0) return strerror(errno); /* as others wrote to it before they gave the lock */
  bool gone = lstat(path, &named) != 0;
  if (gone && errno != ENOENT) return strerror(errno);
  *moved = gone || named.st_dev != facts.st_dev || named.st_ino != facts.st_ino;
  log->bytes = facts.st_size;
  return NULL;
}

/* core.log(path, seconds): a log with its lock, for which it waits that long, made with mode 0600 where there is none; or nil and why not. It is a regular file
 * that only this user, or root, writes to; links are not followed. */
int core_log(lua_State *L) {
  const char *path = luaL_checkstring(L, 1);
  lua_Number seconds = luaL_checknumber(L, 2);
  luaL_argcheck(L, seconds >= 0 && seconds <= MOST_WAIT, 2, "it is out of range");
  struct log *log = binding_new(L, LOG_TYPE, sizeof *log);
  log->fd = -1;
  double until = clock_now() + seconds;
  for (bool moved = false;;) {
    const char *why = begin(log, path, until, &moved);
    if (!why && !moved) return 1;
    if (log->fd >= 0) end(log);
    if (why) return binding_fail(L, "%s", why);
    if (clock_now() >= until) return binding_fail(L, "it was moved away while this process waited for its lock");
  }
}

static struct log *check_log(lua_State *L) {
  struct log *log = luaL_checkudata(L, 1, LOG_TYPE);
  if (log->fd < 0) luaL_error(L, "the log is closed");
  return log;
}

/* Reads all of that many bytes from a place on. Returns 0, or errno. */
static int read_at(int fd, char *bytes, size_t len, off_t place) {
  for (size_t done = 0; done < len;) {
    ssize_t got = pread(fd, bytes + done, len - done, place + (off_t)done);
    if (got == 0) return EIO; /* it was cut meanwhile */
    if (got < 0 && errno != EINTR) return errno;
    if (got > 0) done += (size_t)got;
  }
  return 0;
}

/* log:last(most): the last line without its end, nil where the file is empty; or nil and why there is none, as where it is longer than that many bytes */
static int last_line(lua_State *L) {
  const struct log *log = check_log(L);
  char tail[MOST_BYTES + 2]; /* the end of the line before, the line, its own end */
  lua_Number most = luaL_checknumber(L, 2);
  luaL_argcheck(L, most >= 1 && most <= MOST_BYTES, 2, "it is out of range");
  size_t len = (size_t)most + 2;
  if (log->bytes < (off_t)len) len = (size_t)log->bytes;
  int why = read_at(log->fd, tail, len, log->bytes - (off_t)len);
  if (why) return fail(L, why);
  lua_pushnil(L);
  if (len == 0) return 1;
  if (tail[len - 1] != '\n') return binding_fail(L, "its last line has no end");
  const char *before = memrchr(tail, '\n', len - 1), *line = before ? before + 1 : tail;
  size_t bytes = (size_t)(tail + len - 1 - line);
  if (bytes > (size_t)most) return binding_fail(L, "its last line is longer than %d bytes", (int)most);
  lua_pushlstring(L, line, bytes);
  return 1;
}

/* log:add(text): appends all of the text, or nothing: what is written before the disk is full is cut off again. True, or nil and why not */
static int add(lua_State *L) {
  struct log *log = check_log(L);
  size_t len, done = 0;
  const char *text = luaL_checklstring(L, 2, &len);
  while (done < len) {
    ssize_t written = write(log->fd, text + done, len - done);
    if (written < 0 && errno != EINTR) break;
    if (written > 0) done += (size_t)written;
  }
  if (done == len) {
    log->bytes += (off_t)len;
    lua_pushboolean(L, 1);
    return 1;
  }
  int why = errno;
  if (done == 0 || ftruncate(log->fd, log->bytes) == 0) return fail(L, why);
  int other = errno;
  lua_pushstring(L, strerror(why));
  return binding_fail(L, "%s; a part of the line is in it, and cannot be cut off: %s", lua_tostring(L, -1), strerror(other));
}

/* log:close(): gives the lock back; true, or nil and why what was written may be lost. May be called again. */
static int close_log(lua_State *L) {
  struct log *log = luaL_checkudata(L, 1, LOG_TYPE);
  int why = log->fd >= 0 ? end(log) : 0;
  if (why) return fail(L, why);
  lua_pushboolean(L, 1);
  return 1;
}

static int collect(lua_State *L) {
  struct log *log = lua_touserdata(L, 1);
  if (log->fd >= 0) end(log);
  return 0;
}

void binding_open_log(lua_State *L) {
  static const luaL_Reg methods[] = { { "last", last_line }, { "add", add }, { "close", close_log }, { NULL, NULL } };
  static const luaL_Reg metamethods[] = { { "__gc", collect }, { NULL, NULL } };
  binding_type(L, LOG_TYPE, metamethods, methods);
}
