/* Signatures over bytes, chosen by the name of an algorithm. */
#ifndef CARDS_SECRET_SIGNING_H
#define CARDS_SECRET_SIGNING_H

#include <stdbool.h>
#include <stddef.h>

#include "secret/buf.h"

/* Appends the base64 of a signature over `text` to out. The only algorithm is "ecdsa-sha256": ECDSA with SHA-256 in
 * DER, by the EC key whose PEM `key` is. On failure false; *why is a static phrase that follows the name of the key
 * ("is not the PEM of …"). Leaves traces on the stack, which the caller wipes. */
bool signing_make(const char *algorithm, const char *key, size_t key_len, const char *text, size_t text_len, struct buf *out, const char **why);

/* Whether there is an algorithm of that name. */
bool signing_knows(const char *algorithm);

#endif
