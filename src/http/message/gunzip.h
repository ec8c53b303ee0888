/* Decodes gzip (RFC 1952) piece by piece, also with several members. What follows a member and begins none is ignored, as
 * gzip(1) and browsers do. zlib works in memory that is wiped, as it sees all of the text. Used by one thread at a time. */
#ifndef CARDS_HTTP_MESSAGE_GUNZIP_H
#define CARDS_HTTP_MESSAGE_GUNZIP_H

#include "secret/buf.h"

struct gunzip;

enum gunzip_result {
  GUNZIP_OK,
  GUNZIP_BROKEN,
  GUNZIP_FULL, /* the buffer is full and there may be more: a caller that allows n bytes gives a buffer of n + 1 */
  GUNZIP_NO_MEMORY
};

/* A decoder for one body; NULL when memory is used up. */
struct gunzip *gunzip_new(void);
/* Wipes and frees. NULL is allowed. */
void gunzip_free(struct gunzip *gunzip);
/* Decodes the bytes, at most 1 GiB, and appends the text to `out`. After any other result than GUNZIP_OK it must not
 * be called again. */
enum gunzip_result gunzip_feed(struct gunzip *gunzip, const char *bytes, size_t len, struct buf *out);
/* Whether the body may end here: no member has begun without its end. */
bool gunzip_complete(const struct gunzip *gunzip);

#endif
