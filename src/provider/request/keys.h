/* The key that a part of a request is. */
#ifndef CARDS_PROVIDER_REQUEST_KEYS_H
#define CARDS_PROVIDER_REQUEST_KEYS_H

#include "crypto/key.h"
#include "provider/provider.h"
#include "provider/values.h"

/* Reads the value of a part as the key that its type says: a PART_PEM, which may be encrypted with `password`, the bytes
 * that a PART_BYTES stands for, or the bytes themselves. NULL on failure, with a static phrase in *why that follows the
 * name of the part. */
struct key *keys_read(const struct part *part, struct value value, struct value password, const char **why);

#endif
