/* One epoll and what it watches: sockets that libcurl is connecting, open connections, and eventfds that end a wait.
 *
 * An easy handle stays in its multi as long as its connection lives, and each curl_easy_send and curl_easy_recv
 * searches all handles of the multi. So there are many multis, the shards, of SHARD_CONNECTIONS each. One multi for
 * each connection would cost 29 KiB. All shards share the addresses of names.
 *
 * Called by the thread that owns the engine. */
#ifndef CARDS_HTTP_CONNECTION_SOCKETS_H
#define CARDS_HTTP_CONNECTION_SOCKETS_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SHARD_CONNECTIONS 64

struct sockets;
struct connection;

struct shard {
  struct sockets *sockets;
  CURLM *multi;    /* NULL after a failure, until it is needed again */
  double timer;    /* monotonic seconds when libcurl wants to be called; below 0 for never */
  int connections; /* easy handles in the multi */
  int connecting;  /* of those, the ones that are not open yet */
  bool broken;     /* libcurl ran out of memory: all its connections have to be closed */
};

/* An open connection can be read or written, or has ended. */
typedef void sockets_ready(void *context, struct connection *connection);
/* libcurl has finished connecting. */
typedef void sockets_ended(void *context, CURL *easy, CURLcode code);

struct sockets {
  sockets_ready *ready;
  sockets_ended *ended;
  void *context; /* their first argument */
  int epoll;
  void (*leave)(void), (*enter)(void); /* called around every wait; NULL for none */
  CURLSH *share;                       /* addresses of names, for all shards */
  struct watched *watched;             /* what epoll knows of each descriptor, by its number */
  size_t watched_count;
  struct shard **shards;
  size_t shard_count;
  bool broken; /* some shard is */
};

/* Makes the epoll and a first shard. False with a static sentence in *why. */
bool sockets_open(struct sockets *sockets, sockets_ready *ready, sockets_ended *ended, void *context, const char **why);
void sockets_close(struct sockets *sockets);
/* In a forked child: closes its copies of the descriptors. Anything more would end connections of the parent. */
void sockets_abandon(struct sockets *sockets);

/* Every write to this eventfd of the caller ends a wait. The caller closes it after sockets_close. */
bool sockets_add_wake(struct sockets *sockets, int fd);
/* The CURLOPT_CLOSESOCKETFUNCTION of every handle. */
int sockets_on_close(void *sockets, curl_socket_t fd);
/* Makes a socket for libcurl that programs started by the host do not inherit. CURL_SOCKET_BAD on failure. */
curl_socket_t sockets_make(struct sockets *sockets, const struct curl_sockaddr *address);

/* Begins to connect a handle in a shard with room. NULL on failure. */
struct shard *sockets_connect(struct sockets *sockets, CURL *easy);
/* A connection of the shard is open. */
void sockets_connected(struct shard *shard);
/* Removes a handle, which closes its connection. `connecting` when it was not open yet. */
void sockets_remove(struct shard *shard, CURL *easy, bool connecting);
/* Watches an open connection for bytes to read, and with `writing` for room to write. False when epoll refuses. */
bool sockets_watch(struct sockets *sockets, int fd, struct connection *connection, bool writing);

/* Monotonic seconds when libcurl wants to be called; below 0 for never. */
double sockets_due(const struct sockets *sockets);
/* Waits for something to happen, at most so many milliseconds, or without limit below 0, and handles it. False when a
 * signal ended the wait. */
bool sockets_wait(struct sockets *sockets, int milliseconds);
/* Calls libcurl where its time has come. */
void sockets_run_timers(struct sockets *sockets, double now);
/* Resets broken shards, after their handles were removed. */
void sockets_mend(struct sockets *sockets);

#endif
