#include "provider/record.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "provider/cvv.h"
#include "provider/field_index.h"
#include "secret/blocks.h"
#include "text/chars.h"
#include "text/pan.h"
#include "text/redact.h"

#define BLOCK_BYTES   1000
#define FEWEST_DIGITS 8 /* of a card's number */
#define NUMBERED      "undeclared#"
#define UNDECLARED    FIELD_TYPES
#define MOST_PLACES   16
#define LONGEST_LOSSY 256 /* bytes of a text whose digits are looked at without what was lost between them */
#define TOO_LARGE     "a number that is too large to be exact"
#define NO_TEXT       "a character of the text is none: \\u0000 or half a surrogate pair"

static bool only_doubles; /* set before there is a second thread */

void record_setup(bool doubles) {
  only_doubles = doubles;
}

/* All of a record lies in blocks. The first one begins with this. */
struct root {
  struct record record;
  struct blocks blocks;
};

struct builder {
  const struct request *request;
  const struct encrypted_answer *answer;
  const struct operation *operation; /* of the request */
  const struct field_index *index;
  struct error *error;
  struct blocks blocks;
  size_t declared;  /* members that the operation declares, nulls included */
  size_t numbered;  /* members whose name is a number */
  struct cvv *cvvs; /* that came as numbers */
};

/* The places among the fields at which a value is, the most exact one first: the first element of "a" is at "a[0]" and at
 * "a[]". What is declared there is what the first one says. As a path leads through at most 4 lists, there are no more than
 * MOST_PLACES. */
struct places {
  const struct field_node *nodes[MOST_PLACES];
  size_t count;
};

static void *allocate(struct builder *builder, size_t size) {
  void *made = blocks_alloc(&builder->blocks, size);
  if (!made) error_set(builder->error, ERROR_BUSY, "memory is used up");
  return made;
}

static bool protocol(struct builder *builder, const struct field_node *at, const char *what) {
  error_set(builder->error, ERROR_PROTOCOL, "%.*s: %s", at->len ? (int)at->len : 10, at->len ? at->path : "the answer", what);
  return false;
}

/* A copy as a C string, which lives as long as the record. */
static const char *copy(struct builder *builder, const char *bytes, size_t len) {
  char *made = allocate(builder, len + 1);
  if (made) memcpy(made, bytes, len);
  return made;
}

static bool set_string(struct builder *builder, struct record *record, const char *bytes, size_t len) {
  record->type = RECORD_STRING;
  record->as.string.bytes = copy(builder, bytes, len);
  record->as.string.len = len;
  return record->as.string.bytes != NULL;
}

static bool set_secret(struct builder *builder, struct record *record, enum secret_class class, const char *bytes, size_t len) {
  const char *why = NULL;
  if (len > SECRET_MAX_LEN) { /* the path is left out, as an undeclared name may be a card number */
    error_set(builder->error, ERROR_PROTOCOL, "a value of the answer is larger than %u bytes", SECRET_MAX_LEN);
    return false;
  }
  if (!secret_init(&record->as.secret, class, bytes, len, &why)) {
    error_set(builder->error, ERROR_BUSY, "%s", why);
    return false;
  }
  record->type = RECORD_SECRET;
  return true;
}

/* A text where no secret is declared. It becomes one where it is a card number, or longer than the digits that are
 * declared, as a number in the place of its last four digits. */
static bool set_plain(struct builder *builder, struct record *record, int digits, const char *bytes, size_t len) {
  if (pan_is_card(bytes, len) || (digits > 0 && len > (size_t)digits)) return set_secret(builder, record, SECRET_UNDECLARED, bytes, len);
  return set_string(builder, record, bytes, len);
}

/* The same of a text in which characters were lost, which may stand between the digits of a card's number. */
static bool set_lossy(struct builder *builder, struct record *record, int digits, const char *bytes, size_t len) {
  char kept[LONGEST_LOSSY];
  size_t count = len <= sizeof kept ? pan_digits(bytes, len, kept) : 0;
  bool hides = len > sizeof kept || pan_is_card(kept, count) || pan_suspected(bytes, len) || (digits > 0 && count > (size_t)digits);
  explicit_bzero(kept, sizeof kept);
  return hides ? set_secret(builder, record, SECRET_UNDECLARED, bytes, len) : set_string(builder, record, bytes, len);
}

/* UNDECLARED is the type of what no field declares. */
static bool set_text(struct builder *builder, struct record *record, enum field_type type, int digits, const char *bytes, size_t len) {
  switch (type) {
  case FIELD_PAN: return set_secret(builder, record, SECRET_PAN, bytes, len);
  case FIELD_CVV: return set_secret(builder, record, SECRET_CVV, bytes, len);
  case FIELD_TOKEN: return set_secret(builder, record, SECRET_TOKEN, bytes, len);
  case FIELD_SECRET: return set_secret(builder, record, SECRET_CREDENTIAL, bytes, len);
  case UNDECLARED: return set_secret(builder, record, SECRET_UNDECLARED, bytes, len);
  default: return set_plain(builder, record, digits, bytes, len);
  }
}

/* A number where a text is documented, or nothing: its text as it was sent. Where it stands for digits, those of a whole number. */
static bool set_number_text(struct builder *builder, struct record *record, enum field_type type, int digits, const struct json_node *node) {
  char room[JSON_NUMBER_TEXT];
  const char *text = json_number_digits(node, digits, room);
  bool by_digits = digits > 0 || type == FIELD_PAN || type == FIELD_CVV || pan_is_card(text, strlen(text));
  if (!by_digits) text = json_number_text(node, room);
  bool ok = set_text(builder, record, type, digits, text, strlen(text));
  explicit_bzero(room, sizeof room);
  return ok;
}

/* Whether what a number is in Lua is not what the answer has. */
static bool is_rounded(const struct record *record, const struct json_node *node) {
  if (record->type == RECORD_NUMBER) return isinf(record->as.number) || !json_is_exact(node);
  double number = (double)record->as.integer;
  return only_doubles && (fabs(number) >= 0x1p63 || (int64_t)number != record->as.integer);
}

static bool set_number(struct builder *builder, struct record *record, const struct field_node *at, const struct json_node *node) {
  char room[JSON_NUMBER_TEXT] = "";
  const char *text = fabs(json_number(node)) >= PAN_LEAST ? json_number_digits(node, 0, room) : "";
  bool is_card = pan_is_card(text, strlen(text));
  bool ok = is_card && set_secret(builder, record, SECRET_UNDECLARED, text, strlen(text));
  explicit_bzero(room, sizeof room);
  if (is_card) return ok;
  bool whole = json_integer(node, &record->as.integer);
  if (!whole && at->field->type == FIELD_INTEGER)
    return protocol(builder, at, "a number with a fraction or too large stands where an integer is documented");
  if (!whole) record->as.number = json_number(node);
  record->type = whole ? RECORD_INTEGER : RECORD_NUMBER;
  return !is_rounded(record, node) || protocol(builder, at, TOO_LARGE);
}

/* A string where a number is documented is taken if it is a number. */
static bool set_string_number(struct builder *builder, struct record *record, const struct field_node *at, const char *bytes, size_t len) {
  while (len > 1 && bytes[0] == '0' && bytes[1] >= '0' && bytes[1] <= '9') {
    bytes++;
    len--;
  }
  const char *why;
  size_t where;
  struct json_node *number = json_parse(bytes, len, &why, &where);
  bool ok = number && json_type(number) == JSON_NUMBER;
  if (ok)
    ok = set_number(builder, record, at, number);
  else
    protocol(builder, at, "a text stands where a number is documented");
  json_free(number);
  return ok;
}

/* Whether it is what the field documents: what a wrong key opens by chance is not. */
static bool is_plausible(enum field_type type, const char *bytes, size_t len) {
  if (type == FIELD_PAN) return pan_count(bytes, len) >= FEWEST_DIGITS && pan_count(bytes, len) <= PAN_MAX_DIGITS;
  if (type == FIELD_CVV && pan_count(bytes, len) != len) return false;
  for (size_t i = 0, next; i < len; i += next) {
    next = utf8_length(bytes + i, len - i);
    if (!next || (unsigned char)bytes[i] < 0x20) return false;
  }
  return len > 0;
}

static bool set_encrypted(struct builder *builder, struct record *record, const struct field_node *at, const struct json_node *node) {
  const struct field *field = at->field;
  size_t len;
  struct buf plain;
  if (json_type(node) != JSON_STRING) return protocol(builder, at, "something else stands where an encrypted text is documented");
  const char *text = json_string(node, &len);
  buf_init(&plain, len + 1); /* it is never longer */
  bool ok = builder->answer && encryption_open(field->decrypt, builder->answer, text, len, &plain);
  size_t mark = utf8_mark(buf_string(&plain), plain.len);
  ok = ok && is_plausible(field->type, buf_string(&plain) + mark, plain.len - mark);
  if (ok)
    ok = set_text(builder, record, field->type, field->digits, plain.data + mark, plain.len - mark);
  else
    protocol(builder, at, "it cannot be decrypted");
  buf_free(&plain);
  return ok;
}

/* Where all values are texts, true and false are the words that XML Schema has for them. */
static bool set_boolean(struct builder *builder, struct record *record, const struct field_node *at, const struct json_node *node) {
  size_t len;
  const char *text = json_type(node) == JSON_STRING && builder->operation->format != FORMAT_JSON ? json_string(node, &len) : "";
  bool yes = strcmp(text, "true") == 0 || strcmp(text, "1") == 0, no = strcmp(text, "false") == 0 || strcmp(text, "0") == 0;
  if (!yes && !no && json_type(node) != JSON_BOOLEAN) return protocol(builder, at, "something else stands where true or false is documented");
  record->type = RECORD_BOOLEAN;
  record->as.boolean = yes || (!no && json_boolean(node));
  return true;
}

/* Notes that it came as a number, if it is a CVV. */
static bool note_cvv(struct builder *builder, struct record *record, const struct field *field) {
  if (field->type != FIELD_CVV || cvv_add(&builder->cvvs, record, &builder->blocks)) return true;
  error_set(builder->error, ERROR_BUSY, "memory is used up");
  return false;
}

/* Settles those that an object has which is complete. */
static bool settle_cvvs(struct builder *builder, const struct cvv *before, const struct record *object) {
  const char *why = NULL;
  if (builder->cvvs == before || cvv_settle(&builder->cvvs, before, object, &why)) return true;
  error_set(builder->error, ERROR_BUSY, "%s", why);
  return false;
}

static bool set_field(struct builder *builder, struct record *record, const struct field_node *at, const struct json_node *node) {
  const struct field *field = at->field;
  enum json_type type = json_type(node);
  size_t len;
  if (field->decrypt) return set_encrypted(builder, record, at, node);
  if (type == JSON_OBJECT || type == JSON_ARRAY) return protocol(builder, at, "an object or array stands where a single value is documented");
  if (field->type == FIELD_BOOLEAN) return set_boolean(builder, record, at, node);
  if (type == JSON_BOOLEAN) return protocol(builder, at, "true or false stands where another value is documented");
  if (type == JSON_NUMBER) {
    if (isinf(json_number(node))) return protocol(builder, at, TOO_LARGE);
    if (field->type == FIELD_INTEGER || field->type == FIELD_NUMBER || field->type == FIELD_TIMESTAMP) return set_number(builder, record, at, node);
    return set_number_text(builder, record, field->type, field_digits(field), node) && note_cvv(builder, record, field);
  }
  const char *bytes = json_string(node, &len);
  if (field->type == FIELD_INTEGER || field->type == FIELD_NUMBER) return set_string_number(builder, record, at, bytes, len);
  if (!json_is_lossy(node)) return set_text(builder, record, field->type, field->digits, bytes, len);
  return field->type < FIELD_PAN ? set_lossy(builder, record, field->digits, bytes, len) : protocol(builder, at, NO_TEXT);
}

static bool set_undeclared(struct builder *builder, struct record *record, const struct json_node *node) {
  size_t len;
  switch (json_type(node)) {
  case JSON_BOOLEAN:
    record->type = RECORD_BOOLEAN;
    record->as.boolean = json_boolean(node);
    return true;
  case JSON_NUMBER: return set_number_text(builder, record, UNDECLARED, 0, node);
  default: {
    const char *bytes = json_string(node, &len);
    return set_text(builder, record, UNDECLARED, 0, bytes, len);
  }
  }
}

/* Sets the name of a member. One that is not declared, and may be or have a secret in it, is a number. */
static bool set_key(struct builder *builder, struct record *record, const char *key, bool declared) {
  char number[32];
  size_t len = strlen(key);
  bool is_number = strncmp(key, NUMBERED, strlen(NUMBERED)) == 0; /* a name of ours */
  if (!declared && (is_number || redact_suspected(key, len) || request_has_secret(builder->request, key, len))) {
    len = (size_t)snprintf(number, sizeof number, NUMBERED "%zu", ++builder->numbered);
    key = number;
  }
  record->key = copy(builder, key, len);
  return record->key != NULL;
}

/* Whether nothing stands where the fields are: what is empty, and of another type than is documented there. An empty object is nothing as a member,
 * and an element of a list that keeps its place. */
static bool is_absent(const struct field_node *at, const struct json_node *node, bool member) {
  if (!json_is_empty(node)) return false;
  switch (json_type(node)) {
  case JSON_STRING: return !at->field || (at->field->type != FIELD_STRING && !at->field->decrypt); /* what was encrypted is never empty */
  case JSON_ARRAY: return at->field || !field_node_is_list(at);
  case JSON_OBJECT: return at->field || field_node_is_list(at) || member;
  default: return true;
  }
}

/* Goes down to a member. `expected` is the node that comes next, as most answers keep the order of the fields. */
static void enter(const struct builder *builder, const struct places *at, const char *key, const struct field_node **expected, struct places *below) {
  const struct field_node *next = *expected;
  below->count = 0;
  if (next && next->step.kind == PATH_NAME && strncmp(next->step.name, key, next->step.len) == 0 && key[next->step.len] == '\0') {
    below->nodes[below->count++] = next;
    *expected = next->next;
    return;
  }
  size_t len = at->count ? strlen(key) : 0;
  for (size_t i = 0; i < at->count; i++) {
    const struct field_node *node = field_index_member(builder->index, at->nodes[i], key, len);
    if (!node) continue;
    below->nodes[below->count++] = node;
    if (at->count == 1) *expected = node->next;
  }
}

/* Goes down to an element. */
static void enter_element(const struct builder *builder, const struct places *at, size_t place, struct places *below) {
  below->count = 0;
  for (size_t i = 0; i < at->count && below->count + 2 <= MOST_PLACES; i++) {
    const struct field_node *alone = field_index_element(builder->index, at->nodes[i], place), *each = at->nodes[i]->each;
    if (alone) below->nodes[below->count++] = alone;
    if (each) below->nodes[below->count++] = each;
  }
}

static bool build(struct builder *builder, struct record *record, const struct places *at, const struct json_node *node);

static bool build_children(struct builder *builder, struct record *record, const struct places *at, const struct json_node *node) {
  bool object = json_type(node) == JSON_OBJECT;
  const struct field_node *expected = at->count == 1 ? at->nodes[0]->child : NULL;
  const struct cvv *cvvs = builder->cvvs;
  struct record **tail = &record->child;
  struct places below;
  size_t place = 0;
  record->type = object ? RECORD_OBJECT : RECORD_ARRAY;
  for (const struct json_node *child = json_child(node); child; child = json_next(child), place++) {
    if (object)
      enter(builder, at, json_key(child), &expected, &below);
    else
      enter_element(builder, at, place, &below);
    builder->declared += below.count && (object || below.nodes[0]->field);
    bool absent = below.count ? is_absent(below.nodes[0], child, object) : json_type(child) == JSON_NULL;
    if (absent && object) continue;
    struct record *made = allocate(builder, sizeof *made);
    if (!made) return false;
    *tail = made;
    tail = &made->next;
    record->count++;
    if (object && !set_key(builder, made, json_key(child), below.count > 0)) return false;
    if (!absent && !build(builder, made, &below, child)) return false;
  }
  return !object || settle_cvvs(builder, cvvs, record);
}

/* Whether an object stands where the fields are in one, and a list where they are in its elements. */
static bool has_shape(const struct field_node *at, const struct json_node *node) {
  return json_type(node) == (field_node_is_list(at) ? JSON_ARRAY : JSON_OBJECT);
}

/* Whether the elements of a list are objects. */
static bool has_objects(const struct field_node *at) {
  for (const struct field_node *element = at->child; element; element = element->next)
    if (element->child && element->child->step.kind == PATH_NAME) return true;
  return false;
}

/* Makes a list of a value alone where the fields are in a list's elements: in XML and a form a list of one looks like that, and some send the object
 * alone in JSON. False when memory is used up. */
static bool make_list(struct builder *builder, const struct field_node *at, const struct json_node *node) {
  enum json_type type = json_type(node);
  bool alone = field_node_is_list(at) && (builder->operation->format == FORMAT_JSON ? type == JSON_OBJECT && has_objects(at) : type != JSON_ARRAY);
  if (!alone || json_make_list((struct json_node *)node)) return true;
  error_set(builder->error, ERROR_BUSY, "memory is used up");
  return false;
}

static bool build(struct builder *builder, struct record *record, const struct places *at, const struct json_node *node) {
  const struct field_node *first = at->count ? at->nodes[0] : NULL;
  if (first && !first->field && !make_list(builder, first, node)) return false;
  enum json_type type = json_type(node);
  if (first && first->field) return set_field(builder, record, first, node);
  if (first && !has_shape(first, node))
    return protocol(builder, first,
                    field_node_is_list(first) ? "something else stands where an array is documented"
                                              : "something else stands where an object is documented");
  if (type == JSON_OBJECT || type == JSON_ARRAY) return build_children(builder, record, at, node);
  return set_undeclared(builder, record, node);
}

static void wipe_secrets(struct record *record) {
  for (; record; record = record->next) {
    if (record->type == RECORD_SECRET) secret_wipe(&record->as.secret);
    wipe_secrets(record->child);
  }
}

/* Whether the record has a value where the path goes on, behind each of its "[]" in all elements. */
static bool has(const struct record *record, const char *at) {
  struct path_step step;
  while (record && at) {
    at = path_next(at, &step);
    if (record->type != (step.kind == PATH_NAME ? RECORD_OBJECT : RECORD_ARRAY)) return false;
    record = record->child;
    if (step.kind == PATH_NAME) {
      while (record && (strncmp(record->key, step.name, step.len) != 0 || record->key[step.len] != '\0'))
        record = record->next;
    } else if (step.kind == PATH_INDEX) {
      for (size_t i = 0; record && i < step.index; i++)
        record = record->next;
    } else {
      while (record && has(record, at))
        record = record->next;
      return !record;
    }
  }
  return record && record->type != RECORD_NULL;
}

/* Builds the record itself. The payload is an object, or a list where the fields are in its elements; without fields it can be either. An empty list has all that
 * is documented, and anything else that is empty is one where a list is documented. */
static bool build_top(struct builder *builder, struct record *record, const struct json_node *payload) {
  const struct field_node *top = builder->index->top;
  bool none = payload && field_node_is_list(top) && is_absent(top, payload, true);
  record->type = RECORD_ARRAY;
  if (payload && !none && !make_list(builder, top, payload)) return false;
  bool list = none || (payload && json_type(payload) == JSON_ARRAY), any = builder->operation->field_count == 0;
  if (!payload || (!none && !has_shape(top, payload) && !(any && list))) {
    const char *root = builder->operation->root;
    error_set(builder->error, ERROR_PROTOCOL, "the answer has no %s %s", root[0] ? root : "JSON", field_node_is_list(top) ? "list" : "object");
    return false;
  }
  if (!none && !build_children(builder, record, &(struct places){ .nodes = { top }, .count = 1 }, payload)) return false;
  for (size_t i = 0; i < builder->operation->required_count; i++) {
    if (has(record, path_begin(builder->operation->required[i]))) continue;
    error_set(builder->error, ERROR_PROTOCOL, "%s: there is no value, and one is required", builder->operation->required[i]);
    return false;
  }
  if (builder->declared > 0 || any || (list && !record->child)) return true;
  error_set(builder->error, ERROR_PROTOCOL, "the answer has none of the documented fields");
  return false;
}

static struct record *make(const struct request *request, const struct encrypted_answer *answer, struct error *error, const struct json_node *payload,
                           bool empty) {
  const struct operation *operation = request->operation;
  struct builder builder = { .request = request, .answer = answer, .operation = operation, .error = error, .blocks.min = BLOCK_BYTES };
  struct root *root = allocate(&builder, sizeof *root);
  if (!root) return NULL;
  builder.index = operation->index ? *operation->index : NULL;
  if (!builder.index) builder.index = field_index_of(&builder.blocks, operation);
  bool ok = builder.index != NULL;
  if (!ok) error_set(error, ERROR_BUSY, "memory is used up");
  if (ok && empty) root->record.type = field_node_is_list(builder.index->top) ? RECORD_ARRAY : RECORD_OBJECT;
  if (ok && !empty) ok = build_top(&builder, &root->record, payload);
  root->blocks = builder.blocks;
  if (ok) return &root->record;
  record_free(&root->record);
  return NULL;
}

struct record *record_build(const struct json_node *payload, const struct request *request, const struct encrypted_answer *answer,
                            struct error *error) {
  return make(request, answer, error, payload, false);
}

struct record *record_empty(const struct request *request, struct error *error) {
  return make(request, NULL, error, NULL, true);
}

void record_free(struct record *record) {
  if (!record) return;
  struct root *root = (struct root *)record;
  wipe_secrets(record->child);
  blocks_free(&root->blocks);
}
