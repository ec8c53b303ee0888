/* Both sides of a call in one thread: an engine, and a server that does what the test says. Whoever waits for the other side lets the engine go on meanwhile. */
#ifndef CARDS_SPEC_PEERS_H
#define CARDS_SPEC_PEERS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>

#include "give.h"
#include "http/clock.h"
#include "http/connection/connection.h"
#include "jobs.h"

#define PATIENCE 30.0  /* seconds, after which a test fails */
#define A_MOMENT 0.002 /* seconds */

static struct engine *engine;

/* Of the loopback addresses one that no other process of the specs has: a port that another one has given back may still be called. */
static inline const char *own_address(void) {
  static char address[32];
  unsigned int pid = (unsigned int)getpid();
  snprintf(address, sizeof address, "127.%u.%u.%u", 1 + (pid >> 16) % 100, (pid >> 8) % 256, pid % 256);
  return address;
}

/* Lets the engine go on until the condition holds. */
#define UNTIL(condition)                                                                                                                             \
  for (double ends_ = clock_now() + PATIENCE; !(condition);) {                                                                                       \
    if (clock_now() > ends_) fail_msg("%s:%d: it never came: %s", __FILE__, __LINE__, #condition);                                                   \
    engine_step(engine, A_MOMENT);                                                                                                                   \
  }

/* And for some turns, however long this process was not running. */
static inline void go_on_for(double seconds) {
  double ends = clock_now() + seconds;
  for (int turns = 0; turns < 5 || clock_now() < ends; turns++)
    engine_step(engine, A_MOMENT);
}

/* --- calls --- */

enum { SHOW, MAKE, FIND }; /* a GET; a POST that may not be sent twice; a POST that may */

static const struct part show_parts[] = { { .name = "id", .into = INTO_PATH, .required = true } };
static const struct part body_parts[] = { { .name = "text", .into = INTO_BODY } };
static const struct field card_fields[] = { { .path = "id", .type = FIELD_STRING } };
static const struct operation operations[] = {
  { .name = "show",
    .method = "GET",
    .path = "/cards/{id}",
    .safe = true,
    .parts = show_parts,
    .part_count = 1,
    .root = "",
    .fields = card_fields,
    .field_count = 1 },
  { .name = "make", .method = "POST", .path = "/cards", .parts = body_parts, .part_count = 1, .root = "", .fields = card_fields, .field_count = 1 },
  { .name = "find",
    .method = "POST",
    .path = "/find",
    .safe = true,
    .parts = body_parts,
    .part_count = 1,
    .root = "",
    .fields = card_fields,
    .field_count = 1 },
};
static const struct provider acme = { .name = "acme", .operations = operations, .operation_count = COUNT_OF(operations) };

/* Settings of a client without retries, to be changed and then finished. */
static inline struct settings *begin_client(const char *scheme, int port) {
  struct settings *client = settings_new();
  char url[64];
  assert_non_null(client);
  snprintf(url, sizeof url, "%s://%s:%d", scheme, own_address(), port);
  client->base_url = pool_strdup(url);
  client->insecure_http = true;
  client->retries = 0;
  return client;
}

static inline struct settings *finish_client(struct settings *client) {
  const char *why = NULL;
  if (!settings_finish(client, &why)) fail_msg("%s", why);
  return client;
}

static inline struct settings *client_for(int port) {
  return finish_client(begin_client("http", port));
}

/* A job that is ready to be submitted; value is the id or the text. */
static inline struct job *job_of(struct settings *client, int operation, const char *value) {
  struct job *job = job_new(&acme, &operations[operation], client);
  struct value values[] = { { value, strlen(value) } };
  assert_non_null(job);
  if (!give_values(&job->request, values) || !request_build(&job->request, true, &job->error)) fail_msg("%s", job->error.message);
  return job;
}

static inline struct job *submit(struct settings *client, int operation) {
  struct job *job = job_of(client, operation, "c_1");
  engine_submit(engine, job);
  return job;
}

/* The time of the job, which is the next one to be due, is over soon: a short time from the beginning may be over before what is to come first. */
static inline void run_out(struct job *job) {
  assert_true(job->due >= job->deadline && job->due <= job->deadline);
  job->due = job->deadline = clock_now() + 0.05;
}

/* Waits until it is done, and takes it. */
static inline struct job *end(struct job *job) {
  UNTIL(job->state == JOB_DONE);
  assert_true(engine_take(engine, job));
  assert_false(engine_take(engine, job));
  return job;
}

static inline void succeeds(struct job *job) {
  if (end(job)->error.kind != ERROR_NONE) fail_msg("%s", job->error.message);
  assert_non_null(job->record);
  assert_int_equal(job->status, 200);
  assert_int_equal(job->error.kind, ERROR_NONE);
}

/* It ends with an error of that kind whose message begins so. */
static inline void fails(struct job *job, enum error_kind kind, const char *message) {
  end(job);
  if (job->error.kind != kind || strncmp(job->error.message, message, strlen(message)) != 0)
    fail_msg("kind %d: '%s', not %d: '%s'", (int)job->error.kind, job->error.message, (int)kind, message);
  assert_null(job->record);
  assert_int_equal(job->error.attempts, job->attempts);
  assert_int_equal(job->error.status, job->status);
}

/* --- the server --- */

#define CARD       "{\"id\":\"c_1\"}"
#define ANSWER     "HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n" CARD
#define LAST       "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 12\r\n\r\n" CARD
#define MOST_BYTES ((size_t)2 * 1024 * 1024)

static int listener = -1, port;

/* One connection, as the server has it. */
struct peer {
  int fd;
  char *got; /* what came and was not read yet, with a NUL behind it */
  size_t len;
};

/* A socket that takes so many connections before they are answered; its port in *own. Below 0 on failure. */
static inline int listen_for(int backlog, int *own) {
  struct sockaddr_in address = { .sin_family = AF_INET };
  socklen_t size = sizeof address;
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0 || inet_pton(AF_INET, own_address(), &address.sin_addr) != 1 || bind(fd, (struct sockaddr *)&address, size) != 0 ||
      listen(fd, backlog) != 0 || getsockname(fd, (struct sockaddr *)&address, &size) != 0)
    return -1;
  *own = ntohs(address.sin_port);
  return fd;
}

static inline int open_peers(void **state) {
  const char *why = NULL;
  (void)state;
  engine_setup();
  listener = listen_for(100, &port);
  engine = engine_new(&why);
  return listener >= 0 && engine ? 0 : -1;
}

static inline int close_peers(void **state) {
  (void)state;
  engine_free(engine);
  engine = NULL;
  close(listener);
  return 0;
}

/* The next connection that the engine makes. */
static inline struct peer answer_the_door(void) {
  struct peer peer = { .fd = -1 };
  UNTIL((peer.fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0);
  peer.got = malloc(MOST_BYTES + 1);
  assert_non_null(peer.got);
  peer.got[0] = '\0';
  return peer;
}

/* No further connection is made, for a while. */
static inline void nobody_comes(void) {
  go_on_for(0.05);
  int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
  if (fd >= 0) fail_msg("a connection was made that was not to be made");
}

/* What is there already. False when the connection has ended. */
static inline bool hear(struct peer *peer) {
  ssize_t got = recv(peer->fd, peer->got + peer->len, MOST_BYTES - peer->len, 0);
  if (got > 0) peer->len += (size_t)got;
  peer->got[peer->len] = '\0';
  return got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR));
}

/* The bytes of the first request, 0 while it is not whole. */
static inline size_t request_len(const struct peer *peer) {
  const char *end_of_head = strstr(peer->got, "\r\n\r\n"), *length = strstr(peer->got, "Content-Length: ");
  if (!end_of_head) return 0;
  size_t head = (size_t)(end_of_head + 4 - peer->got);
  size_t body = length && length < end_of_head ? strtoul(length + strlen("Content-Length: "), NULL, 10) : 0;
  return peer->len >= head + body ? head + body : 0;
}

/* Waits for a request of that method, and reads it whole. */
static inline void hears(struct peer *peer, const char *method) {
  UNTIL(hear(peer) && request_len(peer) > 0);
  size_t len = request_len(peer);
  if (strncmp(peer->got, method, strlen(method)) != 0 || peer->got[strlen(method)] != ' ') fail_msg("another request: %s", peer->got);
  memmove(peer->got, peer->got + len, peer->len - len + 1);
  peer->len -= len;
}

static inline void hears_nothing(struct peer *peer) {
  go_on_for(0.03);
  assert_true(hear(peer));
  assert_int_equal(peer->len, 0);
}

static inline void say_bytes(struct peer *peer, const char *bytes, size_t len) {
  while (len > 0) {
    ssize_t sent = -1;
    UNTIL((sent = send(peer->fd, bytes, len, MSG_NOSIGNAL)) >= 0);
    bytes += sent;
    len -= (size_t)sent;
  }
}

static inline void say(struct peer *peer, const char *text) {
  say_bytes(peer, text, strlen(text));
}

static inline void hang_up(struct peer *peer) {
  close(peer->fd);
  free(peer->got);
  *peer = (struct peer){ .fd = -1 };
}

/* Ends it with a RST, so that nothing more is read on the other side either. */
static inline void break_off(struct peer *peer) {
  struct linger at_once = { .l_onoff = 1, .l_linger = 0 };
  assert_int_equal(setsockopt(peer->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once), 0);
  hang_up(peer);
}

/* The engine closes the connection. */
static inline void is_left(struct peer *peer) {
  UNTIL(!hear(peer));
  hang_up(peer);
}

/* A port to which no connection is ever made: what the kernel holds ready for the server is full. */
struct nobody {
  int port, fd, fillers[4];
};

static inline struct nobody listen_to_nobody(void) {
  struct sockaddr_in address;
  socklen_t size = sizeof address;
  struct nobody nobody;
  nobody.fd = listen_for(0, &nobody.port);
  assert_true(nobody.fd >= 0 && getsockname(nobody.fd, (struct sockaddr *)&address, &size) == 0);
  for (size_t i = 0; i < COUNT_OF(nobody.fillers); i++) {
    int fd = nobody.fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    assert_true(fd >= 0 && (connect(fd, (struct sockaddr *)&address, size) == 0 || errno == EINPROGRESS));
  }
  struct tcp_info info = { .tcpi_unacked = 0 }; /* of a listener: those that wait to be accepted */
  UNTIL(getsockopt(nobody.fd, IPPROTO_TCP, TCP_INFO, &info, &(socklen_t){ sizeof info }) == 0 && info.tcpi_unacked > 0);
  return nobody;
}

static inline void close_nobody(struct nobody *nobody) {
  for (size_t i = 0; i < COUNT_OF(nobody->fillers); i++)
    close(nobody->fillers[i]);
  close(nobody->fd);
}

/* A call from beginning to end, over a connection that is kept. */
static inline struct peer call_once(struct settings *client) {
  struct job *job = submit(client, SHOW);
  struct peer peer = answer_the_door();
  hears(&peer, "GET");
  say(&peer, ANSWER);
  succeeds(job);
  job_free(job);
  return peer;
}

#define LARGE  ((size_t)900 * 1024)
#define LITTLE 4096 /* bytes that each side's socket is asked to take */

/* MAKE with so long a text, over a kept connection whose sockets have little room: some of it is sent. */
static inline struct job *submit_large(struct settings *client, struct peer *peer) {
  int little = LITTLE;
  char *text = malloc(LARGE + 1);
  assert_non_null(text);
  memset(text, 'x', LARGE);
  text[LARGE] = '\0';
  assert_int_equal(setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &little, sizeof little), 0); /* of those that are accepted from now on */
  struct job *first = submit(client, SHOW);
  *peer = answer_the_door();
  hears(peer, "GET");
  assert_int_equal(setsockopt(first->connection->fd, SOL_SOCKET, SO_SNDBUF, &little, sizeof little), 0);
  say(peer, ANSWER);
  succeeds(first);
  job_free(first);
  struct job *job = job_of(client, MAKE, text);
  free(text);
  engine_submit(engine, job);
  go_on_for(0.05);
  assert_int_equal(job->state, JOB_RUNNING);
  assert_true(job->reused && job->sent > 0 && job->sent < job->request.wire.len);
  return job;
}

#endif
