/* Wakes the host of a VM when there is something to do.
 *
 * An event loop polls an eventfd. nginx cannot, so its scripts read from one end of a connection over a unix socket
 * in the file system. Abstract sockets would leave no file behind, but nginx cannot connect to them.
 *
 *   wakeup_listen(&wakeup, path, &why);      the script connects to path
 *   wakeup_accept(&wakeup, &why);            from now on signals are bytes on that connection
 *
 * A wakeup belongs to one thread, which calls all functions except two: any thread may call wakeup_signal, and
 * wakeup_close is called by whoever uses it last. The lock of the wakeup guards `peer`, so that no signal is written
 * to a connection that is being closed. Functions that can fail return false with a static sentence in *why. */
#ifndef CARDS_HTTP_THREAD_WAKEUP_H
#define CARDS_HTTP_THREAD_WAKEUP_H

#include <pthread.h>
#include <stdbool.h>

#define WAKEUP_PATH_MAX 108

struct wakeup {
  int fd;               /* the eventfd, readable after a signal */
  pthread_mutex_t lock; /* guards `peer` */
  int peer;             /* the connection, -1 for none */
  int listener;
  char folder[WAKEUP_PATH_MAX]; /* of the socket while it is listening, "" for none */
};

/* Makes a wakeup with an eventfd. */
bool wakeup_open(struct wakeup *wakeup, const char **why);
/* Closes everything, with the connection. */
void wakeup_close(struct wakeup *wakeup);
/* In a forked child: closes its copies of the descriptors, and leaves the rest. */
void wakeup_abandon(struct wakeup *wakeup);
/* Signals over the connection if there is one, otherwise by the eventfd. */
void wakeup_signal(struct wakeup *wakeup);
/* Clears the eventfd until the next signal. */
void wakeup_clear(struct wakeup *wakeup);

/* Listens on a socket in a new folder that only this user may enter, and writes its path. Removes folders of
 * processes that have ended. */
bool wakeup_listen(struct wakeup *wakeup, char path[static WAKEUP_PATH_MAX], const char **why);
/* Accepts the connection that this process has made meanwhile. Removes socket and folder in any case. */
bool wakeup_accept(struct wakeup *wakeup, const char **why);
void wakeup_disconnect(struct wakeup *wakeup);

#endif
