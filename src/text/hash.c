#include "text/hash.h"

#include <openssl/hmac.h>
#include <string.h>

#include "text/chars.h"
#include "text/pan.h"

bool hash_keyed(const char *key, size_t key_len, const char *text, size_t len, char out[static HASH_HEX]) {
  char number[PAN_MAX_DIGITS];
  unsigned char mac[EVP_MAX_MD_SIZE];
  unsigned int mac_len = 0;
  if (pan_luhn(text, len)) {
    len = pan_digits(text, len, number);
    text = number;
  }
  bool ok = HMAC(EVP_sha256(), key, (int)key_len, (const unsigned char *)text, len, mac, &mac_len) != NULL;
  if (ok) hex_write(out, mac, HASH_HEX / 2);
  explicit_bzero(mac, sizeof mac);
  explicit_bzero(number, sizeof number);
  return ok;
}
