/* Text that is written as base64 or hexadecimal digits, back to its bytes. Pure functions without state.
 *
 *   decode_base64("NDExMQ==", 8, out, &len);     "4111"
 *   decode_hex("34313131", 8, out, &len);        "4111"
 *
 * `out` has room for `len` bytes, which is more than there will be. White space around the text is skipped. False for anything else, and for nothing. */
#ifndef CARDS_TEXT_TRANSFORM_DECODE_H
#define CARDS_TEXT_TRANSFORM_DECODE_H

#include <stdbool.h>
#include <stddef.h>

/* RFC 4648, in either of its alphabets, with padding or without. */
bool decode_base64(const char *in, size_t len, char *out, size_t *out_len);
/* Pairs of digits in either case. */
bool decode_hex(const char *in, size_t len, char *out, size_t *out_len);

#endif
