/* A keyed hash of a text: records can be joined by it, and nobody can try out texts without the key.
 *
 *   char hex[HASH_HEX];
 *   hash_keyed(key, key_len, "4111 1111 1111 1111", 19, hex);      the same as for "4111111111111111"
 */
#ifndef CARDS_TEXT_HASH_H
#define CARDS_TEXT_HASH_H

#include <stdbool.h>
#include <stddef.h>

#define HASH_KEY_MAX 4096 /* bytes of a key */
#define HASH_HEX     32   /* hexadecimal digits of a hash */

/* Writes the first 16 bytes of HMAC-SHA-256 of the text as hexadecimal digits, without a NUL. Of a card number only the
 * digits count. False when memory is used up. Leaves traces of both on the stack, which a caller with secrets wipes. */
bool hash_keyed(const char *key, size_t key_len, const char *text, size_t len, char out[static HASH_HEX]);

#endif
