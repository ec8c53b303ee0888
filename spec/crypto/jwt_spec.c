/* Tokens: their parts, and what is refused. spec/crypto/peer_spec.c has jose verify them. */
#define _GNU_SOURCE 1
#include "key_forms.h"
#include "keys.h"

#include "crypto/encoding.h"
#include "crypto/jwt.h"
#include "json/json.h"

static struct key *bytes;

static const char *refused(const char *alg, const char *header, const char *claims, size_t room) {
  const char *why = NULL;
  struct buf out;
  buf_init(&out, room);
  buf_add_string(&out, "Bearer ");
  assert_false(jwt_make(alg, bytes, header, claims, &out, &why));
  assert_string_equal(buf_string(&out), "Bearer ");
  buf_free(&out);
  return why;
}

/* As `openssl dgst -sha256 -hmac key` signs it. */
static void a_token_has_three_parts(void **state) {
  (void)state;
  const char *why = NULL;
  struct buf out;
  buf_init(&out, 1000);
  buf_add_string(&out, "Bearer ");
  assert_true(jwt_make("HS256", bytes, NULL, "{\"iss\":\"us\",\"exp\":1700000060}", &out, &why));
  assert_string_equal(buf_string(&out), "Bearer eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJ1cyIsImV4cCI6MTcwMDAwMDA2MH0."
                                        "-mmQ9W5CvZOI2inYM_RNKKxQ9YpVEdxTYqrlg2fkAOY");
  buf_free(&out);
}

static void a_header_takes_more_members(void **state) {
  (void)state;
  static const struct {
    const char *header, *written;
  } cases[] = {
    { NULL, "{\"alg\":\"HS256\",\"typ\":\"JWT\"}" },
    { "{}", "{\"alg\":\"HS256\",\"typ\":\"JWT\"}" },
    { " {\n} ", "{\"alg\":\"HS256\",\"typ\":\"JWT\"}" },
    { "{\"kid\":\"1\"}", "{\"alg\":\"HS256\",\"typ\":\"JWT\",\"kid\":\"1\"}" },
    { "{\"typ\":\"at+jwt\",\"kid\":\"}\"}", "{\"alg\":\"HS256\",\"typ\":\"at+jwt\",\"kid\":\"}\"}" },
    { "{\"a.typ\":[{\"typ\":1}]}", "{\"alg\":\"HS256\",\"typ\":\"JWT\",\"a.typ\":[{\"typ\":1}]}" },
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    const char *why = NULL;
    struct buf out, header;
    buf_init(&out, 1000);
    buf_init(&header, 1000);
    assert_true(jwt_make("HS256", bytes, cases[i].header, "{}", &out, &why));
    assert_true(encoding_read(ENCODING_BASE64URL, out.data, strcspn(out.data, "."), &header));
    assert_string_equal(buf_string(&header), cases[i].written);
    buf_free(&out);
    buf_free(&header);
  }
}

static void what_is_no_token_is_refused(void **state) {
  (void)state;
  static const char *const objects[] = { "", "x", "[]", "1", "{", "{\"a\":1,\"a\":2}", "{} x", "null" };
  for (size_t i = 0; i < COUNT(objects); i++) {
    assert_string_equal(refused("HS256", objects[i], "{}", 1000), "has a header that is no JSON object");
    assert_string_equal(refused("HS256", NULL, objects[i], 1000), "has claims that are no JSON object");
  }
  assert_string_equal(refused("HS256", "{\"alg\":\"none\"}", "{}", 1000), "has a header that sets alg");
  static const char *const algs[] = { "none", "", "HS1", "hs256", "RS1", "ES256K", "ES512", "A128KW" };
  for (size_t i = 0; i < COUNT(algs); i++) {
    assert_null(jwt_signing(algs[i]));
    assert_string_equal(refused(algs[i], NULL, "{}", 1000), "has an alg that is not known");
  }
  for (size_t room = 7; room < 7 + 36 + 1 + 3 + 1 + 43; room++)
    assert_string_equal(refused("HS256", NULL, "{}", room), "does not fit into memory");
}

static void a_key_pair_is_no_secret_of_hmac(void **state) {
  (void)state;
  const char *why = NULL;
  struct key *public = key_read_or_fail(keys_made[0].public_pem, NULL);
  assert_false(signing_fits(jwt_signing("HS256"), public, &why));
  assert_string_equal(why, "is not bytes, as this algorithm needs");
  assert_false(signing_fits(jwt_signing("RS256"), bytes, &why));
  assert_string_equal(why, "is not the RSA key that this algorithm needs");
  key_unref(public);
}

static int set_up(void **state) {
  (void)state;
  json_setup();
  bytes = key_symmetric("key", 3);
  return bytes ? 0 : -1;
}

static int tear_down(void **state) {
  (void)state;
  key_unref(bytes);
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_token_has_three_parts),
    cmocka_unit_test(a_header_takes_more_members),
    cmocka_unit_test(what_is_no_token_is_refused),
    cmocka_unit_test(a_key_pair_is_no_secret_of_hmac),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
