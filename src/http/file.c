#include "http/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "text/naming.h"

#define PIECE 16384 /* bytes */

const char *file_shown(const char *path) {
  return naming_is_path(path) ? path : "the file";
}

static bool refuse(const char *path, const char *reason, struct buf *why) {
  buf_addf(why, "%s: %s", file_shown(path), reason);
  return false;
}

static const char not_regular[] = "it is no regular file";

/* Why a file that was opened is none to read; NULL where it is one. */
static const char *unfit(int fd, enum file_kind kind) {
  struct stat facts;
  if (fstat(fd, &facts) != 0) return strerror(errno);
  if (S_ISDIR(facts.st_mode)) return strerror(EISDIR);
  return S_ISREG(facts.st_mode) || (kind == FILE_OR_PIPE && S_ISFIFO(facts.st_mode)) ? NULL : not_regular;
}

static const char *read_some(int fd, enum file_kind kind, size_t most, struct buf *bytes) {
  char piece[PIECE];
  const char *reason = unfit(fd, kind);
  while (!reason && bytes->len < most) {
    size_t room = most - bytes->len;
    ssize_t len = read(fd, piece, room < sizeof piece ? room : sizeof piece);
    if (len == 0) break;
    if (len < 0 && errno != EINTR) reason = strerror(errno);
    if (len > 0 && !buf_add(bytes, piece, (size_t)len)) reason = strerror(ENOMEM);
  }
  explicit_bzero(piece, sizeof piece);
  return reason;
}

static bool read_start(const char *path, enum file_kind kind, size_t most, struct buf *bytes, struct buf *why) {
  int fd = open(path, O_RDONLY | (kind == FILE_REGULAR ? O_NONBLOCK : 0) | O_NOCTTY | O_CLOEXEC);
  if (fd < 0) return refuse(path, errno == ENXIO ? not_regular : strerror(errno), why); /* ENXIO: a socket */
  const char *reason = read_some(fd, kind, most, bytes);
  close(fd);
  return reason ? refuse(path, reason, why) : true;
}

bool file_read_start(const char *path, size_t most, struct buf *bytes, struct buf *why) {
  return read_start(path, FILE_REGULAR, most, bytes, why);
}

bool file_read(const char *path, enum file_kind kind, struct buf *bytes, struct buf *why) {
  size_t most = bytes->max;
  bytes->max++; /* to see whether there is more */
  bool ok = read_start(path, kind, bytes->max, bytes, why);
  bytes->max--;
  if (!ok) return false;
  if (bytes->len == 0) return refuse(path, "it is empty", why);
  if (bytes->len <= most) return true;
  buf_addf(why, "%s: it is larger than %zu bytes", file_shown(path), most);
  return false;
}
