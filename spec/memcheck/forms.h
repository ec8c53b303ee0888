/* What a marker turns into without anybody meaning to hide it: as it is, reversed (as big numbers keep a key), UTF-16, base64, hexadecimal, and HPACK's Huffman code. */
#ifndef CARDS_MEMCHECK_FORMS_H
#define CARDS_MEMCHECK_FORMS_H

#include <stddef.h>

#define RUN 8 /* so many bytes of a marker are too much */

struct form {
  const char *marker; /* its name */
  const char *kind;
  unsigned char *bytes;
  size_t len, least; /* a run of `least` bytes counts: what RUN bytes of the marker become, and never less than RUN bytes */
};

struct forms {
  struct form *list;
  size_t count;
};

/* Adds all forms of a marker; the name is kept. What is shorter than RUN bytes is no marker: the program ends. */
void forms_add(struct forms *forms, const char *name, const unsigned char *bytes, size_t len);

#endif
