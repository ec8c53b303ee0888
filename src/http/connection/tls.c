#include "http/connection/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <string.h>

#include "http/connection/connection.h"
#include "http/job.h"

#define SEND_AT_ONCE 4096 /* bytes of a TLS record: each connection keeps room for one, and most requests are smaller */

static int context_index = -1; /* where an SSL_CTX has its connection */

static void make_index(void) {
  context_index = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, NULL);
}

static struct connection *connection_of(const SSL *ssl) {
  return SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), context_index);
}

/* --- the certificate that is shown --- */

/* Fails without a password, as OpenSSL would ask for one on the terminal. */
static int give_password(char *buffer, int size, int writing, void *user) {
  const struct secret *password = user;
  (void)writing;
  if (!password->bytes || (size_t)size < password->len) return -1;
  memcpy(buffer, password->bytes, password->len);
  return (int)password->len - 1; /* without its NUL */
}

/* Sets the client certificate. libcurl would keep the password as long as the connection. Returns what is wrong, or
 * NULL. */
static const char *show_certificate(SSL_CTX *context, const struct settings *settings) {
  const char *key_file = settings->key_file ? settings->key_file : settings->cert_file;
  if (!settings->cert_file) return NULL;
  ERR_clear_error();
  SSL_CTX_set_default_passwd_cb(context, give_password);
  SSL_CTX_set_default_passwd_cb_userdata(context, (void *)&settings->key_password);
  if (SSL_CTX_use_certificate_chain_file(context, settings->cert_file) != 1) return "tls.cert_file has no certificate that can be used";
  bool ok = SSL_CTX_use_PrivateKey_file(context, key_file, SSL_FILETYPE_PEM) == 1;
  SSL_CTX_set_default_passwd_cb_userdata(context, NULL);
  if (ok) return NULL;
  unsigned long error = ERR_peek_last_error();
  if (ERR_GET_LIB(error) == ERR_LIB_X509 && ERR_GET_REASON(error) == X509_R_KEY_VALUES_MISMATCH)
    return "the private key is not that of tls.cert_file";
  return settings->key_password.bytes ? "the private key cannot be read, or tls.key_password is wrong"
                                      : "the private key cannot be read, or wants a tls.key_password";
}

/* --- what happens later --- */

/* Begins a handshake with the session of an earlier connection, if there is one, and notes alerts. A server that
 * wants another certificate sends an alert. Under TLS 1.3 it comes after the handshake, when libcurl only sees that
 * the connection breaks. */
static void on_event(const SSL *ssl, int where, int what) {
  struct connection *connection = connection_of(ssl);
  if (where == SSL_CB_HANDSHAKE_START && connection->state == CONNECTION_CONNECTS && SSL_get_SSL_CTX(ssl) == connection->context) {
    SSL_SESSION *session = sessions_find(&connection->connector->sessions, connection->job->settings, connection->store);
    connection->tls = (SSL *)ssl;
    if (session) SSL_set_session(connection->tls, session);
  } else if ((where & SSL_CB_READ_ALERT) == SSL_CB_READ_ALERT && (what & 0xff) != SSL_AD_CLOSE_NOTIFY) {
    connection->alert = what & 0xff;
  }
}

static int on_session(SSL *ssl, SSL_SESSION *session) {
  struct connection *connection = connection_of(ssl);
  return connection->job && sessions_keep(&connection->connector->sessions, connection->job->settings, connection->store, session);
}

/* Sets up an SSL_CTX that libcurl has made; with a proxy over TLS the first one is for the proxy.
 *
 * OpenSSL wipes decrypted text once it was read, and reads what is there with one system call instead of two for each
 * record. The certificates of authorities are those of trust.h. They do not replace the cert_store, which libcurl
 * fills itself and shares. */
static CURLcode on_context(CURL *easy, void *made, void *user) {
  struct connection *connection = user;
  const struct settings *settings = connection->job->settings;
  SSL_CTX *context = made;
  (void)easy;
  bool of_proxy = settings->proxy_tls && connection->tls_contexts++ == 0;
  if (SSL_CTX_set1_verify_cert_store(context, connection->store) != 1 || SSL_CTX_set_ex_data(context, context_index, connection) != 1)
    return CURLE_OUT_OF_MEMORY;
  connection->refusal = of_proxy ? NULL : show_certificate(context, settings);
  ERR_clear_error();
  if (connection->refusal) return CURLE_SSL_CERTPROBLEM;
  SSL_CTX_set_options(context, SSL_OP_CLEANSE_PLAINTEXT);
  SSL_CTX_clear_options(context, SSL_OP_IGNORE_UNEXPECTED_EOF); /* libcurl sets it, see connection_receive */
  SSL_CTX_set_read_ahead(context, 1);
  SSL_CTX_set_max_send_fragment(context, SEND_AT_ONCE);
  SSL_CTX_set_info_callback(context, on_event);
  SSL_CTX_set_keylog_callback(context, NULL); /* libcurl sets it for SSLKEYLOGFILE in the environment */
  if (of_proxy) return CURLE_OK;              /* its sessions must not be used for the provider */
  connection->context = context;
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(context, on_session);
  return CURLE_OK;
}

/* --- public --- */

CURLcode tls_set_up(CURL *easy, struct connection *connection) {
  static const CURLoption unset[] = { CURLOPT_CAINFO, CURLOPT_CAPATH, CURLOPT_PROXY_CAINFO, CURLOPT_PROXY_CAPATH };
  static const CURLoption blobs[] = { CURLOPT_CAINFO_BLOB, CURLOPT_PROXY_CAINFO_BLOB };
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  const struct settings *settings = connection->job->settings;
  if (pthread_once(&once, make_index) != 0 || context_index < 0) return CURLE_OUT_OF_MEMORY;
  CURLcode rc = curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, on_context);
  if (rc == CURLE_OK) rc = curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, connection);
  /* on_context sets them; libcurl would read them for every connection. */
  const struct trust *trust = trust_find(&connection->connector->trust, settings->ca_file);
  if (!trust) return CURLE_SSL_CACERT_BADFILE;
  if (X509_STORE_up_ref(trust->store) == 1) connection->store = trust->store;
  if (rc == CURLE_OK && !connection->store) rc = CURLE_OUT_OF_MEMORY;
  for (size_t i = 0; rc == CURLE_OK && i < sizeof unset / sizeof *unset; i++)
    rc = curl_easy_setopt(easy, unset[i], NULL);
  for (size_t i = 0; rc == CURLE_OK && trust->one.len && i < sizeof blobs / sizeof *blobs; i++)
    rc = curl_easy_setopt(easy, blobs[i], &trust->one);
  if (rc == CURLE_OK) rc = curl_easy_setopt(easy, CURLOPT_SSL_SESSIONID_CACHE, 0L);
  if (rc == CURLE_OK) rc = curl_easy_setopt(easy, CURLOPT_SSLVERSION, settings->tls_version);
  if (rc == CURLE_OK) rc = curl_easy_setopt(easy, CURLOPT_PROXY_SSLVERSION, settings->tls_version);
  if (rc == CURLE_OK && settings->pinned_public_key) rc = curl_easy_setopt(easy, CURLOPT_PINNEDPUBLICKEY, settings->pinned_public_key);
  return rc;
}

bool tls_holds_bytes(const struct ssl_st *tls) {
  return SSL_has_pending(tls) == 1;
}

bool tls_has_ended(const struct ssl_st *tls) {
  return (SSL_get_shutdown(tls) & SSL_RECEIVED_SHUTDOWN) != 0;
}

const char *tls_alert_text(int alert) {
  return SSL_alert_desc_string_long(alert);
}

bool tls_alert_wants_certificate(int alert) {
  return alert == SSL_AD_CERTIFICATE_REQUIRED || alert == SSL_AD_HANDSHAKE_FAILURE || alert == SSL_AD_BAD_CERTIFICATE;
}
