/* The bare calls of EVP that encrypt a card for a public key, whose numbers are at hand as they are once a JWK is decoded: what sealing one is compared with.
 * seal make FOLDER: writes public JWKs. seal KIND FOLDER SECONDS: prints "count seconds cpu_seconds". A KIND is ec, x25519 or rsa. */
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <string.h>

#include "timed.h"

#include "crypto/key.h"
#include "json/json.h"

#define NUMBER_MAX 1024

/* As long as the header and the card of seal_calls.lua. */
static const unsigned char header[378], card[90];

static EVP_MD *sha256;
static EVP_CIPHER *gcm;
static EVP_KDF *concat;

/* --- keys --- */

static EVP_PKEY *generate(const char *kind) {
  return strcmp(kind, "rsa") == 0 ? EVP_RSA_gen(2048) : strcmp(kind, "ec") == 0 ? EVP_EC_gen("P-256") : EVP_PKEY_Q_keygen(NULL, NULL, "X25519");
}

static void make_file(const char *folder, const char *kind, const char *name) {
  const char *why = "";
  unsigned char *der = NULL;
  EVP_PKEY *pkey = generate(kind);
  int len = i2d_PUBKEY(pkey, &der);
  struct buf text;
  buf_init(&text, KEY_TEXT_MAX);
  must(len > 0 && buf_add_base64(&text, der, (size_t)len), "a key");
  struct key *key = key_read(text.data, text.len, NULL, 0, &why);
  must(key, why);
  buf_clear(&text);
  FILE *file = open_file(folder, name, "w");
  must(key_write_public(key, KEY_JWK, &text) && fwrite(text.data, 1, text.len, file) == text.len && fclose(file) == 0, kind);
  key_unref(key);
  buf_free(&text);
  OPENSSL_free(der);
  EVP_PKEY_free(pkey);
}

/* What a JWK is decoded to: a point, 32 bytes, or a modulus in the order that OpenSSL's parameters have; the exponent is 65537. */
struct numbers {
  const char *kind;
  unsigned char bytes[NUMBER_MAX];
  size_t len;
};

static void read_numbers(const char *folder, const char *kind, struct numbers *numbers) {
  char text[4096], name[32];
  const char *why = "";
  snprintf(name, sizeof name, "%s.jwk", kind);
  FILE *file = open_file(folder, name, "r");
  struct key *key = key_read(text, fread(text, 1, sizeof text, file), NULL, 0, &why);
  fclose(file);
  must(key, why);
  if (strcmp(kind, "rsa") == 0) {
    OSSL_PARAM params[] = { OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_N, numbers->bytes, 256), OSSL_PARAM_construct_end() };
    must(EVP_PKEY_get_params(key_pkey(key), params) == 1, kind);
    numbers->len = 256;
  } else {
    must(EVP_PKEY_get_octet_string_param(key_pkey(key), OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, numbers->bytes, NUMBER_MAX, &numbers->len) == 1, kind);
  }
  key_unref(key);
}

static EVP_PKEY *import(const char *type, OSSL_PARAM *params) {
  EVP_PKEY *pkey = NULL;
  EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
  must(context && EVP_PKEY_fromdata_init(context) == 1 && EVP_PKEY_fromdata(context, &pkey, EVP_PKEY_PUBLIC_KEY, params) == 1, "a public key");
  EVP_PKEY_CTX_free(context);
  return pkey;
}

/* --- bare calls --- */

static void encrypt(const unsigned char *key) {
  unsigned char iv[12], text[sizeof card], tag[16];
  int len;
  EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
  must(context && RAND_bytes(iv, sizeof iv) == 1 && EVP_EncryptInit_ex2(context, gcm, key, iv, NULL) == 1 &&
           EVP_EncryptUpdate(context, NULL, &len, header, sizeof header) == 1 && EVP_EncryptUpdate(context, text, &len, card, sizeof card) == 1 &&
           EVP_EncryptFinal_ex(context, text + len, &len) == 1 && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, sizeof tag, tag) == 1,
       "AES");
  EVP_CIPHER_CTX_free(context);
}

/* ECDH-ES: RFC 7518, section 4.6. */
static void seal_agreed(const char *type, EVP_PKEY *own, EVP_PKEY *peer) {
  static const char info[] = "\0\0\0\7A256GCM\0\0\0\0\0\0\0\0\0\0\1";
  unsigned char shared[32], key[32], point[65];
  size_t len = sizeof shared, point_len;
  EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, own, NULL);
  must(own && context && EVP_PKEY_derive_init(context) == 1 && EVP_PKEY_derive_set_peer(context, peer) == 1 &&
           EVP_PKEY_derive(context, shared, &len) == 1 &&
           EVP_PKEY_get_octet_string_param(own, OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, point, sizeof point, &point_len) == 1, /* for the header */
       type);
  OSSL_PARAM params[] = { OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *)"SHA2-256", 0),
                          OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, shared, len),
                          OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, (char *)info, sizeof info), OSSL_PARAM_construct_end() };
  EVP_KDF_CTX *kdf = EVP_KDF_CTX_new(concat);
  must(kdf && EVP_KDF_derive(kdf, key, sizeof key, params) == 1, "a key");
  EVP_KDF_CTX_free(kdf);
  EVP_PKEY_CTX_free(context);
  encrypt(key);
}

static void seal_wrapped(EVP_PKEY *peer) {
  unsigned char key[32], wrapped[256];
  size_t len = sizeof wrapped;
  EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, peer, NULL);
  must(context && RAND_bytes(key, sizeof key) == 1 && EVP_PKEY_encrypt_init(context) == 1 &&
           EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING) == 1 && EVP_PKEY_CTX_set_rsa_oaep_md(context, sha256) == 1 &&
           EVP_PKEY_CTX_set_rsa_mgf1_md(context, sha256) == 1 && EVP_PKEY_encrypt(context, wrapped, &len, key, sizeof key) == 1,
       "RSA");
  EVP_PKEY_CTX_free(context);
  encrypt(key);
}

static void seal(void *user) {
  struct numbers *numbers = user;
  const char *kind = numbers->kind;
  unsigned char exponent[] = { 1, 0, 1 };
  OSSL_PARAM rsa[] = { OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_N, numbers->bytes, numbers->len),
                       OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_E, exponent, sizeof exponent), OSSL_PARAM_construct_end() };
  OSSL_PARAM ec[] = { OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, (char *)"prime256v1", 0),
                      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, numbers->bytes, numbers->len), OSSL_PARAM_construct_end() };
  EVP_PKEY *peer, *own = NULL;
  if (strcmp(kind, "rsa") == 0) {
    peer = import("RSA", rsa);
    seal_wrapped(peer);
  } else {
    peer = import(strcmp(kind, "ec") == 0 ? "EC" : "X25519", strcmp(kind, "ec") == 0 ? ec : ec + 1);
    own = generate(kind);
    seal_agreed(kind, own, peer);
  }
  EVP_PKEY_free(own);
  EVP_PKEY_free(peer);
}

int main(int argc, char **argv) {
  static struct numbers numbers;
  json_setup();
  if (argc == 3 && strcmp(argv[1], "make") == 0) {
    make_file(argv[2], "ec", "ec.jwk");
    make_file(argv[2], "x25519", "x25519.jwk");
    make_file(argv[2], "rsa", "rsa.jwk");
    return 0;
  }
  if (argc != 4) return 2;
  sha256 = EVP_MD_fetch(NULL, "SHA2-256", NULL);
  gcm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
  concat = EVP_KDF_fetch(NULL, "SSKDF", NULL);
  must(sha256 && gcm && concat, "a fetch");
  read_numbers(argv[2], argv[1], &numbers);
  numbers.kind = argv[1];
  measure(seal, &numbers, strtod(argv[3], NULL));
  return 0;
}
