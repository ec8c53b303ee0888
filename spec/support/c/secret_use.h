/* src/lua/secret, used at random. */
#ifndef CARDS_SPEC_SECRET_USE_H
#define CARDS_SPEC_SECRET_USE_H

#include <stdlib.h>
#include <string.h>

#include "secret/secret.h"

#define PAN "4111111111111111"

static inline struct secret_stats stats(void) {
  struct secret_stats now;
  secret_stats(&now);
  return now;
}

#define MODEL_SECRETS 300

struct model_secret {
  struct secret secret;
  unsigned char fill;
};

static inline size_t random_len(unsigned *seed) {
  static const size_t most[] = { 9, 17, 100, 2100, 2100, 20000 };
  return (size_t)rand_r(seed) % most[(size_t)rand_r(seed) % 6];
}

/* True while every open secret holds what was put in and every slot is zero when it is taken and when it is given back. */
static inline int churn(unsigned seed, int steps) {
  struct model_secret model[MODEL_SECRETS] = { 0 }; /* not malloc'ed: a sanitizer's malloc is not sane in a child forked under threads */
  const char *why = NULL;
  int sane = 1;
  for (int step = 0; sane && step < steps; step++) {
    struct model_secret *one = &model[(size_t)rand_r(&seed) % MODEL_SECRETS];
    if (secret_state(&one->secret) == SECRET_OPEN) {
      for (size_t i = 0; i < one->secret.len; i++)
        sane &= one->secret.bytes[i] == one->fill;
      secret_wipe(&one->secret);
      continue;
    }
    one->fill = (unsigned char)rand_r(&seed);
    size_t len = random_len(&seed);
    if (!secret_reserve(&one->secret, SECRET_TOKEN, len, &why)) {
      sane &= strstr(why, "full") != NULL && secret_state(&one->secret) == SECRET_CLOSED;
      continue;
    }
    for (size_t i = 0; i < len; i++)
      sane &= one->secret.bytes[i] == 0;
    memset(one->secret.bytes, one->fill, len);
  }
  for (int i = 0; i < MODEL_SECRETS; i++)
    secret_wipe(&model[i].secret);
  return sane;
}

#endif
