/* A path in a tree, as text: "a.b" names a member of a member, "a[].b" that of each element of a list, "a[0].b" that of
 * its first one, and "a['dotted.name']" a member whose name has a dot in it. "[0].id" begins in a list.
 *
 *   struct path_step step;
 *   for (const char *at = path_begin(path); at;) {
 *     at = path_next(at, &step);
 *     use(&step);
 *   }
 *
 * lua/cards/define/paths.lua checks paths. Of one that is written in another way, the steps lead nowhere. */
#ifndef CARDS_JSON_PATH_H
#define CARDS_JSON_PATH_H

#include <stddef.h>

enum path_kind { PATH_NAME, PATH_EACH, PATH_INDEX };

struct path_step {
  enum path_kind kind;
  const char *name; /* not terminated */
  size_t len;       /* of the name */
  size_t index;     /* from 0 on */
};

/* The first step; NULL when there is none, as in "". */
const char *path_begin(const char *path);
/* Takes the step at `at`. Returns the next one, or NULL behind the last one. */
const char *path_next(const char *at, struct path_step *step);

#endif
