/* How a VM is told that there is something for it: an eventfd, which event loops poll; or one end of a connection over a unix socket, for nginx, whose scripts can wait for
 * nothing else. Abstract sockets would leave no file behind, but nginx cannot connect to them. */
#ifndef CARDS_HTTP_WAKEUP_H
#define CARDS_HTTP_WAKEUP_H

#include <pthread.h>
#include <stdbool.h>

#define WAKEUP_PATH_MAX 108

struct wakeup {
  int fd;               /* an eventfd, readable when it was signalled */
  pthread_mutex_t lock; /* of peer, which one thread writes to while another one disconnects */
  int peer;             /* the connection; -1 without one */
  int listener;
  char folder[WAKEUP_PATH_MAX]; /* of the socket that is listened on; "" for none */
};

/* On failure these return false with a static sentence in *why. All but wakeup_signal are called by the wakeup's owner only. */
bool wakeup_open(struct wakeup *wakeup, const char **why);
void wakeup_close(struct wakeup *wakeup);
/* Only closes the descriptors, of which a forked child has copies. */
void wakeup_abandon(struct wakeup *wakeup);
/* Over the connection where there is one, by the eventfd otherwise. Any thread. */
void wakeup_signal(struct wakeup *wakeup);
/* The eventfd is not readable until the next signal. */
void wakeup_clear(struct wakeup *wakeup);

/* Listens on a socket in a folder of its own that nobody else may enter; path is where to connect. Removes what processes that are gone have left behind. */
bool wakeup_listen(struct wakeup *wakeup, char path[static WAKEUP_PATH_MAX], const char **why);
/* Takes the connection that was made meanwhile by this process; the socket's file and folder are gone then, whatever the outcome. */
bool wakeup_accept(struct wakeup *wakeup, const char **why);
void wakeup_disconnect(struct wakeup *wakeup);

#endif
