/* The lines of an answer of HTTP/1.1 (RFC 9112), one at a time and without their CRLF: pure functions that know ASCII and no locale. */
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

/* Reads a status line, and whether it says HTTP/1.1 rather than 1.0. NULL, or why it is none. */
const char *line_status(const char *line, size_t len, int *status, bool *is_1_1);
/* True where a line that is not all here may still become one of those. */
bool line_may_be_status(const char *line, size_t len);
/* Splits a header's line into name and value, which point into it. NULL, or why it is none. */
const char *line_header(char *line, size_t len, struct header *header);
/* Reads the line before a chunk; what stands behind ';' is checked and means nothing. NULL, or why it is none. */
const char *line_chunk(const char *line, size_t len, uint64_t *size);
/* A number of decimal digits and nothing else; false as well when it is too large. */
bool line_number(const char *text, size_t len, uint64_t *number);
/* True where the text is the word, in any case of either. */
bool line_is(const char *text, size_t len, const char *word);
/* True where the word is in a list whose members are separated by commas. */
bool line_lists(const char *list, size_t len, const char *word);

#endif
