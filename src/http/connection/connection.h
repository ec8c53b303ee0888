/* One connection, from the wish for it to its end. libcurl makes it (names, addresses, proxies, TLS) and carries its
 * bytes, whose meaning it never learns.
 *
 *   struct connection *connection = connection_new(&connector, job);
 *   CURLcode code = connection_start(connection);          goes on in the loop of sockets.h, until connection_ended
 *   code = connection_send(connection, bytes, len, &sent);
 *   connection_close(connection);
 *
 * Called by the thread that owns the engine. */
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

/* What connections are made with; one for each engine. */
struct connector {
  struct sockets sockets;
  struct names names;
  struct trust *trust;
  struct session *sessions;
  struct connection *all;
};

enum connection_state {
  CONNECTION_WAITS,    /* waits until the name of its host is looked up */
  CONNECTION_CONNECTS, /* libcurl is connecting */
  CONNECTION_OPEN
};

struct connection {
  struct connection *next, **link;         /* in a list: of those that wait for a name, or of the idle ones of an origin */
  struct connection *next_all, **link_all; /* in the list of the connector */
  struct connector *connector;
  enum connection_state state;
  struct name *name; /* that it looks up or waits for; NULL for none */
  CURL *easy;        /* from CONNECTS on */
  struct shard *shard;
  curl_socket_t fd;           /* while OPEN */
  char *message;              /* CURL_ERROR_SIZE bytes for libcurl's text of an error; until it is open */
  long proxy_status;          /* the status that a proxy answered to CONNECT, 0 for none */
  long proxy_error;           /* CURLPX_…, of a SOCKS proxy */
  X509_STORE *store;          /* certificates that the server is checked against; holds a reference */
  struct ssl_ctx_st *context; /* the SSL_CTX for the provider; NULL without TLS */
  struct ssl_st *tls;         /* the SSL for the provider */
  int tls_contexts;           /* SSL_CTXs that were made: a proxy may have one, too */
  const char *refusal;        /* what is wrong with the client certificate, static; NULL for nothing */
  int alert;                  /* the last TLS alert that arrived, below 0 for none */
  bool misses_certificate;    /* the server asked for a client certificate, and there is none */
  bool writing;               /* it is watched for room to write */
  size_t got;                 /* bytes of the last read */
  bool proxy_tls;             /* TLS to the proxy */
  bool layered;               /* there is TLS, which may hold bytes that epoll does not know of */
  double opened;              /* monotonic seconds */

  /* of its user */
  struct job *job;       /* that uses it or waits for it; NULL while idle */
  struct origin *origin; /* while it is idle */
  double idle_since;     /* monotonic seconds */
};

/* A connection for the job, with the settings of its client. NULL when memory is used up. */
struct connection *connection_new(struct connector *connector, struct job *job);
/* Begins to connect, or waits while another connection looks up the same name. Any other code than CURLE_OK: it has
 * failed at once, and `message` says why. */
CURLcode connection_start(struct connection *connection);
/* Starts the connections whose name is looked up by now, or could not be. Calls `failed` for each that fails at
 * once. */
void connection_start_waiting(struct connector *connector, void (*failed)(void *context, struct connection *connection, CURLcode code),
                              void *context);
/* libcurl has finished connecting, with that code. The connection is open if this returns CURLE_OK. */
CURLcode connection_ended(struct connection *connection, CURLcode code);
/* Closes and frees it in any state. */
void connection_close(struct connection *connection);

/* As curl_easy_send and curl_easy_recv: CURLE_AGAIN when nothing is possible now. The end is CURLE_OK with 0 bytes;
 * under TLS only an end that the other side has announced. */
CURLcode connection_send(struct connection *connection, const char *bytes, size_t len, size_t *sent);
CURLcode connection_receive(struct connection *connection, char *bytes, size_t size, size_t *got);
/* Whether another read may find more at once. If not, epoll reports when there is more. */
bool connection_may_hold_more(const struct connection *connection);
/* Whether an idle connection is still open and has received nothing, by asking the kernel. */
bool connection_is_silent(struct connection *connection, char *scratch, size_t size);
/* Whether all that has arrived was read. `scratch`, for both, is wiped. */
bool connection_is_drained(struct connection *connection, char *scratch, size_t size);
/* Sets whether it is watched for room to write. False when epoll refuses. */
bool connection_want_room(struct connection *connection, bool wanted);

#endif
