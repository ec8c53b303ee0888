/* src/crypto/key_cache: a key is read once, and given back with its cache. */
#include <pthread.h>

#include "key_forms.h"
#include "keys.h"

#include "crypto/key_cache.h"
#include "crypto/signing.h"
#include "json/json.h"

static struct key *read_text(struct key_cache *cache, const char *text, const char *password) {
  const char *why;
  return key_cache_read(cache, text, strlen(text), password, password ? strlen(password) : 0, &why);
}

static void gives_the_same_key_again(void **state) {
  (void)state;
  struct key_cache *cache = key_cache_new(), *other = key_cache_new();
  assert_non_null(cache);
  assert_non_null(other);
  struct key *first = read_text(cache, keys_made[0].pem, NULL), *again = read_text(cache, keys_made[0].pem, NULL);
  struct key *as_jwk = read_text(cache, keys_made[0].jwk, NULL), *of_other = read_text(other, keys_made[0].pem, NULL);
  assert_non_null(first);
  assert_ptr_equal(first, again);
  assert_non_null(as_jwk);
  assert_ptr_not_equal(first, as_jwk); /* another text */
  assert_non_null(of_other);
  assert_ptr_not_equal(first, of_other);
  key_unref(again);
  key_unref(as_jwk);
  key_unref(of_other);
  key_cache_free(cache);
  key_cache_free(other);
  assert_true(key_is_private(first)); /* it lives as long as somebody has it */
  assert_int_equal(key_bits(first), 2048);
  key_unref(first);
}

static void knows_a_key_by_its_password_too(void **state) {
  (void)state;
  EVP_PKEY *pkey = key_of("P-256");
  char *text = pem_of(pkey, LOCKED);
  struct key_cache *cache = key_cache_new();
  struct key *first = read_text(cache, text, PASSWORD), *again = read_text(cache, text, PASSWORD);
  assert_non_null(first);
  assert_ptr_equal(first, again);
  assert_null(read_text(cache, text, PASSWORD "x"));
  assert_null(read_text(cache, text, ""));
  assert_null(read_text(cache, text, NULL));
  key_unref(first);
  key_unref(again);
  key_cache_free(cache);
  free(text);
  EVP_PKEY_free(pkey);
}

/* Text and password are not taken for one: "ab" with "c" is not "a" with "bc". */
static void keeps_text_and_password_apart(void **state) {
  (void)state;
  char text[4000];
  struct key_cache *cache = key_cache_new();
  const char *why;
  size_t len = strlen(keys_made[1].pem);
  snprintf(text, sizeof text, "%s\n# more", keys_made[1].pem);
  struct key *short_one = key_cache_read(cache, text, len, text + len, 7, &why), *long_one = key_cache_read(cache, text, len + 7, NULL, 0, &why);
  assert_non_null(short_one);
  assert_non_null(long_one);
  assert_ptr_not_equal(short_one, long_one);
  key_unref(short_one);
  key_unref(long_one);
  key_cache_free(cache);
}

static void does_not_remember_what_is_none(void **state) {
  (void)state;
  struct key_cache *cache = key_cache_new();
  for (int i = 0; i < 3; i++) {
    const char *why = NULL;
    assert_null(key_cache_read(cache, "no key", 6, NULL, 0, &why));
    assert_string_equal(why, "is neither PEM, JWK nor base64 of DER");
    assert_null(key_cache_read(cache, "", 0, NULL, 0, &why));
  }
  key_cache_free(cache);
  key_cache_free(NULL);
}

/* The text of a P-256 key with so many spaces behind it: as many texts as are wanted. */
static struct key *read_numbered(struct key_cache *cache, size_t number) {
  char text[1000];
  const char *why;
  size_t len = strlen(keys_made[1].pem);
  memcpy(text, keys_made[1].pem, len);
  memset(text + len, ' ', number);
  return key_cache_read(cache, text, len + number, NULL, 0, &why);
}

static void makes_room_by_the_oldest(void **state) {
  (void)state;
  struct key *kept[KEY_CACHE_MOST + 1];
  struct key_cache *cache = key_cache_new();
  for (size_t i = 0; i <= KEY_CACHE_MOST; i++) {
    kept[i] = read_numbered(cache, i);
    assert_non_null(kept[i]);
  }
  for (size_t i = 1; i <= KEY_CACHE_MOST; i++) {
    struct key *again = read_numbered(cache, i);
    assert_ptr_equal(again, kept[i]);
    key_unref(again);
  }
  struct key *again = read_numbered(cache, 0); /* which moves out the one after it */
  assert_ptr_not_equal(again, kept[0]);
  key_unref(again);
  again = read_numbered(cache, 1);
  assert_ptr_not_equal(again, kept[1]);
  key_unref(again);
  for (size_t i = 0; i <= KEY_CACHE_MOST; i++)
    key_unref(kept[i]);
  key_cache_free(cache);
}

/* --- threads, that push each other's keys out while they sign --- */

#define THREADS 4
#define ROUNDS  200

struct thread {
  struct key_cache *cache;
  size_t number;
  bool failed;
};

static void *sign_by_many_keys(void *context) {
  struct thread *thread = context;
  const struct signing *signing = signing_find("ecdsa-sha256");
  for (size_t round = 0; round < ROUNDS && !thread->failed; round++) {
    const char *why;
    struct buf out;
    struct key *key = read_numbered(thread->cache, (thread->number * 3 + round) % (KEY_CACHE_MOST + 3));
    buf_init(&out, 200);
    thread->failed = !key || !signing_make(signing, key, "text", 4, &out, &why);
    buf_free(&out);
    key_unref(key);
  }
  return NULL;
}

static void is_used_by_threads(void **state) {
  (void)state;
  pthread_t ids[THREADS];
  struct thread threads[THREADS];
  struct key_cache *cache = key_cache_new();
  for (size_t i = 0; i < THREADS; i++) {
    threads[i] = (struct thread){ cache, i, false };
    assert_int_equal(pthread_create(&ids[i], NULL, sign_by_many_keys, &threads[i]), 0);
  }
  for (size_t i = 0; i < THREADS; i++) {
    pthread_join(ids[i], NULL);
    assert_false(threads[i].failed);
  }
  key_cache_free(cache);
}

static int set_up(void **state) {
  (void)state;
  json_setup();
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(gives_the_same_key_again),      cmocka_unit_test(knows_a_key_by_its_password_too),
    cmocka_unit_test(keeps_text_and_password_apart), cmocka_unit_test(does_not_remember_what_is_none),
    cmocka_unit_test(makes_room_by_the_oldest),      cmocka_unit_test(is_used_by_threads),
  };
  return cmocka_run_group_tests(tests, set_up, NULL);
}
