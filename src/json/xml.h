/* Text of XML. */
#ifndef CARDS_JSON_XML_H
#define CARDS_JSON_XML_H

#include <stdbool.h>
#include <stddef.h>

#include "secret/buf.h"

/* Appends bytes as the text of an element or attribute: & < > " and ' are escaped. False for what XML cannot have, which
 * is invalid UTF-8 and control characters other than tab, LF and CR, and when `out` is full. */
bool xml_write_text(struct buf *out, const char *bytes, size_t len);

#endif
