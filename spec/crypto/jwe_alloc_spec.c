/* JWE and tokens when an allocation fails. */
#define _GNU_SOURCE 1
#include "scenarios.h"

#include "key_forms.h"
#include "keys.h"

#include "crypto/jwe.h"
#include "crypto/jwt.h"
#include "jwe_vectors.h"
#include "json/json.h"

struct given {
  const char *alg, *enc;
  struct key *key;
};

static bool close_and_open(void *context) {
  const struct given *given = context;
  const char *why = NULL;
  struct buf text, out;
  buf_init(&text, 4000);
  buf_init(&out, 1000);
  bool ok = jwe_close(given->alg, given->enc, given->key, "{\"kid\":\"1\",\"apu\":\"QWxpY2U\"}", "a plain text", 12, &text, &why);
  if (!ok) assert_int_equal(text.len, 0);
  ok = ok && jwe_open(text.data, text.len, given->key, NULL, NULL, &out, &why);
  if (ok)
    assert_string_equal(buf_string(&out), "a plain text");
  else
    assert_int_equal(out.len, 0);
  if (!ok) assert_non_null(why);
  buf_free(&text);
  buf_free(&out);
  return ok;
}

static void a_message_is_opened_whole_or_not_at_all(void **state) {
  (void)state;
  static const struct {
    const char *alg, *enc;
    size_t key;
  } cases[] = { { "RSA-OAEP-256", "A256GCM", 0 },
                { "ECDH-ES", "A128CBC-HS256", 1 },
                { "ECDH-ES+A256KW", "A128GCM", 5 },
                { "A128KW", "A128GCM", 9 },
                { "dir", "A128GCM", 9 } };
  for (size_t i = 0; i < COUNT(cases); i++) {
    struct key *key = cases[i].key < COUNT(keys_made) ? key_read_or_fail(keys_made[cases[i].key].pem, NULL) : key_symmetric("0123456789abcdef", 16);
    struct given given = { cases[i].alg, cases[i].enc, key };
    each_allocation_fails(close_and_open, &given);
    key_unref(key);
  }
}

static struct key *vector_key;

static bool open_vector(void *context) {
  const char *text = context, *why = NULL;
  struct buf out;
  buf_init(&out, 1000);
  bool ok = jwe_open(text, strlen(text), vector_key, NULL, NULL, &out, &why);
  if (!ok) assert_non_null(why);
  if (!ok) assert_int_equal(out.len, 0);
  buf_free(&out);
  return ok;
}

static void the_json_forms_as_well(void **state) {
  (void)state;
  size_t found = 0;
  for (size_t i = 0; i < COUNT(jwe_vectors); i++) {
    if (jwe_vectors[i].message[0] != '{') continue;
    found++;
    vector_key = key_read_or_fail(jwe_vectors[i].key, NULL);
    each_allocation_fails(open_vector, (void *)jwe_vectors[i].message);
    key_unref(vector_key);
  }
  assert_true(found > 1);
}

static bool make_token(void *context) {
  const char *why = NULL;
  struct buf out;
  buf_init(&out, 2000);
  bool ok = jwt_make("RS256", context, "{\"kid\":\"1\"}", "{\"iss\":\"us\"}", &out, &why);
  if (!ok) assert_non_null(why);
  if (!ok) assert_int_equal(out.len, 0);
  buf_free(&out);
  return ok;
}

static void a_token_is_made_or_not(void **state) {
  (void)state;
  struct key *key = key_read_or_fail(keys_made[0].pem, NULL);
  each_allocation_fails(make_token, key);
  key_unref(key);
}

static int set_up(void **state) {
  (void)state;
  json_setup();
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_message_is_opened_whole_or_not_at_all),
    cmocka_unit_test(the_json_forms_as_well),
    cmocka_unit_test(a_token_is_made_or_not),
  };
  return cmocka_run_group_tests(tests, set_up, NULL);
}
