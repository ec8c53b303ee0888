/* Certificates of authorities, read once for all connections that trust the same file: the system's bundle takes some 30 ms, and its store most of a megabyte.
 *
 * Every function is called by the owning thread only. */
#ifndef CARDS_HTTP_CONNECTION_TRUST_H
#define CARDS_HTTP_CONNECTION_TRUST_H

#include <curl/curl.h>
#include <openssl/x509.h>
#include <sys/stat.h>

struct trust {
  struct trust *next; /* used longer ago */
  char *file;         /* NULL for the system's */
  struct stat facts;  /* of the file, when it was read */
  X509_STORE *store;
  struct curl_blob one; /* the first of the certificates, as PEM; empty where they are looked for one by one */
};

/* What a PEM file has, or the system where it is NULL; read anew when the file has changed. Borrowed from the list (NULL while it is empty) until the next call. NULL where the file
 * has no certificates, or cannot be read. */
const struct trust *trust_find(struct trust **list, const char *ca_file);
void trust_free(struct trust **list);

#endif
