/* Connections that can be used for each other's calls: those of clients whose settings have the same identity.
 *
 * Idle connections are used again, the newest first, and closed after their time. A client may have a limit of calls
 * on the wire; its further calls wait here in their order.
 *
 * Called by the thread that owns the engine. */
#ifndef CARDS_HTTP_CONNECTION_ORIGIN_H
#define CARDS_HTTP_CONNECTION_ORIGIN_H

#include "http/connection/connection.h"
#include "http/job.h"

#define ORIGIN_BUCKETS 64

struct origin {
  struct origin *next;
  unsigned char identity[SETTINGS_IDENTITY];
  double idle_timeout, max_age; /* seconds */
  size_t references;            /* jobs under way and idle connections */
  struct connection *idle;      /* the newest first */
  struct semaphore *semaphores; /* of clients with a limit */
};

struct origins {
  struct origin *buckets[ORIGIN_BUCKETS];
  size_t idle;   /* idle connections in total */
  double expiry; /* the first of them is to be closed then or later, monotonic seconds; below 0 for never */
};

/* Sets the origin of a job, which is made when there is none, until origin_leave. False when memory is used up. */
bool origin_join(struct origins *origins, struct job *job);
void origin_leave(struct origins *origins, struct job *job);

/* True when the job may go on the wire now. Otherwise it waits behind others of its client, or, with *no_memory set,
 * memory is used up. */
bool origin_enter(struct job *job, bool *no_memory);
/* The attempt of a job that origin_enter let through has ended. Returns the next job of its client, which may go now,
 * or NULL. */
struct job *origin_exit(struct job *job);
/* A waiting job gives up. */
void origin_give_up(struct job *job);

/* Takes the newest idle connection, or NULL. Closes those whose time is over. */
struct connection *origin_take(struct origins *origins, struct origin *origin, double now);
/* Keeps an open connection as idle. Its job still has the origin. */
void origin_keep(struct origins *origins, struct connection *connection, double now);
/* Closes one idle connection, all whose time is over, and all. */
void origin_drop(struct origins *origins, struct connection *connection);
void origins_expire(struct origins *origins, double now);
void origins_close(struct origins *origins);

#endif
