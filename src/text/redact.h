/* Takes secrets out of text that somebody else wrote, a provider or a function of the script, before anybody sees it.
 * Redacted are the values of one call (credentials, parameters, secrets of the answer), and what looks like a secret
 * that nobody here has seen.
 *
 *   struct redact redact;
 *   redact_init(&redact);
 *   bool ok = redact_add(&redact, "hunter2", 7) && redact_text(&redact, &out, "login hunter2 failed", 20, 200);
 *   redact_free(&redact);                                       out is "login *** failed"
 *
 * A struct redact is used by one thread at a time. The functions that append to `out` return false when memory is
 * used up or `out` is full. */
#ifndef CARDS_TEXT_REDACT_H
#define CARDS_TEXT_REDACT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "secret/buf.h"

#define REDACT_HEAD 4096 /* bytes of a value that are remembered; those after them may show */

struct redact {
  struct buf values; /* added since the last text, each after its length */
  uint64_t *grams;   /* what is known of the others: an open hash table */
  size_t size, count;
  uint32_t tags; /* bits of the tags that are in it */
};

void redact_init(struct redact *redact);
/* Wipes and frees. */
void redact_free(struct redact *redact);
/* Remembers a copy of a value that must never show. An empty value, and one of stars only, is ignored. False when
 * memory is used up or the values are too many; then redaction fails, too, so that nothing is shown. */
bool redact_add(struct redact *redact, const void *bytes, size_t len);

/* Appends the text without the values that were added: at most `max` bytes, cut between characters, with "..." behind
 * a cut.
 *  - A value becomes "***". Of a value of 8 bytes or more, so does every run of 8 of its bytes. A value of 1 to 3
 *    bytes is found only where no letter or digit stands beside it. ASCII case does not matter.
 *  - Values are also found in base64 and percent-encoded, even in part. Of a value of 7 or more digits, with only
 *    spaces and dashes beside them, the digits are found with any single spaces or dashes between them.
 *  - Card numbers are masked as by pan_redact.
 *  - Control characters and line breaks become spaces, invalid UTF-8 becomes '?'.
 *
 * All of this is repeated until nothing changes; a text that does not settle becomes "***". A cut comes after
 * redaction and never shows a part of a value. Only the beginning of a text is looked at, some times `max`, so that
 * the cost depends neither on its length nor on the number of values. On failure nothing is appended. */
bool redact_values(struct redact *redact, struct buf *out, const char *text, size_t len, size_t max);

/* Appends the text with "***" for everything that may be a secret, known or not: three or more digits in a row, where
 * single spaces, dashes and dots between them do not count; and twelve or more letters, digits and "_-+/=." in a row
 * with a digit among them. So a refusal that repeats a CVV does not show it. The end of a masked card number
 * ("****1111") stays. */
bool redact_suspects(struct buf *out, const char *text, size_t len);
/* Whether redact_suspects would mask something of the text. Takes time linear in len. */
bool redact_suspected(const char *text, size_t len);

/* Appends the text as it may stand in an error of the call: by redact_values, then redact_suspects, and only then cut
 * to `max` bytes, between characters and followed by "...". On failure nothing is appended. */
bool redact_text(struct redact *redact, struct buf *out, const char *text, size_t len, size_t max);
/* The same for a code: a whole number, and one word of ASCII letters, digits and "_.-" with a letter in it, lose only
 * the values of the call. Anything else is taken for a text. */
bool redact_code(struct redact *redact, struct buf *out, const char *text, size_t len, size_t max);

#endif
