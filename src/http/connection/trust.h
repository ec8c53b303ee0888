/* Certificates of authorities, read once for all connections that trust the same file. The bundle of the system takes
 * some 30 ms to read, and most of a megabyte.
 *
 * Called by the thread that owns the engine. */
#ifndef CARDS_HTTP_CONNECTION_TRUST_H
#define CARDS_HTTP_CONNECTION_TRUST_H

#include <curl/curl.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <sys/stat.h>

#include "secret/buf.h"

struct trust {
  struct trust *next; /* used longer ago */
  char *file;         /* NULL for those of the system */
  struct stat facts;  /* of the file when it was read */
  X509_STORE *store;
  struct curl_blob one; /* the first certificate, as PEM; empty when OpenSSL looks for each in a folder */
};

/* The certificates of a PEM file, or of the system for NULL; read again when the file has changed. Borrowed until the
 * next call. NULL when the file has none or cannot be read. `list` is the head of the list, NULL while it is empty. */
const struct trust *trust_find(struct trust **list, const char *ca_file);
void trust_free(struct trust **list);

/* Whether trust_find would find certificates in a PEM file: for what makes a client. False with the reason behind what `why` has, "/etc/ca.pem: it has no certificate". A file that
 * was checked is not read again until it changes. Any thread. */
bool trust_check(const char *ca_file, struct buf *why);

#endif
