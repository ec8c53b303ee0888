/* Encrypted texts when an allocation fails. */
#define _GNU_SOURCE 1
#include "scenarios.h"

#include "key_forms.h"
#include "keys.h"

#include "crypto/cipher.h"
#include "json/json.h"

struct given {
  const char *cipher;
  enum cipher_place iv, tag;
  struct key *key;
};

static bool close_and_open(void *context) {
  const struct given *given = context;
  const struct cipher_spec spec = { cipher_find(given->cipher), given->iv, given->tag, ENCODING_BASE64 };
  const char *why = NULL;
  struct buf iv, tag, text, out;
  buf_init(&iv, 100);
  buf_init(&tag, 100);
  buf_init(&text, 1000);
  buf_init(&out, 1000);
  bool ok = cipher_close(&spec, given->key, "a plain text", 12, &iv, &tag, &text, &why);
  struct cipher_text iv_text = { buf_string(&iv), iv.len }, tag_text = { buf_string(&tag), tag.len };
  ok = ok && cipher_open(&spec, given->key, text.data, text.len, &iv_text, &tag_text, &out, &why);
  if (ok)
    assert_string_equal(buf_string(&out), "a plain text");
  else
    assert_int_equal(out.len, 0);
  if (!ok) assert_non_null(why);
  buf_free(&iv);
  buf_free(&tag);
  buf_free(&text);
  buf_free(&out);
  return ok;
}

static void a_text_is_opened_whole_or_not_at_all(void **state) {
  (void)state;
  json_setup();
  struct key *rsa = key_read_or_fail(keys_made[0].pem, NULL), *aes = key_symmetric("0123456789abcdef", 16);
  struct given cases[] = {
    { "rsa-pkcs1", CIPHER_BESIDE, CIPHER_BESIDE, rsa },       { "rsa-oaep", CIPHER_BESIDE, CIPHER_BESIDE, rsa },
    { "rsa-oaep-sha256", CIPHER_BESIDE, CIPHER_BESIDE, rsa }, { "aes-cbc", CIPHER_PREFIX, CIPHER_BESIDE, aes },
    { "aes-gcm", CIPHER_BESIDE, CIPHER_BESIDE, aes },         { "aes-gcm", CIPHER_PREFIX, CIPHER_PREFIX, aes },
  };
  for (size_t i = 0; i < COUNT(cases); i++)
    each_allocation_fails(close_and_open, &cases[i]);
  key_unref(rsa);
  key_unref(aes);
}

int main(void) {
  const struct CMUnitTest tests[] = { cmocka_unit_test(a_text_is_opened_whole_or_not_at_all) };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
