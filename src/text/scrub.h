/* Takes the values of one call (credentials, parameters, secrets of the answer) out of text that a provider wrote, before anybody sees it.
 * A scrub is used by one thread at a time. */
#ifndef CARDS_TEXT_SCRUB_H
#define CARDS_TEXT_SCRUB_H

#include <stdbool.h>
#include <stddef.h>

#include "secret/buf.h"

#define SCRUB_HEAD 4096 /* bytes that are remembered of one value: what a longer one has after them may show */

struct scrub {
  struct buf values;  /* as they were added, length-prefixed */
  struct buf needles; /* length-prefixed values, wiped with the scrub */
};

void scrub_init(struct scrub *scrub);
void scrub_free(struct scrub *scrub);
/* Remembers a copy of a value (of its first SCRUB_HEAD bytes) that must never show. Empty values, and those of nothing but '*', are ignored.
 * False when memory is used up; scrub_text then fails too. */
bool scrub_add(struct scrub *scrub, const void *bytes, size_t len);

/* Appends text to out, cleaned: at most max bytes of it, on a character boundary, and "..." after them where cut (cut after cleaning, never in a way that shows part of a value);
 *  - every run that it shares with a value becomes "***": the whole value where it is shorter than 8 bytes (values of 1 to 3 bytes only where no letter or digit stands directly
 *    before or after), any run of 8 bytes or more of a longer one; ASCII case does not matter; also in percent-encoded (as a whole or in part) and base64 form of the value, and, for
 *    a value that has 7 or more digits and else only spaces and dashes, its digits with any single spaces or dashes between;
 *  - then pan_redact;
 *  - control characters and line breaks become a space, invalid UTF-8 becomes '?'.
 * All of that until nothing changes any more; text that does not settle becomes "***" as a whole. False, with nothing appended, when memory is used up or out is full. */
bool scrub_text(struct scrub *scrub, struct buf *out, const char *text, size_t len, size_t max);

#endif
