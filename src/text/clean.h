/* Text that somebody else wrote, a provider or a function of the script, as it may stand in an error of one call. */
#ifndef CARDS_TEXT_CLEAN_H
#define CARDS_TEXT_CLEAN_H

#include <stdbool.h>
#include <stddef.h>

#include "secret/buf.h"
#include "text/scrub.h"

#define CLEAN_TEXT_MAX ((size_t)64 * 1024) /* bytes of a text that is read at all */

/* Appends text to out without the values of the call (scrub_text), then without what may be a secret (suspect_mask), and only then cut: at most max bytes, on a character boundary,
 * and "..." after them where cut. A cut before that would hide what a value is, and show the beginning of it. False, with nothing appended, for text of more than CLEAN_TEXT_MAX
 * bytes, when memory is used up or out is full. */
bool clean_text(struct scrub *scrub, struct buf *out, const char *text, size_t len, size_t max);
/* As clean_text, for a code: one word of ASCII letters, digits and "_.-" loses nothing but the values of the call. Anything else is treated as a text. */
bool clean_code(struct scrub *scrub, struct buf *out, const char *text, size_t len, size_t max);

#endif
