#include "text/hash.h"

#include <openssl/hmac.h>
#include <string.h>

#include "text/pan.h"

bool hash_keyed(const char *key, size_t key_len, const char *text, size_t len, char out[static HASH_HEX]) {
  static const char digits[] = "0123456789abcdef";
  char number[PAN_MAX_DIGITS];
  unsigned char mac[EVP_MAX_MD_SIZE];
  unsigned int mac_len = 0;
  if (pan_luhn(text, len)) {
    len = pan_digits(text, len, number);
    text = number;
  }
  bool ok = HMAC(EVP_sha256(), key, (int)key_len, (const unsigned char *)text, len, mac, &mac_len) != NULL;
  for (size_t i = 0; ok && i < HASH_HEX / 2; i++) {
    out[2 * i] = digits[mac[i] >> 4];
    out[2 * i + 1] = digits[mac[i] & 15];
  }
  explicit_bzero(mac, sizeof mac);
  explicit_bzero(number, sizeof number);
  return ok;
}
