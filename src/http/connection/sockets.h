/* One epoll, and what it watches: sockets that libcurl connects, connections that are open, and descriptors that wake it.
 *
 * An easy handle stays in its multi for as long as its connection lives, and curl_easy_send and curl_easy_recv look for the connection among all of the multi's. So there are
 * many multis, the shards, of SHARD_CONNECTIONS each (a multi for each connection costs 29 KiB). What one of them has looked up counts for all.
 *
 * Every function is called by the owning thread only. */
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
  CURLM *multi;    /* NULL after a failure, until the next connection */
  double timer;    /* when libcurl wants to be called, monotonic seconds; below 0 for never */
  int connections; /* easy handles in it */
  int connecting;  /* of them */
  bool broken;     /* libcurl had no memory: all its connections have to go */
};

/* Something has happened to a connection that is open. */
typedef void sockets_ready(void *context, struct connection *connection);
/* libcurl is done with connecting. */
typedef void sockets_ended(void *context, CURL *easy, CURLcode code);

struct sockets {
  sockets_ready *ready;
  sockets_ended *ended;
  void *context; /* of both */
  int epoll;
  void (*leave)(void), (*enter)(void); /* around every wait; NULL for none */
  CURLSH *share;                       /* names and TLS sessions, for all shards */
  struct watched *watched;             /* what epoll knows of a descriptor, by its number */
  size_t watched_count;
  struct shard **shards;
  size_t shard_count;
  bool broken; /* a shard is */
};

/* False with a static sentence in *why. */
bool sockets_open(struct sockets *sockets, sockets_ready *ready, sockets_ended *ended, void *context, const char **why);
void sockets_close(struct sockets *sockets);
/* Only closes the descriptors, of which a forked child has copies: anything more would say goodbye on the parent's connections. */
void sockets_abandon(struct sockets *sockets);

/* A descriptor of the caller's own (an eventfd) whose every write ends a wait; the caller closes it after sockets_close. */
bool sockets_add_wake(struct sockets *sockets, int fd);
/* CURLOPT_CLOSESOCKETFUNCTION of every handle; its context is the struct sockets. */
int sockets_on_close(void *sockets, curl_socket_t fd);
/* A socket for libcurl, which programs that the host starts do not inherit; CURL_SOCKET_BAD where there is none. */
curl_socket_t sockets_make(struct sockets *sockets, const struct curl_sockaddr *address);

/* Has a shard connect the handle; NULL where none can. */
struct shard *sockets_connect(struct sockets *sockets, CURL *easy);
/* Its connection is open, or has failed. */
void sockets_connected(struct shard *shard);
/* Takes the handle out, which closes its connection. connecting: it was not open yet. */
void sockets_remove(struct shard *shard, CURL *easy, bool connecting);
/* Watches an open connection for reading, and while `writing` for room to write. False where epoll refuses. */
bool sockets_watch(struct sockets *sockets, int fd, struct connection *connection, bool writing);

/* When libcurl is due, monotonic seconds; below 0 for never. */
double sockets_due(const struct sockets *sockets);
/* Waits so many milliseconds (below 0: without end) for something to happen; libcurl sees to its part. False when a signal ended the wait. */
bool sockets_wait(struct sockets *sockets, int milliseconds);
/* Lets libcurl do what is due by the clock. */
void sockets_run_timers(struct sockets *sockets, double now);
/* Lets go of what libcurl has of broken shards, whose handles were removed: they may be used again. */
void sockets_mend(struct sockets *sockets);

#endif
