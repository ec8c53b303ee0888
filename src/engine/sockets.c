#include "sockets.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../base/clock.h"
#include "../base/pool.h"

#define MAX_CONNECTIONS 256L  /* idle ones that a lane keeps */
#define EVENTS          256   /* read from epoll at once */
#define LOOK_AGAIN      0.001 /* seconds */

enum { UNKNOWN, BUSY, IDLE /* libcurl does not watch it at present, epoll still does */, WAKE /* of the caller */ };

struct watched {
  bool connection; /* made for libcurl and closed for it here; other descriptors come and go unseen, as the resolver's */
  uint8_t state;
  uint8_t events; /* EPOLLIN, EPOLLOUT */
  uint32_t lane;
};

/* --- what libcurl wants watched --- */

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
  if (known->state == IDLE) sockets->idle--;
  /* libcurl 7.88 closes sockets that are still connecting by itself, and tells afterwards: the descriptor may be another thread's by now, which epoll does not know. */
  if (known->events && epoll_ctl(sockets->epoll, EPOLL_CTL_DEL, fd, NULL) != 0) known->connection = false;
  known->events = 0;
  known->state = UNKNOWN;
}

static bool watch(struct sockets *sockets, int fd, uint32_t events, uint8_t state) {
  struct watched *known = entry(sockets, fd);
  if (!known) return false; /* the call then ends at its deadline */
  if (known->events != events) {
    struct epoll_event event = { .events = state == WAKE ? events | EPOLLET : events, .data.fd = fd };
    int operation = known->events ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
    if (epoll_ctl(sockets->epoll, operation, fd, &event) != 0 &&
        (errno != (operation == EPOLL_CTL_MOD ? ENOENT : EEXIST) ||
         epoll_ctl(sockets->epoll, operation == EPOLL_CTL_MOD ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, fd, &event) != 0))
      return false;
  }
  if (known->state == IDLE) sockets->idle--;
  known->events = (uint8_t)events;
  known->state = state;
  return true;
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *user, void *unused) {
  (void)easy;
  (void)unused;
  const struct lane *lane = user;
  struct sockets *sockets = lane->sockets;
  switch (what) {
  case CURL_POLL_IN: watch(sockets, fd, EPOLLIN, BUSY); break;
  case CURL_POLL_OUT: watch(sockets, fd, EPOLLOUT, BUSY); break;
  case CURL_POLL_INOUT: watch(sockets, fd, EPOLLIN | EPOLLOUT, BUSY); break;
  case CURL_POLL_REMOVE:
    /* An idle connection stays watched for reading: the next call over it then needs no system call. */
    if ((size_t)fd < sockets->watched_count && sockets->watched[fd].connection && sockets->watched[fd].events == EPOLLIN &&
        sockets->watched[fd].state == BUSY) {
      sockets->watched[fd].state = IDLE;
      sockets->idle++;
      sockets->looked = -1;
    } else {
      unwatch(sockets, fd);
    }
    return 0;
  }
  if ((size_t)fd < sockets->watched_count) sockets->watched[fd].lane = lane->index;
  return 0;
}

curl_socket_t sockets_on_open(void *user, curlsocktype purpose, struct curl_sockaddr *address) {
  (void)purpose;
  struct sockets *sockets = user;
  /* A program that the host starts must not hold a provider's connection open. */
  int fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  struct watched *known = fd < 0 ? NULL : entry(sockets, fd);
  if (known) known->connection = true;
  return fd < 0 ? CURL_SOCKET_BAD : fd;
}

int sockets_on_close(void *user, curl_socket_t fd) {
  struct sockets *sockets = user;
  if ((size_t)fd < sockets->watched_count) {
    if (sockets->watched[fd].state == IDLE) sockets->idle--;
    memset(&sockets->watched[fd], 0, sizeof sockets->watched[fd]);
  }
  return close(fd);
}

static int on_timer(CURLM *multi, long milliseconds, void *user) {
  (void)multi;
  struct lane *lane = user;
  lane->timer = milliseconds < 0 ? -1 : clock_now() + (double)milliseconds / 1000;
  return 0;
}

bool sockets_add_wake(struct sockets *sockets, int fd) {
  return watch(sockets, fd, EPOLLIN, WAKE);
}

/* An idle connection that has something to read is over: the server closed it, or sent what nobody asked for, which the next call would take for its answer (libcurl
 * 7.88 sees the bytes and goes on). Without a reading side libcurl finds it dead. */
static void retire(struct sockets *sockets, int fd) {
  char unasked[4096];
  shutdown(fd, SHUT_RD);
  while (recv(fd, unasked, sizeof unasked, MSG_DONTWAIT) > 0)
    continue;
  explicit_bzero(unasked, sizeof unasked);
  unwatch(sockets, fd);
}

void sockets_retire_idle(struct sockets *sockets, double now) {
  struct epoll_event events[EVENTS];
  /* Not for every call of many that start together. */
  if (!sockets->idle || (sockets->looked >= 0 && now - sockets->looked < LOOK_AGAIN)) return;
  sockets->looked = now;
  int count = epoll_wait(sockets->epoll, events, EVENTS, 0);
  for (int i = 0; i < count; i++)
    if (sockets->watched[events[i].data.fd].state == IDLE) retire(sockets, events[i].data.fd);
}

/* --- lanes --- */

static CURLM *multi_new(struct lane *lane) {
  CURLM *multi = curl_multi_init();
  if (multi && curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_socket) == CURLM_OK &&
      curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, lane) == CURLM_OK && curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_timer) == CURLM_OK &&
      curl_multi_setopt(multi, CURLMOPT_TIMERDATA, lane) == CURLM_OK && curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, MAX_CONNECTIONS) == CURLM_OK)
    return multi;
  curl_multi_cleanup(multi);
  return NULL;
}

static struct lane *lane_new(struct sockets *sockets) {
  struct lane *lane = pool_calloc(1, sizeof *lane);
  if (!lane) return NULL;
  lane->sockets = sockets;
  lane->index = (uint32_t)sockets->lane_count;
  lane->timer = -1;
  lane->multi = multi_new(lane);
  if (lane->multi) return lane;
  pool_free(lane);
  return NULL;
}

static struct lane *add_lane(struct sockets *sockets) {
  struct lane *lane = lane_new(sockets);
  struct lane **grown = lane ? pool_realloc(sockets->lanes, (sockets->lane_count + 1) * sizeof *grown) : NULL;
  if (grown) {
    sockets->lanes = grown;
    sockets->lanes[sockets->lane_count++] = lane;
    return lane;
  }
  if (lane) curl_multi_cleanup(lane->multi);
  pool_free(lane);
  return NULL;
}

/* The first lane with room: so few of them, and warm connections, where few calls are in flight. */
static struct lane *find_lane(struct sockets *sockets) {
  for (size_t i = 0; i < sockets->lane_count; i++) {
    struct lane *lane = sockets->lanes[i];
    if (!lane->multi) lane->multi = multi_new(lane); /* it was broken */
    if (lane->multi && lane->calls < LANE_CALLS) return lane;
  }
  return add_lane(sockets);
}

struct lane *sockets_add(struct sockets *sockets, CURL *easy) {
  struct lane *lane = find_lane(sockets);
  if (!lane || curl_multi_add_handle(lane->multi, easy) != CURLM_OK) return NULL;
  lane->calls++;
  return lane;
}

void sockets_remove(struct lane *lane, CURL *easy) {
  curl_multi_remove_handle(lane->multi, easy);
  lane->calls--;
}

bool sockets_open(struct sockets *sockets, const char **why) {
  memset(sockets, 0, sizeof *sockets);
  sockets->epoll = epoll_create1(EPOLL_CLOEXEC);
  if (sockets->epoll >= 0 && add_lane(sockets)) return true;
  *why = sockets->epoll < 0 ? "no file descriptor is left" : "libcurl could not be set up";
  sockets_close(sockets);
  return false;
}

void sockets_close(struct sockets *sockets) {
  for (size_t i = 0; i < sockets->lane_count; i++) {
    curl_multi_cleanup(sockets->lanes[i]->multi);
    pool_free(sockets->lanes[i]);
  }
  pool_free(sockets->lanes);
  pool_free(sockets->watched);
  if (sockets->epoll >= 0) close(sockets->epoll);
}

void sockets_abandon(struct sockets *sockets) {
  for (size_t fd = 0; fd < sockets->watched_count; fd++)
    if (sockets->watched[fd].state == BUSY || sockets->watched[fd].state == IDLE) close((int)fd);
  close(sockets->epoll);
}

/* --- the loop --- */

double sockets_due(const struct sockets *sockets) {
  double due = -1;
  for (size_t i = 0; i < sockets->lane_count; i++) {
    double timer = sockets->lanes[i]->timer;
    if (timer >= 0 && (due < 0 || timer < due)) due = timer;
  }
  return due;
}

/* A failure, for want of memory, leaves libcurl with a call that it does not look at any more, and 7.88 with traces of its socket that must not be met again. */
static void act(struct lane *lane, curl_socket_t fd, int bits) {
  int running;
  if (lane->broken || curl_multi_socket_action(lane->multi, fd, bits, &running) == CURLM_OK) return;
  lane->broken = lane->sockets->broken = true;
}

void sockets_mend(struct sockets *sockets) {
  for (size_t i = 0; i < sockets->lane_count; i++) {
    struct lane *lane = sockets->lanes[i];
    if (!lane->broken) continue;
    curl_multi_cleanup(lane->multi);
    lane->multi = NULL;
    lane->timer = -1;
    lane->broken = false;
  }
  sockets->broken = false;
}

static void run_socket(struct sockets *sockets, const struct epoll_event *event) {
  int bits = 0, fd = event->data.fd;
  const struct watched *known = &sockets->watched[fd];
  if (known->state == IDLE) {
    retire(sockets, fd);
    return;
  }
  if (known->state != BUSY) return;
  if (event->events & EPOLLIN) bits |= CURL_CSELECT_IN;
  if (event->events & EPOLLOUT) bits |= CURL_CSELECT_OUT;
  if (event->events & (EPOLLERR | EPOLLHUP)) bits |= CURL_CSELECT_ERR;
  act(sockets->lanes[known->lane], fd, bits);
}

size_t sockets_calls(const struct sockets *sockets) {
  size_t calls = 0;
  for (size_t i = 0; i < sockets->lane_count; i++)
    calls += (size_t)sockets->lanes[i]->calls;
  return calls;
}

bool sockets_wait(struct sockets *sockets, int milliseconds) {
  struct epoll_event events[EVENTS];
  if (sockets->leave) sockets->leave();
  int count = epoll_wait(sockets->epoll, events, EVENTS, milliseconds);
  bool interrupted = count < 0 && errno == EINTR;
  if (sockets->enter) sockets->enter();
  for (int i = 0; i < count; i++)
    run_socket(sockets, &events[i]);
  return !interrupted;
}

void sockets_run_timers(struct sockets *sockets, double now) {
  for (size_t i = 0; i < sockets->lane_count; i++) {
    struct lane *lane = sockets->lanes[i];
    if (lane->timer < 0 || lane->timer > now) continue;
    lane->timer = -1;
    act(lane, CURL_SOCKET_TIMEOUT, 0);
  }
}

void sockets_collect(struct sockets *sockets, void (*ended)(void *context, CURL *easy, CURLcode code), void *context) {
  for (size_t i = 0; i < sockets->lane_count; i++) {
    int left;
    if (sockets->lanes[i]->calls == 0) continue;
    for (CURLMsg *message; (message = curl_multi_info_read(sockets->lanes[i]->multi, &left));)
      if (message->msg == CURLMSG_DONE) ended(context, message->easy_handle, message->data.result);
  }
}
