/* Texts through cipher_open and cipher_close. The input: digits that choose the cipher, the places of IV and tag, and the encoding; then the IV, the tag and the text, each
 * ended by '~'; what follows is encrypted. Nothing is told of a text but that it cannot be decrypted; what was encrypted is decrypted. */
#define _GNU_SOURCE 1
#include <openssl/err.h>

#include "../crypto/keys.h"
#include "fuzz.h"

#include "crypto/cipher.h"
#include "json/json.h"

static const char *const names[] = { "aes-cbc",     "aes-gcm",   "aes-ctr",  "aes-ecb",         "aes-256-cbc",
                                     "aes-128-gcm", "rsa-pkcs1", "rsa-oaep", "rsa-oaep-sha256", "aes-192-ctr" };
static struct key *keys[4];

int LLVMFuzzerInitialize(int *argc, char ***argv) {
  const char *why = NULL;
  (void)argc;
  (void)argv;
  json_setup();
  keys[0] = key_symmetric("0123456789abcdef", 16);
  keys[1] = key_symmetric("0123456789abcdef01234567", 24);
  keys[2] = key_symmetric("0123456789abcdef0123456789abcdef", 32);
  keys[3] = key_read(keys_made[0].pem, strlen(keys_made[0].pem), NULL, 0, &why);
  must(keys[3], "no key: %s", why);
  return 0;
}

static struct key *fitting(const struct cipher *cipher) {
  const char *why;
  for (size_t i = 0; i < 4; i++)
    if (cipher_fits(cipher, keys[i], true, &why)) return keys[i];
  abort();
}

static void must_come_back(const struct cipher_spec *spec, const struct key *key, struct piece plain) {
  const char *why = NULL;
  struct buf iv, tag, text, out;
  buf_init(&iv, 100);
  buf_init(&tag, 100);
  buf_init(&text, plain.len * 2 + 4096);
  buf_init(&out, plain.len + 4096);
  if (cipher_close(spec, key, plain.bytes, plain.len, &iv, &tag, &text, &why)) {
    struct cipher_text iv_text = { buf_string(&iv), iv.len }, tag_text = { buf_string(&tag), tag.len };
    must(cipher_open(spec, key, buf_string(&text), text.len, &iv_text, &tag_text, &out, &why), "not opened again");
    must(out.len == plain.len && (plain.len == 0 || memcmp(out.data, plain.bytes, plain.len) == 0), "opened as something else");
  } else {
    must(strcmp(why, "cannot be encrypted") == 0 || strcmp(why, "needs an IV that is not always zero") == 0, "another reason: %s", why);
  }
  buf_free(&iv);
  buf_free(&tag);
  buf_free(&text);
  buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct piece rest = { (const char *)data, size };
  const char *why = NULL;
  struct cipher_spec spec;
  struct buf out;
  spec.cipher = cipher_find(names[cut_choice(&rest, '0', sizeof names / sizeof names[0])]);
  spec.iv = (enum cipher_place)cut_choice(&rest, '0', 4);
  spec.tag = (enum cipher_place)cut_choice(&rest, '0', 4);
  spec.encoding = (enum encoding)cut_choice(&rest, '0', 4);
  struct piece iv = cut_piece(&rest, '~'), tag = cut_piece(&rest, '~'), text = cut_piece(&rest, '~');
  char *iv_copy = copy_piece(iv), *tag_copy = copy_piece(tag), *text_copy = copy_piece(text);
  struct cipher_text iv_text = { iv_copy, iv.len }, tag_text = { tag_copy, tag.len };
  const struct key *key = fitting(spec.cipher);
  buf_init(&out, text.len + 16);
  if (!cipher_open(&spec, key, text_copy, text.len, &iv_text, &tag_text, &out, &why)) {
    must(strcmp(why, "cannot be decrypted") == 0, "another reason: %s", why);
    must(out.len == 0, "a part of a text was written");
  } else {
    must(!cipher_has_tag(spec.cipher) || spec.tag != CIPHER_ZERO, "opened without a tag");
  }
  must_come_back(&spec, key, rest);
  must(ERR_peek_error() == 0, "an error is left behind");
  buf_free(&out);
  free(iv_copy);
  free(tag_copy);
  free(text_copy);
  return 0;
}
