#include "http/connection/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>

#include "http/connection/connection.h"
#include "http/connection/pem.h"
#include "http/file.h"
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

enum shown { SHOWN, NO_CERTIFICATE, NO_KEY, ANOTHER_KEY };

static const char *key_file_of(const struct settings *settings) {
  return settings->key_file ? settings->key_file : settings->cert_file;
}

/* Sets the client certificate. libcurl would keep the password as long as the connection. What went wrong is OpenSSL's last error, too. */
static enum shown show_certificate(SSL_CTX *context, const struct settings *settings) {
  if (!settings->cert_file) return SHOWN;
  ERR_clear_error();
  SSL_CTX_set_default_passwd_cb(context, give_password);
  SSL_CTX_set_default_passwd_cb_userdata(context, (void *)&settings->key_password);
  if (SSL_CTX_use_certificate_chain_file(context, settings->cert_file) != 1) return NO_CERTIFICATE;
  bool ok = SSL_CTX_use_PrivateKey_file(context, key_file_of(settings), SSL_FILETYPE_PEM) == 1;
  SSL_CTX_set_default_passwd_cb_userdata(context, NULL);
  if (ok) return SHOWN;
  unsigned long error = ERR_peek_last_error();
  return ERR_GET_LIB(error) == ERR_LIB_X509 && ERR_GET_REASON(error) == X509_R_KEY_VALUES_MISMATCH ? ANOTHER_KEY : NO_KEY;
}

/* Why it is not shown, for the error of a call; NULL where it is. tls_check has found most reasons before. */
static const char *refusal_of(enum shown shown, const struct settings *settings) {
  switch (shown) {
  case SHOWN: return NULL;
  case NO_CERTIFICATE: return "tls.cert_file has no certificate that can be used";
  case ANOTHER_KEY: return "the private key is not that of tls.cert_file";
  case NO_KEY: break;
  }
  return settings->key_password.bytes ? "the private key cannot be read, or tls.key_password is wrong"
                                      : "the private key cannot be read, or wants a tls.key_password";
}

/* --- the files, before the first call --- */

static bool check_certificate(const struct settings *settings, struct buf *why) {
  const char *key = settings->key_file ? "tls.key_file" : "tls.cert_file";
  struct buf certificates, keys;
  buf_init(&certificates, PEM_MAX);
  buf_init(&keys, PEM_MAX);
  bool ok = buf_add_string(why, "tls.cert_file: ") && file_read(settings->cert_file, FILE_REGULAR, &certificates, why);
  if (ok) {
    buf_clear(why);
    ok = buf_addf(why, "%s: ", key) && file_read(key_file_of(settings), FILE_REGULAR, &keys, why);
  }
  SSL_CTX *context = ok ? SSL_CTX_new(TLS_client_method()) : NULL;
  enum shown shown = context ? show_certificate(context, settings) : NO_KEY;
  if (ok && shown != SHOWN) {
    bool of_key = shown != NO_CERTIFICATE;
    buf_clear(why);
    buf_addf(why, "%s: %s: ", of_key ? key : "tls.cert_file", file_shown(of_key ? key_file_of(settings) : settings->cert_file));
    if (!context)
      buf_add_string(why, "memory is used up");
    else if (shown == ANOTHER_KEY)
      buf_add_string(why, "its private key is not that of the certificate in tls.cert_file");
    else if (of_key) {
      pem_explain_key(&keys, settings->key_password.bytes != NULL, why);
      if (!settings->key_file) buf_add_string(why, ", and tls.key_file is not set");
    } else
      pem_explain_certificates(&certificates, ERR_peek_last_error(), why);
  }
  SSL_CTX_free(context);
  buf_free(&certificates);
  buf_free(&keys);
  return ok && shown == SHOWN;
}

bool tls_check(const struct settings *settings, struct buf *why) {
  bool ok = true;
  if (settings->ca_file) ok = buf_add_string(why, "tls.ca_file: ") && trust_check(settings->ca_file, why);
  if (ok) {
    buf_clear(why);
    ok = !settings->cert_file || check_certificate(settings, why);
  }
  ERR_clear_error();
  return ok;
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

/* The server asks for a client certificate. Where there is one, OpenSSL shows it without asking here. */
static int on_certificate_wanted(SSL *ssl, X509 **certificate, EVP_PKEY **key) {
  (void)certificate;
  (void)key;
  connection_of(ssl)->misses_certificate = true;
  return 0; /* none is shown, and the server says what it thinks of that */
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
  connection->refusal = of_proxy ? NULL : refusal_of(show_certificate(context, settings), settings);
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
  SSL_CTX_set_client_cert_cb(context, on_certificate_wanted);
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

/* OpenSSL takes the session of a connection that ends without a close_notify for a broken one, here and in a server. libcurl sends it up to 8.8, and
 * later not for connections that it only makes. */
void tls_leave(struct ssl_st *tls, curl_socket_t fd) {
  if (curl_version_info(CURLVERSION_NOW)->version_num < 0x080900) return;
  BIO *out = BIO_new(BIO_s_mem());
  if (out) {
    char *bytes = NULL;
    SSL_set0_wbio(tls, out); /* libcurl's works in calls of libcurl only */
    SSL_shutdown(tls);
    long len = BIO_get_mem_data(out, &bytes);
    if (fd != CURL_SOCKET_BAD && len > 0) send(fd, bytes, (size_t)len, MSG_NOSIGNAL | MSG_DONTWAIT); /* it closes the connection anyway */
  }
  ERR_clear_error();
}

const char *tls_alert_text(int alert) {
  return SSL_alert_desc_string_long(alert);
}
