/* src/crypto/key_cache when an allocation fails. */
#define _GNU_SOURCE 1
#include "scenarios.h"

#include "key_forms.h"
#include "keys.h"

#include "crypto/key_cache.h"
#include "json/json.h"

/* A key twice, and another one, of which each is there or not. */
static bool use_cache(void *context) {
  const char *const *texts = context, *why;
  struct key_cache *cache = key_cache_new();
  if (!cache) return false;
  bool ok = true;
  for (size_t i = 0; i < 3; i++) {
    why = NULL;
    struct key *key = key_cache_read(cache, texts[i % 2], strlen(texts[i % 2]), NULL, 0, &why);
    if (!key) assert_non_null(why);
    ok = ok && key;
    key_unref(key);
  }
  key_cache_free(cache);
  return ok;
}

static void gives_everything_back(void **state) {
  (void)state;
  const char *texts[] = { keys_made[0].pem, keys_made[1].jwk };
  each_allocation_fails(use_cache, texts);
}

static int set_up(void **state) {
  (void)state;
  json_setup();
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(gives_everything_back),
  };
  return cmocka_run_group_tests(tests, set_up, NULL);
}
