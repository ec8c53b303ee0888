/* What a client was configured with, as far as the wire is concerned. Immutable after settings_new's caller has filled it in; shared by the client and
 * its jobs through a reference count, so any thread may hold one. */
#ifndef CARDS_ENGINE_SETTINGS_H
#define CARDS_ENGINE_SETTINGS_H

#include <curl/curl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../base/secret.h"

struct settings {
  atomic_int references;
  uint64_t id;    /* no other settings of the process ever have it */
  char *base_url; /* without a slash at the end */
  char *proxy;
  char *user_agent;
  char *ca_file, *cert_file, *key_file, *pinned_public_key;
  struct secret key_password; /* closed where there is none; its last byte is NUL */
  long tls_version;           /* CURL_SSLVERSION_… */
  long http_version;
  double timeout, connect_timeout; /* seconds */
  int retries;
  size_t max_response_bytes;
  bool insecure_http;
  struct curl_slist *headers; /* sent with every call, behind those of the call itself: the user's, then ours */
  struct curl_slist *own;     /* where ours begin: constants, nothing secret */
};

/* Defaults for everything; NULL when memory is used up. Strings are allocated from the pool by whoever fills them in. */
struct settings *settings_new(void);
struct settings *settings_ref(struct settings *settings);
/* Frees with the last reference. NULL is allowed. */
void settings_unref(struct settings *settings);
/* Adds a header line "Name: value" to settings->headers. False when memory is used up. */
bool settings_add_header(struct settings *settings, const char *line);
/* Adds the headers that every request has, behind all others. False when memory is used up. */
bool settings_add_own_headers(struct settings *settings);

#endif
