/* The host that a certificate is for: what luasec does not check. */
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "lua/binding.h"

/* core.certificate_names(pem, host): whether the certificate is for that name or address, by its subjectAltName */
int core_certificate_names(lua_State *L) {
  size_t len, host_len;
  const char *pem = luaL_checklstring(L, 1, &len), *host = luaL_checklstring(L, 2, &host_len);
  BIO *bio = BIO_new_mem_buf(pem, (int)len);
  X509 *certificate = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
  bool is_its = certificate && (X509_check_ip_asc(certificate, host, 0) == 1 ||
                                X509_check_host(certificate, host, host_len, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT, NULL) == 1);
  X509_free(certificate);
  BIO_free(bio);
  ERR_clear_error();
  lua_pushboolean(L, is_its);
  return 1;
}
