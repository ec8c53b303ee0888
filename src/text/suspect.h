/* Secrets that nobody here has seen, in text that a provider wrote: a refusal may repeat a CVV that stands nowhere else in the answer. */
#ifndef CARDS_TEXT_SUSPECT_H
#define CARDS_TEXT_SUSPECT_H

#include <stdbool.h>
#include <stddef.h>

#include "secret/buf.h"

/* Appends text with everything masked ("***") that may be one: three or more digits in a row, single spaces, dashes and dots between them not counted; and a run of 12 or more
 * letters, digits and "_-+/=." with a digit among them. What is left of a masked card number ("****1111") stays. */
bool suspect_mask(struct buf *out, const char *text, size_t len);

#endif
