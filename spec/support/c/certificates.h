/* Certificates of a test's own, and files to keep them in: a folder for the process, removed at its end. */
#ifndef CARDS_SPEC_CERTIFICATES_H
#define CARDS_SPEC_CERTIFICATES_H

#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER_FILES 64

struct identity {
  EVP_PKEY *key;
  X509 *certificate;
};

static inline bool add_extension(X509 *certificate, int nid, const char *value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, NULL, NULL, 0);
  X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
  bool ok = extension && X509_add_ext(certificate, extension, -1) == 1;
  X509_EXTENSION_free(extension);
  return ok;
}

/* Of that name, signed by the issuer; by itself where that is NULL. An authority where it is for no address. */
static inline struct identity identity_new(const char *name, const struct identity *issuer, const char *address) {
  static long serial;
  char place[40];
  snprintf(place, sizeof place, "IP:%s", address ? address : "");
  struct identity made = { EVP_EC_gen("P-256"), X509_new() };
  X509 *certificate = made.certificate;
  X509_NAME *subject = X509_get_subject_name(certificate);
  bool ok = made.key && X509_set_version(certificate, 2) == 1 && ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++serial) == 1 &&
            X509_gmtime_adj(X509_getm_notBefore(certificate), -3600) && X509_gmtime_adj(X509_getm_notAfter(certificate), 86400) &&
            X509_set_pubkey(certificate, made.key) == 1 &&
            X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0) == 1 &&
            X509_set_issuer_name(certificate, issuer ? X509_get_subject_name(issuer->certificate) : subject) == 1 &&
            add_extension(certificate, NID_basic_constraints, address ? "CA:FALSE" : "critical,CA:TRUE") &&
            (!address || add_extension(certificate, NID_subject_alt_name, place)) &&
            X509_sign(certificate, issuer ? issuer->key : made.key, EVP_sha256()) > 0;
  if (!ok) abort();
  return made;
}

static inline void identity_free(struct identity *identity) {
  EVP_PKEY_free(identity->key);
  X509_free(identity->certificate);
}

/* --- files --- */

static char folder[] = "/tmp/cards-spec-XXXXXX";
static char files[FOLDER_FILES][64];
static size_t file_count;

static inline void remove_folder(void) {
  for (size_t i = 0; i < file_count; i++)
    unlink(files[i]);
  rmdir(folder);
}

static inline void make_folder(void) {
  if (!mkdtemp(folder) || atexit(remove_folder) != 0) abort();
}

/* The path of a file of that name in the folder, which need not exist; it stays. */
static inline const char *path_of(const char *name) {
  char path[sizeof files[0]];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  for (size_t i = 0; i < file_count; i++)
    if (strcmp(files[i], path) == 0) return files[i];
  if (file_count == FOLDER_FILES) abort();
  memcpy(files[file_count], path, sizeof path);
  return files[file_count++];
}

/* Into the file that is there, or a new one. Its time is another one each time, however fast that is. */
static inline const char *write_file(const char *name, const char *bytes, size_t len) {
  static time_t seconds = 1000000000;
  const char *path = path_of(name);
  const struct timespec times[2] = { { .tv_sec = ++seconds }, { .tv_sec = seconds } };
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0 || write(fd, bytes, len) != (ssize_t)len || futimens(fd, times) != 0) abort();
  close(fd);
  return path;
}

/* The certificates of so many identities, as PEM. */
static inline const char *write_certificates(const char *name, const struct identity *const *identities, size_t count) {
  BIO *bio = BIO_new(BIO_s_mem());
  char *bytes;
  for (size_t i = 0; i < count; i++)
    if (PEM_write_bio_X509(bio, identities[i]->certificate) != 1) abort();
  long len = BIO_get_mem_data(bio, &bytes);
  const char *path = write_file(name, bytes, (size_t)len);
  BIO_free(bio);
  return path;
}

static inline const char *write_certificate(const char *name, const struct identity *identity) {
  return write_certificates(name, &identity, 1);
}

/* The certificate and its key, as a server wants it. */
static inline const char *write_identity(const char *name, const struct identity *identity) {
  BIO *bio = BIO_new(BIO_s_mem());
  char *bytes;
  if (PEM_write_bio_PrivateKey(bio, identity->key, NULL, NULL, 0, NULL, NULL) != 1 || PEM_write_bio_X509(bio, identity->certificate) != 1) abort();
  long len = BIO_get_mem_data(bio, &bytes);
  const char *path = write_file(name, bytes, (size_t)len);
  BIO_free(bio);
  return path;
}

#endif
