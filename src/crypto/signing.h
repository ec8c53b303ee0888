/* Signatures, message authentication codes and digests, by the names that definitions use. */
#ifndef CARDS_CRYPTO_SIGNING_H
#define CARDS_CRYPTO_SIGNING_H

#include <stdbool.h>
#include <stddef.h>

#include "crypto/key.h"
#include "secret/buf.h"

struct signing; /* one algorithm; static */

/* The algorithm of that name; NULL when there is none:
 * - hmac-sha1, hmac-sha256, hmac-sha384, hmac-sha512
 * - rsa-sha256, rsa-sha512 (PKCS#1), rsa-pss-sha256, rsa-pss-sha512 (the salt is as long as the digest)
 * - ecdsa-sha256, ecdsa-sha384 (DER), and with -raw behind the name as r and s of a P-256 or P-384 key
 * - ed25519
 * - sha1, sha256, sha384, sha512: a digest, without a key */
const struct signing *signing_find(const char *name);

/* The name of the algorithm at a place, from 0 on; NULL behind the last one. */
const char *signing_name(size_t place);

/* False for a digest. */
bool signing_needs_key(const struct signing *signing);
/* True for HMAC, whose key is any bytes (key_symmetric) and not a text that key_read takes. */
bool signing_takes_bytes(const struct signing *signing);

/* Whether the key signs so: its type, its curve, and that it is private. On false *why is a static phrase that follows
 * the name of the key ("is a public key where a private one is needed"). */
bool signing_fits(const struct signing *signing, const struct key *key, const char **why);

/* Appends the bytes of the signature of the text, not encoded. `key` fits; it is NULL for a digest. False when memory
 * is used up or they do not fit into `out`, with *why as above. Leaves traces on the stack, which the caller wipes. */
bool signing_make(const struct signing *signing, const struct key *key, const void *text, size_t len, struct buf *out, const char **why);

#endif
