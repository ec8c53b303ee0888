#include "http/bell.h"

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
#define ABANDONED 10 /* seconds: a folder lives for the moment of connecting */

bool bell_open(struct bell *bell, const char **why) {
  memset(bell, 0, sizeof *bell);
  bell->peer = bell->listener = -1;
  bell->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (bell->fd < 0)
    *why = "no file descriptor is left";
  else if (pthread_mutex_init(&bell->lock, NULL) == 0)
    return true;
  else
    *why = "no lock could be made";
  if (bell->fd >= 0) close(bell->fd);
  return false;
}

void bell_ring(struct bell *bell) {
  static const uint64_t one = 1;
  pthread_mutex_lock(&bell->lock);
  /* A full socket or counter has rung already; a connection that is gone hangs up by itself. */
  if (bell->peer >= 0)
    send(bell->peer, &one, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
  else if (write(bell->fd, &one, sizeof one) < 0)
    (void)errno;
  pthread_mutex_unlock(&bell->lock);
}

void bell_hush(struct bell *bell) {
  uint64_t rings;
  if (read(bell->fd, &rings, sizeof rings) < 0) (void)errno; /* it had not rung */
}

static void set_peer(struct bell *bell, int peer) {
  pthread_mutex_lock(&bell->lock);
  int former = bell->peer;
  bell->peer = peer;
  pthread_mutex_unlock(&bell->lock);
  if (former >= 0) close(former);
}

void bell_hang_up(struct bell *bell) {
  set_peer(bell, -1);
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

/* "cards-<pid>-…", a folder of this user's and older than any that is in use, of a process that is gone */
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

static void stop_listening(struct bell *bell) {
  if (bell->listener >= 0) close(bell->listener);
  bell->listener = -1;
  if (bell->folder[0]) remove_folder(AT_FDCWD, bell->folder);
  bell->folder[0] = '\0';
}

bool bell_listen(struct bell *bell, char path[static BELL_PATH_MAX], const char **why) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  pthread_once(&once, sweep);
  stop_listening(bell);
  int len = snprintf(bell->folder, sizeof bell->folder, "%s/" PREFIX "%ld-XXXXXX", place(), (long)getpid());
  if (len < 0 || (size_t)len + sizeof "/" SOCKET > sizeof address.sun_path) {
    bell->folder[0] = '\0';
    *why = "the path in TMPDIR is too long for a socket";
    return false;
  }
  if (!mkdtemp(bell->folder)) {
    bell->folder[0] = '\0';
    *why = "no folder could be made in the place for temporary files (TMPDIR, else /tmp)";
    return false;
  }
  snprintf(address.sun_path, sizeof address.sun_path, "%.*s/" SOCKET, len, bell->folder);
  memcpy(path, address.sun_path, sizeof address.sun_path);
  bell->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (bell->listener >= 0 && bind(bell->listener, (const struct sockaddr *)&address, sizeof address) == 0 && listen(bell->listener, 1) == 0)
    return true;
  *why = bell->listener < 0 ? "no file descriptor is left" : "no socket could be made in the place for temporary files (TMPDIR, else /tmp)";
  stop_listening(bell);
  return false;
}

bool bell_accept(struct bell *bell, const char **why) {
  struct ucred other = { 0 };
  socklen_t size = sizeof other;
  int peer = bell->listener < 0 ? -1 : accept4(bell->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
  stop_listening(bell);
  if (peer >= 0 && getsockopt(peer, SOL_SOCKET, SO_PEERCRED, &other, &size) == 0 && other.pid == getpid()) {
    set_peer(bell, peer);
    return true;
  }
  *why = peer < 0 ? "nobody has connected" : "another process has connected";
  if (peer >= 0) close(peer);
  return false;
}

void bell_close(struct bell *bell) {
  stop_listening(bell);
  bell_hang_up(bell);
  close(bell->fd);
  pthread_mutex_destroy(&bell->lock);
}

void bell_abandon(struct bell *bell) {
  int fds[] = { bell->fd, bell->peer, bell->listener };
  for (size_t i = 0; i < sizeof fds / sizeof *fds; i++)
    if (fds[i] >= 0) close(fds[i]);
}
