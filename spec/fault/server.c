/* Each connection has a thread of its own: after a request that could not be built, libcurl keeps one that is silent. */
#include "server.h"

#include <arpa/inet.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

__thread bool server_is_here;

struct listener {
  int fd;
  SSL_CTX *tls; /* NULL for none */
};

struct connection {
  int fd;
  SSL *tls; /* NULL for none */
};

static ssize_t receive(const struct connection *connection, char *bytes, size_t size) {
  return connection->tls ? SSL_read(connection->tls, bytes, (int)size) : recv(connection->fd, bytes, size, 0);
}

static void give(const struct connection *connection, const char *bytes, size_t len) {
  if (connection->tls)
    SSL_write(connection->tls, bytes, (int)len);
  else
    send(connection->fd, bytes, len, MSG_NOSIGNAL);
}

static const struct {
  const char *prefix, *body;
} answers[] = {
  { " /alix/", "{\"success\":true,\"message\":\"ok\",\"data\":{\"cvv\":\"111\",\"expYear\":\"27\",\"expMonth\":\"01\",\"cardNo\":"
               "\"4111111111111111\"},\"errorCode\":0}" },
  { " /whop/", "{\"object\":\"card\",\"id\":\"c_1\",\"name\":\"Travel\",\"last4\":\"4242\",\"expiration_month\":\"12\",\"expiration_year\":\"2027\","
               "\"spent_last_month\":123,"
               "\"new\":[1,{\"x\":\"y\"}],\"secrets\":{\"card_number\":\"4242424242424242\",\"cvc\":\"123\",\"name_on_card\":\"John Doe\"}}" },
  { "", "{\"success\":false,\"message\":\"no\"}" },
};

/* What a header asks for, with a number in the place of each @: a header must not have one. */
static void take_asked(char *body, size_t room, const char *asked) {
  static const char number[] = "4111111111111111";
  size_t len = 0;
  for (; *asked != '\r' && *asked && len + sizeof number < room; asked++) {
    size_t more = *asked == '@' ? sizeof number - 1 : 1;
    memcpy(body + len, *asked == '@' ? number : asked, more);
    len += more;
  }
  body[len] = '\0';
}

static void answer(const struct connection *connection) {
  static char former[8192]; /* request that was turned away, up to its second line */
  char request[8192] = "", wanted[8192], whole[8192 + 512];
  size_t len = 0;
  while (len < sizeof request - 1 && !strstr(request, "\r\n\r\n")) {
    ssize_t got = receive(connection, request + len, sizeof request - 1 - len);
    if (got <= 0) return;
    len += (size_t)got;
    request[len] = '\0';
  }
  size_t i = 0;
  while (answers[i].prefix[0] && !strstr(request, answers[i].prefix))
    i++;
  const char *status = answers[i].prefix[0] ? "200 Fine" : "404 Not Found", *body = answers[i].body;
  const char *asked = strstr(request, "X-Answer: ");
  if (asked) {
    status = "200 Fine";
    take_asked(wanted, sizeof wanted, asked + strlen("X-Answer: "));
    body = wanted;
  }
  if (strstr(request, "User-Agent: flaky\r\n")) {
    size_t line = strcspn(request, "\r");
    if (strncmp(former, request, line + 1) != 0) status = "500 Sorry\r\nRetry-After: 0";
    memcpy(former, request, line + 1);
  }
  int size = snprintf(whole, sizeof whole, "HTTP/1.1 %s\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n%s", status, strlen(body), body);
  give(connection, whole, (size_t)size);
}

static void *serve_one(void *accepted) {
  struct connection *connection = accepted;
  server_is_here = true;
  if (!connection->tls || (SSL_set_fd(connection->tls, connection->fd) == 1 && SSL_accept(connection->tls) == 1)) {
    answer(connection);
    if (connection->tls) SSL_shutdown(connection->tls);
  }
  SSL_free(connection->tls);
  close(connection->fd);
  free(connection);
  return NULL;
}

static void *serve(void *listening) {
  const struct listener *listener = listening;
  sigset_t broken_pipes;
  sigemptyset(&broken_pipes);
  sigaddset(&broken_pipes, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &broken_pipes, NULL); /* of this thread and those it makes, as SSL_write has no MSG_NOSIGNAL */
  server_is_here = true;
  for (;;) {
    pthread_t thread;
    struct connection *connection = calloc(1, sizeof *connection);
    if (!connection) return NULL;
    connection->fd = accept(listener->fd, NULL, NULL);
    connection->tls = listener->tls ? SSL_new(listener->tls) : NULL;
    if (connection->fd < 0 || pthread_create(&thread, NULL, serve_one, connection) != 0) return NULL;
    pthread_detach(thread);
  }
}

static SSL_CTX *open_tls(const char *pem) {
  SSL_CTX *tls = SSL_CTX_new(TLS_server_method());
  if (tls && SSL_CTX_use_certificate_file(tls, pem, SSL_FILETYPE_PEM) == 1 && SSL_CTX_use_PrivateKey_file(tls, pem, SSL_FILETYPE_PEM) == 1)
    return tls;
  SSL_CTX_free(tls);
  return NULL;
}

int server_open(const char *pem) {
  static struct listener listeners[2];
  struct listener *listener = &listeners[pem != NULL];
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
  socklen_t size = sizeof address;
  pthread_t thread;
  listener->tls = pem ? open_tls(pem) : NULL;
  listener->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if ((pem && !listener->tls) || listener->fd < 0 || bind(listener->fd, (const struct sockaddr *)&address, size) != 0 ||
      listen(listener->fd, 64) != 0 || getsockname(listener->fd, (struct sockaddr *)&address, &size) != 0 ||
      pthread_create(&thread, NULL, serve, listener) != 0)
    return -1;
  pthread_detach(thread);
  return ntohs(address.sin_port);
}
