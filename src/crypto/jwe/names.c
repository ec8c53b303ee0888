#include "crypto/jwe/names.h"

#include <string.h>

static const struct jwe_alg algs[] = {
  { .name = "RSA-OAEP", .way = JWE_ENCRYPT, .padding = RSA_PAD_OAEP_SHA1 },
  { .name = "RSA-OAEP-256", .way = JWE_ENCRYPT, .padding = RSA_PAD_OAEP_SHA256 },
  { .name = "ECDH-ES", .way = JWE_AGREE },
  { .name = "ECDH-ES+A128KW", .way = JWE_AGREE, .wrap = 16 },
  { .name = "ECDH-ES+A192KW", .way = JWE_AGREE, .wrap = 24 },
  { .name = "ECDH-ES+A256KW", .way = JWE_AGREE, .wrap = 32 },
  { .name = "A128KW", .way = JWE_WRAP, .wrap = 16 },
  { .name = "A192KW", .way = JWE_WRAP, .wrap = 24 },
  { .name = "A256KW", .way = JWE_WRAP, .wrap = 32 },
  { .name = "dir", .way = JWE_DIRECT },
};

static const struct jwe_enc encs[] = {
  { .name = "A128GCM", .key_len = 16, .mode = MODE_GCM, .iv_len = 12, .tag_len = 16 },
  { .name = "A192GCM", .key_len = 24, .mode = MODE_GCM, .iv_len = 12, .tag_len = 16 },
  { .name = "A256GCM", .key_len = 32, .mode = MODE_GCM, .iv_len = 12, .tag_len = 16 },
  { .name = "A128CBC-HS256", .key_len = 32, .mode = MODE_CBC, .digest = DIGEST_SHA256, .iv_len = 16, .tag_len = 16 },
  { .name = "A192CBC-HS384", .key_len = 48, .mode = MODE_CBC, .digest = DIGEST_SHA384, .iv_len = 16, .tag_len = 24 },
  { .name = "A256CBC-HS512", .key_len = 64, .mode = MODE_CBC, .digest = DIGEST_SHA512, .iv_len = 16, .tag_len = 32 },
};

const struct jwe_alg *jwe_alg_find(const char *name) {
  for (size_t i = 0; name && i < sizeof algs / sizeof algs[0]; i++)
    if (strcmp(algs[i].name, name) == 0) return &algs[i];
  return NULL;
}

const struct jwe_enc *jwe_enc_find(const char *name) {
  for (size_t i = 0; name && i < sizeof encs / sizeof encs[0]; i++)
    if (strcmp(encs[i].name, name) == 0) return &encs[i];
  return NULL;
}

static bool is_for_agreement(const struct key *key) {
  return (key_kind(key) == KEY_EC && key_curve(key)) || key_kind(key) == KEY_X25519;
}

bool jwe_alg_fits(const struct jwe_alg *alg, const struct jwe_enc *enc, const struct key *key, bool decrypt, const char **why) {
  size_t len = 0;
  switch (alg->way) {
  case JWE_ENCRYPT:
    *why = "is not the RSA key that this alg needs";
    if (key_kind(key) != KEY_RSA) return false;
    break;
  case JWE_AGREE:
    *why = "is not the EC or X25519 key that this alg needs";
    if (!is_for_agreement(key)) return false;
    break;
  default:
    *why = "is not bytes, as this alg needs";
    if (key_kind(key) != KEY_SYMMETRIC) return false;
    key_bytes(key, &len);
    *why = "has not as many bytes as this alg needs";
    if (alg->way == JWE_WRAP && len != alg->wrap) return false;
    *why = "has not as many bytes as this enc needs";
    return alg->way != JWE_DIRECT || !enc || len == enc->key_len;
  }
  *why = "is a public key where a private one is needed";
  return !decrypt || key_is_private(key);
}
