#include "http/connection/trust.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <pthread.h>
#include <string.h>

#include "http/connection/pem.h"
#include "http/file.h"
#include "secret/pool.h"

#define STORES 16 /* that are kept; further files are read each time */

static void drop(struct trust **link) {
  struct trust *trust = *link;
  *link = trust->next;
  X509_STORE_free(trust->store);
  pool_free(trust->one.data);
  pool_free(trust->file);
  pool_free(trust);
}

/* Loads the certificates of the system from where libcurl was built to find them. */
static int load_system(X509_STORE *store) {
  const curl_version_info_data *libcurl = curl_version_info(CURLVERSION_NOW);
  int ok = libcurl->cainfo && X509_STORE_load_file(store, libcurl->cainfo) == 1;
  if (libcurl->capath) ok |= X509_STORE_load_path(store, libcurl->capath) == 1; /* looks for each certificate when it is needed */
  return ok || X509_STORE_set_default_paths(store) == 1;
}

static X509_STORE *load(const char *file) {
  X509_STORE *store = X509_STORE_new();
  /* As in libcurl, a trusted intermediate certificate needs no root. */
  if (store && X509_STORE_set_flags(store, X509_V_FLAG_TRUSTED_FIRST | X509_V_FLAG_PARTIAL_CHAIN) == 1 &&
      (file ? X509_STORE_load_file(store, file) == 1 : load_system(store)))
    return store;
  X509_STORE_free(store);
  return NULL;
}

/* Copies one certificate for libcurl: without any, newer ones read the bundle of the system for each connection. */
static bool copy_one(struct trust *trust) {
  STACK_OF(X509_OBJECT) *objects = X509_STORE_get0_objects(trust->store);
  X509 *first = NULL;
  for (int i = 0; i < sk_X509_OBJECT_num(objects) && !first; i++)
    first = X509_OBJECT_get0_X509(sk_X509_OBJECT_value(objects, i));
  if (!first) return true;
  BIO *memory = BIO_new(BIO_s_mem());
  char *bytes = NULL;
  long len = memory && PEM_write_bio_X509(memory, first) == 1 ? BIO_get_mem_data(memory, &bytes) : 0;
  trust->one.data = len > 0 ? pool_alloc((size_t)len) : NULL;
  if (trust->one.data) {
    memcpy(trust->one.data, bytes, (size_t)len);
    trust->one.len = (size_t)len;
    trust->one.flags = CURL_BLOB_COPY;
  }
  BIO_free(memory);
  return trust->one.data != NULL;
}

static bool is_same(const struct stat *one, const struct stat *other) {
  return one->st_dev == other->st_dev && one->st_ino == other->st_ino && one->st_size == other->st_size &&
         one->st_mtim.tv_sec == other->st_mtim.tv_sec && one->st_mtim.tv_nsec == other->st_mtim.tv_nsec;
}

static bool is_of(const struct trust *trust, const char *file) {
  return trust->file && file ? strcmp(trust->file, file) == 0 : trust->file == file;
}

static struct trust *read_anew(const char *file, const struct stat *facts) {
  struct trust *trust = pool_calloc(1, sizeof *trust);
  if (!trust) return NULL;
  trust->facts = *facts;
  trust->file = file ? pool_strdup(file) : NULL;
  trust->store = !file || trust->file ? load(file) : NULL;
  if (trust->store && copy_one(trust)) return trust;
  drop(&trust);
  return NULL;
}

const struct trust *trust_find(struct trust **list, const char *ca_file) {
  const curl_version_info_data *libcurl = curl_version_info(CURLVERSION_NOW);
  const char *file = ca_file ? ca_file : libcurl->cainfo;
  struct stat facts = { 0 };
  if (file && stat(file, &facts) != 0 && ca_file) return NULL;
  size_t count = 0;
  struct trust *found = NULL;
  for (struct trust **link = list; *link;) {
    struct trust *trust = *link;
    if (is_of(trust, ca_file) && is_same(&trust->facts, &facts)) {
      *link = trust->next;
      found = trust;
    } else if (is_of(trust, ca_file) || ++count == STORES) {
      drop(link);
    } else {
      link = &trust->next;
    }
  }
  ERR_clear_error();
  if (!found) found = read_anew(ca_file, &facts);
  ERR_clear_error(); /* errors of a file must not be taken for those of the next TLS operation */
  if (!found) return NULL;
  found->next = *list;
  *list = found;
  return found;
}

void trust_free(struct trust **list) {
  while (*list)
    drop(list);
}

/* --- before the first call --- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct stat checked[STORES]; /* under the lock: files that were found to be good, the oldest is replaced */
static size_t checks;

static bool was_checked(const struct stat *facts) {
  bool found = false;
  pthread_mutex_lock(&lock);
  for (size_t i = 0; !found && i < STORES; i++)
    found = i < checks && is_same(&checked[i], facts);
  pthread_mutex_unlock(&lock);
  return found;
}

static void note_checked(const struct stat *facts) {
  pthread_mutex_lock(&lock);
  checked[checks++ % STORES] = *facts;
  pthread_mutex_unlock(&lock);
}

bool trust_check(const char *ca_file, struct buf *why) {
  struct stat facts;
  struct buf content;
  bool known = stat(ca_file, &facts) == 0;
  if (known && was_checked(&facts)) return true;
  buf_init(&content, PEM_MAX);
  bool ok = file_read(ca_file, FILE_REGULAR, &content, why);
  ERR_clear_error();
  X509_STORE *store = ok ? load(ca_file) : NULL;
  if (store && known) note_checked(&facts);
  if (ok && !store) {
    unsigned long error = ERR_peek_last_error();
    ok = false;
    buf_addf(why, "%s: ", file_shown(ca_file));
    pem_explain_certificates(&content, error, why);
  }
  ERR_clear_error();
  X509_STORE_free(store);
  buf_free(&content);
  return ok;
}
