/* Takes secrets out of text that somebody else wrote, a provider or a function of the script, before anybody sees it: the values of one call (credentials, parameters, secrets of
 * the answer), and what may be a secret that nobody here has seen. A struct redact is used by one thread at a time.
 *
 *   struct redact redact;
 *   redact_init(&redact);
 *   bool ok = redact_add(&redact, "hunter2", 7) && redact_text(&redact, &out, text, len, 200);    "login hunter2 failed" is "login *** failed"
 *   redact_free(&redact);
 */
#ifndef CARDS_TEXT_REDACT_H
#define CARDS_TEXT_REDACT_H

#include <stdbool.h>
#include <stddef.h>

#include "secret/buf.h"

#define REDACT_HEAD     4096                /* bytes that are remembered of one value: what a longer one has after them may show */
#define REDACT_TEXT_MAX ((size_t)64 * 1024) /* bytes of a text that redact_text and redact_code read at all */

struct redact {
  struct buf values;  /* as they were added, length-prefixed */
  struct buf needles; /* length-prefixed forms of the values; wiped with the struct */
};

void redact_init(struct redact *redact);
void redact_free(struct redact *redact);
/* Remembers a copy of a value (of its first REDACT_HEAD bytes) that must never show. Empty values, and those of nothing but '*', are ignored.
 * False when memory is used up; all that follows with this struct fails too then. */
bool redact_add(struct redact *redact, const void *bytes, size_t len);

/* Appends text to out without the values that were added: at most max bytes of it, on a character boundary, and "..." after them where cut (cut after redaction, never in a way that
 * shows part of a value);
 *  - every run that it shares with a value becomes "***": the whole value where it is shorter than 8 bytes (values of 1 to 3 bytes only where no letter or digit stands directly
 *    before or after), any run of 8 bytes or more of a longer one; ASCII case does not matter; also in percent-encoded (as a whole or in part) and base64 form of the value, and, for
 *    a value that has 7 or more digits and else only spaces and dashes, its digits with any single spaces or dashes between;
 *  - then pan_redact;
 *  - control characters and line breaks become a space, invalid UTF-8 becomes '?'.
 * All of that until nothing changes any more; text that does not settle becomes "***" as a whole. False, with nothing appended, when memory is used up or out is full. */
bool redact_values(struct redact *redact, struct buf *out, const char *text, size_t len, size_t max);

/* Appends text with everything masked ("***") that may be a secret, known or not: three or more digits in a row, single spaces, dashes and dots between them not counted; and a run of
 * 12 or more letters, digits and "_-+/=." with a digit among them. A refusal may repeat a CVV that stands nowhere else in the answer. What is left of a masked card number
 * ("****1111") stays. False when memory is used up or out is full. */
bool redact_suspects(struct buf *out, const char *text, size_t len);

/* Appends text as it may stand in an error of the call: without its values (redact_values), then without what may be a secret (redact_suspects), and only then cut: at most max bytes,
 * on a character boundary, and "..." after them where cut. A cut before that would hide what a value is, and show the beginning of it. False, with nothing appended, for text of more
 * than REDACT_TEXT_MAX bytes, when memory is used up or out is full. */
bool redact_text(struct redact *redact, struct buf *out, const char *text, size_t len, size_t max);
/* As redact_text, for a code: one word of ASCII letters, digits and "_.-" loses nothing but the values of the call. Anything else is treated as a text. */
bool redact_code(struct redact *redact, struct buf *out, const char *text, size_t len, size_t max);

#endif
