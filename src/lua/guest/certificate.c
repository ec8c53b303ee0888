/* What luasec leaves to its caller: the host that a certificate is for, and where the system has its authorities. */
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

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

/* What OpenSSL reads: a path that a variable of the environment names, or its own. */
static void push_path(lua_State *L, const char *variable, const char *otherwise) {
  const char *path = getenv(variable);
  lua_pushstring(L, path && *path ? path : otherwise);
}

/* core.authorities(): the paths of the file and of the folder in which OpenSSL looks for the system's authorities; neither has to be there */
int core_authorities(lua_State *L) {
  push_path(L, X509_get_default_cert_file_env(), X509_get_default_cert_file());
  push_path(L, X509_get_default_cert_dir_env(), X509_get_default_cert_dir());
  return 2;
}
