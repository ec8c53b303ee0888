/* The values of one call: parameters, credentials and its own headers.
 *
 * They are copies in memory that is wiped, so that the request can be built again for another attempt on any thread,
 * whatever became of the secrets that they were taken from. They belong to the request; one thread uses them at a
 * time. */
#ifndef CARDS_PROVIDER_VALUES_H
#define CARDS_PROVIDER_VALUES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "provider/provider.h"
#include "secret/buf.h"
#include "text/redact.h"

#define VALUES_MAX_PARTS   64
#define VALUES_MAX_HEADERS 32
#define VALUES_MAX_MADE    16

/* A value as text; bytes is NULL for none. */
struct value {
  const char *bytes;
  size_t len;
};

struct values {
  struct buf bytes;                 /* everything that was given: lengths, each followed by so many bytes and a NUL */
  uint32_t parts[VALUES_MAX_PARTS]; /* where in `bytes` the value of each part begins; 0 for none */
  uint32_t made[VALUES_MAX_MADE];   /* the same for what was last made of secrets for the parts at made_for */
  uint8_t made_for[VALUES_MAX_MADE];
  size_t made_count;
  uint32_t headers[VALUES_MAX_HEADERS]; /* the same for the name of each header, whose value follows it */
  size_t header_count;
  size_t own_headers; /* the first ones are the call's; the others are secrets of the client */
  uint32_t shown;     /* one bit for each header whose value is nobody's secret */
  uint64_t secrets;   /* one bit for each part whose value came from a secret */
  size_t hidden;      /* how far values_hide has got in `bytes` */
};

void values_init(struct values *values);
/* Wipes and frees. */
void values_free(struct values *values);
/* Copies the value of the part at that place, in place of an earlier one. False when memory is used up, or when all
 * values together have more than 4 MiB. */
bool values_set(struct values *values, size_t place, const char *bytes, size_t len);
/* Copies what was made of secrets for the part at that place, and is sent in an attempt, so that it is hidden, too. False
 * likewise, and when there already are others for VALUES_MAX_MADE parts. */
bool values_set_made(struct values *values, size_t place, const char *bytes, size_t len);
/* Says that the last headers, from that one on, have values that are nobody's secrets: they are not hidden. */
void values_show_headers(struct values *values, size_t first);
/* Adds a header. The caller has checked that the name is a token of RFC 9110. False likewise, and when there already
 * are VALUES_MAX_HEADERS. */
bool values_add_header(struct values *values, const char *name, const char *bytes, size_t len);
/* What was set. Valid until the next values_set or values_add_header. */
struct value values_get(const struct values *values, size_t place);
struct value values_made(const struct values *values, size_t place);
const char *values_header_name(const struct values *values, size_t header);
struct value values_header(const struct values *values, size_t header);
/* Adds to a redaction all values that were added since the last call, those that were replaced included, but for texts
 * that the operation itself has: defaults and choices. False when memory is used up; redact_values then fails, too. */
bool values_hide(struct values *values, const struct operation *operation, struct redact *redact);

#endif
