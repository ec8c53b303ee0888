/* Keys: private and public ones, and bytes that both sides know.
 *
 *   struct key *key = key_read(pem, pem_len, NULL, 0, &why);
 *   signing_make(signing, key, text, text_len, &out, &why);
 *   key_unref(key);                                        wipes the numbers, when nobody else has it
 *
 * A key does not change, so that threads may share one. OpenSSL's own readers leave copies of private numbers in
 * memory: its ASN.1 types free octet strings without wiping them. So PEM, base64, DER and JWK are read here, in memory
 * that is wiped, and OpenSSL gets only the numbers. json_setup is called before a JWK is read. */
#ifndef CARDS_CRYPTO_KEY_H
#define CARDS_CRYPTO_KEY_H

#include <openssl/types.h>
#include <stdbool.h>
#include <stddef.h>

#include "secret/buf.h"

#define KEY_TEXT_MAX (64 * 1024) /* bytes of a key as text */
#define KEY_REJECT   32          /* bytes of key_reject */
#define KEY_CONTEXTS 17          /* as many as there are algorithms in signing.h */

enum key_kind { KEY_RSA, KEY_EC, KEY_ED25519, KEY_X25519, KEY_SYMMETRIC };

struct key; /* belongs to all that have a reference */

/* The key in `len` bytes of text, which is one of:
 * - PEM: PKCS#8, also encrypted (PBES2 with PBKDF2), SEC1 (EC), PKCS#1 (RSA), SubjectPublicKeyInfo or a certificate.
 *   Text and other blocks around it do not matter; a private key goes before a public one.
 * - a JWK: RSA, EC, OKP (Ed25519, X25519) or oct
 * - base64 of the DER of any of those.
 * `password` may be NULL. On failure NULL, and *why is a static phrase that follows the name of the key ("is encrypted
 * and needs a password"). Leaves traces on the stack, which the caller wipes. */
struct key *key_read(const char *text, size_t len, const char *password, size_t password_len, const char **why);
/* A key that is just bytes, at least one: for HMAC, AES and "dir". NULL when memory is used up. */
struct key *key_symmetric(const void *bytes, size_t len);

/* A new private key of the kind and curve of another one, which is no KEY_RSA and no KEY_SYMMETRIC. NULL when memory is
 * used up. */
struct key *key_generate_like(const struct key *other);

/* One more reference to the same key. From any thread. */
struct key *key_ref(struct key *key);
/* Gives one back; the last one wipes and frees. NULL is allowed. */
void key_unref(struct key *key);

enum key_kind key_kind(const struct key *key);
/* Whether it can sign and decrypt. True for KEY_SYMMETRIC. */
bool key_is_private(const struct key *key);
/* Of the modulus, of the order of a curve, or of the bytes. */
size_t key_bits(const struct key *key);
/* The curve as JWK names it: "P-256", "P-384", "P-521", "Ed25519", "X25519". NULL when there is none or it has no such
 * name. */
const char *key_curve(const struct key *key);

/* What the rest of src/crypto takes of it: the key as OpenSSL has it, NULL for KEY_SYMMETRIC; the bytes of a
 * KEY_SYMMETRIC; and the hash of a private RSA number, KEY_REJECT bytes, NULL for others. They live as long as it. */
EVP_PKEY *key_pkey(const struct key *key);
const unsigned char *key_bytes(const struct key *key, size_t *len);
const unsigned char *key_reject(const struct key *key);

/* A context that is ready to sign with the key by the algorithm of that place, to be copied for each signature: to make one
 * takes a third as long as an ECDSA signature. NULL where none was kept. From any thread. */
const EVP_MD_CTX *key_context(const struct key *key, size_t place);
/* Keeps one, which belongs to the key from then on. Returns it, or the one that another thread has kept before. */
const EVP_MD_CTX *key_keep_context(const struct key *key, size_t place, EVP_MD_CTX *context);

enum key_form { KEY_SPKI /* base64 of DER */, KEY_PEM, KEY_JWK };

/* Appends the public part: SubjectPublicKeyInfo, or a JWK with only the members that RFC 7638 hashes, in its order.
 * False when it does not fit, and for a KEY_SYMMETRIC, which has none. */
bool key_write_public(const struct key *key, enum key_form form, struct buf *out);

#endif
