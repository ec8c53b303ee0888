#include "transfer.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../base/pool.h"
#include "response.h"

#if LIBCURL_VERSION_NUM < 0x075700
#error "libcurl 7.87 or newer is needed"
#endif

#define MAX_HEADER_BYTES (64 * 1024)

static size_t on_body(char *bytes, size_t size, size_t count, void *user) {
  struct job *job = user;
  size_t len = size * count;
  if (buf_add(&job->body, bytes, len)) return len;
  job->too_large = true;
  return 0;
}

/* The headers are read from libcurl's list afterwards; here they are only kept from growing without end. */
static size_t on_header(char *bytes, size_t size, size_t count, void *user) {
  (void)bytes;
  struct job *job = user;
  job->header_bytes += size * count;
  return job->header_bytes <= MAX_HEADER_BYTES ? size * count : 0;
}

/* OpenSSL wipes what it has decrypted once it was read. libcurl has it give its buffers back after every read as well, 17 KB that are then wiped as a whole: a connection keeps
 * them instead. */
static CURLcode on_ssl_ctx(CURL *easy, void *context, void *user) {
  (void)easy;
  (void)user;
  SSL_CTX_set_options(context, SSL_OP_CLEANSE_PLAINTEXT);
  SSL_CTX_clear_mode(context, SSL_MODE_RELEASE_BUFFERS);
  return CURLE_OK;
}

static long milliseconds(double seconds) {
  double value = ceil(seconds * 1000);
  return value < 1 ? 1 : value > 2e9 ? 2000000000 : (long)value;
}

/* Small buffers: libcurl's own (64 KB each way) are wiped as a whole after every call. */
#define RECEIVE_BUFFER 4095L /* and one more byte of libcurl's */
#define UPLOAD_BUFFER  16384L

/* libcurl sends once more by itself when the server closes a connection that was used before, which may just have been idle for too long: over one kept connection after the
 * other. Each time counts, and is one of the retries. A call that was to have none gets one, as it would fail whenever a server lets go at that moment. */
static int on_request(void *user, char *remote, char *local, int remote_port, int local_port) {
  (void)remote, (void)local, (void)remote_port, (void)local_port;
  struct job *job = user;
  if (job->sent_once) {
    if (job->retries > 0)
      job->retries--;
    else if (job->attempts > 1)
      return CURL_PREREQFUNC_ABORT;
    job->attempts++;
  }
  job->sent_once = true;
  return CURL_PREREQFUNC_OK;
}

#define SET(option, value)                                                                                                                           \
  if (rc == CURLE_OK) rc = curl_easy_setopt(easy, option, value)

CURL *transfer_blank(const struct settings *settings, struct sockets *sockets) {
  CURL *easy = curl_easy_init();
  CURLcode rc = easy ? CURLE_OK : CURLE_OUT_OF_MEMORY;
  SET(CURLOPT_NOSIGNAL, 1L);
  SET(CURLOPT_QUICK_EXIT, 1L); /* a name that is still being looked up must not hold up the end of its call */
  SET(CURLOPT_PROTOCOLS_STR, settings->insecure_http ? "http,https" : "https");
  SET(CURLOPT_HTTP_VERSION, settings->http_version);
  SET(CURLOPT_PROXY, settings->proxy ? settings->proxy : ""); /* never from the environment */
  SET(CURLOPT_PATH_AS_IS, 1L);
  SET(CURLOPT_BUFFERSIZE, RECEIVE_BUFFER);
  SET(CURLOPT_UPLOAD_BUFFERSIZE, UPLOAD_BUFFER);
  SET(CURLOPT_ACCEPT_ENCODING, "gzip");
  SET(CURLOPT_PREREQFUNCTION, on_request);
  SET(CURLOPT_WRITEFUNCTION, on_body);
  SET(CURLOPT_HEADERFUNCTION, on_header);
  SET(CURLOPT_OPENSOCKETFUNCTION, sockets_on_open);
  SET(CURLOPT_OPENSOCKETDATA, sockets);
  SET(CURLOPT_CLOSESOCKETFUNCTION, sockets_on_close);
  SET(CURLOPT_CLOSESOCKETDATA, sockets);
  SET(CURLOPT_SSLVERSION, settings->tls_version);
  SET(CURLOPT_SSL_SESSIONID_CACHE, 0L); /* of one handle, which makes one call; and 7.88 frees a session twice where memory is used up */
  SET(CURLOPT_SSL_CTX_FUNCTION, on_ssl_ctx);
  if (settings->ca_file) SET(CURLOPT_CAINFO, settings->ca_file);
  if (settings->cert_file) SET(CURLOPT_SSLCERT, settings->cert_file);
  if (settings->key_file) SET(CURLOPT_SSLKEY, settings->key_file);
  if (settings->pinned_public_key) SET(CURLOPT_PINNEDPUBLICKEY, settings->pinned_public_key);
  if (rc == CURLE_OK) return easy;
  curl_easy_cleanup(easy);
  return NULL;
}

static bool fill_in(struct job *job, double now) {
  CURL *easy = job->easy;
  const struct request *request = &job->request;
  const struct settings *settings = job->settings;
  double left = job->deadline - now;
  CURLcode rc = CURLE_OK;
  SET(CURLOPT_URL, buf_string(&request->url));
  SET(CURLOPT_HTTPHEADER, request->line_count ? request->list : settings->headers);
  bool body = request->body.data || job->operation->body; /* an empty form is one, too */
  if (body) {
    SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.len);
    SET(CURLOPT_POSTFIELDS, buf_string(&request->body));
  }
  if (strcmp(job->operation->method, body ? "POST" : "GET") != 0) SET(CURLOPT_CUSTOMREQUEST, job->operation->method);
  /* What may not be sent twice goes over a connection where libcurl does not do so by itself. */
  if (!job->operation->safe) SET(CURLOPT_FRESH_CONNECT, 1L);
  if (settings->key_password.bytes) SET(CURLOPT_KEYPASSWD, (const char *)settings->key_password.bytes);
  SET(CURLOPT_TIMEOUT_MS, milliseconds(left));
  SET(CURLOPT_CONNECTTIMEOUT_MS, milliseconds(job->connect_timeout < left ? job->connect_timeout : left));
  SET(CURLOPT_PREREQDATA, job);
  SET(CURLOPT_WRITEDATA, job);
  SET(CURLOPT_HEADERDATA, job);
  SET(CURLOPT_ERRORBUFFER, job->curl_message);
  SET(CURLOPT_PRIVATE, job);
  return rc == CURLE_OK;
}

#undef SET

bool transfer_prepare(struct job *job, CURL *blank, double now) {
  job->status = 0;
  job->too_large = false;
  job->sent_once = false;
  job->header_bytes = 0;
  buf_clear(&job->body);
  job->curl_message = pool_calloc(1, CURL_ERROR_SIZE);
  job->easy = blank;
  if (secret_state(&job->settings->key_password) == SECRET_FORKED) { /* without it OpenSSL would ask on the terminal */
    transfer_discard(job);
    response_failed(job, ERROR_TLS, false, "tls.key_password was made before this process was forked", NULL);
    return false;
  }
  if (job->easy && job->curl_message && fill_in(job, now)) return true;
  transfer_discard(job);
  response_failed(job, ERROR_BUSY, true, "libcurl could not be set up for the call", NULL);
  return false;
}

void transfer_discard(struct job *job) {
  curl_easy_cleanup(job->easy);
  job->easy = NULL;
  pool_free(job->curl_message);
  job->curl_message = NULL;
}

static const char *header(CURL *easy, const char *name) {
  struct curl_header *found;
  return curl_easy_header(easy, name, 0, CURLH_HEADER, -1, &found) == CURLHE_OK ? found->value : NULL;
}

/* Seconds to wait, from any of the forms in use: milliseconds, seconds, an HTTP date. Below 0 when none can be read. */
static double read_retry_after(CURL *easy) {
  char *end;
  const char *text = header(easy, "retry-after-ms");
  if (text) {
    double value = strtod(text, &end);
    if (end != text && *end == '\0' && isfinite(value) && value >= 0) return value / 1000;
  }
  text = header(easy, "retry-after");
  if (!text) return -1;
  double value = strtod(text, &end);
  if (end != text && *end == '\0') return isfinite(value) && value >= 0 ? value : -1;
  time_t date = curl_getdate(text, NULL);
  if (date == (time_t)-1) return -1;
  double wait = difftime(date, time(NULL));
  return wait > 0 ? wait : 0;
}

/* libcurl's many results as few kinds; what is not here is a network error. */
static const struct {
  CURLcode code;
  enum error_kind kind;
  const char *what;
} kinds[] = {
  { CURLE_OPERATION_TIMEDOUT, ERROR_TIMEOUT, "no answer in time" },
  { CURLE_SSL_CONNECT_ERROR, ERROR_TLS, "the TLS handshake failed" },
  { CURLE_PEER_FAILED_VERIFICATION, ERROR_TLS, "the certificate cannot be trusted" },
  { CURLE_SSL_CERTPROBLEM, ERROR_TLS, "the client certificate cannot be used" },
  { CURLE_SSL_CIPHER, ERROR_TLS, "no common TLS cipher" },
  { CURLE_SSL_CACERT_BADFILE, ERROR_TLS, "the CA file cannot be used" },
  { CURLE_SSL_ISSUER_ERROR, ERROR_TLS, "the certificate cannot be trusted" },
  { CURLE_SSL_PINNEDPUBKEYNOTMATCH, ERROR_TLS, "the server's key is not the pinned one" },
  { CURLE_SSL_INVALIDCERTSTATUS, ERROR_TLS, "the certificate cannot be trusted" },
  { CURLE_SSL_CLIENTCERT, ERROR_TLS, "the server wants a client certificate" },
  { CURLE_SSL_ENGINE_NOTFOUND, ERROR_TLS, "TLS cannot be set up" },
  { CURLE_SSL_ENGINE_SETFAILED, ERROR_TLS, "TLS cannot be set up" },
  { CURLE_SSL_ENGINE_INITFAILED, ERROR_TLS, "TLS cannot be set up" },
  { CURLE_USE_SSL_FAILED, ERROR_TLS, "TLS cannot be set up" },
  { CURLE_BAD_CONTENT_ENCODING, ERROR_PROTOCOL, "the encoding of the answer is broken or unknown" },
  { CURLE_WEIRD_SERVER_REPLY, ERROR_PROTOCOL, "the answer is not HTTP" },
  { CURLE_UNSUPPORTED_PROTOCOL, ERROR_PROTOCOL, "the answer is not HTTP/1.x" },
  { CURLE_HTTP2, ERROR_PROTOCOL, "HTTP/2 framing is broken" },
  { CURLE_HTTP2_STREAM, ERROR_PROTOCOL, "HTTP/2 framing is broken" },
  { CURLE_OUT_OF_MEMORY, ERROR_BUSY, "memory is used up" },
  { CURLE_COULDNT_RESOLVE_HOST, ERROR_NETWORK, "the host name was not found" },
  { CURLE_COULDNT_RESOLVE_PROXY, ERROR_NETWORK, "the proxy's name was not found" },
  { CURLE_COULDNT_CONNECT, ERROR_NETWORK, "no connection" },
  { CURLE_ABORTED_BY_CALLBACK, ERROR_NETWORK, "the connection was closed without an answer" }, /* as on_request did */
  { CURLE_GOT_NOTHING, ERROR_NETWORK, "the connection was closed without an answer" },
  { CURLE_PARTIAL_FILE, ERROR_NETWORK, "the answer was cut short" },
  { CURLE_SEND_ERROR, ERROR_NETWORK, "the connection broke while sending" },
  { CURLE_RECV_ERROR, ERROR_NETWORK, "the connection broke" },
};

/* libcurl calls it a broken CA file, or no connection. */
static bool is_out_of_descriptors(void) {
  int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return errno == EMFILE || errno == ENFILE;
  close(fd);
  return false;
}

static void read_failure(struct job *job, CURLcode code) {
  if (job->too_large) {
    char what[96];
    snprintf(what, sizeof what, "the answer is larger than %zu bytes", job->max_response_bytes);
    response_failed(job, ERROR_PROTOCOL, false, what, NULL);
    return;
  }
  /* libcurl has a limit of its own for one header line, and calls it a lack of memory. */
  if (job->header_bytes > MAX_HEADER_BYTES || (code == CURLE_OUT_OF_MEMORY && job->status != 0)) {
    response_failed(job, ERROR_PROTOCOL, false, "the answer's headers are too large", NULL);
    return;
  }
  enum error_kind kind = ERROR_NETWORK;
  const char *what = "the connection failed";
  for (size_t i = 0; i < COUNT_OF(kinds); i++)
    if (kinds[i].code == code) {
      kind = kinds[i].kind;
      what = kinds[i].what;
    }
  if ((kind == ERROR_TLS || kind == ERROR_NETWORK) && job->status == 0 && is_out_of_descriptors()) {
    response_failed(job, ERROR_BUSY, true, "no file descriptor is left", NULL);
    return;
  }
  bool never_sent = code == CURLE_COULDNT_CONNECT || code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_COULDNT_RESOLVE_PROXY;
  bool retryable = (kind == ERROR_NETWORK || kind == ERROR_TIMEOUT) && (job->operation->safe || never_sent);
  /* libcurl's own words help with what is set up wrongly (names, certificates); for the rest ours say it all. */
  bool detail = kind == ERROR_TLS || never_sent;
  response_failed(job, kind, retryable || kind == ERROR_BUSY, what, detail ? job->curl_message : NULL);
}

/* What the headers add to an error. */
static void read_headers(struct job *job) {
  const char *request_id = header(job->easy, "x-request-id");
  const char *should_retry = header(job->easy, "x-should-retry");
  response_request_id(job, request_id ? request_id : header(job->easy, "request-id"));
  job->error.retry_after = read_retry_after(job->easy);
  if (should_retry && strcmp(should_retry, "false") == 0) job->error.retryable = false;
}

void transfer_finish(struct job *job, CURLcode code) {
  CURL *easy = job->easy;
  long status = 0, connects = 0;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  curl_easy_getinfo(easy, CURLINFO_NUM_CONNECTS, &connects);
  job->status = (int)status;
  job->reused = connects == 0 && status != 0;
  if (code == CURLE_OK)
    response_read(job);
  else
    read_failure(job, code);
  if (job->error.kind != ERROR_NONE) read_headers(job);
  buf_free(&job->body);
  transfer_discard(job);
}
