#include "http/connection/names.h"

#include <stdio.h>
#include <string.h>

#include "secret/pool.h"

#define MARGIN 1.0 /* seconds; libcurl's own entry is that much older */

static bool is_idle(const struct name *name, double now) {
  return !name->looking && !name->waiting && name->known_until <= now && name->failed_until <= now;
}

static void drop(struct name **link) {
  struct name *name = *link;
  *link = name->next;
  pool_free(name->host);
  pool_free(name);
}

/* Removes entries that are over and that nobody waits for. */
struct name *names_find(struct names *names, const char *host, double now) {
  struct name *found = NULL;
  for (struct name **link = &names->first; *link;) {
    struct name *name = *link;
    if (strcmp(name->host, host) == 0) {
      found = name;
    } else if (is_idle(name, now)) {
      drop(link);
      continue;
    }
    link = &name->next;
  }
  if (found) return found;
  struct name *name = pool_calloc(1, sizeof *name);
  if (!name || !(name->host = pool_strdup(host))) {
    pool_free(name);
    return NULL;
  }
  name->last = &name->waiting;
  name->next = names->first;
  names->first = name;
  return name;
}

void names_found(struct names *names, struct name *name, double now) {
  name->looking = NULL;
  name->known_until = now + NAMES_KEPT - MARGIN;
  names->changed = true;
}

void names_failed(struct names *names, struct name *name, CURLcode failure, const char *text, double now) {
  name->looking = NULL;
  name->failed_until = now + NAMES_FAILED;
  name->failure = failure;
  snprintf(name->failure_text, sizeof name->failure_text, "%s", text);
  names->changed = true;
}

void names_given_up(struct names *names, struct name *name) {
  name->looking = NULL;
  names->changed = true;
}

void names_free(struct names *names) {
  while (names->first)
    drop(&names->first);
}
