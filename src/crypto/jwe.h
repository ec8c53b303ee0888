/* JSON Web Encryption: RFC 7516, RFC 7518, RFC 8037.
 *
 *   if (!jwe_open(text, len, key, "RSA-OAEP-256", NULL, &out, &why)) refuse(why);
 *
 * alg: RSA-OAEP, RSA-OAEP-256; ECDH-ES, ECDH-ES+A128KW, +A192KW, +A256KW (P-256, P-384, P-521, X25519); A128KW, A192KW,
 * A256KW; dir. enc: A128GCM, A192GCM, A256GCM, A128CBC-HS256, A192CBC-HS384, A256CBC-HS512. All functions leave traces on
 * the stack, which the caller wipes; json_setup is called before. */
#ifndef CARDS_CRYPTO_JWE_H
#define CARDS_CRYPTO_JWE_H

#include <stdbool.h>
#include <stddef.h>

#include "crypto/key.h"
#include "secret/buf.h"

#define JWE_MAX_RECIPIENTS 16

/* Whether there is an algorithm of that name. */
bool jwe_knows_alg(const char *alg);
bool jwe_knows_enc(const char *enc);
/* Whether its key is any bytes (key_symmetric, or a JWK "oct") and not a key pair: A128KW and the like, and dir. */
bool jwe_takes_bytes(const char *alg);

/* Whether the key decrypts with that alg and enc, or encrypts; both are known, and each may be NULL for any. On false *why
 * is a static phrase that follows the name of the key. */
bool jwe_fits(const char *alg, const char *enc, const struct key *key, bool decrypt, const char **why);

/* Appends the plain text of a JWE, which is compact, or JSON with one or more recipients, of whom one has the key; `out`
 * has room for as many bytes as the JWE has. White space around the JWE does not matter. `alg` and `enc` are the ones that are
 * allowed; NULL allows all that the key's type fits.
 *
 * On failure false, with nothing appended, and *why is a static phrase that follows the name of the text. What does not
 * depend on the key is told apart: "is no JWE", "has an alg that is not allowed", "has an enc that is not allowed", "is
 * compressed, which is not supported", "has a critical extension, which is not supported". All else, what does not fit
 * into `out` as well, is "cannot be decrypted", after the same work: a key that could not be unwrapped is replaced by a
 * random one (RFC 7516, section 11.5). */
bool jwe_open(const char *text, size_t len, const struct key *key, const char *alg, const char *enc, struct buf *out, const char **why);

/* Appends a compact JWE of the text. `header` is a JSON object with more members of its header, such as
 * {"kid":"1"}, or NULL; apu and apv in it count for ECDH-ES. On failure *why is a static phrase that follows the name of
 * what is encrypted ("cannot be encrypted", "has a header that …"). */
bool jwe_close(const char *alg, const char *enc, const struct key *key, const char *header, const void *text, size_t len, struct buf *out,
               const char **why);

#endif
