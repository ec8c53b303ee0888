/* What the names in the templates of a request stand for; making.h has the list. */
#ifndef CARDS_PROVIDER_REQUEST_NAMES_H
#define CARDS_PROVIDER_REQUEST_NAMES_H

#include "provider/request/making.h"

/* Appends what a name stands for; `maker` is a struct maker. False for a name that is unknown or that has no value, and
 * where something cannot be made; then the maker's error is set. */
bool names_fill(void *maker, const char *name, size_t len, struct buf *out);

#endif
