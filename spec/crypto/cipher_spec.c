/* Encrypted texts: opened as another program encrypted them, and refused in one way whatever is wrong with them. */
#define _GNU_SOURCE 1
#include <openssl/err.h>
#include <openssl/rsa.h>

#include "key_forms.h"
#include "keys.h"

#include "ciphers.h"
#include "crypto/cipher.h"
#include "rejected.h"
#include "json/json.h"

#define NO "cannot be decrypted"

static struct key *bytes_key(const char *hex) {
  struct buf bytes;
  buf_init(&bytes, 100);
  assert_true(encoding_read(ENCODING_HEX, hex, strlen(hex), &bytes));
  struct key *key = key_symmetric(bytes.data, bytes.len);
  assert_non_null(key);
  buf_free(&bytes);
  return key;
}

static struct key *key_for(size_t i) {
  return ciphers_made[i].key[0] ? bytes_key(ciphers_made[i].key) : key_read_or_fail(keys_made[0].pem, NULL);
}

static struct cipher_spec spec_of(size_t i) {
  return (struct cipher_spec){ cipher_find(ciphers_made[i].cipher), ciphers_made[i].iv, ciphers_made[i].tag, ciphers_made[i].encoding };
}

/* Without the padding of base64, which nobody misses. */
static struct cipher_text text_in(const char *text) {
  return (struct cipher_text){ text, strcspn(text, "=") };
}

/* The plain text into `out`, or the reason. */
static const char *opened(const struct cipher_spec *spec, const struct key *key, struct cipher_text text, struct cipher_text iv,
                          struct cipher_text tag, struct buf *out) {
  const char *why = NULL;
  buf_init(out, 4096);
  bool ok = cipher_open(spec, key, text.bytes, text.len, &iv, &tag, out, &why);
  if (!ok) assert_int_equal(out->len, 0);
  return ok ? NULL : why;
}

static void what_another_program_encrypted_is_opened(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(ciphers_made); i++) {
    struct cipher_spec spec = spec_of(i);
    struct key *key = key_for(i);
    struct buf out;
    const char *why = NULL;
    assert_true(cipher_fits(spec.cipher, key, true, &why));
    why = opened(&spec, key, text_in(ciphers_made[i].text), text_in(ciphers_made[i].iv_text), text_in(ciphers_made[i].tag_text), &out);
    if (why) fail_msg("%zu: %s", i, why);
    assert_string_equal(buf_string(&out), CIPHER_PLAIN);
    buf_free(&out);
    key_unref(key);
  }
  assert_true(COUNT(ciphers_made) > 50);
}

static void a_buffer_as_large_as_the_text_is_enough(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(ciphers_made); i++) {
    struct cipher_spec spec = spec_of(i);
    const char *const texts[] = { ciphers_made[i].text, ciphers_made[i].iv_text, ciphers_made[i].tag_text }, *why = NULL;
    struct buf raw[3], out;
    struct key *key = key_for(i);
    for (int k = 0; k < 3; k++) {
      buf_init(&raw[k], 1000);
      assert_true(encoding_read(spec.encoding, texts[k], strlen(texts[k]), &raw[k]));
    }
    spec.encoding = ENCODING_NONE;
    struct cipher_text iv = { buf_string(&raw[1]), raw[1].len }, tag = { buf_string(&raw[2]), raw[2].len };
    buf_init(&out, raw[0].len);
    if (!cipher_open(&spec, key, raw[0].data, raw[0].len, &iv, &tag, &out, &why)) fail_msg("%zu: %s", i, why);
    assert_string_equal(buf_string(&out), CIPHER_PLAIN);
    for (int k = 0; k < 3; k++)
      buf_free(&raw[k]);
    buf_free(&out);
    key_unref(key);
  }
}

/* --- bad input --- */

static void must_be_refused(size_t i, const struct cipher_spec *spec, const struct key *key, struct cipher_text text, struct cipher_text iv,
                            struct cipher_text tag) {
  struct buf out;
  const char *why = opened(spec, key, text, iv, tag, &out);
  if (!why) fail_msg("case %zu (%s) was opened", i, ciphers_made[i].cipher);
  assert_string_equal(why, NO);
  assert_int_equal(ERR_peek_error(), 0);
  buf_free(&out);
}

/* Cut anywhere, or with more behind it. CTR has no way to see that, and CBC none for a cut behind a block that ends as if padded. */
static void a_text_of_another_length_is_refused(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(ciphers_made); i++) {
    struct cipher_spec spec = spec_of(i);
    struct key *key = key_for(i);
    struct cipher_text text = text_in(ciphers_made[i].text), iv = text_in(ciphers_made[i].iv_text), tag = text_in(ciphers_made[i].tag_text);
    if (strstr(ciphers_made[i].cipher, "ctr")) text.len = 2; /* one byte less than it can be */
    while (text.len-- > 1)
      must_be_refused(i, &spec, key, text, iv, tag);
    key_unref(key);
  }
}

/* Where a tag or OAEP authenticates: each byte that differs. */
static void a_changed_text_is_refused(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(ciphers_made); i++) {
    bool gcm = strstr(ciphers_made[i].cipher, "gcm") != NULL;
    if (!gcm && !strstr(ciphers_made[i].cipher, "oaep")) continue;
    struct cipher_spec spec = spec_of(i);
    struct key *key = key_for(i);
    char *texts[] = { strdup(ciphers_made[i].text), strdup(ciphers_made[i].iv_text), strdup(ciphers_made[i].tag_text) };
    for (size_t t = 0; t < COUNT(texts); t++)
      for (size_t k = 0, len = strcspn(texts[t], "="); k < len; k += gcm ? 1 : 17) {
        char kept = texts[t][k];
        texts[t][k] = kept == 'a' ? 'b' : 'a';
        must_be_refused(i, &spec, key, text_in(texts[0]), text_in(texts[1]), text_in(texts[2]));
        texts[t][k] = '!';
        must_be_refused(i, &spec, key, text_in(texts[0]), text_in(texts[1]), text_in(texts[2]));
        texts[t][k] = kept;
      }
    for (size_t t = 0; t < COUNT(texts); t++)
      free(texts[t]);
    key_unref(key);
  }
}

static void an_iv_or_a_tag_of_another_length_is_refused(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(ciphers_made); i++) {
    struct cipher_spec spec = spec_of(i);
    struct key *key = key_for(i);
    struct cipher_text text = text_in(ciphers_made[i].text), iv = text_in(ciphers_made[i].iv_text), tag = text_in(ciphers_made[i].tag_text);
    const char *why;
    struct buf out;
    buf_init(&out, 4096);
    for (size_t len = 0; len < iv.len; len++)
      must_be_refused(i, &spec, key, text, (struct cipher_text){ iv.bytes, len }, tag);
    for (size_t len = 0; len < tag.len; len++)
      must_be_refused(i, &spec, key, text, iv, (struct cipher_text){ tag.bytes, len });
    if (iv.len > 0) {
      must_be_refused(i, &spec, key, text, text, tag);
      assert_false(cipher_open(&spec, key, text.bytes, text.len, NULL, &tag, &out, &why));
      assert_string_equal(why, NO);
    }
    if (tag.len > 0) {
      must_be_refused(i, &spec, key, text, iv, text);
      assert_false(cipher_open(&spec, key, text.bytes, text.len, &iv, NULL, &out, &why));
      assert_string_equal(why, NO);
    }
    assert_int_equal(out.len, 0);
    buf_free(&out);
    key_unref(key);
  }
  struct cipher_spec no_tag = { cipher_find("aes-gcm"), CIPHER_PREFIX, CIPHER_ZERO, ENCODING_NONE };
  struct key *key = key_symmetric("0123456789abcdef", 16);
  must_be_refused(0, &no_tag, key, text_in("0123456789abcdef0123456789abcdef"), text_in(""), text_in(""));
  key_unref(key);
}

static void another_key_is_refused(void **state) {
  (void)state;
  struct key *rsa[] = { key_read_or_fail(keys_made[0].public_pem, NULL), key_read_or_fail(keys_made[1].pem, NULL),
                        key_symmetric("0123456789abcdef", 16) };
  struct key *aes[] = { key_symmetric("0123456789abcde", 15), key_symmetric("0123456789abcdef0", 17), key_symmetric("0", 1),
                        key_read_or_fail(keys_made[0].pem, NULL) };
  for (size_t i = 0; i < COUNT(ciphers_made); i++) {
    struct cipher_spec spec = spec_of(i);
    struct cipher_text text = text_in(ciphers_made[i].text), iv = text_in(ciphers_made[i].iv_text), tag = text_in(ciphers_made[i].tag_text);
    for (size_t k = 0; k < (ciphers_made[i].key[0] ? COUNT(aes) : COUNT(rsa)); k++)
      must_be_refused(i, &spec, ciphers_made[i].key[0] ? aes[k] : rsa[k], text, iv, tag);
    if (strstr(ciphers_made[i].cipher, "ctr") || !ciphers_made[i].key[0]) continue;
    struct buf bytes, out;
    buf_init(&bytes, 32);
    encoding_read(ENCODING_HEX, ciphers_made[i].key, strlen(ciphers_made[i].key), &bytes);
    bytes.data[3] ^= 1;
    struct key *near = key_symmetric(bytes.data, bytes.len);
    const char *why = opened(&spec, near, text, iv, tag, &out);
    if (why)
      assert_string_equal(why, NO);
    else if (strstr(ciphers_made[i].cipher, "gcm") || strcmp(buf_string(&out), CIPHER_PLAIN) == 0)
      fail_msg("another key opened %zu", i); /* without a tag the padding may look right, once in 256 times */
    buf_free(&out);
    buf_free(&bytes);
    key_unref(near);
  }
  for (size_t k = 0; k < COUNT(rsa); k++)
    key_unref(rsa[k]);
  for (size_t k = 0; k < COUNT(aes); k++)
    key_unref(aes[k]);
}

static void what_does_not_fit_into_the_buffer_is_refused(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(ciphers_made); i++) {
    struct cipher_spec spec = spec_of(i);
    struct key *key = key_for(i);
    struct cipher_text iv = text_in(ciphers_made[i].iv_text), tag = text_in(ciphers_made[i].tag_text);
    const char *why = NULL;
    struct buf out;
    buf_init(&out, strlen(CIPHER_PLAIN) - 1);
    assert_false(cipher_open(&spec, key, ciphers_made[i].text, strlen(ciphers_made[i].text), &iv, &tag, &out, &why));
    assert_string_equal(why, NO);
    assert_int_equal(out.len, 0);
    buf_free(&out);
    key_unref(key);
  }
}

/* --- RSA with PKCS#1 padding: no text tells whether its padding was right --- */

static void a_wrong_padding_opens_as_what_others_make_of_it(void **state) {
  (void)state;
  struct cipher_spec spec = { .cipher = cipher_find("rsa-pkcs1"), .encoding = ENCODING_HEX };
  struct key *key = key_read_or_fail(keys_made[0].pem, NULL);
  for (size_t i = 0; i < COUNT(rejected_made); i++) {
    struct buf out, hex;
    const char *why = opened(&spec, key, text_in(rejected_made[i].text), text_in(""), text_in(""), &out);
    if (why) fail_msg("%zu: %s", i, why);
    buf_init(&hex, 1000);
    encoding_write(ENCODING_HEX, out.data, out.len, &hex);
    assert_string_equal(buf_string(&hex), rejected_made[i].message);
    buf_free(&hex);
    buf_free(&out);
  }
  /* not below the modulus: no text of RSA at all, which everybody sees */
  char *large = strdup(rejected_made[0].text);
  memset(large, 'f', strlen(large));
  must_be_refused(0, &spec, key, text_in(large), text_in(""), text_in(""));
  free(large);
  key_unref(key);
}

/* --- keys at load --- */

static void a_key_that_does_not_fit_is_named(void **state) {
  (void)state;
  static const struct {
    const char *cipher, *key, *said;
    bool encrypt;
  } cases[] = {
    { "rsa-oaep", "ec", "is not the RSA key that this cipher needs", false },
    { "rsa-oaep", "16", "is not the RSA key that this cipher needs", true },
    { "rsa-pkcs1", "public", "is a public key where a private one is needed", false },
    { "rsa-pkcs1", "public", NULL, true },
    { "aes-cbc", "public", "is not bytes, as this cipher needs", false },
    { "aes-cbc", "15", "has not the 16, 24 or 32 bytes that this cipher needs", false },
    { "aes-cbc", "24", NULL, false },
    { "aes-128-cbc", "24", "has not the 16 bytes that this cipher needs", false },
    { "aes-192-gcm", "16", "has not the 24 bytes that this cipher needs", true },
    { "aes-256-ecb", "16", "has not the 32 bytes that this cipher needs", false },
    { "aes-128-ctr", "16", NULL, false },
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    const char *why = NULL;
    struct key *key = strcmp(cases[i].key, "public") == 0 ? key_read_or_fail(keys_made[0].public_pem, NULL)
                      : strcmp(cases[i].key, "ec") == 0   ? key_read_or_fail(keys_made[1].pem, NULL)
                                                          : key_symmetric("0123456789abcdef0123456789abcdef", strtoul(cases[i].key, NULL, 10));
    bool fits = cipher_fits(cipher_find(cases[i].cipher), key, !cases[i].encrypt, &why);
    assert_int_equal(fits, cases[i].said == NULL);
    if (!fits) assert_string_equal(why, cases[i].said);
    key_unref(key);
  }
  static const char *const names[] = { "", "aes", "aes-512-cbc", "AES-CBC", "des-cbc", "rsa", "rsa-oaep-sha1", "jwe", "aes-128-cbc " };
  for (size_t i = 0; i < COUNT(names); i++)
    assert_null(cipher_find(names[i]));
}

/* --- out --- */

static void what_is_encrypted_is_opened_again(void **state) {
  (void)state;
  const char *why = NULL;
  for (size_t i = 0; i < COUNT(ciphers_made); i++) {
    struct cipher_spec spec = spec_of(i);
    struct key *key = ciphers_made[i].key[0] ? key_for(i) : key_read_or_fail(keys_made[0].public_jwk, NULL), *back = key_for(i);
    bool zero = spec.iv == CIPHER_ZERO && cipher_has_iv(spec.cipher);
    for (size_t len = 0; len < 130; len += 13) {
      struct buf text, again, iv, tag, out;
      char plain[130];
      memset(plain, 'p', sizeof plain);
      buf_init(&text, 4096);
      buf_init(&again, 4096);
      buf_init(&iv, 100);
      buf_init(&tag, 100);
      bool made = cipher_close(&spec, key, plain, len, &iv, &tag, &text, &why);
      if (zero && !strstr(ciphers_made[i].cipher, "cbc")) {
        assert_false(made);
        assert_string_equal(why, "needs an IV that is not always zero");
      } else {
        assert_true(made);
        assert_int_equal(iv.len > 0, cipher_has_iv(spec.cipher) && spec.iv == CIPHER_BESIDE);
        assert_int_equal(tag.len > 0, cipher_has_tag(spec.cipher) && spec.tag == CIPHER_BESIDE);
        struct cipher_text iv_text = { buf_string(&iv), iv.len }, tag_text = { buf_string(&tag), tag.len };
        why = opened(&spec, back, (struct cipher_text){ buf_string(&text), text.len }, iv_text, tag_text, &out);
        assert_null(why);
        assert_int_equal(out.len, len);
        if (len) assert_memory_equal(out.data, plain, len);
        buf_free(&out);
        if (len > 0 && !zero && !strstr(ciphers_made[i].cipher, "ecb")) { /* chance is in it */
          buf_clear(&iv);
          buf_clear(&tag);
          assert_true(cipher_close(&spec, key, plain, len, &iv, &tag, &again, &why));
          assert_string_not_equal(buf_string(&again), buf_string(&text));
        }
      }
      buf_free(&text);
      buf_free(&again);
      buf_free(&iv);
      buf_free(&tag);
    }
    key_unref(key);
    key_unref(back);
  }
}

static void what_is_too_long_for_rsa_is_not_encrypted(void **state) {
  (void)state;
  static const struct {
    const char *cipher;
    size_t most;
  } cases[] = { { "rsa-pkcs1", 256 - 11 }, { "rsa-oaep", 256 - 42 }, { "rsa-oaep-sha256", 256 - 66 } };
  char plain[300] = { 0 };
  struct key *key = key_read_or_fail(keys_made[0].public_pem, NULL);
  for (size_t i = 0; i < COUNT(cases); i++)
    for (size_t more = 0; more < 40; more++) {
      struct cipher_spec spec = { .cipher = cipher_find(cases[i].cipher) };
      const char *why = NULL;
      struct buf out;
      buf_init(&out, 1000);
      assert_int_equal(cipher_close(&spec, key, plain, cases[i].most + more, NULL, NULL, &out, &why), more == 0);
      if (more) assert_string_equal(why, "cannot be encrypted");
      if (more) assert_int_equal(out.len, 0);
      buf_free(&out);
    }
  key_unref(key);
  assert_int_equal(ERR_peek_error(), 0);
}

static int set_up(void **state) {
  (void)state;
  json_setup();
  ERR_clear_error();
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(what_another_program_encrypted_is_opened),
    cmocka_unit_test(a_buffer_as_large_as_the_text_is_enough),
    cmocka_unit_test(a_text_of_another_length_is_refused),
    cmocka_unit_test(a_changed_text_is_refused),
    cmocka_unit_test(an_iv_or_a_tag_of_another_length_is_refused),
    cmocka_unit_test(another_key_is_refused),
    cmocka_unit_test(what_does_not_fit_into_the_buffer_is_refused),
    cmocka_unit_test(a_wrong_padding_opens_as_what_others_make_of_it),
    cmocka_unit_test(a_key_that_does_not_fit_is_named),
    cmocka_unit_test(what_is_encrypted_is_opened_again),
    cmocka_unit_test(what_is_too_long_for_rsa_is_not_encrypted),
  };
  return cmocka_run_group_tests(tests, set_up, NULL);
}
