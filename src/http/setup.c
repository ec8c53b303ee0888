/* Sets up libcurl, cJSON, the allocator below both, and the built-in providers, once for the process. */
#include <curl/curl.h>
#include <pthread.h>
#include <string.h>

#include "http/counts.h"
#include "http/engine.h"
#include "provider/builtin/builtin.h"
#include "secret/pool.h"
#include "json/json.h"

static pthread_once_t once = PTHREAD_ONCE_INIT;
static struct engine_facts facts;

/* curl_global_init_mem has no effect when another module has initialised libcurl before. So see whose memory it
 * takes. */
static bool takes_our_memory(void) {
  unsigned long before = pool_allocations();
  curl_slist_free_all(curl_slist_append(NULL, "x"));
  return pool_allocations() > before;
}

static void setup(void) {
  json_setup();
  registry_setup();
  counts_setup();
  if (curl_global_init_mem(CURL_GLOBAL_DEFAULT, pool_alloc, pool_free, pool_realloc, pool_strdup, pool_calloc) != CURLE_OK)
    facts.reason = "libcurl could not be initialised";
  else if (!takes_our_memory())
    facts.reason = "another module initialised libcurl first, with memory that is not wiped, where a proxy's password leaves copies: "
                   "require \"cards\" before it";
  facts.wiping = facts.reason == NULL;
  const curl_version_info_data *version = curl_version_info(CURLVERSION_NOW);
  facts.cleanse =
      version->ssl_version && strstr(version->ssl_version, "OpenSSL/") == version->ssl_version && strncmp(version->ssl_version, "OpenSSL/1", 9) != 0;
}

void engine_setup(void) {
  pthread_once(&once, setup);
}

const struct engine_facts *engine_facts(void) {
  engine_setup();
  return &facts;
}
