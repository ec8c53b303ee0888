/* JSON in: strict RFC 8259 text to a tree that is wiped when freed. JSON out: escaped strings and numbers. The only file that knows cJSON.
 *
 * cJSON alone accepts what is not JSON (leading zeros, control characters, trailing text, \u0000 that cuts a string) and rounds large integers, so
 * a check of the text comes first: grammar, UTF-8, depth, exact numbers. After it no key stands twice in an object.
 * A document is used by one thread at a time; json_setup is called once before any other function. */
#ifndef CARDS_JSON_JSON_H
#define CARDS_JSON_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "secret/buf.h"

#define JSON_MAX_DEPTH 64 /* nested objects and arrays */

enum json_type { JSON_NULL, JSON_BOOLEAN, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

struct json_node; /* a node of a document, owned by the document */

/* Installs cJSON's allocator hooks (malloc, and a free that wipes); they are the process's. Idempotent. */
void json_setup(void);

/* Checks and parses len bytes (no NUL needed). NULL on failure; then *why is a static phrase ("text after JSON") without any of the text, and *where the byte where the text went
 * wrong, 0 for a key that stands twice and for a lack of memory.
 * Refused: anything RFC 8259 does not allow (BOM included), invalid UTF-8, unpaired \u surrogates, \u0000, depth over JSON_MAX_DEPTH, a key twice in one object (compared
 * after unescaping), an integer (a number without '.', 'e', 'E') that a double does not hold exactly, any other number from 2^53 to below 2^63 that was rounded (json_integer would
 * hand out a wrong one), a number that overflows, a number of more than 60 characters. */
struct json_node *json_parse(const char *text, size_t len, const char **why, size_t *where);
/* Wipes and frees the tree under the node that json_parse returned; NULL is allowed. */
void json_free(struct json_node *root);

enum json_type json_type(const struct json_node *node);
/* The node at a dotted path of object keys ("error.code"), "" for the node itself; NULL where a step is missing or is no object. node may be NULL. */
const struct json_node *json_at(const struct json_node *node, const char *path);
/* First child of an object or array, and the next sibling; NULL at the end. */
const struct json_node *json_child(const struct json_node *node);
const struct json_node *json_next(const struct json_node *node);
/* The key of a member of an object. */
const char *json_key(const struct json_node *node);
/* The string of a JSON_STRING node, without NULs inside. */
const char *json_string(const struct json_node *node, size_t *len);
bool json_boolean(const struct json_node *node);
double json_number(const struct json_node *node);
/* True when the number has no fraction and its magnitude is below 2^63; *value is exact. */
bool json_integer(const struct json_node *node, int64_t *value);
#define JSON_NUMBER_TEXT 80 /* bytes that are room for any number */
/* A number as JSON writes it, with the fewest digits that tell it from others, whatever the locale of the host. */
void json_print_number(double number, char text[static JSON_NUMBER_TEXT]);
/* The text of a number: all digits of a whole number below 1e60 (exact where the text had an integer), the shortest that reads back for others. Appends to out. */
bool json_number_text(const struct json_node *node, struct buf *out);
/* The same with the zeros that a number loses: a whole number from 0 on has at least so many digits. "7" with 3 digits is "007". */
bool json_number_padded(const struct json_node *node, int digits, struct buf *out);

/* Appends a quoted and escaped JSON string. False (and nothing appended) when the bytes are not valid UTF-8 or hold a NUL (out->failed is left
 * alone then), or do not fit (it is set). */
bool json_write_string(struct buf *out, const char *bytes, size_t len);

#endif
