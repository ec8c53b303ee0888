/* Sealing: encrypts a secret so that it may lie where others can read it, such as in memory that nginx's workers
 * share.
 *
 *   unsigned char sealed[3 + SEAL_OVERHEAD];
 *   seal(&cvv, "orders", 6, sealed, &why);
 *   seal_open(&copy, sealed, sizeof sealed, "orders", 6, &why);      in this process or one that was forked from it
 *
 * AES-256-GCM under a key that this process and those forked from it share; or under one that is derived from bytes
 * which hosts share (HKDF-SHA-256, RFC 5869), for what lies where other machines read it:
 *
 *   seal_derive(&key, "bytes from a file", 17, &why);
 *   seal_with(&key, SECRET_TOKEN, token, len, "orders", 6, sealed, &why);
 *   seal_open_with(&key, &copy, sealed, sizeof sealed, "orders", 6, &why);
 *
 * The nonces are random: one key seals 2^32 times at most. On failure the functions return false with a static or
 * thread-local sentence in *why. They may be called from any thread. */
#ifndef CARDS_SECRET_SEAL_H
#define CARDS_SECRET_SEAL_H

#include <stdbool.h>
#include <stddef.h>

#include "secret/secret.h"

#define SEAL_OVERHEAD 30 /* bytes that a seal adds: version, class, nonce, tag */
#define SEAL_NAME     32 /* bytes of a name: HMAC-SHA-256 */

/* Makes the key if there is none yet. Called before a fork, so that the children have the same key. */
bool seal_prepare(const char **why);
/* Whether this process has its key from the one that forked it, and so in common with its siblings. */
bool seal_is_shared(void);
/* Writes a name for the text, such as one in memory that nginx's workers share: the same in all processes with this
 * key, and of no use to find the text by trying. */
bool seal_name(const void *text, size_t len, unsigned char name[static SEAL_NAME], const char **why);
/* Writes secret->len + SEAL_OVERHEAD bytes to `sealed`. The secret is open. Only the same context, of at most 4096
 * bytes, opens them. */
bool seal(const struct secret *secret, const void *context, size_t context_len, unsigned char *sealed, const char **why);
/* Makes a secret of what seal wrote. Fails when the bytes are damaged, of another key or for another context, or when
 * the arena has no room; the handle is closed then. */
bool seal_open(struct secret *secret, const unsigned char *sealed, size_t len, const void *context, size_t context_len, const char **why);

#define SEAL_SHARED_MIN 16 /* bytes that hosts share */
#define SEAL_SHARED_MAX 4096

/* Makes a key, which is a secret of its own, of bytes that hosts share. False when they are too few or too many, or
 * when there is no room; the handle is closed then. */
bool seal_derive(struct secret *with, const void *shared, size_t len, const char **why);
/* The same three as above under that key, which is open. seal_with takes bytes, as they need not be a secret here;
 * seal_open_with makes a secret of that class of them. */
bool seal_name_with(const struct secret *with, const void *text, size_t len, unsigned char name[static SEAL_NAME], const char **why);
bool seal_with(const struct secret *with, enum secret_class class, const void *bytes, size_t len, const void *context, size_t context_len,
               unsigned char *sealed, const char **why);
bool seal_open_with(const struct secret *with, struct secret *secret, const unsigned char *sealed, size_t len, const void *context,
                    size_t context_len, const char **why);

#endif
