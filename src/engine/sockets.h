/* The sockets and timers of libcurl: one epoll, and the multis whose connections it watches.
 *
 * libcurl goes through all connections to a host, busy ones as well, to find one for a new call: with 1,000 in flight that costs more than the call. So calls go into lanes,
 * multis of LANE_CALLS each with a connection pool of its own, and always into the first one that has room.
 *
 * Every function is called by the owning thread only. */
#ifndef CARDS_ENGINE_SOCKETS_H
#define CARDS_ENGINE_SOCKETS_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LANE_CALLS 64

struct sockets;

struct lane {
  struct sockets *sockets;
  uint32_t index;
  CURLM *multi; /* NULL after a failure, until the next call */
  double timer; /* when libcurl wants to be called, monotonic seconds; below 0 for never */
  int calls;    /* in flight */
  bool broken;  /* libcurl had no memory for one of its calls: all of them have to be removed */
};

struct sockets {
  int epoll;
  void (*leave)(void), (*enter)(void); /* around every wait; NULL for none */
  struct watched *watched;             /* what epoll knows of a descriptor, by its number */
  size_t watched_count;
  size_t idle;   /* descriptors of connections that libcurl does not watch at present */
  double looked; /* when they were last asked, monotonic seconds; below 0 when another became idle since */
  struct lane **lanes;
  size_t lane_count;
  bool broken; /* a lane is */
};

/* False with a static sentence in *why. */
bool sockets_open(struct sockets *sockets, const char **why);
void sockets_close(struct sockets *sockets);
/* Only closes the descriptors, of which a forked child has copies: anything more would say goodbye on the parent's connections. */
void sockets_abandon(struct sockets *sockets);

/* A descriptor of the caller's own (an eventfd) whose every write ends a wait; the caller closes it after sockets_close. */
bool sockets_add_wake(struct sockets *sockets, int fd);
/* CURLOPT_OPENSOCKETFUNCTION and CURLOPT_CLOSESOCKETFUNCTION of every handle; their context is the struct sockets. */
curl_socket_t sockets_on_open(void *sockets, curlsocktype purpose, struct curl_sockaddr *address);
int sockets_on_close(void *sockets, curl_socket_t fd);

/* The lane that took the handle, or NULL. */
struct lane *sockets_add(struct sockets *sockets, CURL *easy);
void sockets_remove(struct lane *lane, CURL *easy);
/* Before calls go over connections that were idle: ends those that were sent to unasked. */
void sockets_retire_idle(struct sockets *sockets, double now);

/* How many calls are in flight. */
size_t sockets_calls(const struct sockets *sockets);
/* When libcurl is due, monotonic seconds; below 0 for never. */
double sockets_due(const struct sockets *sockets);
/* Waits so many milliseconds (below 0: without end) for something to happen, and lets libcurl see to it. False when a signal ended the wait. */
bool sockets_wait(struct sockets *sockets, int milliseconds);
/* Lets libcurl do what is due by the clock. */
void sockets_run_timers(struct sockets *sockets, double now);
/* Lets go of what libcurl has of broken lanes, whose calls were removed: they may be used again. */
void sockets_mend(struct sockets *sockets);
/* Calls back for every transfer that has ended; the callback removes its handle. */
void sockets_collect(struct sockets *sockets, void (*ended)(void *context, CURL *easy, CURLcode code), void *context);

#endif
