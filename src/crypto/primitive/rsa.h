/* Encryption by RSA. */
#ifndef CARDS_CRYPTO_PRIMITIVE_RSA_H
#define CARDS_CRYPTO_PRIMITIVE_RSA_H

#include <stdbool.h>
#include <stddef.h>

#include "crypto/key.h"
#include "secret/buf.h"

/* The last one has SHA-1 in the mask alone, as Java's "OAEPWithSHA-256AndMGF1Padding". */
enum rsa_padding { RSA_PAD_PKCS1, RSA_PAD_OAEP_SHA1, RSA_PAD_OAEP_SHA256, RSA_PAD_OAEP_SHA256_SHA1 };

/* Appends the plain text; `key` is a private KEY_RSA. False when the text is longer or shorter than the modulus, and for
 * OAEP when it was changed or encrypted for another key.
 *
 * With PKCS#1 padding that would tell whoever can have texts decrypted whether the padding was right, by which any text
 * can be found out in the end (Bleichenbacher). So a text with a wrong padding has a message as well: one that looks
 * random, is of a length that looks random, and is always the same for this text and key (implicit rejection, as
 * draft-irtf-cfrg-rsa-guidance has it and OpenSSL 3.2). What the message is good for is seen by the caller: it
 * authenticates nothing. */
bool rsa_open(enum rsa_padding padding, const struct key *key, const unsigned char *text, size_t len, struct buf *out);

/* Appends the cipher text; `key` is a KEY_RSA. False when the text is too long for it or memory is used up. */
bool rsa_close(enum rsa_padding padding, const struct key *key, const void *text, size_t len, struct buf *out);

#endif
