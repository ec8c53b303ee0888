/* What is wrong with a PEM file that OpenSSL could not use, in words that help. Nothing of what is in the file is repeated. */
#ifndef CARDS_HTTP_CONNECTION_PEM_H
#define CARDS_HTTP_CONNECTION_PEM_H

#include <stdbool.h>

#include "secret/buf.h"

#define PEM_MAX (16 * 1024 * 1024) /* bytes of a file with certificates or a key */

/* Adds the reason why the content of a file has no certificates that can be used: "certificate 2 in it is broken". `error` is OpenSSL's, for what is none of the reasons known here. */
void pem_explain_certificates(const struct buf *content, unsigned long error, struct buf *why);
/* Likewise of a private key, which was read with a password or without. */
void pem_explain_key(const struct buf *content, bool has_password, struct buf *why);

#endif
