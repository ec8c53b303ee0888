/* What a provider is, as pure data. It describes its credentials and its operations. An operation describes the parts
 * of its request, how an answer is recognised, and the type of every field of the answer.
 *
 *   static const struct part parts[] = {
 *     { .name = "card_id", .wire = "id", .into = INTO_PATH, .required = true },
 *     { .name = "token", .wire = "Authorization", .source = FROM_CREDENTIAL, .into = INTO_HEADER, .prefix = "Bearer " },
 *   };
 *
 * Built-in providers are const tables in provider/builtin. Those of scripts are the same tables on the heap, see
 * definition.h. Generic code knows none of them by name. All strings live as long as any client or job of the
 * provider. */
#ifndef CARDS_PROVIDER_PROVIDER_H
#define CARDS_PROVIDER_PROVIDER_H

#include <stdbool.h>
#include <stddef.h>

#include "crypto/cipher.h"
#include "provider/error.h"
#include "secret/buf.h"
#include "json/tree.h"

#define ERROR_PATHS     8 /* for a code, and for a message */
#define CVV_DIGITS      3
#define CVV_DIGITS_AMEX 4 /* of a card whose number begins with 34 or 37 */

/* Where a value of the request comes from. */
enum part_source {
  FROM_ARGUMENT,   /* the caller's parameter `name` */
  FROM_CREDENTIAL, /* the client's credential `name` */
  FROM_CONSTANT,   /* the text `value` */
  FROM_MAKING,     /* by `making`, for each attempt; or a ready one, which comes as the credential `name` */
  FROM_STEP        /* what an operation that is called before this one has answered */
};

enum part_into {
  INTO_PATH,
  INTO_QUERY,
  INTO_HEADER,
  INTO_BODY,   /* at a path; a part for the path "" is the whole body */
  INTO_SEALED, /* into the body as it is before some of it, or all, is encrypted */
  INTO_NOTHING /* used only by a function or another part */
};

enum part_type {
  PART_STRING,
  PART_INTEGER,
  PART_NUMBER,
  PART_BOOLEAN,
  PART_LIST,   /* the text of a JSON list */
  PART_OBJECT, /* the text of a JSON object */
  PART_PEM,    /* a key, with line breaks; it is never sent */
  PART_BYTES   /* text that stands for bytes, by `encoding`; they are a key, and never sent */
};

/* How a text is encrypted, in a request or an answer. */
struct encryption {
  bool jwe;              /* else as `spec` says */
  const char *alg, *enc; /* of a JWE; NULL for any */
  struct cipher_spec spec;
  const char *key;                  /* the part INTO_NOTHING that is the key; NULL where `wrapped` says it */
  const struct encryption *wrapped; /* how the key itself is encrypted, which stands in the answer */
  const char *at;                   /* where the text stands in the answer: a path; NULL for all of it */
  const char *iv, *tag;             /* where they stand beside it in the answer: paths; NULL where they do not */
  const char *header;               /* of a JWE that is made: the template of more members, a JSON object; NULL for none */
};

enum making_kind { MAKING_TEXT, MAKING_SIGNATURE, MAKING_JWT, MAKING_OAUTH1, MAKING_SESSION, MAKING_SEALED, MAKING_PUBLIC, MAKING_KINDS };

/* How a value is made from others, for each attempt. A value that the call already has under the part's name goes
 * first: a ready signature, or what a function made. Templates are those of provider/request/names.h. */
struct making {
  enum making_kind kind;
  const char *over;                    /* template of what is signed, the claims of a JWT; NULL when a function sees the request */
  const char *value;                   /* template of what is sent, "v1={signature}"; NULL for the bare signature */
  const char *algorithm;               /* of a signature as in crypto/signing.h, of a JWT as in crypto/jwt.h */
  const char *key;                     /* the part INTO_NOTHING that is the key; NULL for none */
  const char *function;                /* the credential that is a function of the signed text; NULL for none */
  const char *header;                  /* template of more members in the header of a JWT, a JSON object; NULL for none */
  const char *encoding;                /* of the bare signature: the pipe "base64", "base64url" or "hex"; NULL for its bytes */
  const char *consumer;                /* of OAuth 1: the part that is the consumer's key */
  size_t length;                       /* bytes of the value that count, 0 for all; of a session key, its bytes */
  const struct encryption *encryption; /* of what `over` says */
  enum key_form form;                  /* of a public key that is sent */
};

/* One value of a request. Parts of the body are written in the order of the table, so those with a common beginning of
 * their path stand together. */
struct part {
  const char *name; /* of the argument, credential or constant; NULL for a constant that nothing refers to */
  const char *wire; /* the provider's name: placeholder of the path, query key, header, or dotted path in the body; NULL for `name` */
  enum part_source source;
  enum part_into into;
  enum part_type type;
  bool required;
  bool sensitive;             /* never shown, as an account number */
  bool escapes;               /* control characters may be in it, as a body escapes them */
  const char *unique;         /* made up when the caller gives none, by this template, and never the same twice; NULL for no such thing */
  bool allows_pan;            /* a card number may stand in the path, query or header */
  const char *value;          /* the constant, or the default of an argument or setting */
  const char *prefix;         /* written before the value, "Bearer " */
  const char *excludes;       /* another argument that may not be given together with this one */
  const char *const *choices; /* all that is allowed, NULL-terminated; NULL for anything */
  bool basic;                 /* in a header: base64 of the value, a colon and the credential `password` */
  const char *password;
  bool shared;              /* of all operations: it does not go to another host than that of base_url */
  const char *operation;    /* whose answer gives the value, a token or a key; NULL for none */
  const char *key_password; /* of an encrypted PART_PEM: the part that is its password; NULL for none */
  const char *encoding;     /* of PART_BYTES: "base64", "base64url" or "hex"; NULL for the bytes as they are */
  const struct making *making;
};

/* Types of fields of an answer. Those from FIELD_PAN on become secrets of the class with that name. */
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
  const char *path; /* dotted, below the root; "items[].pan" in each object of an array, "tags[]" for each element */
  enum field_type type;
  int digits; /* a JSON number where a string is documented gets leading zeros up to so many digits; 0 for none, or as its type has */
  const struct encryption *decrypt; /* the value is a text that is encrypted so; NULL for none */
};

/* A condition that a success fulfils. When a value at the path breaks it, the answer is the provider's refusal; with
 * `shape`, and when there is no such value, it only is no documented answer. */
enum rule_test { RULE_TRUE, RULE_EQUALS_STRING, RULE_EQUALS_NUMBER, RULE_ABSENT, RULE_FALSE, RULE_STATUS /* of HTTP; without a path */ };

struct rule {
  const char *path;
  enum rule_test test;
  const char *string;
  double number; /* or the status */
  bool shape;
  const struct rule *otherwise; /* the same path and another value, which fulfils the condition as well; NULL for none */
};

/* What an answer means that has a status, a code or a null. The kinds are those of an answer: ERROR_AUTH, ERROR_NOT_FOUND, ERROR_RATE_LIMITED,
 * ERROR_DECLINED, ERROR_INVALID_REQUEST, ERROR_PROVIDER and ERROR_PROTOCOL. */
struct meaning {
  const char *text; /* the code, or the path of the null */
  int status;
  enum error_kind kind;
};

/* What says that a call may be sent again, besides what every operation has: see src/http/exchange.c. */
struct retry_rules {
  const char *header; /* whose value is true or false; NULL for none */
  const char *after;  /* the header that says when; NULL for none */
  const int *statuses;
  size_t status_count;
};

/* A value of the request that the answer repeats. When another one stands in its place, the answer may be about
 * somebody else's card. */
struct echo {
  const char *path; /* in the answer */
  const char *part; /* name of the argument or constant; of a constant without a name, its path on the wire */
  bool required;    /* the answer has to repeat it when it was sent */
};

enum body_encoding { BODY_JSON, BODY_FORM, BODY_RAW, BODY_XML };

/* How a list continues, for lua/cards/client/pages.lua. All NULL for an operation without pages. */
struct pages {
  const char *items, *cursor, *more, *last; /* paths in the answer */
  const char *into;                         /* the argument that asks for the next page */
};

struct field_index;

struct operation {
  const char *name;     /* "private_info" */
  const char *page;     /* the page of documentation that it follows */
  const char *method;   /* "GET", "POST" */
  const char *base_url; /* of this operation; NULL for that of the provider */
  const char *path;     /* below base_url, with {placeholders} */
  bool safe;            /* it only reads, so it may be sent again after it may have arrived */
  bool body;            /* a body is always sent, even an empty one */
  bool prepared;        /* something has to be done before it is sent: steps, or to wait for its turn */
  bool hidden;          /* made by the definition, for a token: nobody calls it by its name */
  enum body_encoding encoding;
  const char *content_type; /* of the body; NULL for that of the encoding */
  const char *accept;       /* what the header Accept says; NULL for no such header */
  const char *template;     /* of a body that is raw or XML; NULL for the one part that goes into it */
  const struct part *parts;
  size_t part_count;
  const struct rule *rules; /* all have to hold for a success, besides a 2xx status */
  size_t rule_count;
  int last_refusal; /* the last status, from 400 on, at which an answer that breaks a rule is the provider's refusal; 0 for 400 */
  const struct echo *echoes;
  size_t echo_count;
  enum answer_format format;
  const struct encryption *decrypt; /* a text in the answer, or all of it, is JSON that is encrypted so; NULL for none */
  const char *const *outer;         /* paths of fields that stand beside that text, NULL-terminated; NULL for none */
  const char *root;                 /* path of the record in the answer, or in what was decrypted; "" for all of it */
  const struct field *fields;
  size_t field_count;
  const struct field_index **index; /* of the fields, made ahead; NULL: for each answer */
  const char *const *required;      /* paths below the root, where a success has a value */
  size_t required_count;
  bool empty;                                     /* an answer without a body is a success, whose record is empty */
  const struct meaning *nulls, *codes, *statuses; /* in this order, before anything else; a code is looked for at all of error_codes */
  size_t null_count, code_count, status_count;
  const char *error_codes[ERROR_PATHS + 1];    /* paths, NULL-terminated; the first one found counts */
  const char *error_messages[ERROR_PATHS + 1]; /* likewise */
  const char *error_details;                   /* path of an object whose keys name what was wrong; NULL for none */
  struct retry_rules retry;
  struct pages pages;
};

enum credential_kind {
  CREDENTIAL_VALUE,   /* a string, a secret, or a function that returns one of them */
  CREDENTIAL_SETTING, /* a plain string that goes with every call and is not secret */
  CREDENTIAL_FUNCTION /* a function of what is signed */
};

struct credential {
  const char *name;
  enum credential_kind kind;
  bool optional;
  const char *one_of; /* a group of which exactly one is given; NULL for none */
};

struct definition;

struct provider {
  const char *name;     /* as in cards.<name> */
  const char *base_url; /* default; NULL when it has to be configured */
  const struct credential *credentials;
  size_t credential_count;
  const struct operation *operations;
  size_t operation_count;
  struct definition *owner; /* the definition that it belongs to; NULL for a built-in one */
};

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* Holds the provider until provider_unref, and returns it. Any thread. */
const struct provider *provider_ref(const struct provider *provider);
/* Drops that hold. NULL is allowed. Any thread. */
void provider_unref(const struct provider *provider);
/* The operation of that name; NULL when there is none. */
const struct operation *provider_operation(const struct provider *provider, const char *name);
/* The part that takes the argument of that name; NULL when there is none. */
const struct part *operation_argument(const struct operation *operation, const char *name);
/* What callers know a part as, for errors; and what the provider calls it. */
const char *part_name(const struct part *part);
const char *part_wire(const struct part *part);
/* The digits that a number in the place of the field's text has at least: those of the field, or CVV_DIGITS of a CVV; 0 for any. */
int field_digits(const struct field *field);
/* The words that definitions and descriptions have for them, "string", "pan" and so on, with a NULL behind the last one. */
extern const char *const field_type_words[],
    *const part_into_words[], *const part_type_words[], *const credential_kind_words[], *const body_encoding_words[], *const making_kind_words[];

#endif
