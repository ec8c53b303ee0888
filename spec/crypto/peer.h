/* Asks spec/crypto/peer.mjs, a program of its own. */
#ifndef CARDS_SPEC_PEER_H
#define CARDS_SPEC_PEER_H

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "json/json.h"

static FILE *to_peer, *from_peer;
static pid_t peer;

static inline int peer_start(void **state) {
  int in[2], out[2];
  (void)state;
  json_setup();
  signal(SIGPIPE, SIG_IGN); /* a program that has ended is told by its answer that does not come */
  if (pipe(in) != 0 || pipe(out) != 0) return -1;
  peer = fork();
  if (peer == 0) {
    dup2(in[0], STDIN_FILENO);
    dup2(out[1], STDOUT_FILENO);
    close(in[1]);
    close(out[0]);
    execlp("node", "node", "spec/crypto/peer.mjs", (char *)NULL);
    _exit(127);
  }
  close(in[0]);
  close(out[1]);
  to_peer = fdopen(in[1], "w");
  from_peer = fdopen(out[0], "r");
  return peer > 0 && to_peer && from_peer ? 0 : -1;
}

static inline int peer_stop(void **state) {
  int status = 0;
  (void)state;
  fclose(to_peer);
  fclose(from_peer);
  return waitpid(peer, &status, 0) == peer && WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1;
}

/* A request: pairs of a name and a string up to a NULL. The tree of the answer's result, to be freed with its root; where there is none the spec fails. */
static inline const struct json_node *peer_ask(struct json_node **root, const char *what, ...) {
  struct buf request;
  char *line = NULL;
  const char *name, *why = "the program has ended: has spec/support/deps installed node and jose?";
  size_t size = 0, where;
  va_list pairs;
  buf_init(&request, 1 << 20);
  buf_addf(&request, "{\"do\":\"%s\"", what);
  va_start(pairs, what);
  while ((name = va_arg(pairs, const char *))) {
    const char *value = va_arg(pairs, const char *);
    if (!value) continue;
    buf_addf(&request, ",\"%s\":", name);
    if (strcmp(name, "header") == 0)
      buf_add_string(&request, value);
    else
      json_write_string(&request, value, strlen(value));
  }
  va_end(pairs);
  buf_add_string(&request, "}\n");
  fwrite(request.data, 1, request.len, to_peer);
  fflush(to_peer);
  ssize_t len = getline(&line, &size, from_peer);
  *root = len > 0 ? json_parse(line, (size_t)len, &why, &where) : NULL;
  if (!*root) fail_msg("%s %s", why, len > 0 ? line : "");
  const struct json_node *result = json_at(*root, "result");
  if (!result) fail_msg("%.300s: %s", request.data, line);
  free(line);
  buf_free(&request);
  return result;
}

#endif
