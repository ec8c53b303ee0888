/* Reads the lines of an HTTP/1.1 answer (RFC 9112), one at a time and without their CRLF. Pure functions that know
 * ASCII and no locale. Those that return text return NULL, or a static phrase that says what is wrong with the line. */
#ifndef CARDS_HTTP_MESSAGE_LINE_H
#define CARDS_HTTP_MESSAGE_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct header {
  const char *name;
  size_t name_len;
  char *value; /* without spaces around it */
  size_t value_len;
};

/* Reads a status line, and whether it says HTTP/1.1 instead of 1.0. */
const char *line_status(const char *line, size_t len, int *status, bool *is_1_1);
/* Whether a line that has not arrived completely may become a status line. */
bool line_may_be_status(const char *line, size_t len);
/* Splits a header into name and value, which point into the line. */
const char *line_header(char *line, size_t len, struct header *header);
/* Reads the size of a chunk from the line before it. Extensions behind ';' are checked and ignored. */
const char *line_chunk(const char *line, size_t len, uint64_t *size);
/* Reads a number of decimal digits and nothing else. False also when it is too large. */
bool line_number(const char *text, size_t len, uint64_t *number);
/* Whether the text is the word, in any case. */
bool line_is(const char *text, size_t len, const char *word);
/* Takes the next member off a list whose members are separated by commas: without blanks around it, and of 0 bytes where there is none between two commas.
 * False at the end of the list. */
bool line_member(const char **list, size_t *len, const char **member, size_t *member_len);
/* Whether the word is in such a list, in any case. */
bool line_lists(const char *list, size_t len, const char *word);

#endif
