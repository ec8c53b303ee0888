#include "http/connection/sessions.h"

#include <string.h>

#include "secret/pool.h"

#define SESSIONS 64 /* that are kept */

struct session {
  struct session *next; /* used longer ago */
  unsigned char identity[SETTINGS_IDENTITY];
  X509_STORE *store; /* what the server was checked against */
  SSL_SESSION *session;
};

static void drop(struct session **link) {
  struct session *session = *link;
  *link = session->next;
  X509_STORE_free(session->store);
  SSL_SESSION_free(session->session);
  pool_free(session);
}

/* The session of the identity, which moves to the head of the list; NULL when there is none. */
static struct session *find(struct session **list, const unsigned char *identity) {
  size_t count = 0;
  for (struct session **link = list; *link; link = &(*link)->next) {
    struct session *session = *link;
    if (memcmp(session->identity, identity, sizeof session->identity) == 0) {
      *link = session->next;
      session->next = *list;
      *list = session;
      return session;
    }
    if (++count == SESSIONS) {
      drop(link);
      return NULL;
    }
  }
  return NULL;
}

bool sessions_keep(struct session **list, const struct settings *settings, X509_STORE *store, SSL_SESSION *made) {
  struct session *session = find(list, settings->identity);
  if (!session) {
    session = pool_calloc(1, sizeof *session);
    if (!session) return false;
    memcpy(session->identity, settings->identity, sizeof session->identity);
    session->next = *list;
    *list = session;
  }
  X509_STORE_up_ref(store);
  X509_STORE_free(session->store);
  SSL_SESSION_free(session->session);
  session->store = store;
  session->session = made;
  return true;
}

SSL_SESSION *sessions_find(struct session **list, const struct settings *settings, const X509_STORE *store) {
  struct session *session = find(list, settings->identity);
  return session && session->store == store ? session->session : NULL;
}

void sessions_free(struct session **list) {
  while (*list)
    drop(list);
}
