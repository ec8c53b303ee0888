/* How a client is configured, as far as connections and requests are concerned.
 *
 *   struct settings *settings = settings_new();
 *   settings->base_url = pool_strdup("https://api.example.com/v1");
 *   if (!settings_finish(settings, &why)) return fail(why);      why is "base_url: it cannot be read" or so
 *   settings_unref(settings);
 *
 * They do not change after settings_finish. The client and its jobs share them by references, which any thread may
 * hold. */
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

/* What connections go through. */
enum proxy_kind { PROXY_NONE, PROXY_HTTP /* or HTTPS: https goes through a tunnel, http in absolute form */, PROXY_SOCKS };

struct settings {
  atomic_int references;
  uint64_t id; /* unique in the process */

  /* filled in by the caller before settings_finish; strings come from the pool */
  char *base_url; /* without a slash at its end */
  char *proxy;    /* "scheme://host:port" or "host:port" */
  char *proxy_user;
  struct secret proxy_password; /* closed when there is none; ends with a NUL */
  char *user_agent;
  char *ca_file, *cert_file, *key_file, *pinned_public_key;
  struct secret key_password;      /* likewise */
  long tls_version;                /* CURL_SSLVERSION_… */
  double timeout, connect_timeout; /* seconds */
  double idle_timeout, max_age;    /* seconds: how long a connection is kept unused, and in total */
  size_t max_connections;          /* calls of the client on the wire at once; 0 for no limit */
  int retries;
  size_t max_response_bytes;
  bool insecure_http;

  /* made by settings_finish */
  size_t given; /* bytes of the header lines that the caller added */
  char *origin; /* "https://host:port" as base_url has it */
  char *site;   /* the same without the zone of an address, which means something only here (RFC 6874) */
  bool tls;     /* https */
  char *name;   /* "host:port" that is looked up to connect, as libcurl knows it; NULL for an address */
  char *zone;   /* of the address to connect to; NULL for none */
  enum proxy_kind proxy_kind;
  bool proxy_tls;                            /* connections to the proxy use TLS */
  struct request_base base;                  /* its prefix is the path of base_url */
  unsigned char identity[SETTINGS_IDENTITY]; /* a digest: settings with the same one share their connections */
};

/* Settings with all defaults and one reference; NULL when memory is used up. */
struct settings *settings_new(void);
struct settings *settings_ref(struct settings *settings);
/* Wipes and frees the settings with their last reference. NULL is allowed. */
void settings_unref(struct settings *settings);
/* Adds a header to every request, before settings_finish. False when memory is used up or the headers are too long. */
bool settings_add_header(struct settings *settings, const char *name, const char *value, size_t len);
/* Settings as those, for another base URL; they are to be finished. NULL when memory is used up. */
struct settings *settings_like(const struct settings *other, const char *base_url, size_t len);
/* Derives the rest. On failure false, with a static phrase in *why that begins with the name of the setting. */
bool settings_finish(struct settings *settings, const char **why);

#endif
