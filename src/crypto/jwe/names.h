/* The algorithms of JWE by their names: RFC 7518, sections 4.1 and 5.1. */
#ifndef CARDS_CRYPTO_JWE_NAMES_H
#define CARDS_CRYPTO_JWE_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#include "crypto/key.h"
#include "crypto/primitive/algorithm.h"
#include "crypto/primitive/rsa.h"

#define JWE_KEY_MAX 64 /* bytes of a content key */
#define JWE_IV_MAX  16
#define JWE_TAG_MAX 32

enum jwe_way { JWE_ENCRYPT /* RSA */, JWE_AGREE, JWE_WRAP, JWE_DIRECT };

struct jwe_alg {
  const char *name;
  enum jwe_way way;
  enum rsa_padding padding; /* of JWE_ENCRYPT */
  size_t wrap;              /* bytes of the key that wraps the content key: of JWE_WRAP, and of JWE_AGREE when not 0 */
};

struct jwe_enc {
  const char *name;
  size_t key_len;     /* bytes; for CBC half of them are the key of the HMAC */
  enum mode mode;     /* MODE_GCM or MODE_CBC */
  enum digest digest; /* of the HMAC */
  size_t iv_len, tag_len;
};

/* NULL when there is none of that name, and for NULL. */
const struct jwe_alg *jwe_alg_find(const char *name);
const struct jwe_enc *jwe_enc_find(const char *name);

/* As jwe_fits. */
bool jwe_alg_fits(const struct jwe_alg *alg, const struct jwe_enc *enc, const struct key *key, bool decrypt, const char **why);

#endif
