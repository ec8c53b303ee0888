/* Connections that serve each other: those of clients with the same identity, see settings.h. The idle ones are used again, newest first, and closed after their time; a client that
 * may have only so many calls on the wire has its further ones wait here, in their order.
 *
 * Every function is called by the owning thread only. */
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
  struct gate *gates;           /* of clients with a limit */
};

struct origins {
  struct origin *buckets[ORIGIN_BUCKETS];
  size_t idle;   /* connections */
  double expiry; /* when one of them is over, or before; below 0 for never */
};

/* Gives the job its origin, made where there is none, until origin_leave. False when memory is used up. */
bool origin_join(struct origins *origins, struct job *job);
void origin_leave(struct origins *origins, struct job *job);

/* True where the job may go on the wire now; else it waits among others of its client. False with *no_memory set when memory is used up. */
bool origin_enter(struct job *job, bool *no_memory);
/* A job that origin_enter let through has ended its attempt. Returns the next one of its client, which may go now, or NULL. */
struct job *origin_exit(struct job *job);
/* A job that waits gives up. */
void origin_give_up(struct job *job);

/* The newest idle connection, or NULL. What is too old is closed by the way. */
struct connection *origin_take(struct origins *origins, struct origin *origin, double now);
/* An open connection, of a job that still has the origin, that is free now. */
void origin_keep(struct origins *origins, struct connection *connection, double now);
/* Closes an idle connection. */
void origin_drop(struct origins *origins, struct connection *connection);
/* Closes what is over. */
void origins_expire(struct origins *origins, double now);
/* Closes all that is idle. */
void origins_close(struct origins *origins);

#endif
