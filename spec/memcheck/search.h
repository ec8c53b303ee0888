/* Finds every run of a form in a stretch of memory, in one pass however many forms there are. */
#ifndef CARDS_MEMCHECK_SEARCH_H
#define CARDS_MEMCHECK_SEARCH_H

#include "forms.h"

struct run {
  const struct form *form;
  size_t at, len; /* in the stretch */
};

/* Makes the table of all pieces of RUN bytes; the forms stay as they are from then on. */
void search_prepare(const struct forms *forms);
/* Calls `found` for each run. What a line break divides, as in a PEM, is one run. */
void search_in(const unsigned char *bytes, size_t len, void (*found)(void *user, const struct run *run), void *user);

#endif
