/* What a client was configured with, as far as the wire is concerned. Immutable after settings_finish; shared by the client and its jobs through a reference count, so any thread
 * may hold one. */
#ifndef CARDS_HTTP_SETTINGS_H
#define CARDS_HTTP_SETTINGS_H

#include <curl/curl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "provider/request.h"
#include "secret/secret.h"

#define SETTINGS_IDENTITY 32 /* bytes of a SHA-256 */

/* Where connections go through. */
enum proxy_kind { PROXY_NONE, PROXY_HTTP /* also over TLS: https through a tunnel, http in absolute form */, PROXY_SOCKS };

struct settings {
  atomic_int references;
  uint64_t id; /* no other settings of the process ever have it */

  /* filled in by the caller, from the pool, before settings_finish */
  char *base_url; /* without a slash at the end */
  char *proxy;    /* scheme://host:port, or host:port */
  char *proxy_user;
  struct secret proxy_password; /* closed where there is none; its last byte is NUL */
  char *user_agent;
  char *ca_file, *cert_file, *key_file, *pinned_public_key;
  struct secret key_password;      /* as proxy_password */
  long tls_version;                /* CURL_SSLVERSION_… */
  double timeout, connect_timeout; /* seconds */
  double idle_timeout, max_age;    /* seconds: how long a connection is kept unused, and at all */
  size_t max_connections;          /* calls of the client on the wire at once; 0 for as many as there are */
  int retries;
  size_t max_response_bytes;
  bool insecure_http;

  /* made by settings_finish */
  char *origin; /* "https://host:port" as it stands in base_url */
  bool tls;     /* https */
  char *name;   /* host:port that has to be looked up to connect, as libcurl remembers it; NULL for an address */
  enum proxy_kind proxy_kind;
  bool proxy_tls;                            /* the proxy itself is spoken to over TLS */
  struct request_base base;                  /* its prefix is the path of base_url */
  unsigned char identity[SETTINGS_IDENTITY]; /* the same for settings whose connections serve each other */
};

/* Defaults for everything; NULL when memory is used up. */
struct settings *settings_new(void);
struct settings *settings_ref(struct settings *settings);
/* Wipes and frees with the last reference. NULL is allowed. */
void settings_unref(struct settings *settings);
/* Adds a header of every request, before settings_finish. False when memory is used up or there are too many bytes. */
bool settings_add_header(struct settings *settings, const char *name, const char *value, size_t len);
/* Makes what follows from the rest, last of all. False with a phrase in *why that begins with the setting's name, and goes on "cannot be read" or so. */
bool settings_finish(struct settings *settings, const char **why);

#endif
