/* Decodes gzip (RFC 1952) piece by piece, several members one after the other as well. zlib's memory is wiped: it sees all of the text.
 * Used by one thread at a time. */
#ifndef CARDS_HTTP_MESSAGE_GUNZIP_H
#define CARDS_HTTP_MESSAGE_GUNZIP_H

#include "secret/buf.h"

struct gunzip;

enum gunzip_result {
  GUNZIP_OK,
  GUNZIP_BROKEN,
  GUNZIP_FULL, /* the buffer is at its maximum: there may be more, so that a caller who allows n bytes gives a buffer of n + 1 */
  GUNZIP_NO_MEMORY
};

/* Ready for the first member; NULL when memory is used up. */
struct gunzip *gunzip_new(void);
/* Wipes and frees; NULL is allowed. */
void gunzip_free(struct gunzip *gunzip);
/* Decodes all of the bytes and appends to out. After anything but GUNZIP_OK it must not be called again. */
enum gunzip_result gunzip_feed(struct gunzip *gunzip, const char *bytes, size_t len, struct buf *out);
/* True where the bytes so far may be all of them: no member has begun and not ended. */
bool gunzip_complete(const struct gunzip *gunzip);

#endif
