/* Signatures over bytes, by the names of algorithms. */
#ifndef CARDS_SECRET_SIGNING_H
#define CARDS_SECRET_SIGNING_H

#include <stdbool.h>
#include <stddef.h>

#include "secret/buf.h"

/* Appends the base64 of a signature over text to out. algorithm is "ecdsa-sha256": DER of ECDSA with SHA-256, by the EC key whose PEM `key` is. On failure false, and *why is a
 * static sentence that goes on behind the name of the key. The caller wipes the stack afterwards. */
bool signing_make(const char *algorithm, const char *key, size_t key_len, const char *text, size_t text_len, struct buf *out, const char **why);

/* Whether there is an algorithm of that name. */
bool signing_knows(const char *algorithm);

#endif
