/* Messages through jwe_open, and headers through jwe_close. The input: a digit that chooses the key, one for the alg that is allowed, and one that says what follows:
 * 0: a message; 1: its header as JSON, the wrapped key, the IV, the text and the tag as bytes, each ended by '~'; 2: a header with more members, '~', and a text to encrypt. */
#define _GNU_SOURCE 1
#include <openssl/err.h>

#include "../crypto/keys.h"
#include "fuzz.h"

#include "crypto/encoding.h"
#include "crypto/jwe.h"
#include "json/json.h"

enum { P256, X25519, SHORT, LONG, RSA_KEY, KEYS };
static struct key *keys[KEYS];
static const char *const algs[] = { NULL, "ECDH-ES", "ECDH-ES+A128KW", "A128KW", "dir", "RSA-OAEP-256" };
static const char *const encs[] = { "A128GCM", "A128CBC-HS256", "A256GCM" };

int LLVMFuzzerInitialize(int *argc, char ***argv) {
  const char *why = NULL;
  (void)argc;
  (void)argv;
  json_setup();
  keys[P256] = key_read(keys_made[1].pem, strlen(keys_made[1].pem), NULL, 0, &why);
  keys[X25519] = key_read(keys_made[5].pem, strlen(keys_made[5].pem), NULL, 0, &why);
  keys[RSA_KEY] = key_read(keys_made[0].pem, strlen(keys_made[0].pem), NULL, 0, &why);
  keys[SHORT] = key_symmetric("0123456789abcdef", 16);
  keys[LONG] = key_symmetric("0123456789abcdef0123456789abcdef", 32);
  must(keys[P256] && keys[X25519] && keys[RSA_KEY], "no key: %s", why);
  return 0;
}

static void must_be_a_reason(const char *why, bool open) {
  static const char *const opening[] = { "is no JWE",
                                         "has an alg that is not allowed",
                                         "has an enc that is not allowed",
                                         "is compressed, which is not supported",
                                         "has a critical extension, which is not supported",
                                         "cannot be decrypted" };
  static const char *const closing[] = { "cannot be encrypted", "has a header that is no JSON object",
                                         "has a header that sets alg, enc, epk, zip or crit", "has a header whose apu or apv is no text" };
  for (size_t i = 0; open && i < sizeof opening / sizeof opening[0]; i++)
    if (strcmp(why, opening[i]) == 0) return;
  for (size_t i = 0; !open && i < sizeof closing / sizeof closing[0]; i++)
    if (strcmp(why, closing[i]) == 0) return;
  must(false, "another reason: %s", why);
}

static void open_message(const char *text, size_t len, const struct key *key, const char *alg) {
  const char *why = NULL;
  struct buf out;
  buf_init(&out, len + 16);
  if (!jwe_open(text, len, key, alg, NULL, &out, &why)) {
    must_be_a_reason(why, true);
    must(out.len == 0, "a part of a text was written");
  }
  buf_free(&out);
}

static void open_parts(struct piece rest, const struct key *key, const char *alg) {
  struct buf text;
  buf_init(&text, 1 << 22);
  for (int part = 0; part < 5; part++) {
    struct piece bytes = part < 4 ? cut_piece(&rest, '~') : rest;
    if (part > 0) buf_add_char(&text, '.');
    encoding_write(ENCODING_BASE64URL, bytes.bytes, bytes.len, &text);
  }
  if (!text.failed) open_message(text.data, text.len, key, alg);
  buf_free(&text);
}

static void close_and_open(struct piece rest, const struct key *key, const char *alg) {
  const char *why = NULL, *enc = encs[cut_choice(&rest, '0', 3)];
  struct piece head = cut_piece(&rest, '~');
  char *header = strndup(head.bytes, head.len);
  struct buf text, out;
  buf_init(&text, (head.len + rest.len) * 2 + 4096);
  buf_init(&out, rest.len + 16);
  if (!alg || !header || !jwe_close(alg, enc, key, head.len ? header : NULL, rest.bytes, rest.len, &text, &why)) {
    if (why) must_be_a_reason(why, false);
    must(text.len == 0, "a part of a message was written");
  } else {
    /* a header that is too long or has too many members is for others */
    bool opened = jwe_open(text.data, text.len, key, alg, enc, &out, &why);
    must(opened || strcmp(why, "is no JWE") == 0, "not opened again: %s", why);
    must(!opened || (out.len == rest.len && (rest.len == 0 || memcmp(out.data, rest.bytes, rest.len) == 0)), "opened as something else");
  }
  free(header);
  buf_free(&text);
  buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct piece rest = { (const char *)data, size };
  const struct key *key = keys[cut_choice(&rest, '0', KEYS)];
  const char *alg = algs[cut_choice(&rest, '0', sizeof algs / sizeof algs[0])];
  unsigned kind = cut_choice(&rest, '0', 3);
  char *copy = copy_piece(rest);
  struct piece own = { copy, rest.len };
  if (kind == 0)
    open_message(own.bytes, own.len, key, alg);
  else if (kind == 1)
    open_parts(own, key, alg);
  else
    close_and_open(own, key, alg);
  must(ERR_peek_error() == 0, "an error is left behind");
  free(copy);
  return 0;
}
