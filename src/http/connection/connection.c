#include "http/connection/connection.h"

#include <errno.h>
#include <math.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "http/clock.h"
#include "http/connection/tls.h"
#include "http/job.h"
#include "secret/pool.h"

#if LIBCURL_VERSION_NUM < 0x075700
#error "libcurl 7.87 or newer is needed"
#endif

#define READ_AT_ONCE 2047L /* the most that libcurl 7.88 reads in one call; it also keeps room for them while it connects */

/* --- connecting --- */

static curl_socket_t on_open(void *user, curlsocktype purpose, struct curl_sockaddr *address) {
  (void)purpose;
  struct connection *connection = user;
  if (connection->name) names_found(&connection->connector->names, connection->name, clock_now());
  connection->name = NULL; /* the entry may be removed from now on */
  return sockets_make(&connection->connector->sockets, address);
}

static long milliseconds(double seconds) {
  double value = ceil(seconds * 1000);
  return value < 1 ? 1 : value > 2e9 ? 2000000000 : (long)value;
}

#define SET(option, value)                                                                                                                           \
  if (rc == CURLE_OK) rc = curl_easy_setopt(easy, option, value)

/* The credential goes into the URL. libcurl 7.88 decodes one that is set by options as if it came from a
 * URL, newer ones do not. */
static CURLcode set_proxy(CURL *easy, const struct settings *settings) {
  /* "" is no proxy, not even that of the environment. */
  if (!settings->proxy_user) return curl_easy_setopt(easy, CURLOPT_PROXY, settings->proxy ? settings->proxy : "");
  const char *host = strstr(settings->proxy, "://") + 3; /* settings_finish has written it */
  const struct secret *password = &settings->proxy_password;
  struct buf url;
  buf_init(&url, 128 * 1024);
  bool ok = buf_add(&url, settings->proxy, (size_t)(host - settings->proxy)) &&
            buf_add_percent_encoded(&url, settings->proxy_user, strlen(settings->proxy_user)) && buf_add_char(&url, ':') &&
            (!password->bytes || buf_add_percent_encoded(&url, password->bytes, password->len - 1)) && buf_add_char(&url, '@') &&
            buf_add_string(&url, host);
  CURLcode rc = ok ? curl_easy_setopt(easy, CURLOPT_PROXY, url.data) : CURLE_OUT_OF_MEMORY;
  buf_free(&url);
  return rc;
}

static CURLcode set_up(CURL *easy, struct connection *connection) {
  struct sockets *sockets = &connection->connector->sockets;
  const struct job *job = connection->job;
  const struct settings *settings = job->settings;
  CURLcode rc = set_proxy(easy, settings);
  if (rc == CURLE_OK && connection->layered) rc = tls_set_up(easy, connection);
  SET(CURLOPT_NOPROXY, ""); /* nor its exceptions */
  SET(CURLOPT_CONNECT_ONLY, 1L);
  SET(CURLOPT_URL, settings->origin);
  SET(CURLOPT_PROTOCOLS_STR, settings->insecure_http ? "http,https" : "https");
  SET(CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1); /* otherwise ALPN could choose HTTP/2 */
  SET(CURLOPT_NOSIGNAL, 1L);
  SET(CURLOPT_QUICK_EXIT, 1L); /* the end of a call must not wait for a look-up */
  SET(CURLOPT_BUFFERSIZE, READ_AT_ONCE);
  SET(CURLOPT_CONNECTTIMEOUT_MS, milliseconds(job->due - clock_now()));
  SET(CURLOPT_SHARE, sockets->share);
  SET(CURLOPT_OPENSOCKETFUNCTION, on_open);
  SET(CURLOPT_OPENSOCKETDATA, connection);
  SET(CURLOPT_CLOSESOCKETFUNCTION, sockets_on_close);
  SET(CURLOPT_CLOSESOCKETDATA, sockets);
  /* Where the proxy's URL has a credential, libcurl's words for what is wrong with it may have it, too. */
  if (!settings->proxy_user) SET(CURLOPT_ERRORBUFFER, connection->message);
  SET(CURLOPT_PRIVATE, connection);
  return rc;
}

#undef SET

static CURLcode fail(struct connection *connection, CURLcode code, const char *message) {
  snprintf(connection->message, CURL_ERROR_SIZE, "%s", message);
  return code;
}

/* Whether a zone is a number, or the name of an interface that is there. */
static bool is_zone(const char *zone) {
  return zone[strspn(zone, "0123456789")] == '\0' || if_nametoindex(zone) != 0;
}

static CURLcode connect_now(struct connection *connection) {
  const char *zone = connection->job->settings->zone;
  if (zone && !is_zone(zone)) return fail(connection, CURLE_COULDNT_CONNECT, "the zone of its address is no network interface of this machine");
  connection->easy = curl_easy_init();
  CURLcode rc = connection->easy ? set_up(connection->easy, connection) : CURLE_OUT_OF_MEMORY;
  if (rc == CURLE_SSL_CACERT_BADFILE) return fail(connection, rc, "it has no certificate that can be read");
  if (rc != CURLE_OK) return fail(connection, rc == CURLE_OUT_OF_MEMORY ? rc : CURLE_FAILED_INIT, "libcurl could not be set up for the call");
  connection->shard = sockets_connect(&connection->connector->sockets, connection->easy);
  if (!connection->shard) return fail(connection, CURLE_OUT_OF_MEMORY, "libcurl took no further connection");
  connection->state = CONNECTION_CONNECTS;
  return CURLE_OK;
}

static void wait_for_name(struct connection *connection) {
  struct name *name = connection->name;
  connection->next = NULL;
  connection->link = name->last;
  *name->last = connection;
  name->last = &connection->next;
}

static void leave_list(struct connection *connection) {
  if (!connection->link) return;
  *connection->link = connection->next;
  if (connection->next)
    connection->next->link = connection->link;
  else if (connection->state == CONNECTION_WAITS && connection->name)
    connection->name->last = connection->link;
  connection->next = NULL;
  connection->link = NULL;
}

CURLcode connection_start(struct connection *connection) {
  const char *host = connection->job->settings->name;
  if (!host) return connect_now(connection);
  double now = clock_now();
  struct name *name = names_find(&connection->connector->names, host, now);
  if (!name) return fail(connection, CURLE_OUT_OF_MEMORY, "memory is used up");
  if (name->failed_until > now) return fail(connection, name->failure, name->failure_text);
  if (name->known_until > now) return connect_now(connection);
  connection->name = name;
  if (name->looking) {
    wait_for_name(connection);
    return CURLE_OK;
  }
  name->looking = connection;
  return connect_now(connection);
}

static struct name *name_with_news(const struct names *names) {
  struct name *name = names->first;
  while (name && (!name->waiting || name->looking))
    name = name->next;
  return name;
}

void connection_start_waiting(struct connector *connector, void (*failed)(void *context, struct connection *connection, CURLcode code),
                              void *context) {
  if (!connector->names.changed) return;
  connector->names.changed = false;
  /* Each time from the beginning of the list, as a failure may start other calls. After a look-up that was given up,
   * the first connection begins another one and the others wait again. */
  for (struct name *name; (name = name_with_news(&connector->names));) {
    struct connection *connection = name->waiting;
    leave_list(connection);
    connection->name = NULL;
    CURLcode code = connection_start(connection);
    if (code != CURLE_OK) failed(context, connection, code);
  }
}

/* --- open --- */

static double seconds_until(CURL *easy, CURLINFO what) {
  curl_off_t value = 0;
  return curl_easy_getinfo(easy, what, &value) == CURLE_OK ? (double)value / 1e6 : 0;
}

static void read_times(CURL *easy, struct job_times *times) {
  double resolved = seconds_until(easy, CURLINFO_NAMELOOKUP_TIME_T), connected = seconds_until(easy, CURLINFO_CONNECT_TIME_T);
  double secured = seconds_until(easy, CURLINFO_APPCONNECT_TIME_T);
  times->resolve = resolved;
  times->connect = connected > resolved ? connected - resolved : 0;
  times->tls = secured > connected ? secured - connected : 0;
}

CURLcode connection_ended(struct connection *connection, CURLcode code) {
  struct connector *connector = connection->connector;
  struct name *name = connection->name;
  if (code != CURLE_OK && !connection->message[0]) fail(connection, code, curl_easy_strerror(code));
  if (name && (code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_COULDNT_RESOLVE_PROXY))
    names_failed(&connector->names, name, code, connection->message, clock_now());
  else if (name)
    names_given_up(&connector->names, name);
  connection->name = NULL;
  curl_easy_getinfo(connection->easy, CURLINFO_HTTP_CONNECTCODE, &connection->proxy_status);
  curl_easy_getinfo(connection->easy, CURLINFO_PROXY_ERROR, &connection->proxy_error);
  if (code != CURLE_OK) return code;
  if (curl_easy_getinfo(connection->easy, CURLINFO_ACTIVESOCKET, &connection->fd) != CURLE_OK || connection->fd == CURL_SOCKET_BAD)
    return fail(connection, CURLE_COULDNT_CONNECT, "the connection was closed at once");
  sockets_connected(connection->shard);
  connection->state = CONNECTION_OPEN;
  connection->opened = clock_now();
  read_times(connection->easy, &connection->job->times);
  if (!sockets_watch(&connector->sockets, connection->fd, connection, false)) return fail(connection, CURLE_OUT_OF_MEMORY, "memory is used up");
  curl_easy_setopt(connection->easy, CURLOPT_ERRORBUFFER, NULL);
  curl_easy_setopt(connection->easy, CURLOPT_PROXY, NULL); /* its credential is not needed any more */
  pool_free(connection->message);
  connection->message = NULL;
  return CURLE_OK;
}

CURLcode connection_send(struct connection *connection, const char *bytes, size_t len, size_t *sent) {
  *sent = 0;
  return curl_easy_send(connection->easy, bytes, len, sent);
}

CURLcode connection_receive(struct connection *connection, char *bytes, size_t size, size_t *got) {
  *got = 0;
  CURLcode code = curl_easy_recv(connection->easy, bytes, size, got);
  connection->got = *got;
  /* libcurl takes the end of the socket for that of TLS, which anybody on the way can bring about (RFC 9112, 9.8). */
  if (code == CURLE_OK && *got == 0 && connection->tls && !tls_has_ended(connection->tls)) return CURLE_RECV_ERROR;
  return code;
}

bool connection_may_hold_more(const struct connection *connection) {
  return connection->layered || connection->got >= READ_AT_ONCE;
}

/* Reads, and finds only bytes for TLS itself, such as a session ticket. A part of a record is something else. */
static bool brings_nothing(struct connection *connection, char *scratch, size_t size) {
  size_t got;
  CURLcode code = connection_receive(connection, scratch, size, &got);
  if (got) explicit_bzero(scratch, got);
  return code == CURLE_AGAIN && !(connection->tls && tls_holds_bytes(connection->tls));
}

bool connection_is_silent(struct connection *connection, char *scratch, size_t size) {
  char byte;
  ssize_t waiting = recv(connection->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  explicit_bzero(&byte, 1);
  if (waiting < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return true;
  return waiting > 0 && brings_nothing(connection, scratch, size);
}

bool connection_is_drained(struct connection *connection, char *scratch, size_t size) {
  bool drained = connection->tls && !connection->proxy_tls ? !tls_holds_bytes(connection->tls) : !connection_may_hold_more(connection);
  return drained || brings_nothing(connection, scratch, size);
}

bool connection_want_room(struct connection *connection, bool wanted) {
  if (connection->writing == wanted) return true;
  connection->writing = wanted;
  return sockets_watch(&connection->connector->sockets, connection->fd, connection, wanted);
}

/* --- from beginning to end --- */

struct connection *connection_new(struct connector *connector, struct job *job) {
  struct connection *connection = pool_calloc(1, sizeof *connection);
  if (!connection) return NULL;
  connection->message = pool_calloc(1, CURL_ERROR_SIZE);
  if (!connection->message) {
    pool_free(connection);
    return NULL;
  }
  connection->connector = connector;
  connection->job = job;
  connection->alert = -1;
  connection->fd = CURL_SOCKET_BAD;
  connection->proxy_tls = job->settings->proxy_tls;
  connection->layered = job->settings->tls || job->settings->proxy_tls;
  connection->next_all = connector->all;
  connection->link_all = &connector->all;
  if (connector->all) connector->all->link_all = &connection->next_all;
  connector->all = connection;
  return connection;
}

void connection_close(struct connection *connection) {
  struct names *names = &connection->connector->names;
  leave_list(connection);
  if (connection->name && connection->name->looking == connection) names_given_up(names, connection->name);
  if (connection->tls && connection->state == CONNECTION_OPEN)
    tls_leave(connection->tls, connection->writing || connection->proxy_tls ? CURL_SOCKET_BAD : connection->fd);
  if (connection->shard) sockets_remove(connection->shard, connection->easy, connection->state != CONNECTION_OPEN);
  curl_easy_cleanup(connection->easy);
  X509_STORE_free(connection->store);
  pool_free(connection->message);
  *connection->link_all = connection->next_all;
  if (connection->next_all) connection->next_all->link_all = connection->link_all;
  pool_free(connection);
}
