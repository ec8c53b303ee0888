#define _GNU_SOURCE 1 /* memmem */
#include "http/connection/pem.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <string.h>

static bool has(const struct buf *content, const char *text) {
  return memmem(buf_string(content), content->len, text, strlen(text)) != NULL;
}

static bool is_certificate(const char *name) {
  return strcmp(name, PEM_STRING_X509) == 0 || strcmp(name, PEM_STRING_X509_OLD) == 0 || strcmp(name, PEM_STRING_X509_TRUSTED) == 0;
}

/* --- what is no PEM --- */

/* Whether the content is one certificate, or one key, in DER. */
static bool is_der_certificate(const struct buf *content) {
  const unsigned char *bytes = (const unsigned char *)content->data;
  X509 *made = content->len <= LONG_MAX ? d2i_X509(NULL, &bytes, (long)content->len) : NULL;
  X509_free(made);
  return made != NULL;
}

static bool is_der_key(const struct buf *content) {
  const unsigned char *bytes = (const unsigned char *)content->data;
  EVP_PKEY *made = content->len <= LONG_MAX ? d2i_AutoPrivateKey(NULL, &bytes, (long)content->len) : NULL;
  EVP_PKEY_free(made);
  return made != NULL;
}

/* Explains a file that has no line of PEM; false where it has one. */
static bool explain_other(const struct buf *content, struct buf *why) {
  if (has(content, "-----BEGIN ")) return false;
  if (is_der_certificate(content))
    buf_add_string(why, "it has a certificate in DER, and PEM is wanted (openssl x509 -inform der -in FILE)");
  else if (is_der_key(content))
    buf_add_string(why, "it has a private key in DER, and PEM is wanted (openssl pkey -inform der -in FILE)");
  else
    buf_add_string(why, "it is no PEM file: it has no line that begins with -----BEGIN");
  return true;
}

/* --- certificates --- */

struct found {
  size_t certificates;
  bool broken; /* the one behind those that were counted */
};

/* Goes through the blocks of PEM until one is broken. */
static struct found find_certificates(const struct buf *content) {
  struct found found = { 0, false };
  BIO *memory = BIO_new_mem_buf(content->data, content->len <= INT_MAX ? (int)content->len : INT_MAX);
  char *name, *header;
  unsigned char *data;
  long len;
  while (memory && !found.broken && PEM_read_bio_ex(memory, &name, &header, &data, &len, PEM_FLAG_SECURE) == 1) {
    const unsigned char *bytes = data;
    bool trusted = strcmp(name, PEM_STRING_X509_TRUSTED) == 0;
    if (is_certificate(name)) {
      X509 *made = trusted ? d2i_X509_AUX(NULL, &bytes, len) : d2i_X509(NULL, &bytes, len);
      found.broken = made == NULL;
      found.certificates += !found.broken;
      X509_free(made);
    }
    OPENSSL_secure_free(name);
    OPENSSL_secure_free(header);
    OPENSSL_secure_clear_free(data, (size_t)len);
  }
  unsigned long error = ERR_peek_last_error();
  if (memory && !found.broken) found.broken = !(ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE);
  BIO_free(memory);
  return found;
}

void pem_explain_certificates(const struct buf *content, unsigned long error, struct buf *why) {
  const char *reason = ERR_reason_error_string(error);
  ERR_clear_error();
  if (explain_other(content, why)) return;
  ERR_clear_error();
  struct found found = find_certificates(content);
  if (found.broken)
    buf_addf(why, "certificate %zu in it is broken", found.certificates + 1);
  else if (found.certificates)
    buf_addf(why, "its certificate cannot be used%s%s", reason ? ": " : "", reason ? reason : "");
  else
    buf_add_string(why, has(content, "PRIVATE KEY-----") ? "it has a private key, and no certificate" : "it has no certificate");
}

/* --- a key --- */

void pem_explain_key(const struct buf *content, bool has_password, struct buf *why) {
  ERR_clear_error();
  if (explain_other(content, why)) return;
  if (!has(content, "PRIVATE KEY-----"))
    buf_add_string(why, has(content, "-----BEGIN CERTIFICATE-----") ? "it has a certificate, and no private key" : "it has no private key");
  else if (!has(content, "ENCRYPTED"))
    buf_add_string(why, "its private key is broken, or of a kind that is not known");
  else
    buf_add_string(why,
                   has_password ? "tls.key_password does not decrypt its private key" : "its private key is encrypted: tls.key_password is required");
}
