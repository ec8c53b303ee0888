/* A server of TLS for peers.h, in the same thread as the engine. */
#ifndef CARDS_SPEC_SECURE_H
#define CARDS_SPEC_SECURE_H

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <signal.h>

#include "certificates.h"
#include "peers.h"

struct secure {
  struct peer peer;
  SSL *tls;
};

/* What a server is, by that certificate: with TLS of these versions, 0 for any. */
static inline SSL_CTX *server_of(const struct identity *identity, int least, int most) {
  SSL_CTX *server = SSL_CTX_new(TLS_server_method());
  assert_true(server && SSL_CTX_use_certificate(server, identity->certificate) == 1 && SSL_CTX_use_PrivateKey(server, identity->key) == 1);
  assert_true(SSL_CTX_set_min_proto_version(server, least) == 1 && SSL_CTX_set_max_proto_version(server, most) == 1);
  assert_int_equal(SSL_CTX_set_session_id_context(server, (const unsigned char *)"spec", 4), 1);
  return server;
}

/* What a server does with SSL may write to a connection that has ended, as SSL knows no MSG_NOSIGNAL; the engine has to do without this. */
static inline int quietly(int (*act)(SSL *tls), SSL *tls) {
  void (*former)(int) = signal(SIGPIPE, SIG_IGN);
  ERR_clear_error();
  int result = act(tls);
  signal(SIGPIPE, former);
  return result;
}

static inline int wants_more(const SSL *tls, int result) {
  int why = SSL_get_error(tls, result);
  return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE;
}

/* Both shake hands over the connection that was made. True where the server is content. */
static inline bool shake_hands(struct secure *secure, struct peer peer, SSL_CTX *server) {
  int result = -1;
  secure->peer = peer;
  secure->tls = SSL_new(server);
  assert_true(secure->tls && SSL_set_fd(secure->tls, peer.fd) == 1);
  UNTIL((result = quietly(SSL_accept, secure->tls)) == 1 || !wants_more(secure->tls, result));
  ERR_clear_error();
  return result == 1;
}

static inline struct secure answer_securely(SSL_CTX *server) {
  struct secure secure;
  if (!shake_hands(&secure, answer_the_door(), server)) fail_msg("the server is not content with the handshake");
  return secure;
}

/* As hear. To read may mean to write, too: an alert. */
static inline bool hear_securely(struct secure *secure) {
  struct peer *peer = &secure->peer;
  void (*former)(int) = signal(SIGPIPE, SIG_IGN);
  ERR_clear_error();
  int got = SSL_read(secure->tls, peer->got + peer->len, (int)(MOST_BYTES - peer->len));
  signal(SIGPIPE, former);
  if (got > 0) peer->len += (size_t)got;
  peer->got[peer->len] = '\0';
  bool goes_on = got > 0 || wants_more(secure->tls, got);
  ERR_clear_error();
  return goes_on;
}

static inline void hears_securely(struct secure *secure, const char *method) {
  UNTIL(hear_securely(secure) && request_len(&secure->peer) > 0);
  hears(&secure->peer, method); /* which takes what is there */
}

static inline void say_securely(struct secure *secure, const char *bytes, size_t len) {
  int result = -1;
  ERR_clear_error();
  UNTIL((result = SSL_write(secure->tls, bytes, (int)len)) > 0 || !wants_more(secure->tls, result));
  assert_int_equal(result, (int)len);
}

/* Also where the server still has a word for the other side. */
static inline void hang_up_securely(struct secure *secure, bool says_goodbye) {
  if (says_goodbye) quietly(SSL_shutdown, secure->tls);
  ERR_clear_error();
  SSL_free(secure->tls);
  hang_up(&secure->peer);
}

static inline void is_left_securely(struct secure *secure) {
  UNTIL(!hear_securely(secure));
  hang_up_securely(secure, true); /* or OpenSSL would take the session for a broken one */
}

#endif
