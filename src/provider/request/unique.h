/* Texts that no other call has, for parameters that a provider wants to be unique. */
#ifndef CARDS_PROVIDER_REQUEST_UNIQUE_H
#define CARDS_PROVIDER_REQUEST_UNIQUE_H

#include <stdbool.h>
#include <stddef.h>

#include "secret/buf.h"

#define UNIQUE_MOST 64 /* characters */

/* Appends one of a form: "uuid" (version 4), "hex" (32 digits), "digits" (18); "hex:16" and "digits:10" have another
 * length, of 1 to UNIQUE_MOST. False for any other form, when the system has no randomness, and when `out` is full. */
bool unique_write(struct buf *out, const char *form, size_t len);

#endif
