/* What a key is made of: for src/crypto/key alone. */
#ifndef CARDS_CRYPTO_KEY_PARTS_H
#define CARDS_CRYPTO_KEY_PARTS_H

#include <stdatomic.h>

#include "crypto/key.h"

#define KEY_NO_MEMORY "does not fit into memory"
#define KEY_NO_KEY    "has numbers that are no key"

struct key {
  atomic_uint references;
  enum key_kind kind;
  bool private;
  size_t bits;
  int curve;                                    /* of KEY_EC: OpenSSL's NID */
  EVP_PKEY *pkey;                               /* NULL for KEY_SYMMETRIC */
  unsigned char reject[KEY_REJECT];             /* of a private KEY_RSA */
  _Atomic(EVP_MD_CTX *) contexts[KEY_CONTEXTS]; /* see key_context; NULL where there is none yet */
  size_t len;                                   /* of KEY_SYMMETRIC */
  unsigned char bytes[];
};

/* A key that takes `pkey` over, also where it fails. NULL where that is NULL or memory is used up, with *why set. */
struct key *key_wrap(enum key_kind kind, EVP_PKEY *pkey, bool private, size_t bits, const char **why);

#endif
