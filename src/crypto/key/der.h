/* Reads DER, the encoding of keys and certificates, without a copy. */
#ifndef CARDS_CRYPTO_KEY_DER_H
#define CARDS_CRYPTO_KEY_DER_H

#include <stdbool.h>
#include <stddef.h>

enum der_type {
  DER_INTEGER = 0x02,
  DER_BITS = 0x03,
  DER_OCTETS = 0x04,
  DER_OID = 0x06,
  DER_SEQUENCE = 0x30,
  DER_CONTEXT_0 = 0xa0,
  DER_CONTEXT_1 = 0xa1
};

/* Elements that follow each other, or the content of one. */
struct der {
  const unsigned char *bytes;
  size_t len;
};

/* Takes the first element off `in`, if it has that type and at most 65,535 bytes. */
bool der_take(struct der *in, enum der_type type, struct der *content);
/* Drops the first element if it has that type. */
bool der_skip(struct der *in, enum der_type type);
/* Takes an INTEGER that is not negative: its bytes without zeros in front, none for 0. */
bool der_take_number(struct der *in, struct der *number);
/* Takes a BIT STRING of whole bytes. */
bool der_take_bits(struct der *in, struct der *bytes);
/* Takes an INTEGER of at most 4 bytes, as a value. */
bool der_take_small(struct der *in, unsigned long *value);
/* Whether an OID, or anything else, has just these bytes. */
bool der_equals(const struct der *content, const void *bytes, size_t len);

#endif
