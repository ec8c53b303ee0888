/* Fills {placeholders} of a text. */
#ifndef CARDS_PROVIDER_TEMPLATE_H
#define CARDS_PROVIDER_TEMPLATE_H

#include "secret/buf.h"

/* Appends template to out; for each "{name}" calls fill, which appends in its place and returns false when it knows no such name. False when a placeholder is
 * unknown or not closed, or out is full. */
bool template_fill(struct buf *out, const char *template, bool (*fill)(void *context, const char *name, size_t len, struct buf *out), void *context);

#endif
