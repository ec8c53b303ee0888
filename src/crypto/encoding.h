/* Bytes as text and back: base64, base64url and hexadecimal digits (RFC 4648).
 *
 *   encoding_write(ENCODING_BASE64URL, bytes, len, &out);
 *   if (!encoding_read(ENCODING_BASE64, text, text_len, &out)) refuse();
 */
#ifndef CARDS_CRYPTO_ENCODING_H
#define CARDS_CRYPTO_ENCODING_H

#include <stdbool.h>
#include <stddef.h>

#include "secret/buf.h"

enum encoding { ENCODING_BASE64, ENCODING_BASE64URL, ENCODING_HEX, ENCODING_NONE };

/* The encoding of that name: "base64", "base64url", "hex" or "none". False when there is none. */
bool encoding_find(const char *name, enum encoding *encoding);

/* Appends the text of the bytes: base64 with padding, base64url without, hexadecimal digits in small letters, or the
 * bytes themselves. False when they do not fit. */
bool encoding_write(enum encoding encoding, const void *bytes, size_t len, struct buf *out);

/* Appends the bytes that the text stands for. Both kinds of base64 may have their padding or not, and line breaks
 * anywhere; hexadecimal digits may be small or large. False, with nothing appended, when the text has anything else in
 * it or bits too many, or when the bytes do not fit; only the last sets out->failed. */
bool encoding_read(enum encoding encoding, const char *text, size_t len, struct buf *out);

#endif
