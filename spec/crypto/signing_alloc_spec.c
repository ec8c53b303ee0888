/* Keys and signatures when an allocation fails. */
#define _GNU_SOURCE 1
#include "scenarios.h"

#include "key_forms.h"
#include "keys.h"

#include "crypto/signing.h"
#include "json/json.h"

static char *locked;

static bool read_and_write(void *context) {
  const char *text = context, *why = NULL;
  struct buf out;
  struct key *key = key_read(text, strlen(text), PASSWORD, strlen(PASSWORD), &why);
  if (!key) {
    assert_non_null(why);
    return false;
  }
  buf_init(&out, 8192);
  bool ok = true;
  for (int form = KEY_SPKI; ok && form <= KEY_JWK; form++)
    ok = key_write_public(key, (enum key_form)form, &out);
  buf_free(&out);
  key_unref(key);
  return ok;
}

static void a_key_is_read_whole_or_not_at_all(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(keys_made); i++) {
    each_allocation_fails(read_and_write, (void *)keys_made[i].pem);
    each_allocation_fails(read_and_write, (void *)keys_made[i].jwk);
    each_allocation_fails(read_and_write, (void *)keys_made[i].public_pem);
  }
  each_allocation_fails(read_and_write, locked);
}

static bool sign(void *context) {
  const char *algorithm = context, *why = NULL;
  const struct signing *signing = signing_find(algorithm);
  bool bytes = signing_takes_bytes(signing);
  size_t which = algorithm[0] == 'r' ? 0 : strncmp(algorithm, "ecdsa-sha384", 12) == 0 ? 2 : algorithm[1] == 'c' ? 1 : 4;
  struct key *key = bytes ? key_symmetric("key", 3) : key_read(keys_made[which].pem, strlen(keys_made[which].pem), NULL, 0, &why);
  struct buf out;
  buf_init(&out, 1024);
  bool ok = key && signing_make(signing, key, "text", 4, &out, &why);
  if (!ok && !bytes) assert_non_null(why);
  if (!ok) assert_int_equal(out.len, 0);
  buf_free(&out);
  key_unref(key);
  return ok;
}

static void a_text_is_signed_or_not(void **state) {
  (void)state;
  static const char *const algorithms[] = { "hmac-sha256", "rsa-sha256", "rsa-pss-sha512", "ecdsa-sha256", "ecdsa-sha384-raw", "ed25519" };
  for (size_t i = 0; i < COUNT(algorithms); i++)
    each_allocation_fails(sign, (void *)algorithms[i]);
}

static int set_up(void **state) {
  (void)state;
  json_setup();
  EVP_PKEY *key = key_of("P-256");
  locked = pem_of(key, LOCKED);
  EVP_PKEY_free(key);
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  free(locked);
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_key_is_read_whole_or_not_at_all),
    cmocka_unit_test(a_text_is_signed_or_not),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
