/* Fills the placeholders of a text: "/cards/{card_id}" becomes "/cards/c_1". */
#ifndef CARDS_PROVIDER_REQUEST_TEMPLATE_H
#define CARDS_PROVIDER_REQUEST_TEMPLATE_H

#include "secret/buf.h"

/* Appends the template to `out`. For each "{name}" it calls `fill`, which appends what belongs there and returns
 * false for an unknown name. False for such a name, for a brace that is not closed, and when `out` is full. */
bool template_fill(struct buf *out, const char *template, bool (*fill)(void *context, const char *name, size_t len, struct buf *out), void *context);

#endif
