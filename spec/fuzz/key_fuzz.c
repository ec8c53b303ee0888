/* Bytes through key_read. The input: a digit that says what follows (0: the text of a key; 1: the DER of one; 2: a DER after which the text is cut off), and that.
 * What is read is written, and read back as the same; what is private signs, and the public part verifies. A recipient is public; what is sealed for the public part of a key
 * opens with the private one. */
#define _GNU_SOURCE 1
#include <openssl/err.h>
#include <openssl/evp.h>

#include "fuzz.h"

#include "crypto/encoding.h"
#include "crypto/jwe.h"
#include "crypto/key.h"
#include "crypto/recipient.h"
#include "crypto/signing.h"
#include "json/json.h"

int LLVMFuzzerInitialize(int *argc, char ***argv) {
  (void)argc;
  (void)argv;
  json_setup();
  return 0;
}

static const char *const reasons[] = {
  "is too long for a key",
  "is neither PEM, JWK nor base64 of DER",
  "is a PEM without a key in it",
  "is a damaged key, or of a kind that is not supported",
  "is of a type that is not supported: RSA, EC, Ed25519 and X25519 are",
  "is encrypted in the old form of PEM, which is not supported: make it PKCS#8",
  "is encrypted in a way that is not supported: PBES2 with PBKDF2 and AES or triple DES is",
  "is encrypted and needs a password",
  "is a JWK that is no valid JSON",
  "is a JWK of a type that is not known",
  "is a JWK with members that are missing or wrong",
  "is an RSA key of less than 2048 bits",
  "is an RSA key of more than 8192 bits",
  "has a curve that is not known",
  "has numbers that are no key",
  "has a public part that does not belong to the private one",
};

static void must_be_a_reason(const char *why) {
  for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
    if (strcmp(why, reasons[i]) == 0) return;
  must(false, "another reason: %s", why);
}

static void must_be_the_same(const struct key *key, enum key_form form) {
  const char *why = NULL;
  struct buf text;
  buf_init(&text, 1 << 16);
  bool written = key_write_public(key, form, &text);
  must(written == (key_kind(key) != KEY_SYMMETRIC && (form != KEY_JWK || key_kind(key) != KEY_EC || key_curve(key))), "written: %d", written);
  if (written) {
    struct key *again = key_read(text.data, text.len, NULL, 0, &why);
    must(again, "what was written is no key: %s", why);
    must(!key_is_private(again) && key_kind(again) == key_kind(key) && key_bits(again) == key_bits(key), "another key was written");
    must(EVP_PKEY_eq(key_pkey(again), key_pkey(key)) == 1, "other numbers were written");
    key_unref(again);
  }
  buf_free(&text);
}

static void must_sign(const struct key *key) {
  static const char *const algorithms[] = { "rsa-sha256", "ecdsa-sha256", "ed25519" };
  for (size_t i = 0; i < sizeof algorithms / sizeof algorithms[0]; i++) {
    const char *why = NULL;
    const struct signing *signing = signing_find(algorithms[i]);
    struct buf made;
    if (!signing_fits(signing, key, &why)) continue;
    buf_init(&made, 2048);
    /* Numbers that contradict each other may make no signature, or a wrong one; d and e are not compared. */
    if (signing_make(signing, key, "text", 4, &made, &why) && key_kind(key) != KEY_RSA) {
      EVP_MD_CTX *context = EVP_MD_CTX_new();
      must(EVP_DigestVerifyInit(context, NULL, i == 2 ? NULL : EVP_sha256(), NULL, key_pkey(key)) == 1 &&
               EVP_DigestVerify(context, (unsigned char *)made.data, made.len, (const unsigned char *)"text", 4) == 1,
           "a signature is wrong");
      EVP_MD_CTX_free(context);
    }
    buf_free(&made);
  }
}

/* What was sealed for a recipient; where the key is the private one of it, it opens. */
static void must_seal(const struct key *recipient, const struct key *key, bool is_own) {
  const char *why = NULL;
  struct buf thumbprint, sealed, opened;
  buf_init(&thumbprint, 64);
  buf_init(&sealed, 1 << 14);
  buf_init(&opened, 1 << 14);
  must(!key_is_private(recipient) && key_kind(recipient) != KEY_SYMMETRIC && key_kind(recipient) != KEY_ED25519, "a recipient of another kind");
  must(recipient_thumbprint(recipient, &thumbprint) && thumbprint.len == 43, "a thumbprint of %zu", thumbprint.len);
  /* No key can be agreed upon with a point of small order. */
  bool ok = jwe_close(recipient_alg(recipient), RECIPIENT_ENC, recipient, "{\"purpose\":\"x\"}", "4111", 4, &sealed, &why);
  must(ok || strcmp(why, "cannot be encrypted") == 0, "not sealed: %s", why);
  if (ok && is_own && key_kind(key) != KEY_RSA) { /* whose numbers may contradict each other */
    must(jwe_open(sealed.data, sealed.len, key, NULL, NULL, &opened, &why), "not opened: %s", why);
    must(opened.len == 4 && memcmp(opened.data, "4111", 4) == 0, "another text was opened");
  }
  buf_free(&thumbprint);
  buf_free(&sealed);
  buf_free(&opened);
}

/* The text as a recipient, NULL where it is none. */
static struct key *read_recipient(const char *text, size_t len) {
  const char *why = NULL;
  struct json_node *jwk;
  size_t where;
  struct key *recipient = recipient_read(text, len, &jwk, &why, &where);
  must(recipient || why, "no reason");
  must(!recipient || where == 0, "no JSON, and a key");
  must(ERR_peek_error() == 0, "an error is left behind");
  json_free(jwk);
  return recipient;
}

static void must_be_for_sealing(const char *text, size_t len, const struct key *key) {
  struct buf public;
  struct key *recipient = read_recipient(text, len);
  if (recipient) must_seal(recipient, key, false);
  key_unref(recipient);
  buf_init(&public, 1 << 16);
  recipient = key && key_is_private(key) && key_write_public(key, KEY_JWK, &public) ? read_recipient(buf_string(&public), public.len) : NULL;
  if (recipient) must_seal(recipient, key, true);
  key_unref(recipient);
  buf_free(&public);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct piece rest = { (const char *)data, size };
  const char *why = NULL;
  struct buf text;
  unsigned kind = cut_choice(&rest, '0', 3);
  buf_init(&text, 1 << 20);
  if (kind == 0)
    buf_add(&text, rest.bytes, rest.len);
  else
    buf_add_base64(&text, rest.bytes, rest.len);
  if (kind == 2 && text.len > 1) buf_cut(&text, text.len - 1);
  char *copy = copy_piece((struct piece){ buf_string(&text), text.len });
  struct key *key = key_read(copy, text.len, NULL, 0, &why);
  must(ERR_peek_error() == 0, "an error is left behind");
  if (key) {
    must(key_kind(key) == KEY_SYMMETRIC || key_pkey(key), "no key");
    for (int form = KEY_SPKI; form <= KEY_JWK; form++)
      must_be_the_same(key, (enum key_form)form);
    must_sign(key);
    ERR_clear_error();
  } else {
    must_be_a_reason(why);
  }
  must_be_for_sealing(copy, text.len, key);
  ERR_clear_error();
  key_unref(key);
  free(copy);
  buf_free(&text);
  return 0;
}
