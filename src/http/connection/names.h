/* Names of hosts: one look-up for all connections that wait for it. libcurl does it for the first connection, and keeps the addresses for the others (it would start one thread for
 * each); what came of it is remembered here, for as long as libcurl keeps the addresses, or a second where it failed.
 *
 * Every function is called by the owning thread only. */
#ifndef CARDS_HTTP_CONNECTION_NAMES_H
#define CARDS_HTTP_CONNECTION_NAMES_H

#include <curl/curl.h>
#include <stdbool.h>

struct connection;

#define NAMES_KEPT   60.0 /* seconds, by libcurl */
#define NAMES_FAILED 1.0  /* seconds */

struct name {
  struct name *next;
  char *host;
  struct connection *looking;         /* whose look-up is under way; NULL for none */
  struct connection *waiting, **last; /* those that wait for it, in their order */
  double known_until, failed_until;   /* monotonic seconds */
  CURLcode failure;
  char failure_text[128]; /* libcurl's */
};

struct names {
  struct name *first;
  bool changed; /* some name has an outcome that those who wait for it have not heard of */
};

/* The entry of that name, made where there is none; NULL when memory is used up. */
struct name *names_find(struct names *names, const char *host, double now);
/* The look-up of a connection has brought addresses. Called from within libcurl: who waits hears of it later. */
void names_found(struct names *names, struct name *name, double now);
void names_failed(struct names *names, struct name *name, CURLcode failure, const char *text, double now);
/* The look-up was given up: it is somebody else's turn. */
void names_given_up(struct names *names, struct name *name);
void names_free(struct names *names);

#endif
