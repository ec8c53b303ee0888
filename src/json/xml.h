/* XML. In: a document becomes the same tree as JSON. Out: text that may stand in one.
 *
 *   <e:Envelope xmlns:e="…"><Card id="7"><Pan type="v">4111</Pan></Card><Card/></e:Envelope>
 *   {"Envelope":{"Card":[{"@id":"7","Pan":{"@type":"v","#text":"4111"}},null]}}
 *
 * A member is named as the element, without a namespace's prefix; one that stands there again makes a list, in the place of the first. Attributes are `@name`, but for those of
 * namespaces. An element that has neither attributes nor children is its text, any other one has it as `#text`: what stands between children is one text, without the white
 * space at both ends. White space alone is no text, and an element that is empty, or has xsi:nil="true", a null. CDATA is text; comments and processing instructions are nothing.
 *
 * expat reads it, in memory that is wiped. It knows UTF-8, and ISO-8859-1 and US-ASCII where the document declares them. */
#ifndef CARDS_JSON_XML_H
#define CARDS_JSON_XML_H

#include "json/json.h"

/* As json_parse. Refused are: what is not well-formed; a DOCTYPE, so that there are no entities but the five of XML; a NUL, so that there is no UTF-16 either; more than JSON_MAX_DEPTH
 * levels, lists among them; names of more than 256 bytes; more than 256 attributes of an element, namespaces among them; and more values than JSON of this length may have. */
struct json_node *xml_parse(const char *text, size_t len, const char **why, size_t *where);

/* Appends bytes as text that may stand between tags or in an attribute. False, with nothing appended, when they are no valid UTF-8, have a character that XML has not (control
 * characters other than tab and the two of line ends, U+FFFE, U+FFFF), or do not fit; only the last sets out->failed. */
bool xml_write_text(struct buf *out, const char *bytes, size_t len);

#endif
