/* JSON. In: RFC 8259 text becomes a tree, which is wiped when it is freed. Out: quoted strings, and numbers.
 *
 *   struct json_node *root = json_parse(text, len, &why, &where);
 *   const struct json_node *code = json_at(root, "error.code");
 *   if (code && json_type(code) == JSON_STRING) use(json_string(code, &code_len));
 *   json_free(root);
 *
 * cJSON, which only json.c knows, accepts what is not JSON and rounds large integers. So the text is checked first, and a number of
 * which a double would lose something keeps its text.
 *
 * A tree is used by one thread at a time. json_setup is called before any other function. */
#ifndef CARDS_JSON_JSON_H
#define CARDS_JSON_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "secret/buf.h"

#define JSON_MAX_DEPTH   64 /* nested objects and arrays */
#define JSON_NUMBER_TEXT 80 /* bytes that are room for any double */

enum json_type { JSON_NULL, JSON_BOOLEAN, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

struct json_node; /* belongs to the tree that it is in */

/* Sets cJSON's allocator for the process: malloc, and a free that wipes. May be called more than once. */
void json_setup(void);

/* Parses `len` bytes, which need no NUL. On failure NULL; *why is a static phrase without any of the text, such as
 * "text after JSON", and *where the byte at which the text went wrong, 0 for a repeated key.
 *
 * Refused are: what RFC 8259 does not allow, but for a byte order mark at the beginning, which is skipped; invalid UTF-8; more than JSON_MAX_DEPTH
 * levels; more values than json_check_values allows; and a key twice in one object. A \u0000, and a \u that is half a surrogate pair, is
 * read as U+FFFD. */
struct json_node *json_parse(const char *text, size_t len, const char **why, size_t *where);
/* What *why points to for a repeated key. */
extern const char json_twice[];
/* Appends the path of the first such key in a text: "data.cards[1].number". False where there is none. The path is the text's own: it may be a
 * secret. */
bool json_find_twice(const char *text, size_t len, struct buf *path);
/* Wipes and frees the tree below a node that json_parse returned. NULL is allowed. */
void json_free(struct json_node *root);

enum json_type json_type(const struct json_node *node);
/* Whether it is null, "", [] or {}. */
bool json_is_empty(const struct json_node *node);
/* The node at a path of path.h, such as "error.code" or "errors[0].code"; for "" the node itself. Behind "[]" the first
 * element counts that has one, where null is taken only if there is no other. Where the path has a list of objects, an object is the list of it.
 * NULL when there is none. `node` may be NULL. */
const struct json_node *json_at(const struct json_node *node, const char *path);
/* As json_at, but NULL for a null, too. */
const struct json_node *json_present(const struct json_node *node, const char *path);
/* Copies what stands at a path of one tree to the same path below a node of another one, where objects and lists are made
 * for it. Nothing is copied where there is none, or where another value stands; of a list that "[]" leads through at most
 * 1000 elements. False when memory is used up. */
bool json_copy(const struct json_node *from, const char *path, struct json_node *to);
/* The first child of an object or array, and the next one after a child; NULL at the end. */
const struct json_node *json_child(const struct json_node *node);
const struct json_node *json_next(const struct json_node *node);
/* The key of a member of an object. */
const char *json_key(const struct json_node *node);

/* The value of a JSON_STRING, which has no NUL in it, of a JSON_BOOLEAN and of a JSON_NUMBER: the nearest double, infinity beyond all. */
const char *json_string(const struct json_node *node, size_t *len);
bool json_boolean(const struct json_node *node);
double json_number(const struct json_node *node);
/* Whether U+FFFD stands in a JSON_STRING where the text had no character: a \u0000 or half a surrogate pair. */
bool json_is_lossy(const struct json_node *node);
/* False unless the number is whole and fits; 5.0 and 5e0 are whole. *value is exact then. */
bool json_integer(const struct json_node *node, int64_t *value);
/* Whether json_number is exact where the number is written as an integer. Any other one is a double: true. */
bool json_is_exact(const struct json_node *node);

/* A tree that is made of another source than JSON begins as a null, and each node becomes what is put into it:
 *
 *   struct json_node *root = json_new(), *card = json_add(root, "card");        {"card":null}
 *   json_set_string(json_add(card, "pan"), "4111111111111111", 16);             {"card":{"pan":"4111111111111111"}}
 *
 * The caller keeps to JSON_MAX_DEPTH, adds no key twice, and has neither a NUL nor invalid UTF-8 in texts. Each takes the
 * same time in a large tree as in a small one. Where memory is used up they return NULL or false, and the tree stays as
 * it was. */
struct json_node *json_new(void);
/* Adds a null: to an object, or a null that becomes one, under that key; with NULL, to an array likewise. */
struct json_node *json_add(struct json_node *parent, const char *key);
/* Makes a null a string. */
bool json_set_string(struct json_node *node, const char *bytes, size_t len);
/* Makes a node an array whose only element is what the node was. A key stays. */
bool json_make_list(struct json_node *node);
/* Where XML has a list of one, there is only that one: makes lists of what stands where the path has "[]" or an index, and
 * is neither a list nor null. */
bool json_make_lists(struct json_node *root, const char *path);

/* The text of a JSON_NUMBER as it was written; in `room`, which the caller wipes, or in the tree. */
const char *json_number_text(const struct json_node *node, char room[static JSON_NUMBER_TEXT]);
/* Likewise the digits of a whole number below 2^63, with leading zeros that a number loses: 7 with 3 digits is "007", and 7.0 "7". Negative ones get
 * no zeros. Of any other number the same as json_number_text. */
const char *json_number_digits(const struct json_node *node, int digits, char room[static JSON_NUMBER_TEXT]);
/* Writes a double with a NUL: all digits of a whole number below 1e60, otherwise the fewest digits that read back as the same. */
void json_print_number(double number, char text[static JSON_NUMBER_TEXT]);

/* Appends a quoted and escaped string. False, with nothing appended, when the bytes are not valid UTF-8, have a NUL
 * among them, or do not fit; only the last sets out->failed. */
bool json_write_string(struct buf *out, const char *bytes, size_t len);

#endif
