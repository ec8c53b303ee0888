/* A keyed hash of a text. Data can be joined by it, and without the key nobody can try out texts. A pure function without state. */
#ifndef CARDS_TEXT_HASH_H
#define CARDS_TEXT_HASH_H

#include <stdbool.h>
#include <stddef.h>

#define HASH_KEY_MAX 4096 /* bytes of a key */
#define HASH_HEX     32   /* hexadecimal digits of a hash */

/* Writes the first 16 bytes of HMAC-SHA-256 of the text under the key, as hexadecimal digits without a NUL. Of a card number only the digits count: spaces and dashes
 * make no difference. False when memory is used up. Bytes of both stay on the C stack: a caller that gives secrets wipes it. */
bool hash_keyed(const char *key, size_t key_len, const char *text, size_t len, char out[static HASH_HEX]);

#endif
