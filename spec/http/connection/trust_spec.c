/* src/http/connection/trust: each file is read once, and anew when it has changed; what has no certificates is trusted for nothing. */
#define _GNU_SOURCE 1
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/err.h>

#include "certificates.h"
#include "http/connection/trust.h"
#include "http/engine.h"

#define KEPT 16 /* files */

static X509_STORE *store_of(struct trust **list, const char *ca_file) {
  const struct trust *trust = trust_find(list, ca_file);
  return trust ? trust->store : NULL;
}

static struct identity root, other_root, intermediate, leaf, other_leaf;

static int set_up(void **state) {
  (void)state;
  engine_setup();
  make_folder();
  root = identity_new("Root", NULL, NULL);
  other_root = identity_new("Other root", NULL, NULL);
  intermediate = identity_new("Intermediate", &root, NULL);
  leaf = identity_new("leaf", &intermediate, "127.0.0.1");
  other_leaf = identity_new("other leaf", &other_root, "127.0.0.1");
  return 0;
}

static int tear_down(void **state) {
  struct identity *all[] = { &root, &other_root, &intermediate, &leaf, &other_leaf };
  (void)state;
  for (size_t i = 0; i < sizeof all / sizeof *all; i++)
    identity_free(all[i]);
  return 0;
}

/* Whether a server that shows the certificate, with the intermediate beside it where that is said, would be trusted. */
static bool trusts(X509_STORE *store, const struct identity *shown, bool with_intermediate) {
  X509_STORE_CTX *context = X509_STORE_CTX_new();
  STACK_OF(X509) *beside = sk_X509_new_null();
  if (with_intermediate) sk_X509_push(beside, intermediate.certificate);
  assert_int_equal(X509_STORE_CTX_init(context, store, shown->certificate, beside), 1);
  bool ok = X509_verify_cert(context) == 1;
  sk_X509_free(beside);
  X509_STORE_CTX_free(context);
  ERR_clear_error();
  return ok;
}

/* A store that the list has now; held, so that no other one can be where it was. */
static X509_STORE *hold(struct trust **list, const char *file) {
  X509_STORE *store = store_of(list, file);
  assert_non_null(store);
  assert_int_equal(ERR_peek_error(), 0);
  assert_int_equal(X509_STORE_up_ref(store), 1);
  return store;
}

/* The list has that store still: it was not read again. */
static void has_still(struct trust **list, const char *file, const X509_STORE *store) {
  assert_ptr_equal(store_of(list, file), store);
}

static void has_another(struct trust **list, const char *file, X509_STORE **store) {
  X509_STORE *now = hold(list, file);
  assert_ptr_not_equal(now, *store);
  X509_STORE_free(*store);
  *store = now;
}

static void reads_a_file_once(void **state) {
  (void)state;
  struct trust *list = NULL;
  const char *one = write_certificate("one.pem", &root), *two = write_certificate("two.pem", &root);
  X509_STORE *first = hold(&list, one), *second = hold(&list, two);
  assert_ptr_not_equal(first, second);
  for (int i = 0; i < 5; i++) {
    has_still(&list, one, first);
    has_still(&list, two, second);
  }
  trust_free(&list);
  assert_null(list);
  X509_STORE_free(first);
  X509_STORE_free(second);
}

static void trusts_what_is_in_the_file_and_nothing_else(void **state) {
  (void)state;
  struct trust *list = NULL;
  const struct identity *const both[] = { &other_root, &root };
  X509_STORE *one = hold(&list, write_certificate("one.pem", &root)), *two = hold(&list, write_certificates("two.pem", both, 2));
  assert_true(trusts(one, &leaf, true));
  assert_false(trusts(one, &leaf, false));
  assert_false(trusts(one, &other_leaf, true));
  assert_true(trusts(two, &leaf, true));
  assert_true(trusts(two, &other_leaf, false));
  /* An authority in between is enough, as it is for libcurl. */
  X509_STORE *between = hold(&list, write_certificate("between.pem", &intermediate));
  assert_true(trusts(between, &leaf, false));
  assert_false(trusts(between, &other_leaf, false));
  /* What somebody holds outlives the list. */
  trust_free(&list);
  assert_true(trusts(one, &leaf, true));
  X509_STORE_free(one);
  X509_STORE_free(two);
  X509_STORE_free(between);
}

static void reads_a_file_anew_when_it_has_changed(void **state) {
  (void)state;
  struct trust *list = NULL;
  const char *file = write_certificate("changing.pem", &root), *other = write_certificate("other.pem", &root);
  X509_STORE *store = hold(&list, file), *same = hold(&list, other);
  assert_true(trusts(store, &leaf, true));
  write_certificate("changing.pem", &other_root); /* in place */
  has_another(&list, file, &store);
  assert_false(trusts(store, &leaf, true));
  assert_true(trusts(store, &other_leaf, false));
  assert_int_equal(rename(write_certificate("new.pem", &root), file), 0); /* another file in its place */
  has_another(&list, file, &store);
  assert_true(trusts(store, &leaf, true));
  assert_int_equal(utimensat(AT_FDCWD, file, (const struct timespec[2]){ { .tv_sec = 5 }, { .tv_sec = 5, .tv_nsec = 1 } }, 0), 0);
  has_another(&list, file, &store);
  assert_int_equal(utimensat(AT_FDCWD, file, (const struct timespec[2]){ { .tv_sec = 5 }, { .tv_sec = 5, .tv_nsec = 2 } }, 0), 0);
  has_another(&list, file, &store);
  has_still(&list, file, store);
  has_still(&list, other, same);
  trust_free(&list);
  X509_STORE_free(store);
  X509_STORE_free(same);
}

/* Whoever packs files gives them all one time, and they may be as long as each other. */
static void reads_another_file_that_looks_the_same(void **state) {
  (void)state;
  struct trust *list = NULL;
  const struct timespec times[2] = { { .tv_sec = 1 }, { .tv_sec = 1 } };
  const struct identity *const identities[] = { &root, &other_root };
  static const char *const names[] = { "same.pem", "same2.pem" };
  const char *paths[2];
  for (int i = 0; i < 2; i++) {
    paths[i] = write_certificate(names[i], identities[i]);
    assert_int_equal(truncate(paths[i], 4096), 0); /* NULs behind the certificate */
    assert_int_equal(utimensat(AT_FDCWD, paths[i], times, 0), 0);
  }
  X509_STORE *store = hold(&list, paths[0]);
  assert_true(trusts(store, &leaf, true));
  assert_int_equal(rename(paths[1], paths[0]), 0);
  has_another(&list, paths[0], &store);
  assert_true(trusts(store, &other_leaf, false));
  trust_free(&list);
  X509_STORE_free(store);
}

static void trusts_nothing_where_there_are_no_certificates(void **state) {
  (void)state;
  static const char garbage[] = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
  struct trust *list = NULL;
  const char *good = write_certificate("good.pem", &root);
  X509_STORE *store = hold(&list, good);
  char text[100];
  BIO *bio = BIO_new(BIO_s_mem());
  char *key;
  assert_int_equal(PEM_write_bio_PrivateKey(bio, leaf.key, NULL, NULL, 0, NULL, NULL), 1);
  long len = BIO_get_mem_data(bio, &key);
  memset(text, 'x', sizeof text);
  const char *const bad[] = {
    path_of("absent.pem"),
    folder,
    write_file("empty.pem", "", 0),
    write_file("text.pem", text, sizeof text),
    write_file("garbage.pem", garbage, sizeof garbage - 1),
    write_file("key.pem", key, (size_t)len),
    "",
  };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    if (store_of(&list, bad[i])) fail_msg("%s is trusted", bad[i]);
    if (ERR_peek_error()) fail_msg("%s: an error is left in OpenSSL's queue", bad[i]);
    has_still(&list, good, store);
  }
  BIO_free(bio);
  trust_free(&list);
  X509_STORE_free(store);
}

/* It is not what it was: neither when it becomes unreadable nor when it comes back. */
static void forgets_a_file_that_became_garbage(void **state) {
  (void)state;
  struct trust *list = NULL;
  const char *file = write_certificate("changing.pem", &root);
  X509_STORE *store = hold(&list, file);
  write_file("changing.pem", "x", 1);
  assert_null(store_of(&list, file));
  assert_null(store_of(&list, file));
  write_certificate("changing.pem", &other_root);
  has_another(&list, file, &store);
  assert_false(trusts(store, &leaf, true));
  assert_int_equal(unlink(file), 0);
  assert_null(store_of(&list, file));
  write_certificate("changing.pem", &root);
  has_another(&list, file, &store);
  assert_true(trusts(store, &leaf, true));
  trust_free(&list);
  X509_STORE_free(store);
}

static void reads_the_system_s_once_as_well(void **state) {
  (void)state;
  struct trust *list = NULL;
  const curl_version_info_data *libcurl = curl_version_info(CURLVERSION_NOW);
  X509_STORE *system = hold(&list, NULL);
  X509_STORE *own = hold(&list, write_certificate("own.pem", &root));
  assert_ptr_not_equal(system, own);
  has_still(&list, NULL, system);
  assert_false(trusts(system, &leaf, true));
  if (libcurl->cainfo && access(libcurl->cainfo, R_OK) == 0) { /* the same file by its name is another one */
    X509_STORE *named = hold(&list, libcurl->cainfo);
    assert_ptr_not_equal(named, system);
    assert_true(sk_X509_OBJECT_num(X509_STORE_get0_objects(system)) >= sk_X509_OBJECT_num(X509_STORE_get0_objects(named)));
    X509_STORE_free(named);
    has_still(&list, NULL, system);
  }
  trust_free(&list);
  X509_STORE_free(system);
  X509_STORE_free(own);
}

/* Those that were used last. */
static void keeps_so_many_files(void **state) {
  (void)state;
  struct trust *list = NULL;
  X509_STORE *stores[2 * KEPT];
  const char *paths[2 * KEPT];
  char name[16];
  for (size_t i = 0; i < 2 * KEPT; i++) {
    snprintf(name, sizeof name, "many%zu.pem", i);
    paths[i] = write_certificate(name, i % 2 ? &root : &other_root);
    stores[i] = hold(&list, paths[i]);
    has_still(&list, paths[0], stores[0]); /* it is always among the last ones */
    assert_true(trusts(stores[i], i % 2 ? &leaf : &other_leaf, true));
  }
  for (size_t i = 2 * KEPT - 1; i > KEPT; i--)
    has_still(&list, paths[i], stores[i]);
  has_still(&list, paths[0], stores[0]);
  for (size_t i = 1; i <= KEPT; i++)
    has_another(&list, paths[i], &stores[i]);
  trust_free(&list);
  for (size_t i = 0; i < 2 * KEPT; i++)
    X509_STORE_free(stores[i]);
}

/* What makes a client says beforehand what a call would find, and says nothing else after a file was checked. */
static void checks_what_it_would_find(void **state) {
  (void)state;
  struct buf why;
  buf_init(&why, 5000);
  const struct identity *const both[] = { &other_root, &root };
  const char *good = write_certificates("two.pem", both, 2), *bad = write_file("one.pem", "x", 1);
  for (int i = 0; i < 3; i++) {
    struct trust *list = NULL;
    assert_true(trust_check(good, &why));
    assert_int_equal(why.len, 0);
    assert_non_null(trust_find(&list, good));
    assert_false(trust_check(bad, &why));
    assert_non_null(strstr(buf_string(&why), "one.pem: it is no PEM file"));
    assert_null(trust_find(&list, bad));
    assert_int_equal(ERR_peek_error(), 0);
    buf_clear(&why);
    trust_free(&list);
  }
  char name[16];
  for (size_t i = 0; i < 2 * KEPT; i++) {
    snprintf(name, sizeof name, "many%zu.pem", i);
    assert_true(trust_check(write_certificate(name, &root), &why));
  }
  write_file("many3.pem", "x", 1);
  assert_false(trust_check(path_of("many3.pem"), &why));
  buf_free(&why);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(reads_a_file_once),
    cmocka_unit_test(trusts_what_is_in_the_file_and_nothing_else),
    cmocka_unit_test(reads_a_file_anew_when_it_has_changed),
    cmocka_unit_test(reads_another_file_that_looks_the_same),
    cmocka_unit_test(trusts_nothing_where_there_are_no_certificates),
    cmocka_unit_test(forgets_a_file_that_became_garbage),
    cmocka_unit_test(reads_the_system_s_once_as_well),
    cmocka_unit_test(keeps_so_many_files),
    cmocka_unit_test(checks_what_it_would_find),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
