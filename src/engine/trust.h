/* Certificates of authorities, read once for all connections that trust the same file: the system's bundle takes some 30 ms, and its store a megabyte.
 *
 * Every function is called by the owning thread only. */
#ifndef CARDS_ENGINE_TRUST_H
#define CARDS_ENGINE_TRUST_H

#include <openssl/x509.h>

struct trust; /* a list; NULL while it is empty */

/* The store of a PEM file, or of the system where it is NULL; read anew when the file has changed. Borrowed: until the next call. NULL where the file has no certificates, or
 * cannot be read. */
X509_STORE *trust_store(struct trust **list, const char *ca_file);
void trust_free(struct trust **list);

#endif
