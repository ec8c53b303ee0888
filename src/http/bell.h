/* How a VM is told that there is something for it: an eventfd, which event loops poll; or one end of a connection over a unix socket, for nginx, whose scripts can wait for
 * nothing else. Abstract sockets would leave no file behind, but nginx cannot connect to them. */
#ifndef CARDS_HTTP_BELL_H
#define CARDS_HTTP_BELL_H

#include <pthread.h>
#include <stdbool.h>

#define BELL_PATH_MAX 108

struct bell {
  int fd;               /* an eventfd, readable when it rang */
  pthread_mutex_t lock; /* of peer, which one thread rings while another one hangs up */
  int peer;             /* the connection; -1 without one */
  int listener;
  char folder[BELL_PATH_MAX]; /* of the socket that is listened on; "" for none */
};

/* On failure these return false with a static sentence in *why. All but bell_ring are called by the bell's owner only. */
bool bell_open(struct bell *bell, const char **why);
void bell_close(struct bell *bell);
/* Only closes the descriptors, of which a forked child has copies. */
void bell_abandon(struct bell *bell);
/* Over the connection where there is one, by the eventfd otherwise. Any thread. */
void bell_ring(struct bell *bell);
/* The eventfd is silent again until the next ring. */
void bell_hush(struct bell *bell);

/* Listens on a socket in a folder of its own that nobody else may enter; path is where to connect. Removes what processes that are gone have left behind. */
bool bell_listen(struct bell *bell, char path[static BELL_PATH_MAX], const char **why);
/* Takes the connection that was made meanwhile by this process; the socket's file and folder are gone then, whatever the outcome. */
bool bell_accept(struct bell *bell, const char **why);
void bell_hang_up(struct bell *bell);

#endif
