/* A key out of its numbers, as PEM, DER and JWK give them. */
#ifndef CARDS_CRYPTO_KEY_NUMBERS_H
#define CARDS_CRYPTO_KEY_NUMBERS_H

#include "crypto/key.h"
#include "crypto/key/der.h"

/* In the order of PKCS#1. */
enum rsa_number { RSA_N, RSA_E, RSA_D, RSA_P, RSA_Q, RSA_DP, RSA_DQ, RSA_QI, RSA_NUMBERS };

/* All have the most significant byte first; what is absent has no bytes. */
struct numbers {
  enum key_kind kind;
  int curve;                   /* of KEY_EC: OpenSSL's NID */
  struct der rsa[RSA_NUMBERS]; /* of KEY_RSA; a private key has at least the first three, and all or none of the rest */
  struct der public;           /* of KEY_EC: a point (SEC1); of KEY_ED25519 and KEY_X25519: 32 bytes */
  struct der private;          /* of all three; the public one is then computed, and compared where it is given */
};

/* As key_read. Copies what it keeps. Refused are: an RSA modulus of less than 2048 or more than 8192 bits, an exponent
 * that is even or above 64 bits, factors of another modulus, numbers out of range, and points that are not on the
 * curve. */
struct key *numbers_to_key(const struct numbers *numbers, const char **why);

#endif
