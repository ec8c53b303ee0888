/* What a provider is: pure data, the centre of the map. A provider describes its credentials and operations; an operation describes its request part by
 * part, how its answer is recognised, and every field of the answer with its type. Built-in providers are const tables (src/provider/builtin), those of scripts the
 * same tables on the heap (definition.h); the engine knows none of them by name. All strings outlive every client and job of the provider. */
#ifndef CARDS_PROVIDER_PROVIDER_H
#define CARDS_PROVIDER_PROVIDER_H

#include <stdbool.h>
#include <stddef.h>

#include "secret/buf.h"

/* Where a value of the request comes from. */
enum part_source {
  FROM_ARGUMENT,   /* the caller's parameter `name` */
  FROM_CREDENTIAL, /* the client's credential `name` */
  FROM_CONSTANT,   /* the text `value` */
  FROM_SIGNATURE   /* made anew over others: `signature`; a ready one comes as a credential `name` */
};

enum part_into { INTO_PATH, INTO_QUERY, INTO_HEADER, INTO_BODY, INTO_NOTHING /* only a function or another part makes something of it */ };

enum part_type { PART_STRING, PART_INTEGER, PART_NUMBER, PART_BOOLEAN, PART_PEM /* a key in lines, which goes nowhere */ };

/* How a value is made over others, for each try. A value that a call has under the part's name goes before: a ready signature, or what a function made. */
struct signature {
  const char *over;      /* template of what is signed, with {body} or {body.a.b}, as they are sent; NULL where a function sees the whole request */
  const char *algorithm; /* as in secret/signing.h, with `key` */
  const char *key;       /* the credential that signs, a part INTO_NOTHING; NULL for none */
  const char *function;  /* the credential that is a function of the signed text; NULL for none */
  const char *value;     /* template of what is sent, "v1={signature}"; NULL for the signature alone */
};

/* One value of a request. Parts of the body are written in the order of the table: parts with a common prefix of their path stand together. */
struct part {
  const char *name; /* of the argument, credential or constant; NULL for a constant that nobody asks for */
  const char *wire; /* the provider's name: placeholder of the path, query key, header name, or dotted path in the body; `name` when NULL */
  enum part_source source;
  enum part_into into;
  enum part_type type;
  bool required;
  bool sensitive;             /* never to be shown, as an account number */
  bool unique;                /* made up, and never the same twice, where the caller gives none */
  const char *value;          /* the constant, or the default of an argument or setting */
  const char *prefix;         /* put in front of the value, "Bearer " */
  const char *excludes;       /* another argument that may not be given with this one */
  const char *const *choices; /* NULL-terminated list of what is allowed, NULL for anything */
  bool basic; /* a header: base64 of the value, a colon, and the credential `password` where there is one, which is a part of its own */
  const char *password;
  const struct signature *signature;
};

/* Types of fields of an answer; those from FIELD_PAN on become secrets of the class of that name. */
enum field_type {
  FIELD_STRING,
  FIELD_INTEGER,
  FIELD_NUMBER,
  FIELD_BOOLEAN,
  FIELD_TIMESTAMP,
  FIELD_PAN,
  FIELD_CVV,
  FIELD_TOKEN,
  FIELD_SECRET,
  FIELD_TYPES
};

struct field {
  const char *path; /* dotted, below the root of the record; "items[].pan" for a member of each object of an array, "tags[]" for each element */
  enum field_type type;
  int digits; /* a JSON number in place of the string is padded with zeros to so many digits; 0 for no padding */
};

/* A condition on the answer. An answer that has the path but fails the rule is the provider's refusal, or, for a rule about the shape, no documented answer. */
enum rule_test { RULE_TRUE, RULE_EQUALS_STRING, RULE_EQUALS_NUMBER, RULE_ABSENT, RULE_FALSE };

struct rule {
  const char *path;
  enum rule_test test;
  const char *string;
  double number;
  bool shape;
};

/* A value of the request that the answer repeats; another one in its place may be somebody else's card. */
struct echo {
  const char *path; /* in the answer */
  const char *part; /* name of the argument or constant, or the wire path of one without a name */
  bool required;    /* a missing echo of a value that was sent is a mismatch too */
};

/* How a list goes on, which lua/cards/client/pages.lua follows. All NULL where it has no pages. */
struct pages {
  const char *items, *cursor, *more, *last; /* paths */
  const char *into;                         /* the argument for the next page */
};

struct operation {
  const char *name;   /* "private_info" */
  const char *page;   /* the page that it follows, for describe */
  const char *method; /* "GET", "POST" */
  const char *path;   /* below base_url, with {placeholders} */
  bool safe;          /* reads only: may be sent again after it may have arrived */
  bool body;          /* there is always a body: an empty one where nothing goes into it */
  bool form;          /* the body is a form, application/x-www-form-urlencoded, and no JSON */
  const struct part *parts;
  size_t part_count;
  const struct rule *rules; /* all hold in an answer that is a success, besides a 2xx status */
  size_t rule_count;
  const struct echo *echoes;
  size_t echo_count;
  const char *root; /* path of the record in the answer, "" for the whole body */
  const struct field *fields;
  size_t field_count;
  const char *error_codes[4];    /* paths, first found wins; NULL-terminated */
  const char *error_messages[4]; /* the same */
  const char *error_details;     /* path of an object whose keys name what was wrong, or NULL */
  struct pages pages;
};

enum credential_kind {
  CREDENTIAL_VALUE,   /* a string, a secret, or a function that returns either */
  CREDENTIAL_SETTING, /* a plain string that goes with every call, not secret */
  CREDENTIAL_FUNCTION /* a function of what is signed */
};

struct credential {
  const char *name;
  enum credential_kind kind;
  bool optional;
  const char *one_of; /* name of a group of which exactly one is given; NULL for none */
};

struct definition;

struct provider {
  const char *name;     /* as in cards.<name> */
  const char *base_url; /* default, NULL when it has to be configured */
  const struct credential *credentials;
  size_t credential_count;
  const struct operation *operations;
  size_t operation_count;
  struct definition *owner; /* what it is a part of and is freed with; NULL for a built-in one */
};

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* Holds the provider, from any thread, until provider_unref; returns it. */
const struct provider *provider_ref(const struct provider *provider);
/* NULL is allowed. */
void provider_unref(const struct provider *provider);
/* NULL when there is none of that name. */
const struct operation *provider_operation(const struct provider *provider, const char *name);
/* The argument part of that name, or NULL. */
const struct part *operation_argument(const struct operation *operation, const char *name);
/* What the caller knows a part as, for errors; and what the provider calls it. */
const char *part_name(const struct part *part);
const char *part_wire(const struct part *part);
/* "string", "pan", …, the names of interface types. */
const char *field_type_name(enum field_type type);

#endif
