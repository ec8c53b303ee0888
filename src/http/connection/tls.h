/* What libcurl's TLS does for a connection: which certificates it trusts and shows, what it wipes, which session it begins with. */
#ifndef CARDS_HTTP_CONNECTION_TLS_H
#define CARDS_HTTP_CONNECTION_TLS_H

#include <curl/curl.h>
#include <stdbool.h>

struct connection;
struct ssl_st; /* an SSL */

/* Sets the handle's options. Anything but CURLE_OK: libcurl refused one, or memory is used up. */
CURLcode tls_set_up(CURL *easy, struct connection *connection);
/* Whether TLS has bytes that nobody has read, deciphered or not. */
bool tls_holds_bytes(const struct ssl_st *tls);
/* Whether the other side has said that it ends TLS. */
bool tls_has_ended(const struct ssl_st *tls);
/* "certificate required", of an alert that the connection got; static. */
const char *tls_alert_text(int alert);
/* Whether that alert may mean that the server wants a client certificate. */
bool tls_alert_wants_certificate(int alert);

#endif
