#include "provider/values.h"

#include <string.h>

#define MAX_BYTES ((size_t)4 * 1024 * 1024)

void values_init(struct values *values) {
  memset(values, 0, sizeof *values);
  buf_init(&values->bytes, MAX_BYTES);
}

void values_free(struct values *values) {
  buf_free(&values->bytes);
}

/* Where the copy begins; 0 when it does not fit. A NUL follows it, so that names are strings. */
static uint32_t add(struct values *values, const char *bytes, size_t len) {
  uint32_t length = (uint32_t)len;
  if (len > MAX_BYTES || !buf_reserve(&values->bytes, sizeof length + len + 1)) return 0;
  buf_add(&values->bytes, &length, sizeof length);
  uint32_t at = (uint32_t)values->bytes.len;
  buf_add(&values->bytes, bytes, len);
  buf_add_char(&values->bytes, '\0');
  return at;
}

static struct value at(const struct values *values, uint32_t place) {
  uint32_t len;
  if (!place) return (struct value){ NULL, 0 };
  memcpy(&len, values->bytes.data + place - sizeof len, sizeof len);
  return (struct value){ values->bytes.data + place, len };
}

/* Where what was added behind that begins. */
static uint32_t next(const struct values *values, uint32_t place) {
  return place + (uint32_t)at(values, place).len + 1 + (uint32_t)sizeof(uint32_t);
}

bool values_set(struct values *values, size_t place, const char *bytes, size_t len) {
  uint32_t added = add(values, bytes, len);
  if (added) values->parts[place] = added;
  return added != 0;
}

/* Where in `made` that place is; made_count when it is not. */
static size_t find_made(const struct values *values, size_t place) {
  size_t i = 0;
  while (i < values->made_count && values->made_for[i] != place)
    i++;
  return i;
}

bool values_set_made(struct values *values, size_t place, const char *bytes, size_t len) {
  size_t i = find_made(values, place);
  uint32_t added = i < VALUES_MAX_MADE ? add(values, bytes, len) : 0;
  if (!added) return false;
  values->made[i] = added;
  values->made_for[i] = (uint8_t)place;
  if (i == values->made_count) values->made_count++;
  return true;
}

bool values_add_header(struct values *values, const char *name, const char *bytes, size_t len) {
  if (values->header_count == VALUES_MAX_HEADERS) return false;
  uint32_t header = add(values, name, strlen(name));
  if (!header || !add(values, bytes, len)) return false;
  values->headers[values->header_count++] = header;
  return true;
}

struct value values_get(const struct values *values, size_t place) {
  return at(values, values->parts[place]);
}

struct value values_made(const struct values *values, size_t place) {
  size_t i = find_made(values, place);
  return at(values, i < values->made_count ? values->made[i] : 0);
}

const char *values_header_name(const struct values *values, size_t header) {
  return at(values, values->headers[header]).bytes;
}

struct value values_header(const struct values *values, size_t header) {
  return at(values, next(values, values->headers[header]));
}

void values_show_headers(struct values *values, size_t first) {
  for (size_t i = first; i < values->header_count; i++)
    values->shown |= UINT32_C(1) << i;
}

/* Whether there is the name of a header, or a value of one that is shown. */
static bool is_shown(const struct values *values, size_t place) {
  for (size_t i = 0; i < values->header_count; i++)
    if (values->headers[i] == place || (values->shown >> i & 1 && next(values, values->headers[i]) == place)) return true;
  return false;
}

static bool equals(struct value value, const char *text) {
  return text && strlen(text) == value.len && memcmp(text, value.bytes, value.len) == 0;
}

static bool is_own(const struct operation *operation, struct value value) {
  for (size_t i = 0; i < operation->part_count; i++) {
    const struct part *part = &operation->parts[i];
    if (equals(value, part->value)) return true;
    for (const char *const *choice = part->choices; choice && *choice; choice++)
      if (equals(value, *choice)) return true;
  }
  return false;
}

bool values_hide(struct values *values, const struct operation *operation, struct redact *redact) {
  while (values->hidden < values->bytes.len) {
    size_t place = values->hidden + sizeof(uint32_t);
    struct value value = at(values, (uint32_t)place);
    if (!is_shown(values, place) && !is_own(operation, value) && !redact_add(redact, value.bytes, value.len)) return false;
    values->hidden = place + value.len + 1;
  }
  return true;
}
