#include "settings.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "../base/pool.h"

static _Atomic uint64_t ids;

struct settings *settings_new(void) {
  struct settings *settings = pool_calloc(1, sizeof *settings);
  if (!settings) return NULL;
  atomic_init(&settings->references, 1);
  settings->id = atomic_fetch_add_explicit(&ids, 1, memory_order_relaxed) + 1;
  settings->timeout = 30;
  settings->connect_timeout = 5;
  settings->retries = 2;
  settings->max_response_bytes = 1024 * 1024;
  settings->tls_version = CURL_SSLVERSION_TLSv1_2;
  settings->http_version = CURL_HTTP_VERSION_1_1;
  return settings;
}

struct settings *settings_ref(struct settings *settings) {
  atomic_fetch_add_explicit(&settings->references, 1, memory_order_relaxed);
  return settings;
}

void settings_unref(struct settings *settings) {
  if (!settings || atomic_fetch_sub_explicit(&settings->references, 1, memory_order_acq_rel) > 1) return;
  char *strings[] = { settings->base_url,  settings->proxy,    settings->user_agent,       settings->ca_file,
                      settings->cert_file, settings->key_file, settings->pinned_public_key };
  for (size_t i = 0; i < sizeof strings / sizeof *strings; i++)
    pool_free(strings[i]);
  secret_wipe(&settings->key_password);
  curl_slist_free_all(settings->headers);
  pool_free(settings);
}

bool settings_add_header(struct settings *settings, const char *line) {
  struct curl_slist *list = curl_slist_append(settings->headers, line);
  if (!list) return false;
  settings->headers = list;
  return true;
}

static bool has_header(const struct curl_slist *line, const char *own) {
  size_t len = strcspn(own, ":") + 1;
  while (line && strncasecmp(line->data, own, len) != 0)
    line = line->next;
  return line != NULL;
}

bool settings_add_own_headers(struct settings *settings) {
  char agent[256];
  snprintf(agent, sizeof agent, "User-Agent: %s", settings->user_agent ? settings->user_agent : "cards");
  /* Few and short, and as lines of the list: libcurl prints them byte by byte. "Accept:" keeps libcurl from sending one that says nothing. */
  const char *const lines[] = { agent, "Accept-Encoding: gzip", "Accept:" };
  struct curl_slist *last = settings->headers;
  while (last && last->next)
    last = last->next;
  for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
    if (!has_header(settings->headers, lines[i]) && !settings_add_header(settings, lines[i])) return false;
  settings->own = last ? last->next : settings->headers;
  return true;
}
