/* OAuth 1.0a (RFC 5849) with RSA-SHA256 and the extension for a hash of the body. */
#ifndef CARDS_PROVIDER_REQUEST_OAUTH1_H
#define CARDS_PROVIDER_REQUEST_OAUTH1_H

#include "crypto/key.h"
#include "provider/request/making.h"

#define OAUTH1_SIGNATURE "oauth_signature=\"" /* what stands in front of the signature, which ends the header with a quote */

/* Appends the value of the header Authorization: OAuth oauth_body_hash="…",…,oauth_signature="…". The signature covers
 * the method, the URL, the pairs of the query in the form in which they are sent, and the oauth_ values. consumer is
 * the name of the part that is the consumer's key. On failure false, with the maker's error set or with a static phrase
 * in *why that follows the name of the key. */
bool oauth1_header(struct maker *maker, const char *consumer, const struct key *key, struct buf *out, const char **why);

#endif
