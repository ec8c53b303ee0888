#include "http/connection/sockets.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/clock.h"
#include "secret/pool.h"

#define EVENTS 256 /* of one epoll_wait */

enum watch_kind { WATCH_NOTHING, WATCH_LIBCURL, WATCH_CONNECTION, WATCH_WAKE };

struct watched {
  uint8_t kind;
  uint8_t events; /* EPOLLIN, EPOLLOUT */
  bool made;      /* by sockets_make. Descriptors of the resolver and others come and go unseen */
  union {
    struct shard *shard;           /* of WATCH_LIBCURL */
    struct connection *connection; /* of WATCH_CONNECTION */
  };
};

/* --- what is watched --- */

static struct watched *entry(struct sockets *sockets, int fd) {
  if ((size_t)fd >= sockets->watched_count) {
    size_t count = sockets->watched_count ? sockets->watched_count : 64;
    while (count <= (size_t)fd)
      count *= 2;
    struct watched *grown = pool_realloc(sockets->watched, count * sizeof *grown);
    if (!grown) return NULL;
    memset(grown + sockets->watched_count, 0, (count - sockets->watched_count) * sizeof *grown);
    sockets->watched = grown;
    sockets->watched_count = count;
  }
  return &sockets->watched[fd];
}

static void unwatch(struct sockets *sockets, int fd) {
  struct watched *known = entry(sockets, fd);
  if (!known) return;
  /* libcurl 7.88 closes sockets that are still connecting by itself and reports it afterwards. The descriptor may
   * belong to another thread by now, and then epoll does not know it. */
  if (known->events && epoll_ctl(sockets->epoll, EPOLL_CTL_DEL, fd, NULL) != 0) known->made = false;
  known->events = 0;
  known->kind = WATCH_NOTHING;
}

static struct watched *watch(struct sockets *sockets, int fd, uint32_t events, enum watch_kind kind) {
  struct watched *known = entry(sockets, fd);
  if (!known) return NULL;
  if (known->events != events) {
    struct epoll_event event = { .events = kind == WATCH_WAKE ? events | EPOLLET : events, .data.fd = fd };
    int operation = known->events ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
    if (epoll_ctl(sockets->epoll, operation, fd, &event) != 0 &&
        (errno != (operation == EPOLL_CTL_MOD ? ENOENT : EEXIST) ||
         epoll_ctl(sockets->epoll, operation == EPOLL_CTL_MOD ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, fd, &event) != 0))
      return NULL;
  }
  known->events = (uint8_t)events;
  known->kind = (uint8_t)kind;
  return known;
}

bool sockets_add_wake(struct sockets *sockets, int fd) {
  return watch(sockets, fd, EPOLLIN, WATCH_WAKE) != NULL;
}

bool sockets_watch(struct sockets *sockets, int fd, struct connection *connection, bool writing) {
  struct watched *known = watch(sockets, fd, writing ? EPOLLIN | EPOLLOUT : EPOLLIN, WATCH_CONNECTION);
  if (known) known->connection = connection;
  return known != NULL;
}

curl_socket_t sockets_make(struct sockets *sockets, const struct curl_sockaddr *address) {
  int fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  struct watched *known = fd < 0 ? NULL : entry(sockets, fd);
  if (known) known->made = true;
  return fd < 0 ? CURL_SOCKET_BAD : fd;
}

int sockets_on_close(void *user, curl_socket_t fd) {
  struct sockets *sockets = user;
  /* A forked process may still have the socket, and then epoll would go on to report it. */
  if ((size_t)fd < sockets->watched_count && sockets->watched[fd].events) epoll_ctl(sockets->epoll, EPOLL_CTL_DEL, fd, NULL);
  if ((size_t)fd < sockets->watched_count) memset(&sockets->watched[fd], 0, sizeof sockets->watched[fd]);
  return close(fd);
}

/* --- what libcurl wants while it connects --- */

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *user, void *unused) {
  static const uint32_t events[] = { [CURL_POLL_IN] = EPOLLIN, [CURL_POLL_OUT] = EPOLLOUT, [CURL_POLL_INOUT] = EPOLLIN | EPOLLOUT };
  struct shard *shard = user;
  (void)easy;
  (void)unused;
  if (what == CURL_POLL_REMOVE) {
    /* Not if the connection is open by now: then the engine watches it. */
    if ((size_t)fd < shard->sockets->watched_count && shard->sockets->watched[fd].kind == WATCH_LIBCURL) unwatch(shard->sockets, fd);
    return 0;
  }
  if (what < 0 || (size_t)what >= sizeof events / sizeof *events || !events[what]) return 0;
  /* If that fails, the call ends at its deadline. */
  struct watched *known = watch(shard->sockets, fd, events[what], WATCH_LIBCURL);
  if (known) known->shard = shard;
  return 0;
}

static int on_timer(CURLM *multi, long milliseconds, void *user) {
  (void)multi;
  struct shard *shard = user;
  shard->timer = milliseconds < 0 ? -1 : clock_now() + (double)milliseconds / 1000;
  return 0;
}

/* After a failure, for lack of memory, libcurl does not look at the handle any more, and 7.88 keeps traces of its
 * socket that must not be met again. So the shard is given up.
 *
 * What has ended is reported at once. Until its first byte libcurl takes a connection for an unused one, and may
 * close it when it makes another one. */
static void act(struct shard *shard, curl_socket_t fd, int bits) {
  int running, left;
  struct sockets *sockets = shard->sockets;
  if (shard->broken) return;
  if (curl_multi_socket_action(shard->multi, fd, bits, &running) != CURLM_OK) {
    shard->broken = sockets->broken = true;
    return;
  }
  for (CURLMsg *message; shard->connecting && (message = curl_multi_info_read(shard->multi, &left));)
    if (message->msg == CURLMSG_DONE) sockets->ended(sockets->context, message->easy_handle, message->data.result);
}

/* --- shards --- */

static CURLM *multi_new(struct shard *shard) {
  CURLM *multi = curl_multi_init();
  if (multi && curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_socket) == CURLM_OK &&
      curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, shard) == CURLM_OK && curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_timer) == CURLM_OK &&
      curl_multi_setopt(multi, CURLMOPT_TIMERDATA, shard) == CURLM_OK &&
      curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, 2L * SHARD_CONNECTIONS) == CURLM_OK)
    return multi;
  curl_multi_cleanup(multi);
  return NULL;
}

static struct shard *add_shard(struct sockets *sockets) {
  struct shard *shard = pool_calloc(1, sizeof *shard);
  if (!shard) return NULL;
  shard->sockets = sockets;
  shard->timer = -1;
  shard->multi = multi_new(shard);
  struct shard **grown = shard->multi ? pool_realloc(sockets->shards, (sockets->shard_count + 1) * sizeof *grown) : NULL;
  if (grown) {
    sockets->shards = grown;
    sockets->shards[sockets->shard_count++] = shard;
    return shard;
  }
  curl_multi_cleanup(shard->multi);
  pool_free(shard);
  return NULL;
}

static struct shard *find_shard(struct sockets *sockets) {
  for (size_t i = 0; i < sockets->shard_count; i++) {
    struct shard *shard = sockets->shards[i];
    if (!shard->multi) shard->multi = multi_new(shard); /* it was broken */
    if (shard->multi && !shard->broken && shard->connections < SHARD_CONNECTIONS) return shard;
  }
  return add_shard(sockets);
}

struct shard *sockets_connect(struct sockets *sockets, CURL *easy) {
  struct shard *shard = find_shard(sockets);
  if (!shard || curl_multi_add_handle(shard->multi, easy) != CURLM_OK) return NULL;
  shard->connections++;
  shard->connecting++;
  return shard;
}

void sockets_connected(struct shard *shard) {
  shard->connecting--;
}

void sockets_remove(struct shard *shard, CURL *easy, bool connecting) {
  curl_multi_remove_handle(shard->multi, easy);
  shard->connections--;
  if (connecting) shard->connecting--;
}

/* --- opening and closing --- */

bool sockets_open(struct sockets *sockets, sockets_ready *ready, sockets_ended *ended, void *context, const char **why) {
  *sockets = (struct sockets){ .ready = ready, .ended = ended, .context = context };
  sockets->epoll = epoll_create1(EPOLL_CLOEXEC);
  sockets->share = curl_share_init();
  if (sockets->epoll >= 0 && sockets->share && curl_share_setopt(sockets->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS) == CURLSHE_OK &&
      add_shard(sockets))
    return true;
  *why = sockets->epoll < 0 ? "no file descriptor is left" : "libcurl could not be set up";
  sockets_close(sockets);
  return false;
}

void sockets_close(struct sockets *sockets) {
  for (size_t i = 0; i < sockets->shard_count; i++) {
    curl_multi_cleanup(sockets->shards[i]->multi);
    pool_free(sockets->shards[i]);
  }
  curl_share_cleanup(sockets->share);
  pool_free(sockets->shards);
  pool_free(sockets->watched);
  if (sockets->epoll >= 0) close(sockets->epoll);
}

void sockets_abandon(struct sockets *sockets) {
  for (size_t fd = 0; fd < sockets->watched_count; fd++)
    if (sockets->watched[fd].made) close((int)fd);
  close(sockets->epoll);
}

/* --- the loop --- */

double sockets_due(const struct sockets *sockets) {
  double due = -1;
  for (size_t i = 0; i < sockets->shard_count; i++) {
    double timer = sockets->shards[i]->timer;
    if (timer >= 0 && (due < 0 || timer < due)) due = timer;
  }
  return due;
}

bool sockets_wait(struct sockets *sockets, int milliseconds) {
  struct epoll_event events[EVENTS];
  if (sockets->leave) sockets->leave();
  int count = epoll_wait(sockets->epoll, events, EVENTS, milliseconds);
  bool interrupted = count < 0 && errno == EINTR;
  if (sockets->enter) sockets->enter();
  for (int i = 0; i < count; i++) {
    int fd = events[i].data.fd, bits = 0;
    const struct watched *known = &sockets->watched[fd]; /* its current state, as an earlier event may have ended it */
    if (known->kind == WATCH_CONNECTION) {
      sockets->ready(sockets->context, known->connection);
    } else if (known->kind == WATCH_LIBCURL) {
      if (events[i].events & EPOLLIN) bits |= CURL_CSELECT_IN;
      if (events[i].events & EPOLLOUT) bits |= CURL_CSELECT_OUT;
      if (events[i].events & (EPOLLERR | EPOLLHUP)) bits |= CURL_CSELECT_ERR;
      act(known->shard, fd, bits);
    }
  }
  return !interrupted;
}

void sockets_run_timers(struct sockets *sockets, double now) {
  for (size_t i = 0; i < sockets->shard_count; i++) {
    struct shard *shard = sockets->shards[i];
    if (shard->timer < 0 || shard->timer > now) continue;
    shard->timer = -1;
    act(shard, CURL_SOCKET_TIMEOUT, 0);
  }
}

void sockets_mend(struct sockets *sockets) {
  for (size_t i = 0; i < sockets->shard_count; i++) {
    struct shard *shard = sockets->shards[i];
    if (!shard->broken) continue;
    curl_multi_cleanup(shard->multi);
    shard->multi = NULL;
    shard->timer = -1;
    shard->broken = false;
  }
  sockets->broken = false;
}
