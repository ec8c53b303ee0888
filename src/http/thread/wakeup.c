#include "http/thread/wakeup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define PREFIX    "cards-"
#define SOCKET    "wake"
#define ABANDONED 10 /* seconds; a folder exists only while somebody connects */

bool wakeup_open(struct wakeup *wakeup, const char **why) {
  memset(wakeup, 0, sizeof *wakeup);
  wakeup->peer = wakeup->listener = -1;
  wakeup->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (wakeup->fd < 0)
    *why = "no file descriptor is left";
  else if (pthread_mutex_init(&wakeup->lock, NULL) == 0)
    return true;
  else
    *why = "no lock could be made";
  if (wakeup->fd >= 0) close(wakeup->fd);
  return false;
}

void wakeup_signal(struct wakeup *wakeup) {
  static const uint64_t one = 1;
  pthread_mutex_lock(&wakeup->lock);
  /* A full socket or counter will wake the reader anyway. A reader whose connection has ended notices that itself. */
  if (wakeup->peer >= 0)
    send(wakeup->peer, &one, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
  else if (write(wakeup->fd, &one, sizeof one) < 0)
    (void)errno;
  pthread_mutex_unlock(&wakeup->lock);
}

void wakeup_clear(struct wakeup *wakeup) {
  uint64_t signals;
  if (read(wakeup->fd, &signals, sizeof signals) < 0) (void)errno; /* there was none */
}

static void set_peer(struct wakeup *wakeup, int peer) {
  pthread_mutex_lock(&wakeup->lock);
  int former = wakeup->peer;
  wakeup->peer = peer;
  pthread_mutex_unlock(&wakeup->lock);
  if (former >= 0) close(former);
}

void wakeup_disconnect(struct wakeup *wakeup) {
  set_peer(wakeup, -1);
}

/* --- the socket in the file system --- */

static const char *place(void) {
  const char *place = getenv("TMPDIR");
  return place && place[0] == '/' ? place : "/tmp";
}

static void remove_folder(int place_fd, const char *folder) {
  char path[512];
  int len = snprintf(path, sizeof path, "%s/" SOCKET, folder);
  if (len > 0 && (size_t)len < sizeof path) unlinkat(place_fd, path, 0);
  unlinkat(place_fd, folder, AT_REMOVEDIR);
}

/* Whether this is "cards-<pid>-…", a folder of this user, of a process that has ended, and older than any in use. */
static bool is_abandoned(int place_fd, const char *name) {
  char *end;
  struct stat facts;
  if (strncmp(name, PREFIX, strlen(PREFIX)) != 0) return false;
  long pid = strtol(name + strlen(PREFIX), &end, 10);
  if (pid <= 0 || *end != '-' || fstatat(place_fd, name, &facts, AT_SYMLINK_NOFOLLOW) != 0) return false;
  if (!S_ISDIR(facts.st_mode) || facts.st_uid != geteuid() || time(NULL) - facts.st_mtime < ABANDONED) return false;
  return kill((pid_t)pid, 0) != 0 && errno == ESRCH;
}

static void sweep(void) {
  DIR *files = opendir(place());
  if (!files) return;
  for (const struct dirent *file; (file = readdir(files));)
    if (is_abandoned(dirfd(files), file->d_name)) remove_folder(dirfd(files), file->d_name);
  closedir(files);
}

static void stop_listening(struct wakeup *wakeup) {
  if (wakeup->listener >= 0) close(wakeup->listener);
  wakeup->listener = -1;
  if (wakeup->folder[0]) remove_folder(AT_FDCWD, wakeup->folder);
  wakeup->folder[0] = '\0';
}

bool wakeup_listen(struct wakeup *wakeup, char path[static WAKEUP_PATH_MAX], const char **why) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  pthread_once(&once, sweep);
  stop_listening(wakeup);
  int len = snprintf(wakeup->folder, sizeof wakeup->folder, "%s/" PREFIX "%ld-XXXXXX", place(), (long)getpid());
  bool fits = len > 0 && (size_t)len + sizeof "/" SOCKET <= sizeof address.sun_path;
  if (!fits || !mkdtemp(wakeup->folder)) {
    *why = fits ? "no folder could be made in the place for temporary files (TMPDIR, else /tmp)" : "the path in TMPDIR is too long for a socket";
    wakeup->folder[0] = '\0';
    return false;
  }
  snprintf(address.sun_path, sizeof address.sun_path, "%.*s/" SOCKET, len, wakeup->folder);
  memcpy(path, address.sun_path, sizeof address.sun_path);
  wakeup->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (wakeup->listener >= 0 && bind(wakeup->listener, (const struct sockaddr *)&address, sizeof address) == 0 && listen(wakeup->listener, 1) == 0)
    return true;
  *why = wakeup->listener < 0 ? "no file descriptor is left" : "no socket could be made in the place for temporary files (TMPDIR, else /tmp)";
  stop_listening(wakeup);
  return false;
}

bool wakeup_accept(struct wakeup *wakeup, const char **why) {
  struct ucred other = { 0 };
  socklen_t size = sizeof other;
  int peer = wakeup->listener < 0 ? -1 : accept4(wakeup->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
  stop_listening(wakeup);
  if (peer >= 0 && getsockopt(peer, SOL_SOCKET, SO_PEERCRED, &other, &size) == 0 && other.pid == getpid()) {
    set_peer(wakeup, peer);
    return true;
  }
  *why = peer < 0 ? "nobody has connected" : "another process has connected";
  if (peer >= 0) close(peer);
  return false;
}

void wakeup_close(struct wakeup *wakeup) {
  stop_listening(wakeup);
  wakeup_disconnect(wakeup);
  close(wakeup->fd);
  pthread_mutex_destroy(&wakeup->lock);
}

void wakeup_abandon(struct wakeup *wakeup) {
  int fds[] = { wakeup->fd, wakeup->peer, wakeup->listener };
  for (size_t i = 0; i < sizeof fds / sizeof *fds; i++)
    if (fds[i] >= 0) close(fds[i]);
}
