/* An absolute URL that somebody else wrote, in an answer: its parts, and whether it is one that may be called.
 *
 *   struct url url;
 *   const char *wrong = url_read(&url, text, len);
 *   if (!wrong && url_is_at(&url, "pan.acme.example")) ...
 *
 * The parts lie within the text. No message shows any of it. */
#ifndef CARDS_HTTP_URL_H
#define CARDS_HTTP_URL_H

#include <stdbool.h>
#include <stddef.h>

#define URL_MAX 8192 /* bytes */

struct url {
  bool tls;         /* https, else http */
  const char *host; /* a name, or an address; one of IPv6 with its brackets, and the zone that it has */
  size_t host_len;
  unsigned port;      /* that of the scheme where none is written */
  size_t origin_len;  /* bytes of the text up to the path, "https://host:port" */
  const char *target; /* path and query as they are written, "" for none */
  size_t target_len;
};

/* Reads a URL. NULL, or a static phrase that says what is wrong: "is longer than 8192 bytes". */
const char *url_read(struct url *url, const char *bytes, size_t len);
/* Whether it is at that host: "name" or "name:port". */
bool url_is_at(const struct url *url, const char *host);
/* Whether both have the same scheme, host and port. */
bool url_same_origin(const struct url *one, const struct url *other);
/* The bytes of `url`'s target that `prefix` is the beginning of, with nothing, a slash or a query behind it; false where it is at another origin or none. A slash at the end of the
 * prefix does not count. */
bool url_begins_with(const struct url *url, const struct url *prefix, size_t *len);

#endif
