/* Names of hosts: one look-up for all connections that need it. libcurl alone would start a thread for each of them.
 *
 * The first connection has libcurl look the name up; the others wait for it and then use the addresses that libcurl
 * keeps. Remembered here is only the outcome: as long as libcurl keeps the addresses, or for a second after a
 * failure.
 *
 * Called by the thread that owns the engine. */
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
  struct connection *looking;         /* the one that looks it up; NULL for none */
  struct connection *waiting, **last; /* the others, in their order */
  double known_until, failed_until;   /* monotonic seconds */
  CURLcode failure;
  char failure_text[128]; /* libcurl's text */
};

struct names {
  struct name *first;
  bool changed; /* a name has an outcome that those who wait for it have not seen */
};

/* The entry of a name, which is made when there is none; NULL when memory is used up. Removes entries that nobody
 * needs. */
struct name *names_find(struct names *names, const char *host, double now);
/* The look-up has found addresses. Called from within libcurl, so those who wait are started later. */
void names_found(struct names *names, struct name *name, double now);
/* The look-up has failed, with a code and a text of libcurl. */
void names_failed(struct names *names, struct name *name, CURLcode failure, const char *text, double now);
/* The look-up was given up: another connection has to begin one. */
void names_given_up(struct names *names, struct name *name);
void names_free(struct names *names);

#endif
