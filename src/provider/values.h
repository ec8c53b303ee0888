/* The values of one call: parameters, credentials, headers of the caller's. They are copies in memory that is wiped, so that the request can be built again for
 * another attempt, on any thread, whatever became of the secrets that they were taken from. Owned by the request; used by one thread at a time. */
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

/* A value as text; bytes is NULL where there is none. */
struct value {
  const char *bytes;
  size_t len;
};

struct values {
  struct buf bytes;                        /* of all that was ever given: lengths, each followed by so many bytes */
  uint32_t parts[VALUES_MAX_PARTS];        /* where the value of each part begins; 0 for none */
  uint32_t headers[VALUES_MAX_HEADERS][2]; /* where the name and the value of each begin */
  size_t header_count;
  uint64_t secrets; /* a bit for each part whose value a secret held */
  size_t hidden;    /* bytes that a redact knows */
};

void values_init(struct values *values);
/* Wipes and frees. */
void values_free(struct values *values);
/* Copies the value of the part at that place, which takes the place of an earlier one. False when memory is used up, or there are more than 4 MiB in all. */
bool values_set(struct values *values, size_t place, const char *bytes, size_t len);
/* Adds a header. name is a token of RFC 9110, checked by the caller. False as above, or where there are VALUES_MAX_HEADERS already. */
bool values_add_header(struct values *values, const char *name, const char *bytes, size_t len);
/* Until the next values_set or values_add_header. */
struct value values_get(const struct values *values, size_t place);
const char *values_header_name(const struct values *values, size_t header);
struct value values_header(const struct values *values, size_t header);
/* Has the redact hide all that was given since the last time, a credential that was replaced as well. False when memory is used up; redact_values then fails too. */
bool values_hide(struct values *values, struct redact *redact);

#endif
