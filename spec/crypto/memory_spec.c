/* No copy of a private number, of a symmetric key or of a plain text is left in this process when a key and what it made are given back. The memory is searched for runs of
 * 8 bytes of each; what is looked for is kept masked, so that it does not find itself. make memcheck looks at whole calls from outside. */
#define _GNU_SOURCE 1
#include <inttypes.h>
#include <unistd.h>

#include "key_forms.h"
#include "keys.h"

#include "crypto/cipher.h"
#include "crypto/encoding.h"
#include "crypto/jwe.h"
#include "crypto/jwt.h"
#include "secret/stack.h"
#include "json/json.h"

#define PLAIN "{\"pan\":\"4929072348134071\",\"cvv\":\"a plain text that nobody else has\"}" /* read-only, where nobody looks */
#define BYTES "Tr0ub4dor&3 and 13 more bytes..."
#define MASK  0x5a
#define SLOTS 65536 /* a power of two */
#ifdef POOL_IS_MALLOC
#define SANITIZED true /* then there is memory that is not ours to read, and freed memory is kept */
#else
#define SANITIZED false
#endif
#define MOST 200

static unsigned char slots[SLOTS][8]; /* masked; zeros where there is none */
static int owners[SLOTS];
static char names[MOST][24];
static int markers;

static size_t slot_of(const unsigned char run[static 8]) {
  uint64_t number;
  memcpy(&number, run, 8);
  return (size_t)((number * 0x9e3779b97f4a7c15ull) >> 48);
}

static void mark(const char *name, const unsigned char *bytes, size_t len, bool reversed) {
  unsigned char run[8];
  assert_true(markers < MOST);
  snprintf(names[markers], sizeof names[0], "%s%s", name, reversed ? " (native)" : "");
  for (size_t i = 0; i + 8 <= len; i++) {
    for (size_t k = 0; k < 8; k++)
      run[k] = (reversed ? bytes[len - 1 - i - k] : bytes[i + k]) ^ MASK;
    size_t slot = slot_of(run);
    while (owners[slot])
      slot = (slot + 1) % SLOTS;
    memcpy(slots[slot], run, 8);
    owners[slot] = markers + 1;
  }
  markers++;
}

/* How many runs there are in what this process can write to; `first` is the name of one. */
static long count_runs(const char **first) {
  char line[400];
  struct {
    uintptr_t start, end;
  } areas[500];
  size_t count = 0;
  long found = 0;
  FILE *maps = fopen("/proc/self/maps", "r");
  assert_non_null(maps);
  while (fgets(line, sizeof line, maps) && count < COUNT(areas)) {
    char rights[5];
    if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " %4s", &areas[count].start, &areas[count].end, rights) == 3 && strncmp(rights, "rw", 2) == 0) count++;
  }
  fclose(maps);
  for (size_t area = 0; area < count; area++)
    for (uintptr_t at = areas[area].start; at + 8 <= areas[area].end; at++) {
      uint64_t bytes;
      unsigned char run[8];
      memcpy(&bytes, (const void *)at, 8);
      if (bytes == 0) continue;
      bytes ^= 0x0101010101010101ull * MASK;
      memcpy(run, &bytes, 8);
      for (size_t slot = slot_of(run); owners[slot]; slot = (slot + 1) % SLOTS)
        if (memcmp(slots[slot], run, 8) == 0) {
          *first = names[owners[slot] - 1];
          found++;
          break;
        }
    }
  return found;
}

static void must_be_clean(const char *after) {
  const char *first = NULL;
  if (SANITIZED) return;
  stack_wipe(STACK_DEEP);
  long runs = count_runs(&first);
  if (runs) fail_msg("%s: %ld runs, one of %s", after, runs, first);
}

/* Whether what is there is found at all: without that, nothing here says anything. */
static void must_be_found(void) {
  const char *first = NULL;
  if (!SANITIZED && count_runs(&first) == 0) fail_msg("what is open is not found");
}

/* --- everything that a key is good for --- */

static void sign_all(const struct key *key) {
  static const char *const algorithms[] = { "hmac-sha256",    "hmac-sha512",  "rsa-sha256",   "rsa-sha512",       "rsa-pss-sha256",
                                            "rsa-pss-sha512", "ecdsa-sha256", "ecdsa-sha384", "ecdsa-sha256-raw", "ed25519" };
  static const char *const tokens[] = { "RS256", "PS512", "ES384", "HS256", "EdDSA" };
  const char *why;
  struct buf out;
  for (size_t i = 0; i < COUNT(algorithms); i++) {
    const struct signing *signing = signing_find(algorithms[i]);
    buf_init(&out, 2000);
    if (signing_fits(signing, key, &why)) assert_true(signing_make(signing, key, PLAIN, strlen(PLAIN), &out, &why));
    buf_free(&out);
  }
  for (size_t i = 0; i < COUNT(tokens); i++) {
    buf_init(&out, 4000);
    if (signing_fits(jwt_signing(tokens[i]), key, &why)) assert_true(jwt_make(tokens[i], key, NULL, PLAIN, &out, &why));
    buf_free(&out);
  }
}

static void encrypt_all(const struct key *key) {
  static const char *const ciphers[] = { "rsa-pkcs1", "rsa-oaep", "rsa-oaep-sha256", "aes-cbc", "aes-gcm", "aes-ctr", "aes-ecb" };
  for (size_t i = 0; i < COUNT(ciphers); i++) {
    struct cipher_spec spec = { cipher_find(ciphers[i]), CIPHER_PREFIX, CIPHER_SUFFIX, ENCODING_BASE64 };
    const char *why;
    struct buf text, out;
    if (!cipher_fits(spec.cipher, key, true, &why)) continue;
    buf_init(&text, 4000);
    buf_init(&out, 4000);
    assert_true(cipher_close(&spec, key, PLAIN, strlen(PLAIN), NULL, NULL, &text, &why));
    assert_true(cipher_open(&spec, key, text.data, text.len, NULL, NULL, &out, &why));
    must_be_found();
    buf_clear(&out);
    text.data[text.len - 30] ^= 1;
    cipher_open(&spec, key, text.data, text.len, NULL, NULL, &out, &why);
    buf_free(&text);
    buf_free(&out);
  }
}

static void seal_all(const struct key *key) {
  static const char *const algs[] = { "RSA-OAEP", "RSA-OAEP-256", "ECDH-ES", "ECDH-ES+A256KW", "A256KW", "dir" }, *const encs[] = { "A256GCM",
                                                                                                                                    "A128CBC-HS256" };
  for (size_t i = 0; i < COUNT(algs) * COUNT(encs); i++) {
    const char *alg = algs[i / 2], *enc = encs[i % 2], *why;
    struct buf text, out;
    if (!jwe_fits(alg, enc, key, true, &why)) continue;
    buf_init(&text, 4000);
    buf_init(&out, 4000);
    assert_true(jwe_close(alg, enc, key, NULL, PLAIN, strlen(PLAIN), &text, &why));
    assert_true(jwe_open(text.data, text.len, key, alg, enc, &out, &why));
    buf_clear(&out);
    text.data[text.len - 30] ^= 1;
    assert_false(jwe_open(text.data, text.len, key, alg, enc, &out, &why));
    buf_free(&text);
    buf_free(&out);
  }
}

static void use(const char *text, const char *password) {
  struct key *key = key_read_or_fail(text, password);
  struct buf out;
  must_be_found();
  buf_init(&out, 8192);
  key_write_public(key, KEY_PEM, &out);
  key_write_public(key, KEY_JWK, &out);
  buf_free(&out);
  sign_all(key);
  encrypt_all(key);
  seal_all(key);
  key_unref(key);
}

static void a_key_leaves_nothing_behind(void **state) {
  (void)state;
  char after[100];
  must_be_clean("the beginning");
  for (size_t i = 0; i < COUNT(keys_made); i++)
    for (int form = 0; form < 2; form++) {
      use(form ? keys_made[i].jwk : keys_made[i].pem, NULL);
      snprintf(after, sizeof after, "%s, %s", keys_made[i].name, form ? "JWK" : "PEM");
      must_be_clean(after);
    }
  struct key *key = key_symmetric(BYTES, strlen(BYTES));
  sign_all(key);
  encrypt_all(key);
  seal_all(key);
  key_unref(key);
  must_be_clean("bytes");
}

/* By a program of its own, as a library that locks it would leave its traces here. */
static void a_key_that_was_locked_leaves_nothing_behind(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(keys_made); i++) {
    char command[300], text[8192];
    snprintf(command, sizeof command, "openssl pkcs8 -topk8 -v2 aes-256-cbc -iter 1000 -passout 'pass:%s'", PASSWORD);
    char path[] = "/tmp/cards-key-XXXXXX";
    int file = mkstemp(path);
    assert_true(file >= 0 && write(file, keys_made[i].pem, strlen(keys_made[i].pem)) == (ssize_t)strlen(keys_made[i].pem));
    close(file);
    strcat(command, " -in ");
    strcat(command, path);
    FILE *pipe = popen(command, "r");
    size_t len = fread(text, 1, sizeof text - 1, pipe);
    text[len] = '\0';
    pclose(pipe);
    unlink(path);
    use(text, PASSWORD);
    const char *why;
    assert_null(key_read(text, len, "wrong", 5, &why));
    must_be_clean(keys_made[i].name);
  }
}

static int set_up(void **state) {
  (void)state;
  static const char *const members[] = { "d", "p", "q", "dp", "dq", "qi" };
  json_setup();
  for (size_t i = 0; i < COUNT(keys_made); i++)
    for (size_t k = 0; k < COUNT(members); k++) {
      char start[16], name[24];
      struct buf number;
      snprintf(start, sizeof start, "\"%s\":\"", members[k]);
      const char *at = strstr(keys_made[i].jwk, start);
      if (!at) continue;
      at += strlen(start);
      buf_init(&number, 1024);
      if (!encoding_read(ENCODING_BASE64URL, at, strcspn(at, "\""), &number)) return -1;
      snprintf(name, sizeof name, "%s.%s", keys_made[i].name, members[k]);
      mark(name, (const unsigned char *)number.data, number.len, false);
      mark(name, (const unsigned char *)number.data, number.len, true);
      mark(name, (const unsigned char *)at, strcspn(at, "\""), false);
      buf_free(&number);
    }
  mark("plain", (const unsigned char *)PLAIN, strlen(PLAIN), false);
  mark("bytes", (const unsigned char *)BYTES, strlen(BYTES), false);
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_key_leaves_nothing_behind),
    cmocka_unit_test(a_key_that_was_locked_leaves_nothing_behind),
  };
  return cmocka_run_group_tests(tests, set_up, NULL);
}
