#include "http/url.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "text/chars.h"

#define ZONE_MARK    "%25" /* a percent sign, encoded */
#define LONGEST_ZONE 15    /* bytes of the name of a network interface */

/* What RFC 3986 has in a path or query; a percent sign only before two hexadecimal digits. */
static bool is_allowed(const char *bytes, size_t at, size_t len) {
  if (bytes[at] == '%') return at + 2 < len && hex_value(bytes[at + 1]) >= 0 && hex_value(bytes[at + 2]) >= 0;
  return is_digit(bytes[at]) || is_letter(bytes[at]) || (bytes[at] && strchr("-._~:/?[]@!$&'()*+,;=", bytes[at]));
}

static size_t until(const char *bytes, size_t len, const char *stops) {
  size_t at = 0;
  while (at < len && !strchr(stops, bytes[at]))
    at++;
  return at;
}

static const char *read_port(struct url *url, const char *bytes, size_t len) {
  url->port = url->tls ? 443 : 80;
  if (!len) return NULL;
  unsigned port = 0;
  for (size_t i = 1; i < len && len <= 6; i++) {
    if (!is_digit(bytes[i])) return "has a port that is none";
    port = port * 10 + (unsigned)(bytes[i] - '0');
  }
  if (bytes[0] != ':' || port < 1 || port > 65535) return "has a port that is none";
  url->port = port;
  return NULL;
}

static bool is_of_name(char c) {
  return is_digit(c) || is_letter(c) || c == '-' || c == '.' || c == '_';
}

/* An address of IPv6 in brackets, perhaps with a zone (RFC 6874). */
static const char *read_address(const char *bytes, size_t len) {
  size_t end = until(bytes, len, "%]"), at = end + strlen(ZONE_MARK);
  for (size_t i = 1; i < end; i++)
    if (hex_value(bytes[i]) < 0 && bytes[i] != ':' && bytes[i] != '.') return "has no host";
  if (end < 3) return "has no host";
  if (bytes[end] == ']') return NULL;
  bool marked = at < len && memcmp(bytes + end, ZONE_MARK, strlen(ZONE_MARK)) == 0 && len - 1 > at && len - 1 - at <= LONGEST_ZONE;
  for (; marked && at < len - 1; at++)
    marked = is_of_name(bytes[at]) || bytes[at] == '~';
  return marked ? NULL : "has a zone that is none";
}

static const char *read_authority(struct url *url, const char *bytes, size_t len) {
  if (memchr(bytes, '@', len)) return "has a user or password in it";
  const char *wrong = NULL;
  bool address = len && bytes[0] == '[';
  const char *end = address ? memchr(bytes, ']', len) : NULL;
  if (address && !end) return "has no host";
  url->host = bytes;
  url->host_len = address ? (size_t)(end - bytes) + 1 : until(bytes, len, ":");
  if (address) wrong = read_address(bytes, url->host_len);
  if (wrong || url->host_len < 1) return wrong ? wrong : "has no host";
  for (size_t i = 0; i < url->host_len && !address; i++)
    if (!is_of_name(bytes[i])) return "has no host";
  return read_port(url, bytes + url->host_len, len - url->host_len);
}

const char *url_read(struct url *url, const char *bytes, size_t len) {
  if (len > URL_MAX) return "is longer than 8192 bytes";
  url->tls = len > 8 && strncasecmp(bytes, "https://", 8) == 0;
  size_t scheme = url->tls ? 8 : 7;
  if (!url->tls && !(len > 7 && strncasecmp(bytes, "http://", 7) == 0)) return "is no URL that begins with https://";
  if (memchr(bytes, '#', len)) return "has a fragment";
  for (size_t i = scheme; i < len; i++)
    if (!is_allowed(bytes, i, len)) return "has a character that a URL cannot have";
  size_t authority = until(bytes + scheme, len - scheme, "/?");
  url->origin_len = scheme + authority;
  url->target = bytes + url->origin_len;
  url->target_len = len - url->origin_len;
  return read_authority(url, bytes + scheme, authority);
}

bool url_is_at(const struct url *url, const char *host) {
  char port[8];
  if (strncasecmp(host, url->host, url->host_len) != 0) return false;
  snprintf(port, sizeof port, ":%u", url->port);
  return host[url->host_len] == '\0' || strcmp(host + url->host_len, port) == 0;
}

bool url_same_origin(const struct url *one, const struct url *other) {
  return one->tls == other->tls && one->port == other->port && one->host_len == other->host_len &&
         strncasecmp(one->host, other->host, one->host_len) == 0;
}

bool url_begins_with(const struct url *url, const struct url *prefix, size_t *len) {
  size_t shorter = prefix->target_len;
  while (shorter && prefix->target[shorter - 1] == '/')
    shorter--;
  *len = shorter;
  if (!url_same_origin(url, prefix) || shorter > url->target_len || memcmp(url->target, prefix->target, shorter) != 0) return false;
  return shorter == url->target_len || url->target[shorter] == '/' || url->target[shorter] == '?';
}
