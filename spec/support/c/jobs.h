/* Calls of the built-in provider Alix to servers of a test's own. */
#ifndef CARDS_SPEC_JOBS_H
#define CARDS_SPEC_JOBS_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "give.h"
#include "http/engine.h"
#include "http/thread/iothread.h"
#include "provider/builtin/builtin.h"
#include "secret/pool.h"

/* A socket that has a port of its own, in *port, to which nobody can connect. Below 0 on failure. */
static inline int hold_port(int *port) {
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
  socklen_t size = sizeof address;
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || bind(fd, (struct sockaddr *)&address, size) != 0 || getsockname(fd, (struct sockaddr *)&address, &size) != 0) return -1;
  *port = ntohs(address.sin_port);
  return fd;
}

/* One that takes connections and never answers. */
static inline int listen_silently(int *port) {
  int fd = hold_port(port);
  return fd >= 0 && listen(fd, 4096) == 0 ? fd : -1;
}

/* Settings of a client of Alix at that address, to be changed and then finished; ca_file may be NULL. NULL when memory is used up. */
static inline struct settings *begin_settings(const char *base_url, const char *ca_file, double timeout) {
  struct settings *made = settings_new();
  if (!made) return NULL;
  made->base_url = pool_strdup(base_url);
  made->ca_file = ca_file ? pool_strdup(ca_file) : NULL;
  made->insecure_http = true;
  made->timeout = timeout;
  made->retries = 0;
  if (made->base_url && (!ca_file || made->ca_file)) return made;
  settings_unref(made);
  return NULL;
}

/* NULL where they cannot be; NULL is allowed. */
static inline struct settings *finish_settings(struct settings *made) {
  const char *why;
  if (made && settings_finish(made, &why)) return made;
  settings_unref(made);
  return NULL;
}

static inline struct settings *settings_for(const char *base_url, const char *ca_file, double timeout) {
  return finish_settings(begin_settings(base_url, ca_file, timeout));
}

static inline struct settings *settings_for_port(int port, double timeout) {
  char url[64];
  snprintf(url, sizeof url, "http://127.0.0.1:%d", port);
  return settings_for(url, NULL, timeout);
}

/* A job that is ready to be submitted, for the card of that id; NULL when memory is used up. */
static inline struct job *job_for(struct settings *settings, const char *id) {
  const struct provider *alix = registry_find("alix");
  struct value values[] = { { id, strlen(id) }, { "alix_token_sandbox", strlen("alix_token_sandbox") } };
  struct job *job = job_new(alix, alix->operations, settings);
  if (!job) return NULL;
  if (give_values(&job->request, values) && request_build(&job->request, true, &job->error)) return job;
  job_free(job);
  return NULL;
}

#endif
