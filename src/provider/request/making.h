/* The values of one attempt: those that were given, and those that are made of others when they are needed.
 *
 *   struct maker maker;
 *   maker_init(&maker, request, &error);
 *   bool ok = maker_make_all(&maker, INTO_HEADER) && maker_body(&maker);
 *   use(maker.values[place]);
 *   maker_free(&maker);
 *
 * What a template may name: {method}, {url}, {host}, {path} (as sent), {query} (without "?"; in a value of the query without those that are signatures), {target} (path and
 * query), {resource} (the path behind base_url, without its slash), {body} (as sent), {body.a.b} (an object in it, before it is encrypted), {header.NAME}, {param.NAME}, {now.FORM} of
 * moment.h, {nonce} (32 hexadecimal digits), {unique.uuid}, {unique.hex:N}, {unique.digits:N}, and parts by their name. There is one moment and one nonce for all of an attempt.
 *
 * What can fail returns false with `error` set. */
#ifndef CARDS_PROVIDER_REQUEST_MAKING_H
#define CARDS_PROVIDER_REQUEST_MAKING_H

#include <time.h>

#include "crypto/signing.h"
#include "provider/request.h"

#define MAKING_MOST   VALUES_MAX_MADE /* values that are made of one request */
#define MAKING_DEPTH  8               /* how far one may be made of another */
#define MAKING_NONCE  32              /* characters */
#define MAKING_LENGTH (64 * 1024)

struct maker {
  struct request *request;
  struct error *error;
  struct value values[VALUES_MAX_PARTS]; /* one for each part, constants included; bytes is NULL for none */
  struct buf made[MAKING_MOST];          /* what values point to */
  size_t places[MAKING_MOST];            /* of the parts that they are for */
  struct value hidden[MAKING_MOST];      /* what in them must not be shown; bytes is NULL for nothing */
  size_t made_count;
  uint64_t under_way; /* one bit for each part that is being made */
  uint64_t secrets;   /* one bit for each part that a secret is in */
  int depth;
  struct value core;       /* of what is being made: the part of it that must not be shown, where that is not all */
  bool uses_secret;        /* what is being made has a secret in it */
  struct buf body, target; /* as they are sent, once they were made */
  bool has_body, has_target;
  bool body_secret, target_secret; /* a secret is in them */
  bool has_now;
  struct timespec now;          /* see maker_now */
  char nonce[MAKING_NONCE + 1]; /* see maker_nonce */
};

/* Takes the values of the request. What is made lives until maker_free, which wipes it. */
void maker_init(struct maker *maker, struct request *request, struct error *error);
/* Copies what was made of secrets into the values of the request, so that it is hidden in errors. Nothing more can be
 * made afterwards. */
bool maker_remember(struct maker *maker);
void maker_free(struct maker *maker);
/* Makes the value of the part at that place, where it has none and what it is made of is there. */
bool maker_make(struct maker *maker, size_t place);
/* The same for all that go there. */
bool maker_make_all(struct maker *maker, enum part_into into);
/* Whether that part is made by this library, so that it needs no value. */
bool maker_can_make(const struct maker *maker, size_t place);
/* The body as it is sent; NULL on failure. It is made once, however often it is asked for. */
const struct buf *maker_body(struct maker *maker);
/* Appends the object or list at a path of the JSON body, {} when there is none: of what is sent or, with INTO_SEALED, of
 * what is encrypted. */
bool maker_body_part(struct maker *maker, struct buf *out, enum part_into into, const char *path, size_t len);
/* Appends the body as it is before all of it is encrypted. */
bool maker_sealed(struct maker *maker, struct buf *out);
/* Appends the value of a header with its prefix; nothing when there is none. */
bool maker_header(struct maker *maker, size_t place, struct buf *out);
/* Path and query, made once as well, but for a part of the query itself: that sees the query without it. Valid until the
 * next call; NULL on failure. */
const struct buf *maker_target(struct maker *maker);
/* The moment and the nonce of the attempt, made when they are first asked for. NULL where the system has no clock, or no
 * randomness. */
const struct timespec *maker_now(struct maker *maker);
const char *maker_nonce(struct maker *maker);
/* Appends what a template says. */
bool maker_fill(struct maker *maker, struct buf *out, const char *template);
/* Whether a key is one for this. On false *why is a static phrase that follows the name of the key. */
bool making_fits(const struct making *making, const struct key *key, const char **why);
/* The place of the part INTO_NOTHING of that name, such as a key; -1 for none. */
int maker_place(const struct operation *operation, const char *name);

#endif
