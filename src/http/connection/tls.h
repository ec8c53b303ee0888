/* Sets up the TLS of a connection that libcurl makes: which certificates it trusts and shows, that it wipes what it
 * decrypts, and which session it resumes.
 *
 * Called by the thread that owns the engine. */
#ifndef CARDS_HTTP_CONNECTION_TLS_H
#define CARDS_HTTP_CONNECTION_TLS_H

#include <curl/curl.h>
#include <stdbool.h>

#include "secret/buf.h"

struct connection;
struct settings;
struct ssl_st; /* an SSL */

/* Whether the files of the settings are there and fit together: for what makes a client. False with the reason in `why`, which begins with the setting: "tls.key_file: /etc/key.pem: it
 * has a certificate, and no private key". Any thread. */
bool tls_check(const struct settings *settings, struct buf *why);

/* Sets the options of a handle. Any other code than CURLE_OK: libcurl refused one, or memory is used up. */
CURLcode tls_set_up(CURL *easy, struct connection *connection);
/* Whether TLS has bytes that nobody has read, decrypted or not. */
bool tls_holds_bytes(const struct ssl_st *tls);
/* Whether the other side has announced the end of TLS. */
bool tls_has_ended(const struct ssl_st *tls);
/* Before a connection that was made is closed: lets its session be resumed. The other side is told of the end over the socket; over none where a
 * request is sent in part, or where the socket's bytes are those of TLS to a proxy. */
void tls_leave(struct ssl_st *tls, curl_socket_t fd);
/* The text of an alert, such as "certificate required"; static. */
const char *tls_alert_text(int alert);

#endif
