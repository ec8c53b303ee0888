/* What the wire can do at best: libcurl only makes the connections (names, proxies, TLS); the requests and the answers go through curl_easy_send and
 * curl_easy_recv, http_parser frames, cJSON reads, and what was read is wiped. A measure to hold the engine against: it has no deadlines and sends nothing again.
 * connect_only URL CA_FILE CALLS IN_FLIGHT: prints "calls seconds cpu_seconds". */
#include "raw.h"

#include <http_parser.h>
#include <sys/epoll.h>

/* curl_easy_recv looks for its connection in all of a multi's, one after the other: a multi has no more than these. */
enum { CONNECTIONS_OF_A_MULTI = 64 };

struct connection {
  CURL *easy;
  http_parser parser;
  int complete;
  size_t body_len;
  char in[16384], body[16384];
};

struct run {
  int epoll;
  struct connection *connections;
  long in_flight;
  char host[256];
  const char *prefix; /* of the path */
  long next, calls, done, failed;
};

static int add_to_body(http_parser *parser, const char *bytes, size_t len) {
  struct connection *connection = parser->data;
  if (len > sizeof connection->body - connection->body_len) return 1;
  memcpy(connection->body + connection->body_len, bytes, len);
  connection->body_len += len;
  return 0;
}

static int set_complete(http_parser *parser) {
  struct connection *connection = parser->data;
  connection->complete = 1;
  return 0;
}

static const http_parser_settings callbacks = { .on_body = add_to_body, .on_message_complete = set_complete };

static void start(struct run *run, struct connection *connection) {
  char request[1024];
  size_t sent = 0;
  if (run->next == run->calls) return;
  int len =
      snprintf(request, sizeof request, "GET %s/api/v2/cards/c_%ld/private-info HTTP/1.1\r\nHost: %s\r\naccess-token: alix_token_sandbox\r\n\r\n",
               run->prefix, run->next++, run->host);
  http_parser_init(&connection->parser, HTTP_RESPONSE);
  connection->parser.data = connection;
  connection->complete = 0;
  connection->body_len = 0;
  /* The connection is idle: all of so few bytes fit. */
  if (curl_easy_send(connection->easy, request, (size_t)len, &sent) != CURLE_OK || sent != (size_t)len) run->failed++;
}

/* Reads what is there; with the last byte of an answer, checks it and sends the next request. Returns 0 where the connection is of no more use. */
static int receive(struct run *run, struct connection *connection) {
  size_t len;
  CURLcode code;
  while ((code = curl_easy_recv(connection->easy, connection->in, sizeof connection->in, &len)) == CURLE_OK && len > 0) {
    int whole = http_parser_execute(&connection->parser, &callbacks, connection->in, len) == len;
    explicit_bzero(connection->in, len);
    if (!whole) return 0;
    if (!connection->complete) continue;
    run->failed += connection->parser.status_code != 200 || !read_answer(&(struct body){ connection->body, connection->body_len });
    explicit_bzero(connection->body, connection->body_len);
    run->done++;
    start(run, connection);
    return 1;
  }
  return code == CURLE_AGAIN;
}

/* Makes so many calls, one on each connection at a time. */
static void make_calls(struct run *run, long calls) {
  struct epoll_event events[64];
  run->next = run->done = 0;
  run->calls = calls;
  for (long i = 0; i < run->in_flight; i++)
    start(run, &run->connections[i]);
  while (run->done < calls && !run->failed) {
    int count = epoll_wait(run->epoll, events, 64, -1);
    for (int i = 0; i < count; i++)
      run->failed += !receive(run, events[i].data.ptr);
  }
}

static CURL *new_connection(const char *url, const char *ca_file) {
  CURL *easy = curl_easy_init();
  curl_easy_setopt(easy, CURLOPT_URL, url);
  curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L);
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
  curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, 1024L);
  /* With a folder of certificates, Debian's default, libcurl reads the file for each connection anew. */
  curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
  if (ca_file[0]) curl_easy_setopt(easy, CURLOPT_CAINFO, ca_file);
  return easy;
}

/* Connects them all and waits for their answers. Returns the multi, NULL where one failed. */
static CURLM *connect_all(struct run *run, struct connection *connections, long count, const char *url, const char *ca_file) {
  CURLM *multi = curl_multi_init();
  int running = 1, left;
  for (long i = 0; i < count; i++) {
    connections[i].easy = new_connection(url, ca_file);
    curl_multi_add_handle(multi, connections[i].easy);
  }
  while (running) {
    curl_multi_perform(multi, &running);
    if (running) curl_multi_poll(multi, NULL, 0, 1000, NULL);
  }
  for (CURLMsg *message; (message = curl_multi_info_read(multi, &left));)
    if (message->data.result != CURLE_OK) return NULL;
  for (long i = 0; i < count; i++) {
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = &connections[i] };
    curl_socket_t fd;
    curl_easy_getinfo(connections[i].easy, CURLINFO_ACTIVESOCKET, &fd);
    epoll_ctl(run->epoll, EPOLL_CTL_ADD, fd, &event);
  }
  return multi;
}

int main(int argc, char **argv) {
  if (argc < 5) return 2;
  long calls = strtol(argv[3], NULL, 10), in_flight = strtol(argv[4], NULL, 10);
  const char *authority = strstr(argv[1], "://");
  if (!authority || in_flight < 1) return 2;
  authority += 3;
  int host_len = (int)strcspn(authority, "/");
  struct run run = { .epoll = epoll_create1(0), .in_flight = in_flight, .prefix = authority + host_len };
  snprintf(run.host, sizeof run.host, "%.*s", host_len, authority);
  curl_global_init(CURL_GLOBAL_DEFAULT);
  run.connections = calloc((size_t)in_flight, sizeof *run.connections);
  long multis = (in_flight + CONNECTIONS_OF_A_MULTI - 1) / CONNECTIONS_OF_A_MULTI;
  CURLM **multi = calloc((size_t)multis, sizeof *multi);
  for (long i = 0; i < multis; i++) {
    long from = i * CONNECTIONS_OF_A_MULTI, rest = in_flight - from;
    multi[i] = connect_all(&run, run.connections + from, rest < CONNECTIONS_OF_A_MULTI ? rest : CONNECTIONS_OF_A_MULTI, argv[1], argv[2]);
    if (!multi[i]) return 1;
  }
  /* As with the others, the first calls are not counted. */
  make_calls(&run, 2 * in_flight);
  double started = now(CLOCK_MONOTONIC), cpu = now(CLOCK_PROCESS_CPUTIME_ID);
  make_calls(&run, calls);
  if (run.failed) return 1;
  printf("%ld %.6f %.6f\n", calls, now(CLOCK_MONOTONIC) - started, now(CLOCK_PROCESS_CPUTIME_ID) - cpu);
  for (long i = 0; i < in_flight; i++)
    curl_easy_cleanup(run.connections[i].easy);
  for (long i = 0; i < multis; i++)
    curl_multi_cleanup(multi[i]);
  free(multi);
  free(run.connections);
  return 0;
}
