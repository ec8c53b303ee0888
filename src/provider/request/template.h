/* Fills the names of a text, which pipes may change: "/cards/{card_id}" becomes "/cards/c_1", "{body|sha256|hex}" the
 * digest of the body in hexadecimal digits. A brace begins a name where a letter follows, else it is text: JSON needs no
 * escape. "{{" stands for a brace in front of a letter.
 *
 * The pipes: sha1, sha256, sha384, sha512 (the bytes of the digest), hex, base64, base64url (without padding), upper,
 * lower (of ASCII), percent (RFC 3986), json (a quoted JSON string), escaped (the same without quotes), trim. */
#ifndef CARDS_PROVIDER_REQUEST_TEMPLATE_H
#define CARDS_PROVIDER_REQUEST_TEMPLATE_H

#include "secret/buf.h"

#define TEMPLATE_NAME  200 /* bytes between two braces */
#define TEMPLATE_PIPES 8   /* behind one name */

/* Appends what belongs in the place of a name, which is not terminated. False for an unknown name. */
typedef bool template_name(void *context, const char *name, size_t len, struct buf *out);

/* Appends bytes in another form; false when they have none, and when `out` is full. */
typedef bool template_form(struct buf *out, const char *bytes, size_t len);

/* Appends the template to `out`, with what `fill` appends for each name, changed by its pipes and then by `last`, which
 * may be NULL. False for an unknown name, for what template_fault finds, and when `out` is full. */
bool template_fill(struct buf *out, const char *template, template_name *fill, template_form *last, void *context);

/* What is wrong with the form of a template, a static phrase such as "has a brace that is not part of a name"; NULL for
 * nothing. Calls `seen`, which may be NULL, for each name. */
const char *template_fault(const char *template, void (*seen)(void *context, const char *name, size_t len), void *context);

#endif
