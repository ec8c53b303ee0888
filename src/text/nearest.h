/* How alike two names are, to suggest the known name that was meant: "did you mean …". */
#ifndef CARDS_TEXT_NEAREST_H
#define CARDS_TEXT_NEAREST_H

#include <stddef.h>

/* How many bytes have to be inserted, deleted, replaced or swapped with their neighbour to turn one name into the
 * other. At most 64 bytes of each count. */
size_t nearest_distance(const char *a, const char *b);

#endif
