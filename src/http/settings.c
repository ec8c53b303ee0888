#include "http/settings.h"

#include <arpa/inet.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "secret/pool.h"

static _Atomic uint64_t ids;

struct settings *settings_new(void) {
  struct settings *settings = pool_calloc(1, sizeof *settings);
  if (!settings) return NULL;
  atomic_init(&settings->references, 1);
  settings->id = atomic_fetch_add_explicit(&ids, 1, memory_order_relaxed) + 1;
  settings->timeout = 30;
  settings->connect_timeout = 5;
  settings->idle_timeout = 60;
  settings->max_age = 600;
  settings->retries = 2;
  settings->max_response_bytes = 1024 * 1024;
  settings->tls_version = CURL_SSLVERSION_TLSv1_2;
  buf_init(&settings->base.head, REQUEST_MAX_BASE_HEAD);
  settings->base.keys = key_cache_new();
  if (settings->base.keys) return settings;
  pool_free(settings);
  return NULL;
}

struct settings *settings_ref(struct settings *settings) {
  atomic_fetch_add_explicit(&settings->references, 1, memory_order_relaxed);
  return settings;
}

void settings_unref(struct settings *settings) {
  if (!settings || atomic_fetch_sub_explicit(&settings->references, 1, memory_order_acq_rel) > 1) return;
  char *strings[] = { settings->base_url, settings->proxy,       settings->proxy_user, settings->user_agent,
                      settings->ca_file,  settings->cert_file,   settings->key_file,   settings->pinned_public_key,
                      settings->origin,   settings->base.prefix, settings->name,       settings->site,
                      settings->zone };
  for (size_t i = 0; i < sizeof strings / sizeof *strings; i++)
    pool_free(strings[i]);
  secret_wipe(&settings->key_password);
  secret_wipe(&settings->proxy_password);
  buf_free(&settings->base.head);
  key_cache_free(settings->base.keys);
  pool_free(settings);
}

static const size_t copied[] = { offsetof(struct settings, proxy),
                                 offsetof(struct settings, proxy_user),
                                 offsetof(struct settings, user_agent),
                                 offsetof(struct settings, ca_file),
                                 offsetof(struct settings, cert_file),
                                 offsetof(struct settings, key_file),
                                 offsetof(struct settings, pinned_public_key) };

static bool copy_secret(struct secret *to, const struct secret *from) {
  const char *why;
  return !from->bytes || (secret_state(from) == SECRET_OPEN && secret_init(to, from->class, from->bytes, from->len, &why));
}

struct settings *settings_like(const struct settings *other, const char *base_url, size_t len) {
  struct settings *settings = settings_new();
  if (!settings) return NULL;
  settings->tls_version = other->tls_version;
  settings->timeout = other->timeout;
  settings->connect_timeout = other->connect_timeout;
  settings->idle_timeout = other->idle_timeout;
  settings->max_age = other->max_age;
  settings->max_connections = other->max_connections;
  settings->retries = other->retries;
  settings->max_response_bytes = other->max_response_bytes;
  settings->insecure_http = other->insecure_http;
  settings->base_url = pool_calloc(1, len + 1);
  bool ok = settings->base_url && copy_secret(&settings->proxy_password, &other->proxy_password) &&
            copy_secret(&settings->key_password, &other->key_password) && buf_add(&settings->base.head, other->base.head.data, other->given);
  for (size_t i = 0; ok && i < sizeof copied / sizeof *copied; i++) {
    const char *from = *(char *const *)(const void *)((const char *)other + copied[i]);
    char *copy = from ? pool_strdup(from) : NULL;
    ok = copy || !from;
    memcpy((char *)settings + copied[i], &copy, sizeof copy);
  }
  if (ok) {
    memcpy(settings->base_url, base_url, len);
    return settings;
  }
  settings_unref(settings);
  return NULL;
}

bool settings_add_header(struct settings *settings, const char *name, const char *value, size_t len) {
  struct buf *head = &settings->base.head;
  return buf_add_string(head, name) && buf_add_string(head, ": ") && buf_add(head, value, len) && buf_add_string(head, "\r\n");
}

static bool has_header(const struct settings *settings, const char *name) {
  for (const char *line = buf_string(&settings->base.head); *line; line = strchr(line, '\n') + 1)
    if (request_is_header(line, name)) return true;
  return false;
}

/* --- URLs, as libcurl reads them --- */

/* The URLs are read with the codes of libcurl. Any failure but a lack of memory is a URL that cannot be read. */
static CURLUcode stored(bool ok) {
  return ok ? CURLUE_OK : CURLUE_OUT_OF_MEMORY;
}

/* Appends a part of the URL to `text`, which stays empty when the URL has none. */
static CURLUcode get_part(CURLU *url, CURLUPart part, unsigned flags, struct buf *text) {
  char *found = NULL;
  CURLUcode code = curl_url_get(url, part, &found, flags);
  if (code == CURLUE_NO_USER || code == CURLUE_NO_PASSWORD || code == CURLUE_NO_PORT || code == CURLUE_NO_ZONEID) return CURLUE_OK;
  bool ok = found && buf_add_string(text, found);
  if (found) explicit_bzero(found, strlen(found)); /* it may be a password */
  curl_free(found);
  return code == CURLUE_OK ? stored(ok) : code;
}

/* As get_part; libcurl takes port 0, to which nothing can connect. */
static CURLUcode get_port(CURLU *url, unsigned flags, struct buf *port) {
  CURLUcode code = get_part(url, CURLUPART_PORT, flags, port);
  return code == CURLUE_OK && strcmp(buf_string(port), "0") == 0 ? CURLUE_BAD_PORT_NUMBER : code;
}

#ifdef CURLU_PUNYCODE
#define HOST_FLAGS CURLU_PUNYCODE /* the form in which hosts are looked up and certified */
#else
#define HOST_FLAGS 0
#endif

/* Addresses are not looked up, and neither are names that libcurl knows. */
static bool is_looked_up(const char *host) {
  struct in_addr address;
  size_t len = strlen(host);
  if (host[0] == '[' || inet_pton(AF_INET, host, &address) == 1) return false;
  return strcasecmp(host, "localhost") != 0 && !(len > 10 && strcasecmp(host + len - 10, ".localhost") == 0);
}

static bool set_name(struct settings *settings, const char *host, const char *port) {
  struct buf name;
  if (!is_looked_up(host)) return true;
  buf_init(&name, 4096);
  if (buf_add_string(&name, host) && buf_add_char(&name, ':') && buf_add_string(&name, port)) settings->name = pool_strdup(name.data);
  buf_free(&name);
  return settings->name != NULL;
}

/* The zone of the URL's host, for the one that is connected to. */
static CURLUcode set_zone(struct settings *settings, CURLU *url) {
  struct buf zone;
  buf_init(&zone, 256);
  CURLUcode code = get_part(url, CURLUPART_ZONEID, 0, &zone);
  if (code == CURLUE_OK && zone.len) code = stored((settings->zone = pool_strdup(zone.data)) != NULL);
  buf_free(&zone);
  return code;
}

/* Derives the origin without a zone. */
static bool set_site(struct settings *settings) {
  settings->site = pool_strdup(settings->origin);
  char *end = settings->site ? strchr(settings->site, ']') : NULL, *zone = end ? memchr(settings->site, '%', (size_t)(end - settings->site)) : NULL;
  if (zone) memmove(zone, end, strlen(end) + 1);
  settings->base.site = settings->site;
  return settings->site != NULL;
}

/* Derives the origin, the path behind it, and the header Host. */
static CURLUcode take_base_url(struct settings *settings, const struct buf *host, const struct buf *port) {
  const char *authority = strstr(settings->base_url, "://");
  size_t len = authority ? strcspn(authority + 3, "/") : 0;
  if (!len) return CURLUE_MALFORMED_INPUT;
  const char *path = authority + 3 + len;
  settings->base.prefix = pool_strdup(path);
  settings->origin = pool_strdup(settings->base_url);
  if (!settings->base.prefix || !settings->origin) return CURLUE_OUT_OF_MEMORY;
  settings->origin[path - settings->base_url] = '\0';
  if (!set_site(settings)) return CURLUE_OUT_OF_MEMORY;
  struct buf value;
  buf_init(&value, 4096);
  bool ok = buf_add_string(&value, buf_string(host)) && (!port->len || (buf_add_char(&value, ':') && buf_add_string(&value, buf_string(port)))) &&
            settings_add_header(settings, "Host", buf_string(&value), value.len);
  buf_free(&value);
  return stored(ok);
}

static CURLUcode read_base_url(struct settings *settings, CURLU *url) {
  struct buf host, port;
  buf_init(&host, 4096);
  buf_init(&port, 16);
  CURLUcode code = curl_url_set(url, CURLUPART_URL, settings->base_url, CURLU_PATH_AS_IS);
  if (code == CURLUE_OK) code = get_part(url, CURLUPART_HOST, HOST_FLAGS, &host);
  if (code == CURLUE_OK) code = get_port(url, CURLU_NO_DEFAULT_PORT, &port);
  if (code == CURLUE_OK) code = take_base_url(settings, &host, &port);
  /* A proxy looks it up itself. */
  if (code == CURLUE_OK && settings->proxy_kind == PROXY_NONE) code = set_zone(settings, url);
  if (code == CURLUE_OK && settings->proxy_kind == PROXY_NONE)
    code = stored(set_name(settings, buf_string(&host), port.len ? port.data : settings->tls ? "443" : "80"));
  buf_free(&host);
  buf_free(&port);
  return code;
}

/* A credential in the URL counts when none is given beside it. */
static CURLUcode take_proxy_user(struct settings *settings, CURLU *url) {
  const char *why;
  struct buf user, password;
  buf_init(&user, 16 * 1024);
  buf_init(&password, 16 * 1024);
  CURLUcode code = get_part(url, CURLUPART_USER, CURLU_URLDECODE, &user);
  if (code == CURLUE_OK) code = get_part(url, CURLUPART_PASSWORD, CURLU_URLDECODE, &password);
  if (code == CURLUE_OK && user.data && !settings->proxy_user) {
    settings->proxy_user = pool_strdup(user.data);
    code = stored(settings->proxy_user &&
                  (!password.data || secret_init(&settings->proxy_password, SECRET_CREDENTIAL, password.data, password.len + 1, &why)));
  }
  buf_free(&user);
  buf_free(&password);
  return code;
}

/* Removes the credential from the URL, as it has a place of its own. */
static CURLUcode take_proxy_url(struct settings *settings, CURLU *url) {
  struct buf plain;
  buf_init(&plain, 4096);
  curl_url_set(url, CURLUPART_USER, NULL, 0);
  curl_url_set(url, CURLUPART_PASSWORD, NULL, 0);
  CURLUcode code = get_part(url, CURLUPART_URL, CURLU_NON_SUPPORT_SCHEME, &plain);
  if (code == CURLUE_OK) {
    pool_free(settings->proxy);
    settings->proxy = pool_strdup(plain.data);
    code = stored(settings->proxy != NULL);
  }
  buf_free(&plain);
  return code;
}

/* The kind of a proxy with that scheme; PROXY_NONE for a scheme that is none. */
static enum proxy_kind kind_of(const char *scheme) {
  static const char *const socks[] = { "socks4", "socks4a", "socks5", "socks5h" };
  for (size_t i = 0; i < sizeof socks / sizeof *socks; i++)
    if (strcmp(scheme, socks[i]) == 0) return PROXY_SOCKS;
  return strcmp(scheme, "http") == 0 || strcmp(scheme, "https") == 0 ? PROXY_HTTP : PROXY_NONE;
}

static CURLUcode read_proxy(struct settings *settings, CURLU *url) {
  struct buf scheme, host, port;
  buf_init(&scheme, 64);
  buf_init(&host, 4096);
  buf_init(&port, 16);
  CURLUcode code = curl_url_set(url, CURLUPART_URL, settings->proxy, CURLU_NON_SUPPORT_SCHEME | CURLU_GUESS_SCHEME);
  if (code == CURLUE_OK && !strstr(settings->proxy, "://")) code = curl_url_set(url, CURLUPART_SCHEME, "http", 0);
  if (code == CURLUE_OK) code = get_part(url, CURLUPART_SCHEME, 0, &scheme);
  if (code == CURLUE_OK) code = get_part(url, CURLUPART_HOST, HOST_FLAGS, &host);
  if (code == CURLUE_OK) code = get_port(url, 0, &port);
  if (code == CURLUE_OK) {
    settings->proxy_tls = strcmp(scheme.data, "https") == 0;
    settings->proxy_kind = kind_of(scheme.data);
    if (settings->proxy_kind == PROXY_NONE) code = CURLUE_UNSUPPORTED_SCHEME;
  }
  if (code == CURLUE_OK) code = stored(set_name(settings, buf_string(&host), port.len ? port.data : settings->proxy_tls ? "443" : "1080"));
  if (code == CURLUE_OK) code = set_zone(settings, url);
  if (code == CURLUE_OK) code = take_proxy_user(settings, url);
  if (code == CURLUE_OK) code = take_proxy_url(settings, url);
  buf_free(&scheme);
  buf_free(&host);
  buf_free(&port);
  return code;
}

/* An http request goes to an HTTP proxy without a tunnel, so that the credential of the proxy is one of its headers. */
static bool add_proxy_authorization(struct settings *settings) {
  struct buf pair, value;
  buf_init(&pair, 32 * 1024);
  buf_init(&value, 64 * 1024);
  bool ok = buf_add_string(&pair, settings->proxy_user) && buf_add_char(&pair, ':');
  if (ok && settings->proxy_password.bytes) ok = buf_add(&pair, settings->proxy_password.bytes, settings->proxy_password.len - 1);
  ok = ok && buf_add_string(&value, "Basic ") && buf_add_base64(&value, pair.data, pair.len) &&
       settings_add_header(settings, "Proxy-Authorization", value.data, value.len);
  buf_free(&pair);
  buf_free(&value);
  return ok;
}

/* --- what makes two connections different --- */

static bool digest(EVP_MD_CTX *context, const void *bytes, size_t len) {
  return EVP_DigestUpdate(context, &len, sizeof len) == 1 && EVP_DigestUpdate(context, bytes, len) == 1;
}

static bool set_identity(struct settings *settings) {
  EVP_MD_CTX *context = EVP_MD_CTX_new();
  const char *const strings[] = { settings->origin,    settings->proxy,    settings->proxy_user,       settings->ca_file,
                                  settings->cert_file, settings->key_file, settings->pinned_public_key };
  const struct secret *const secrets[] = { &settings->key_password, &settings->proxy_password };
  const double times[] = { settings->idle_timeout, settings->max_age };
  bool ok = context && EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1;
  for (size_t i = 0; ok && i < sizeof strings / sizeof *strings; i++) /* an absent one differs from an empty one */
    ok = strings[i] ? digest(context, strings[i], strlen(strings[i]) + 1) : digest(context, "", 0);
  for (size_t i = 0; ok && i < sizeof secrets / sizeof *secrets; i++)
    ok = digest(context, secrets[i]->bytes ? (const void *)secrets[i]->bytes : "", secrets[i]->bytes ? secrets[i]->len : 0);
  ok = ok && digest(context, times, sizeof times) && digest(context, &settings->tls_version, sizeof settings->tls_version) &&
       EVP_DigestFinal_ex(context, settings->identity, NULL) == 1;
  EVP_MD_CTX_free(context);
  return ok;
}

bool settings_finish(struct settings *settings, const char **why) {
  CURLU *base = curl_url(), *proxy = curl_url();
  const char *agent = settings->user_agent ? settings->user_agent : "cards";
  CURLUcode code = stored(base && proxy);
  settings->tls = strncasecmp(settings->base_url, "https:", 6) == 0;
  settings->given = settings->base.head.len;
  *why = "proxy: it cannot be read";
  if (code == CURLUE_OK && settings->proxy) code = read_proxy(settings, proxy);
  bool untunnelled = settings->proxy_kind == PROXY_HTTP && !settings->tls;
  if (code == CURLUE_OK && untunnelled && settings->proxy_user) code = stored(add_proxy_authorization(settings));
  settings->base.own_at = settings->base.head.len;
  if (code == CURLUE_OK) {
    *why = "base_url: it cannot be read";
    code = read_base_url(settings, base);
  }
  if (untunnelled) settings->base.origin = settings->site;
  curl_url_cleanup(base);
  curl_url_cleanup(proxy);
  if (code == CURLUE_OK)
    code = stored((has_header(settings, "User-Agent") || settings_add_header(settings, "User-Agent", agent, strlen(agent))) &&
                  settings_add_header(settings, "Accept-Encoding", "gzip", 4) && set_identity(settings));
  if (code == CURLUE_OUT_OF_MEMORY) *why = "the settings do not fit into memory";
  return code == CURLUE_OK;
}
