/* Sealing: bytes that may lie where others can read them, such as in memory that nginx's workers share. AES-256-GCM under a key of this process and of those that
 * are forked from it. Every function may be called from any thread. */
#ifndef CARDS_SECRET_SEAL_H
#define CARDS_SECRET_SEAL_H

#include <stdbool.h>
#include <stddef.h>

#include "secret/secret.h"

#define SEAL_OVERHEAD 30 /* bytes that a seal adds: version, class, nonce, tag */

/* Makes the key where there is none yet: what is forked later has the same one. False where there can be none, and *why says so. */
bool seal_prepare(const char **why);
/* Writes len + SEAL_OVERHEAD bytes: the sealed bytes of an open secret with its class. Only the same context opens them. */
bool seal(const struct secret *secret, const void *context, size_t context_len, unsigned char *sealed, const char **why);
/* Makes a secret of sealed bytes. False, with the handle closed, where they were sealed by another key, for another context or are damaged, and where there is no
 * room for a secret. */
bool seal_open(struct secret *secret, const unsigned char *sealed, size_t len, const void *context, size_t context_len, const char **why);

#endif
