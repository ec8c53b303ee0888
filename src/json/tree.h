/* The tree of an answer in any format. */
#ifndef CARDS_JSON_TREE_H
#define CARDS_JSON_TREE_H

#include "json/json.h"

enum answer_format { FORMAT_JSON, FORMAT_XML, FORMAT_FORM, FORMAT_TEXT };

/* As json_parse, xml_parse or form_parse. A text, which is valid UTF-8 without a NUL, becomes {"text":"…"}, without one line break at its end. */
struct json_node *tree_parse(enum answer_format format, const char *text, size_t len, const char **why, size_t *where);
/* The words of definitions for them, with a NULL behind the last one. */
extern const char *const answer_format_words[];

#endif
