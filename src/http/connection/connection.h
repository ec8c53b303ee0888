/* One connection, from wanted to closed. libcurl makes it (names, addresses, proxies, TLS) and carries its bytes; what the bytes are it never learns.
 *
 * Every function is called by the owning thread only. */
#ifndef CARDS_HTTP_CONNECTION_CONNECTION_H
#define CARDS_HTTP_CONNECTION_CONNECTION_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>

#include "http/connection/names.h"
#include "http/connection/sessions.h"
#include "http/connection/sockets.h"
#include "http/connection/trust.h"
#include "http/settings.h"

struct job;
struct origin;

/* What makes connections: one for each engine. */
struct connector {
  struct sockets sockets;
  struct names names;
  struct trust *trust;
  struct session *sessions;
  struct connection *all;
};

enum connection_state {
  CONNECTION_WAITS,    /* for the look-up of its host's name */
  CONNECTION_CONNECTS, /* libcurl is at it */
  CONNECTION_OPEN
};

struct connection {
  struct connection *next, **link;         /* in the list that it is in: of those that wait for a name, or are idle */
  struct connection *next_all, **link_all; /* of the connector's */
  struct connector *connector;
  enum connection_state state;
  struct name *name; /* that it waits for or looks up; NULL for none */
  CURL *easy;        /* from CONNECTS on */
  struct shard *shard;
  curl_socket_t fd;           /* while OPEN */
  char *message;              /* CURL_ERROR_SIZE bytes, of libcurl's, until it is open */
  long proxy_status;          /* what a proxy has answered to CONNECT, 0 without an answer */
  long proxy_error;           /* CURLPX_…, of a SOCKS proxy */
  X509_STORE *store;          /* that the server is checked against; a reference of the connection's own */
  struct ssl_ctx_st *context; /* the provider's, an SSL_CTX; NULL without TLS */
  struct ssl_st *tls;         /* its SSL */
  int tls_contexts;           /* that were made: a proxy may have one of its own */
  const char *refusal;        /* what is wrong with the client certificate; static, NULL for nothing */
  int alert;                  /* the last TLS alert that came, below 0 for none */
  bool writing;               /* it is watched for room to write */
  size_t got;                 /* bytes that the last read brought */
  bool proxy_tls;             /* TLS to the proxy */
  bool layered;               /* some TLS is in between, which may hold bytes that epoll knows nothing of */
  double opened; /* monotonic seconds */

  /* of its users */
  struct job *job;       /* that goes over it or waits for it; NULL while idle */
  struct origin *origin; /* NULL once it must not be used again */
  double idle_since;     /* monotonic seconds */
};

/* A connection that is wanted for the job, with its settings. NULL when memory is used up. */
struct connection *connection_new(struct connector *connector, struct job *job);
/* Begins, or waits for the look-up of its name. Anything but CURLE_OK: it has failed at once, its message says why. */
CURLcode connection_start(struct connection *connection);
/* Starts those whose name has been found, or not. Calls failed for those that have failed with it. */
void connection_start_waiting(struct connector *connector, void (*failed)(void *context, struct connection *connection, CURLcode code),
                              void *context);
/* libcurl has ended its part: with CURLE_OK the connection is open, unless this returns another code. */
CURLcode connection_ended(struct connection *connection, CURLcode code);
/* Closes and frees it, in any state. */
void connection_close(struct connection *connection);

/* As curl_easy_send and curl_easy_recv: CURLE_AGAIN where nothing goes at present; an end is CURLE_OK with 0 bytes, under TLS only one that the other side has said. */
CURLcode connection_send(struct connection *connection, const char *bytes, size_t len, size_t *sent);
CURLcode connection_receive(struct connection *connection, char *bytes, size_t size, size_t *got);
/* Whether another read may bring more at once; if not, epoll tells when there is some. */
bool connection_may_hold_more(const struct connection *connection);
/* Whether it is open and has brought nothing since it was drained, by asking the kernel. scratch is wiped. */
bool connection_is_silent(struct connection *connection, char *scratch, size_t size);
/* Whether nothing is left that a read has brought from the kernel, or left there. scratch is wiped. */
bool connection_is_drained(struct connection *connection, char *scratch, size_t size);
/* Whether to wake up when there is room to write. False where epoll refuses. */
bool connection_want_room(struct connection *connection, bool wanted);

#endif
