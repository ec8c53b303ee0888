#include "crypto/key/pbes2.h"

#include <openssl/evp.h>

#include "crypto/key/parts.h"
#include "crypto/primitive/algorithm.h"
#include "crypto/primitive/block.h"
#include "secret/pool.h"

#define ROUNDS_MAX 10000000
#define KEY_MAX    32

struct scheme {
  struct der salt, iv;
  unsigned long rounds;
  const EVP_MD *digest;
  const EVP_CIPHER *cipher;
};

/* An AlgorithmIdentifier: its name, and what follows that. */
static bool take_algorithm(struct der *in, struct der *name, struct der *rest) {
  return der_take(in, DER_SEQUENCE, rest) && der_take(rest, DER_OID, name);
}

static const EVP_MD *digest_of(const struct der *name) {
  static const unsigned char prefix[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x02 };
  struct der start = { name->bytes, sizeof prefix };
  if (name->len != sizeof prefix + 1 || !der_equals(&start, prefix, sizeof prefix)) return NULL;
  switch (name->bytes[sizeof prefix]) {
  case 7: return algorithm_digest(DIGEST_SHA1);
  case 9: return algorithm_digest(DIGEST_SHA256);
  case 10: return algorithm_digest(DIGEST_SHA384);
  case 11: return algorithm_digest(DIGEST_SHA512);
  default: return NULL;
  }
}

static const EVP_CIPHER *cipher_of(const struct der *name) {
  static const unsigned char des3[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x03, 0x07 };
  static const unsigned char aes[] = { 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01 };
  struct der start = { name->bytes, sizeof aes };
  if (der_equals(name, des3, sizeof des3)) return EVP_des_ede3_cbc();
  if (name->len != sizeof aes + 1 || !der_equals(&start, aes, sizeof aes)) return NULL;
  switch (name->bytes[sizeof aes]) {
  case 2: return algorithm_aes(MODE_CBC, 16);
  case 22: return algorithm_aes(MODE_CBC, 24);
  case 42: return algorithm_aes(MODE_CBC, 32);
  default: return NULL;
  }
}

static bool read_scheme(struct der *info, struct scheme *scheme) {
  static const unsigned char pbes2[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0d };
  static const unsigned char pbkdf2[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0c };
  struct der name, rest, both, derivation, content, prf;
  unsigned long key_len;
  if (!take_algorithm(info, &name, &rest) || !der_equals(&name, pbes2, sizeof pbes2) || !der_take(&rest, DER_SEQUENCE, &both)) return false;
  if (!take_algorithm(&both, &name, &derivation) || !der_equals(&name, pbkdf2, sizeof pbkdf2)) return false;
  if (!der_take(&derivation, DER_SEQUENCE, &content) || !der_take(&content, DER_OCTETS, &scheme->salt)) return false;
  if (!der_take_small(&content, &scheme->rounds) || scheme->rounds < 1 || scheme->rounds > ROUNDS_MAX) return false;
  der_take_small(&content, &key_len); /* which the cipher says as well */
  scheme->digest = algorithm_digest(DIGEST_SHA1);
  if (content.len > 0) scheme->digest = take_algorithm(&content, &prf, &rest) ? digest_of(&prf) : NULL;
  if (!scheme->digest || !take_algorithm(&both, &name, &rest)) return false;
  scheme->cipher = cipher_of(&name);
  return scheme->cipher && der_take(&rest, DER_OCTETS, &scheme->iv) && scheme->iv.len == (size_t)EVP_CIPHER_get_iv_length(scheme->cipher);
}

bool pbes2_open(struct der info, const char *password, size_t password_len, struct buf *out, const char **why) {
  struct scheme scheme;
  struct der text;
  *why = "is encrypted in a way that is not supported: PBES2 with PBKDF2 and AES or triple DES is";
  if (!read_scheme(&info, &scheme) || !der_take(&info, DER_OCTETS, &text)) return false;
  *why = "is encrypted and needs a password";
  if (!password) return false;
  unsigned char *key = pool_alloc(KEY_MAX);
  *why = KEY_NO_MEMORY;
  if (!key) return false;
  *why = "cannot be opened with that password";
  bool ok = PKCS5_PBKDF2_HMAC(password, (int)password_len, scheme.salt.bytes, (int)scheme.salt.len, (int)scheme.rounds, scheme.digest,
                              EVP_CIPHER_get_key_length(scheme.cipher), key) == 1 &&
            block_open(&(struct block){ .cipher = scheme.cipher, .key = key, .iv = scheme.iv.bytes, .iv_len = scheme.iv.len }, text.bytes, text.len,
                       NULL, out);
  pool_free(key);
  return ok;
}
