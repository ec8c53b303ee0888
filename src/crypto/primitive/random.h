/* Random bytes of the kernel. */
#ifndef CARDS_CRYPTO_PRIMITIVE_RANDOM_H
#define CARDS_CRYPTO_PRIMITIVE_RANDOM_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/random.h>

/* Fills at most 256 bytes, which come at once or not at all. */
static inline bool random_fill(void *bytes, size_t len) {
  return getrandom(bytes, len, 0) == (ssize_t)len;
}

#endif
