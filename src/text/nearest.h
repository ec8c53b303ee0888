/* "Did you mean …": the known name that is most like a given one. */
#ifndef CARDS_TEXT_NEAREST_H
#define CARDS_TEXT_NEAREST_H

#include <stddef.h>

/* How many letters have to be inserted, deleted, replaced or swapped with their neighbour to make one name of the other; at most 64 bytes of each count. */
size_t nearest_distance(const char *a, const char *b);

#endif
