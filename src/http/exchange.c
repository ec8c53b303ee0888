#include "http/exchange.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "http/clock.h"
#include "http/connection/tls.h"
#include "http/message/retry_after.h"
#include "provider/response.h"

#define READS_AT_ONCE 64      /* a server that keeps sending would hold up all other connections */
#define MAX_WAIT      86400.0 /* seconds; a provider cannot ask for more */

void exchange_begin(struct job *job) {
  reader_free(&job->reader);
  reader_init(&job->reader, job->max_response_bytes, strcmp(job->operation->method, "HEAD") == 0);
  job->status = 0;
  job->sent = 0;
  job->reused = false;
  memset(&job->times, 0, sizeof job->times);
}

/* --- what the headers add to an error --- */

/* Seconds to wait, as the provider's own header says it, or one that many have. Below 0 when there are none. Whole milliseconds, as more digits could be a number that the
 * provider echoes. */
static double read_retry_after(const struct job *job) {
  const char *own = job->operation->retry.after ? reader_header(&job->reader, job->operation->retry.after) : NULL;
  const char *ms = reader_header(&job->reader, "retry-after-ms"), *common = reader_header(&job->reader, "retry-after");
  time_t now = time(NULL);
  double wait = own ? retry_after(own, now) : -1;
  if (wait < 0 && ms) wait = retry_after_ms(ms);
  if (wait < 0 && common) wait = retry_after(common, now);
  return wait > MAX_WAIT ? MAX_WAIT : ceil(wait * 1000) / 1000;
}

/* What the provider says of another attempt: a header, "false" or "true", which goes before a status that the operation names. What is wanted is done only where it is safe to
 * send twice, or where the provider refused with a 4xx and so did nothing. A refusal in its own words stays one, unless the operation names the header. */
static bool is_retryable(const struct job *job) {
  const struct retry_rules *rules = &job->operation->retry;
  const char *own = rules->header ? reader_header(&job->reader, rules->header) : NULL;
  const char *says = own ? own : reader_header(&job->reader, "x-should-retry");
  bool wanted = says && strcasecmp(says, "true") == 0 && (own || job->error.kind != ERROR_DECLINED),
       refused = job->status >= 400 && job->status < 500;
  for (size_t i = 0; i < rules->status_count; i++)
    wanted |= rules->statuses[i] == job->status;
  if (says && strcasecmp(says, "false") == 0) return false;
  if (job->error.kind == ERROR_NETWORK) return job->error.retryable; /* a proxy says it, or the answer was cut */
  return job->error.retryable || (wanted && (refused || (job->status >= 500 && job->operation->safe)));
}

static void read_request_id(struct job *job) {
  const char *request_id = reader_header(&job->reader, "x-request-id");
  if (!request_id) request_id = reader_header(&job->reader, "request-id");
  if (request_id) response_request_id(&job->error, request_redact(&job->request), request_id);
}

static void read_headers(struct job *job) {
  read_request_id(job);
  job->error.retry_after = read_retry_after(job);
  job->error.retryable = is_retryable(job);
}

/* --- failures --- */

#define WANTS_CERTIFICATE "the server wants a client certificate, and tls.cert_file is not set"

/* The kinds of libcurl's results. What is not here is a network error. */
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
  { CURLE_OUT_OF_MEMORY, ERROR_BUSY, "memory is used up" },
  { CURLE_FAILED_INIT, ERROR_BUSY, "libcurl cannot be set up" },
  { CURLE_COULDNT_RESOLVE_HOST, ERROR_NETWORK, "the host name was not found" },
  { CURLE_COULDNT_RESOLVE_PROXY, ERROR_NETWORK, "the proxy's name was not found" },
  { CURLE_COULDNT_CONNECT, ERROR_NETWORK, "no connection" },
};

/* For libcurl this is a broken CA file, or no connection. */
static bool is_out_of_descriptors(void) {
  int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return errno == EMFILE || errno == ENFILE;
  close(fd);
  return false;
}

/* Whether a SOCKS proxy refused in a way that the next attempt would not change. */
static bool is_refusal(long proxy_error) {
  return proxy_error == CURLPX_USER_REJECTED || proxy_error == CURLPX_NO_AUTH || proxy_error == CURLPX_REPLY_NOT_ALLOWED;
}

void exchange_unconnected(struct job *job, CURLcode code) {
  const struct connection *connection = job->connection;
  enum error_kind kind = ERROR_NETWORK;
  const char *what = "the connection failed";
  for (size_t i = 0; i < COUNT_OF(kinds); i++)
    if (kinds[i].code == code) {
      kind = kinds[i].kind;
      what = kinds[i].what;
    }
  if ((kind == ERROR_TLS || kind == ERROR_NETWORK) && is_out_of_descriptors()) {
    job_fail(job, ERROR_BUSY, true, "no file descriptor is left", NULL);
  } else if (kind == ERROR_TLS && connection->misses_certificate && connection->alert >= 0) {
    job_fail(job, ERROR_TLS, false, WANTS_CERTIFICATE, tls_alert_text(connection->alert));
  } else if (connection->refusal) {
    job_fail(job, ERROR_TLS, false, "the client certificate cannot be used", connection->refusal);
  } else if (connection->proxy_status >= 300 && kind != ERROR_TIMEOUT) {
    char refused[64];
    snprintf(refused, sizeof refused, "the proxy answered CONNECT with HTTP %ld", connection->proxy_status);
    job_fail(job, ERROR_NETWORK, connection->proxy_status >= 500, refused, NULL);
  } else {
    bool refused = is_refusal(connection->proxy_error);
    /* Nothing was sent, so it may be repeated. libcurl's own text helps with wrong settings: names and certificates. */
    job_fail(job, kind, kind != ERROR_TLS && !refused, what, kind == ERROR_TIMEOUT ? NULL : connection->message);
  }
}

/* Fails the job if a TLS alert came instead of an answer. */
static bool refused_by_alert(struct job *job) {
  const struct connection *connection = job->connection;
  if (connection->alert < 0 || job->reader.bytes) return false;
  job_fail(job, ERROR_TLS, false, connection->misses_certificate ? WANTS_CERTIFICATE : "the server ended TLS", tls_alert_text(connection->alert));
  return true;
}

/* --- an answer --- */

/* The host that a redirect leads to, for curl_free; NULL when there is none. */
static char *find_redirect(const struct job *job) {
  const char *location = job->status >= 300 && job->status < 400 ? reader_header(&job->reader, "location") : NULL;
  CURLU *url = location ? curl_url() : NULL;
  char *host = NULL;
  if (url && curl_url_set(url, CURLUPART_URL, job->settings->origin, 0) == CURLUE_OK &&
      curl_url_set(url, CURLUPART_URL, location, CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK)
    curl_url_get(url, CURLUPART_HOST, &host, 0);
  curl_url_cleanup(url);
  return host;
}

/* Whether a refusal may be about a client certificate: nginx asks for one in the handshake, and answers that it got none. */
static bool may_miss_certificate(const struct job *job) {
  bool refuses = job->status == 400 || job->status == 401 || job->status == 403 || job->status == 496;
  return refuses && job->connection->misses_certificate && !job->error.code[0];
}

/* The answer as far as it was read. `unread` says why its body was not, or is NULL. */
static enum exchange_state read_answer(struct job *job, const char *unread) {
  const struct reader *reader = &job->reader;
  job->status = reader->status;
  bool by_proxy = job->status == 407 && job->settings->base.origin; /* through a tunnel it is an answer of the provider */
  char *redirect = find_redirect(job);
  struct response response = { .request = &job->request,
                               .status = job->status,
                               .body = buf_string(&reader->body),
                               .len = reader->body.len,
                               .unread = unread,
                               .content_type = reader_header(reader, "content-type"),
                               .redirect_host = redirect,
                               .unexpected = by_proxy ? "the proxy wants another credential (HTTP 407)" : NULL };
  job->record = response_read(&response, &job->error);
  curl_free(redirect);
  if (job->record) {
    if (job->listened) read_request_id(job);
    return EXCHANGE_DONE;
  }
  job->error.attempts = job->attempts;
  if (may_miss_certificate(job)) {
    size_t len = strlen(job->error.message);
    snprintf(job->error.message + len, sizeof job->error.message - len, " (the server asked for a client certificate, and tls.cert_file is not set)");
  }
  if (by_proxy) job->error.kind = ERROR_NETWORK;
  read_headers(job);
  return EXCHANGE_DONE;
}

static enum exchange_state finish(struct job *job) {
  return read_answer(job, job->reader.encoded ? "the encoding of the answer is unknown" : NULL);
}

/* The connection broke, or the answer is invalid. Where only its body is, the status counts. */
static enum exchange_state fail(struct job *job) {
  static const struct {
    enum error_kind kind;
    const char *what;
  } faults[] = {
    [READER_NOT_HTTP] = { ERROR_PROTOCOL, "the answer is not HTTP/1.x" },
    [READER_MALFORMED] = { ERROR_PROTOCOL, "the answer is malformed" },
    [READER_HEAD_TOO_LARGE] = { ERROR_PROTOCOL, "the answer's headers are too large" },
    [READER_CUT] = { ERROR_NETWORK, "the answer was cut short" },
    [READER_NOTHING] = { ERROR_NETWORK, "the connection was closed without an answer" },
    [READER_NO_MEMORY] = { ERROR_BUSY, "memory is used up" },
  };
  enum reader_fault fault = job->reader.fault;
  char larger[96];
  snprintf(larger, sizeof larger, "the answer is larger than %zu bytes", job->max_response_bytes);
  if (fault == READER_ENCODING) return read_answer(job, "the encoding of the answer is broken");
  if (fault == READER_BODY_TOO_LARGE) return read_answer(job, larger);
  enum error_kind kind = faults[fault].kind;
  job->status = job->reader.status;
  job_fail(job, kind, (kind == ERROR_BUSY || kind == ERROR_NETWORK) && exchange_may_repeat(job), faults[fault].what,
           fault == READER_MALFORMED ? job->reader.why : NULL);
  read_headers(job);
  return EXCHANGE_DONE;
}

static enum exchange_state break_off(struct job *job) {
  bool silent = job->reader.bytes == 0;
  if (silent && job->reused && job->operation->safe && !job->replaced && job->connection->alert < 0) return EXCHANGE_REPLACE;
  reader_end(&job->reader);
  if (refused_by_alert(job)) return EXCHANGE_DONE;
  if (job->reader.fault == READER_OK) job->reader.fault = READER_CUT; /* the end of the body was not in order */
  return fail(job);
}

/* --- bytes --- */

enum exchange_state exchange_receive(struct job *job, char *scratch, size_t size) {
  for (int reads = 0;; reads++) {
    size_t got;
    /* epoll reports room to write at once, so the rest is read in the next turn. */
    if (reads == READS_AT_ONCE && connection_want_room(job->connection, true)) return EXCHANGE_PAUSES;
    CURLcode code = connection_receive(job->connection, scratch, size, &got);
    if (code == CURLE_AGAIN) return EXCHANGE_GOES_ON;
    if (code != CURLE_OK) return break_off(job);
    if (got == 0) {
      if (job->reader.bytes == 0) return break_off(job);
      return reader_end(&job->reader) == READER_DONE ? finish(job) : fail(job);
    }
    if (!job->reader.bytes) job->times.first_byte = clock_now() - job->started;
    job->bytes_in += got;
    enum reader_state state = reader_feed(&job->reader, scratch, got);
    explicit_bzero(scratch, got);
    if (state == READER_DONE) return finish(job);
    if (state == READER_FAILED) return fail(job);
    if (!connection_may_hold_more(job->connection)) return EXCHANGE_GOES_ON;
  }
}

enum exchange_state exchange_send(struct job *job, char *scratch, size_t size) {
  const struct buf *wire = &job->request.wire;
  while (job->sent < wire->len) {
    size_t sent;
    CURLcode code = connection_send(job->connection, wire->data + job->sent, wire->len - job->sent, &sent);
    job->sent += sent;
    job->bytes_out += sent;
    if (code == CURLE_AGAIN || (code == CURLE_OK && sent == 0)) {
      if (connection_want_room(job->connection, true)) return EXCHANGE_GOES_ON;
      job_fail(job, ERROR_BUSY, exchange_may_repeat(job), "memory is used up", NULL);
      return EXCHANGE_DONE;
    }
    if (code != CURLE_OK) { /* an answer may say why */
      enum exchange_state state = exchange_receive(job, scratch, size);
      return state == EXCHANGE_GOES_ON ? break_off(job) : state;
    }
  }
  connection_want_room(job->connection, false);
  if (job->listened) job->times.sent = clock_now() - job->started;
  return EXCHANGE_GOES_ON;
}

bool exchange_may_repeat(const struct job *job) {
  return job->operation->safe || job->sent == 0;
}

bool exchange_leaves_open(const struct job *job) {
  return job->reader.fault == READER_OK && job->reader.status && job->reader.keep && job->sent == job->request.wire.len;
}
