/* The time of an attempt, as providers want it written. */
#ifndef CARDS_PROVIDER_REQUEST_MOMENT_H
#define CARDS_PROVIDER_REQUEST_MOMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "secret/buf.h"

/* Appends the moment in a form, with seconds that are added to it: "unix", "unix_ms", "iso" (2026-01-31T23:59:59Z),
 * "iso_ms", "http" (Sat, 31 Jan 2026 23:59:59 GMT), a form of strftime in UTC such as "%Y%m%d"; and "unix+60" or
 * "iso-30". False for any other form, and when `out` is full. */
bool moment_write(struct buf *out, const struct timespec *moment, const char *form, size_t len);

#endif
