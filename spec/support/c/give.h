/* Gives a request its values, as the binding does. */
#ifndef CARDS_SPEC_GIVE_H
#define CARDS_SPEC_GIVE_H

#include "provider/request.h"

struct header { /* that the caller adds to one call */
  const char *name;
  struct value value;
};

/* Values for all of its operation's parts, and headers. False when memory is used up. */
static inline bool give(struct request *request, const struct value *values, const struct header *headers, size_t header_count) {
  bool ok = true;
  for (size_t i = 0; ok && i < request->operation->part_count; i++)
    if (values[i].bytes && request->operation->parts[i].source != FROM_CONSTANT) ok = values_set(&request->values, i, values[i].bytes, values[i].len);
  for (size_t i = 0; ok && i < header_count; i++)
    ok = values_add_header(&request->values, headers[i].name, headers[i].value.bytes, headers[i].value.len);
  return ok;
}

/* The same of values alone. */
static inline bool give_values(struct request *request, const struct value *values) {
  return give(request, values, NULL, 0);
}

#endif
