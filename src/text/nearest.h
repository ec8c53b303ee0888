/* Which known name was meant by one that is not known: "did you mean …". The one rule for it, wherever a name is unknown.
 *
 *   struct nearest nearest;
 *   nearest_begin(&nearest, "acces_token");
 *   for (each known name) nearest_try(&nearest, name);
 *   nearest_hint(&nearest, hint);                     " (did you mean 'access_token'?)"
 *
 * Case, "_" and "-" do not count: "baseURL" and "base-url" are base_url. A name is meant where a third of the letters at most is wrong, or where one of the two
 * begins with the other one. Where none is meant, the hint lists those that there are. */
#ifndef CARDS_TEXT_NEAREST_H
#define CARDS_TEXT_NEAREST_H

#include <stddef.h>

#define NEAREST_NAME 64  /* bytes of a name that are read */
#define NEAREST_HINT 400 /* room for a hint with its NUL */

struct nearest {
  char written[NEAREST_NAME + 1], folded[NEAREST_NAME + 1];
  char meant[NEAREST_NAME + 1]; /* the nearest name so far that can be meant; "" for none */
  size_t distance, spelled;     /* of that: as names are compared, and as they are spelled */
  char list[NEAREST_HINT - 80]; /* the names so far, as many as there is room for */
  size_t listed, tried;         /* names in the list, and in all */
};

/* How many bytes have to be inserted, deleted, replaced or swapped with their neighbour to turn one name into the other. At most NEAREST_NAME bytes of each count. */
size_t nearest_distance(const char *a, const char *b);

void nearest_begin(struct nearest *nearest, const char *written);
/* Looks at a known name. Of names that are as near the one that is spelled most alike is meant, or the first by alphabet. */
void nearest_try(struct nearest *nearest, const char *known);
/* Writes the text for a message, which begins with a space: " (did you mean 'b'?)", " (known are a, b and c)", or "" where no name was tried. */
void nearest_hint(const struct nearest *nearest, char hint[NEAREST_HINT]);

#endif
