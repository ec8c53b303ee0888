/* A request and what it is made of: settings for a whole group of tests, and operations made of parts. */
#ifndef CARDS_SPEC_REQUESTS_H
#define CARDS_SPEC_REQUESTS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../src/base/json.h"
#include "../../src/base/pool.h"
#include "../../src/engine/request.h"

#define BASE_URL "https://host.example/base"

static struct settings *settings;

static inline int make_settings(void **state) {
  (void)state;
  json_setup();
  settings = settings_new();
  assert_non_null(settings);
  settings->base_url = pool_strdup(BASE_URL);
  return settings_add_header(settings, "X-Client: yes") && settings_add_own_headers(settings) ? 0 : -1;
}

static inline int free_settings(void **state) {
  (void)state;
  settings_unref(settings);
  return 0;
}

static inline struct value value_of(const char *text) {
  return (struct value){ text, strlen(text) };
}

/* Builds with these parts; the request is in a state to be freed whatever comes out. */
static inline bool build(struct request *request, const struct part *parts, size_t count, const char *path, const struct value *values,
                         const struct header *headers, size_t header_count, struct error *error) {
  struct operation operation = { .name = "op", .method = "POST", .path = path, .parts = parts, .part_count = count };
  memset(error, 0, sizeof *error);
  request_init(request);
  return request_build(request, &operation, settings, values, (struct value){ NULL, 0 }, headers, header_count, error);
}

#endif
