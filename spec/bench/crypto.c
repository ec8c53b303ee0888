/* Decryption of one text with a ready key, by cards and by bare calls of EVP, and bare signatures.
 * crypto make FOLDER: writes keys and encrypted texts. crypto WAY KIND FOLDER SECONDS: prints "count seconds cpu_seconds".
 * A WAY is cards or bare; a KIND rsa-jwe, ecdh-jwe, rsa-field or aes-field; or, with bare alone, hmac-sha256, rsa-sha256 or ecdsa-sha256. */
#include <cjson/cJSON.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <string.h>

#include "timed.h"

#include "crypto/jwe.h"
#include "provider/encryption.h"
#include "json/json.h"

#define TEXT_MAX   4096
#define SIGNED     200 /* bytes that are signed: about what a definition signs */
#define PASSPHRASE "a secret of the client"

/* --- files --- */

static void write_file(const char *folder, const char *name, const char *text, size_t len) {
  FILE *file = open_file(folder, name, "w");
  must(fwrite(text, 1, len, file) == len && fclose(file) == 0, name);
}

static size_t read_file(const char *folder, const char *name, char text[static TEXT_MAX]) {
  FILE *file = open_file(folder, name, "r");
  size_t len = fread(text, 1, TEXT_MAX - 1, file);
  text[len] = '\0';
  fclose(file);
  return len;
}

/* --- what is decrypted --- */

enum { RSA_JWE, ECDH_JWE, RSA_FIELD, AES_FIELD, KINDS };

static const struct kind {
  const char *name, *key; /* file of the key; NULL for the derived one */
  const char *alg, *enc;  /* of a JWE */
  const char *cipher;     /* of another text */
  const char *text;       /* file of the plain text */
} kinds[KINDS] = {
  [RSA_JWE] = { .name = "rsa-jwe", .key = "rsa.pem", .alg = "RSA-OAEP-256", .enc = "A256GCM", .text = "answer" },
  [ECDH_JWE] = { .name = "ecdh-jwe", .key = "ec.pem", .alg = "ECDH-ES+A256KW", .enc = "A256GCM", .text = "answer" },
  [RSA_FIELD] = { .name = "rsa-field", .key = "rsa.pem", .cipher = "rsa-oaep-sha256", .text = "number" },
  [AES_FIELD] = { .name = "aes-field", .cipher = "aes-256-cbc", .text = "answer" },
};

static struct encryption encryption_of(const struct kind *kind) {
  struct encryption encryption = { .jwe = kind->alg != NULL, .alg = kind->alg, .enc = kind->enc, .key = "key" };
  if (kind->cipher) encryption.spec = (struct cipher_spec){ .cipher = cipher_find(kind->cipher), .iv = CIPHER_PREFIX, .encoding = ENCODING_BASE64 };
  return encryption;
}

static void derive_key(unsigned char key[static 32]) {
  must(EVP_Digest(PASSPHRASE, strlen(PASSPHRASE), key, NULL, EVP_sha256(), NULL) == 1, "SHA-256");
}

static void write_key(const char *folder, const char *name, EVP_PKEY *pkey) {
  FILE *file = open_file(folder, name, "w");
  must(pkey && PEM_write_PKCS8PrivateKey(file, pkey, NULL, NULL, 0, NULL, NULL) == 1 && fclose(file) == 0, name);
  EVP_PKEY_free(pkey);
}

/* A card among other members, as long as an answer. */
static size_t write_answer(const char *folder, char text[static TEXT_MAX]) {
  size_t len =
      (size_t)snprintf(text, TEXT_MAX, "{\"id\":\"c_1\",\"number\":\"4111111111111111\",\"cvv\":\"111\",\"expiry\":\"0127\",\"note\":\"%0900d\"}", 0);
  write_file(folder, "answer", text, len);
  write_file(folder, "number", "4111111111111111", 16);
  return len;
}

static void make_files(const char *folder) {
  char text[TEXT_MAX];
  unsigned char derived[32];
  write_key(folder, "rsa.pem", EVP_RSA_gen(2048));
  write_key(folder, "ec.pem", EVP_EC_gen("P-256"));
  write_answer(folder, text);
  derive_key(derived);
  for (const struct kind *kind = kinds; kind < kinds + KINDS; kind++) {
    const char *why = "";
    char pem[TEXT_MAX];
    size_t len = read_file(folder, kind->text, text), pem_len = kind->key ? read_file(folder, kind->key, pem) : 0;
    struct key *key = kind->key ? key_read(pem, pem_len, NULL, 0, &why) : key_symmetric(derived, sizeof derived);
    struct encryption encryption = encryption_of(kind);
    struct buf plain, out;
    buf_init(&plain, TEXT_MAX);
    buf_init(&out, TEXT_MAX);
    must(key && buf_add(&plain, text, len) && encryption_close(&encryption, key, NULL, &plain, &out, &why), why);
    write_file(folder, kind->name, out.data, out.len);
    buf_free(&plain);
    buf_free(&out);
    key_unref(key);
  }
}

/* --- what is measured --- */

struct work {
  bool (*run)(struct work *);
  const char *name;
  const struct kind *kind; /* NULL for a signature */
  const char *signature;
  char key[TEXT_MAX], text[TEXT_MAX], plain[TEXT_MAX]; /* the key is PEM, or bytes */
  size_t key_len, text_len, plain_len;
  EVP_PKEY *pkey; /* for bare calls; NULL for bytes */
  EVP_MD *sha256;
  EVP_CIPHER *gcm, *wrap, *cbc;
  EVP_KDF *kdf;
  struct encryption encryption; /* for cards */
  struct operation operation;
  struct part part;
  struct values values;
  struct encrypted_answer answer;
};

/* As in a call: the key is a part of the request, and the cache that of the client. */
static void prepare_cards(struct work *work) {
  work->encryption = encryption_of(work->kind);
  work->part = (struct part){ .name = "key", .source = FROM_CREDENTIAL, .into = INTO_NOTHING, .type = work->kind->key ? PART_PEM : PART_STRING };
  work->operation = (struct operation){ .parts = &work->part, .part_count = 1 };
  values_init(&work->values);
  must(values_set(&work->values, 0, work->key, work->key_len), "a value");
  work->answer = (struct encrypted_answer){ .operation = &work->operation, .values = &work->values, .cache = key_cache_new() };
}

static bool run_cards(struct work *work) {
  struct buf out;
  buf_init(&out, work->text_len);
  bool ok = encryption_open(&work->encryption, &work->answer, work->text, work->text_len, &out) && out.len == work->plain_len &&
            memcmp(out.data, work->plain, out.len) == 0;
  buf_free(&out);
  return ok;
}

static void prepare_bare(struct work *work) {
  work->sha256 = EVP_MD_fetch(NULL, "SHA2-256", NULL);
  work->gcm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
  work->wrap = EVP_CIPHER_fetch(NULL, "AES-256-WRAP", NULL);
  work->cbc = EVP_CIPHER_fetch(NULL, "AES-256-CBC", NULL);
  work->kdf = EVP_KDF_fetch(NULL, "SSKDF", NULL);
  must(work->sha256 && work->gcm && work->wrap && work->cbc && work->kdf, "a fetch");
  if (strncmp(work->key, "-----", 5) != 0) return;
  BIO *bio = BIO_new_mem_buf(work->key, (int)work->key_len);
  work->pkey = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
  must(work->pkey, "a key");
  BIO_free(bio);
}

/* --- bare calls --- */

struct bytes {
  unsigned char data[TEXT_MAX];
  size_t len;
};

/* Base64 or base64url, by OpenSSL's decoder, which wants padding and the first alphabet. */
static bool decode(const char *text, size_t len, struct bytes *out) {
  char padded[TEXT_MAX];
  size_t size = (len + 3) / 4 * 4;
  for (size_t i = 0; i < len; i++)
    padded[i] = text[i] == '-' ? '+' : text[i] == '_' ? '/' : text[i];
  memset(padded + len, '=', size - len);
  size_t padding = 0;
  while (padding < 2 && padding < size && padded[size - 1 - padding] == '=')
    padding++;
  int made = EVP_DecodeBlock(out->data, (const unsigned char *)padded, (int)size);
  out->len = (size_t)made - padding;
  return made >= 0;
}

static bool open_oaep(const struct work *work, const struct bytes *text, struct bytes *out) {
  out->len = sizeof out->data;
  EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, work->pkey, NULL);
  bool ok = context && EVP_PKEY_decrypt_init(context) == 1 && EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING) == 1 &&
            EVP_PKEY_CTX_set_rsa_oaep_md(context, work->sha256) == 1 && EVP_PKEY_CTX_set_rsa_mgf1_md(context, work->sha256) == 1 &&
            EVP_PKEY_decrypt(context, out->data, &out->len, text->data, text->len) == 1;
  EVP_PKEY_CTX_free(context);
  return ok;
}

/* With an IV; a tag for GCM; no more than a key for key wrap. */
static bool open_aes(const EVP_CIPHER *cipher, const unsigned char *key, const unsigned char *iv, const char *aad, size_t aad_len, unsigned char *tag,
                     const unsigned char *text, size_t len, struct bytes *out) {
  int done = 0, last = 0;
  EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
  if (context) EVP_CIPHER_CTX_set_flags(context, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
  bool ok = context && EVP_DecryptInit_ex2(context, cipher, key, iv, NULL) == 1 &&
            (!tag || EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, 16, tag) == 1) &&
            (!aad || EVP_DecryptUpdate(context, NULL, &done, (const unsigned char *)aad, (int)aad_len) == 1) &&
            EVP_DecryptUpdate(context, out->data, &done, text, (int)len) == 1 && EVP_DecryptFinal_ex(context, out->data + done, &last) == 1;
  EVP_CIPHER_CTX_free(context);
  out->len = (size_t)(done + last);
  return ok;
}

/* The public key "epk" in a header. */
static EVP_PKEY *read_epk(const struct bytes *header) {
  cJSON *root = cJSON_ParseWithLength((const char *)header->data, header->len), *epk = cJSON_GetObjectItemCaseSensitive(root, "epk");
  const char *text[2] = { cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(epk, "x")),
                          cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(epk, "y")) };
  unsigned char point[65] = { POINT_CONVERSION_UNCOMPRESSED };
  bool ok = text[0] && text[1];
  for (int i = 0; ok && i < 2; i++) {
    struct bytes number;
    ok = decode(text[i], strlen(text[i]), &number) && number.len == 32;
    if (ok) memcpy(point + 1 + 32 * i, number.data, 32);
  }
  OSSL_PARAM params[] = { OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, (char *)"prime256v1", 0),
                          OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point), OSSL_PARAM_construct_end() };
  EVP_PKEY *pkey = NULL;
  EVP_PKEY_CTX *context = ok ? EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL) : NULL;
  if (context && EVP_PKEY_fromdata_init(context) == 1) EVP_PKEY_fromdata(context, &pkey, EVP_PKEY_PUBLIC_KEY, params);
  EVP_PKEY_CTX_free(context);
  cJSON_Delete(root);
  return pkey;
}

/* Agrees upon the key that wraps: RFC 7518, section 4.6. */
static bool agree(const struct work *work, const struct bytes *header, unsigned char key[static 32]) {
  static const char info[] = "\0\0\0\016ECDH-ES+A256KW\0\0\0\0\0\0\0\0\0\0\1";
  unsigned char shared[32];
  size_t len = sizeof shared;
  EVP_PKEY *epk = read_epk(header);
  EVP_PKEY_CTX *context = epk ? EVP_PKEY_CTX_new_from_pkey(NULL, work->pkey, NULL) : NULL;
  bool ok =
      context && EVP_PKEY_derive_init(context) == 1 && EVP_PKEY_derive_set_peer(context, epk) == 1 && EVP_PKEY_derive(context, shared, &len) == 1;
  OSSL_PARAM params[] = { OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *)"SHA2-256", 0),
                          OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, shared, len),
                          OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, (char *)info, sizeof info), OSSL_PARAM_construct_end() };
  EVP_KDF_CTX *kdf = ok ? EVP_KDF_CTX_new(work->kdf) : NULL;
  ok = kdf && EVP_KDF_derive(kdf, key, 32, params) == 1;
  EVP_KDF_CTX_free(kdf);
  EVP_PKEY_CTX_free(context);
  EVP_PKEY_free(epk);
  return ok;
}

static bool open_jwe(const struct work *work, struct bytes *out) {
  const char *at = work->text;
  struct bytes parts[5], content;
  unsigned char key[32];
  size_t aad_len = strcspn(at, ".");
  for (int i = 0; i < 5; i++) {
    size_t len = strcspn(at, ".");
    if (!decode(at, len, &parts[i])) return false;
    at += len + 1;
  }
  bool ok = work->kind == &kinds[RSA_JWE]
                ? open_oaep(work, &parts[1], &content)
                : agree(work, &parts[0], key) && open_aes(work->wrap, key, NULL, NULL, 0, NULL, parts[1].data, parts[1].len, &content);
  return ok && content.len == 32 &&
         open_aes(work->gcm, content.data, parts[2].data, work->text, aad_len, parts[4].data, parts[3].data, parts[3].len, out);
}

static bool sign(const struct work *work, struct bytes *out) {
  const unsigned char *text = (const unsigned char *)work->plain;
  unsigned made;
  if (!work->pkey) return HMAC(work->sha256, work->key, (int)work->key_len, text, SIGNED, out->data, &made) != NULL;
  out->len = sizeof out->data;
  EVP_MD_CTX *context = EVP_MD_CTX_new();
  bool ok = context && EVP_DigestSignInit(context, NULL, work->sha256, NULL, work->pkey) == 1 &&
            EVP_DigestSign(context, out->data, &out->len, text, SIGNED) == 1;
  EVP_MD_CTX_free(context);
  return ok;
}

static bool run_bare(struct work *work) {
  struct bytes raw, out;
  if (work->signature) return sign(work, &out);
  bool ok = false;
  if (work->kind->alg)
    ok = open_jwe(work, &out);
  else if (!decode(work->text, work->text_len, &raw))
    return false;
  else if (work->pkey)
    ok = open_oaep(work, &raw, &out);
  else
    ok = open_aes(work->cbc, (const unsigned char *)work->key, raw.data, NULL, 0, NULL, raw.data + 16, raw.len - 16, &out);
  return ok && out.len == work->plain_len && memcmp(out.data, work->plain, out.len) == 0;
}

/* --- */

static void prepare(struct work *work, const char *name, const char *folder, bool bare) {
  const char *file = strncmp(name, "rsa", 3) == 0 ? "rsa.pem" : strncmp(name, "ec", 2) == 0 ? "ec.pem" : NULL;
  for (const struct kind *kind = kinds; kind < kinds + KINDS; kind++)
    if (strcmp(kind->name, name) == 0) work->kind = kind;
  if (!work->kind) work->signature = name;
  if (file) {
    work->key_len = read_file(folder, file, work->key);
  } else {
    derive_key((unsigned char *)work->key);
    work->key_len = 32;
  }
  if (work->kind) work->text_len = read_file(folder, work->kind->name, work->text);
  work->plain_len = read_file(folder, work->kind ? work->kind->text : "answer", work->plain);
  if (bare)
    prepare_bare(work);
  else
    prepare_cards(work);
}

static void once(void *user) {
  struct work *work = user;
  must(work->run(work), work->name);
}

int main(int argc, char **argv) {
  static struct work work;
  json_setup();
  if (argc == 3 && strcmp(argv[1], "make") == 0) {
    make_files(argv[2]);
    return 0;
  }
  if (argc != 5) return 2;
  bool bare = strcmp(argv[1], "bare") == 0;
  work.run = bare ? run_bare : run_cards;
  work.name = argv[2];
  prepare(&work, argv[2], argv[3], bare);
  measure(once, &work, strtod(argv[4], NULL));
  return 0;
}
