/* How others read an answer of HTTP: libcurl, over a socket of ours, and http_parser. */
#ifndef CARDS_SPEC_PEERS_H
#define CARDS_SPEC_PEERS_H

#include <curl/curl.h>
#include <http_parser.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "answers.h"

/* What became of an answer. */
struct reading {
  bool accepted;
  int status;
  struct buf body; /* http_parser's as it came over the wire, the others' decoded */
};

/* --- libcurl --- */

/* Who libcurl connects to. Not one end of a pair that is connected already, of which 7.88 makes nothing. */
static struct {
  int listener, connection;
  const struct answer *answer;
} server = { -1, -1, NULL };

/* libcurl is about to send its request: all of the answer comes before it, and behind it the end of the connection. */
static int on_request(void *unused, char *remote, char *local, int remote_port, int local_port) {
  (void)unused, (void)remote, (void)local, (void)remote_port, (void)local_port;
  const struct buf *text = &server.answer->text;
  int room = 1 << 20;
  must(server.connection < 0, "libcurl sends twice");
  server.connection = accept4(server.listener, NULL, NULL, SOCK_CLOEXEC);
  must(server.connection >= 0 && setsockopt(server.connection, SOL_SOCKET, SO_SNDBUF, &room, sizeof room) == 0, "nobody connects");
  must(send(server.connection, buf_string(text), text->len, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)text->len, "the socket is full");
  must(shutdown(server.connection, SHUT_WR) == 0, "the socket does not shut down");
  return CURL_PREREQFUNC_OK;
}

/* Listens under a name that is no file. */
static const char *open_server(void) {
  static struct sockaddr_un address = { .sun_family = AF_UNIX };
  int len = snprintf(address.sun_path + 1, sizeof address.sun_path - 1, "cards-fuzz-%ld", (long)getpid());
  socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)len);
  server.listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  must(server.listener >= 0 && bind(server.listener, (struct sockaddr *)&address, size) == 0 && listen(server.listener, 4) == 0, "no socket");
  return address.sun_path + 1;
}

static size_t on_curl_body(char *bytes, size_t size, size_t count, void *user) {
  return buf_add(user, bytes, size * count) ? size * count : 0;
}

/* A handle of its own for each answer: one that is used again reads, in 7.88, memory that it has freed where an answer begins with a folded header. */
static inline CURL *curl_peer(const struct answer *answer, struct buf *body) {
  static const char *path;
  CURL *easy = curl_easy_init();
  CURLcode rc = easy ? CURLE_OK : CURLE_OUT_OF_MEMORY;
  if (!path) path = open_server();
  if (rc == CURLE_OK) rc = curl_easy_setopt(easy, CURLOPT_ABSTRACT_UNIX_SOCKET, path);
  if (rc == CURLE_OK) rc = curl_easy_setopt(easy, CURLOPT_URL, "http://localhost/");
  if (rc == CURLE_OK) rc = curl_easy_setopt(easy, CURLOPT_PROXY, "");
  if (rc == CURLE_OK) rc = curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  if (rc == CURLE_OK) rc = curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
  if (rc == CURLE_OK) rc = curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip");
  if (rc == CURLE_OK) rc = curl_easy_setopt(easy, CURLOPT_NOBODY, (long)answer->no_body);
  if (rc == CURLE_OK) rc = curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, 5000L);
  if (rc == CURLE_OK) rc = curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_request);
  if (rc == CURLE_OK) rc = curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_curl_body);
  if (rc == CURLE_OK) rc = curl_easy_setopt(easy, CURLOPT_WRITEDATA, body);
  must(rc == CURLE_OK, "libcurl refuses an option: %s", curl_easy_strerror(rc));
  return easy;
}

static inline void read_with_curl(const struct answer *answer, struct reading *reading) {
  long status = 0;
  buf_init(&reading->body, 16 * PLENTY);
  CURL *easy = curl_peer(answer, &reading->body);
  server.answer = answer;
  CURLcode rc = curl_easy_perform(easy);
  must(rc != CURLE_OPERATION_TIMEDOUT, "libcurl does not come to an end");
  must(server.connection >= 0, "libcurl sent nothing: %s", curl_easy_strerror(rc));
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  reading->accepted = rc == CURLE_OK;
  reading->status = (int)status;
  curl_easy_cleanup(easy);
  close(server.connection);
  server.connection = -1;
}

/* --- http_parser --- */

struct parsing {
  struct reading *reading;
  bool no_body;
};

static int on_parser_headers(http_parser *parser) {
  struct parsing *parsing = parser->data;
  parsing->reading->status = (int)parser->status_code;
  return parsing->no_body && parser->status_code >= 200 ? 1 : 0;
}

static int on_parser_body(http_parser *parser, const char *bytes, size_t len) {
  struct parsing *parsing = parser->data;
  return parser->status_code < 200 || buf_add(&parsing->reading->body, bytes, len) ? 0 : 1;
}

/* It stops behind the answer that is one. */
static int on_parser_end(http_parser *parser) {
  struct parsing *parsing = parser->data;
  if (parser->status_code < 200) return 0;
  parsing->reading->accepted = true;
  http_parser_pause(parser, 1);
  return 0;
}

static inline void read_with_parser(const struct answer *answer, struct reading *reading) {
  http_parser parser;
  http_parser_settings settings;
  struct parsing parsing = { reading, answer->no_body };
  *reading = (struct reading){ .accepted = false };
  buf_init(&reading->body, 16 * PLENTY);
  http_parser_settings_init(&settings);
  settings.on_headers_complete = on_parser_headers;
  settings.on_body = on_parser_body;
  settings.on_message_complete = on_parser_end;
  http_parser_init(&parser, HTTP_RESPONSE);
  parser.data = &parsing;
  size_t read = http_parser_execute(&parser, &settings, buf_string(&answer->text), answer->text.len);
  if (!reading->accepted && HTTP_PARSER_ERRNO(&parser) == HPE_OK && read == answer->text.len) http_parser_execute(&parser, &settings, NULL, 0);
}

#endif
