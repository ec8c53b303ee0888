#include "provider/record.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "provider/field_index.h"
#include "secret/blocks.h"
#include "text/pan.h"
#include "text/redact.h"

#define PATH_MAX_LEN 512 /* bytes of a dotted path; what lies deeper is undeclared */
#define BLOCK_BYTES  1000
#define NUMBERED     "undeclared#"
#define UNDECLARED   FIELD_TYPES

/* All of a record lies in blocks. The first one begins with this. */
struct root {
  struct record record;
  struct blocks blocks;
};

struct builder {
  const struct request *request;
  const struct operation *operation; /* of the request */
  struct error *error;
  struct blocks blocks;
  struct field_index index;
  size_t declared; /* members that the operation declares, nulls included */
  size_t numbered; /* members whose name is a number */
  size_t cursor;   /* the field after the last one that was found */
  char path[PATH_MAX_LEN];
};

static void *allocate(struct builder *builder, size_t size) {
  void *made = blocks_alloc(&builder->blocks, size);
  if (!made) error_set(builder->error, ERROR_BUSY, "memory is used up");
  return made;
}

static bool protocol(struct builder *builder, const char *what) {
  error_set(builder->error, ERROR_PROTOCOL, "%s: %s", builder->path[0] ? builder->path : "the answer", what);
  return false;
}

/* What is declared at the path. Most answers keep the order of the table, so that the next field, or a path that leads
 * to it, is what is looked for; else it is in the index. False when memory is used up. */
static bool find_declared(struct builder *builder, const struct field **field, enum shape *shape) {
  const struct operation *operation = builder->operation;
  size_t len = strlen(builder->path);
  *field = NULL;
  *shape = SHAPE_NONE;
  if (builder->cursor < operation->field_count && strncmp(operation->fields[builder->cursor].path, builder->path, len) == 0) {
    switch (operation->fields[builder->cursor].path[len]) {
    case '\0': *field = &operation->fields[builder->cursor++]; return true;
    case '.': *shape = SHAPE_OBJECT; return true;
    case '[': *shape = SHAPE_ARRAY; return true;
    default: break;
    }
  }
  if (!builder->index.slots && !field_index_paths(&builder->index, operation)) {
    error_set(builder->error, ERROR_BUSY, "memory is used up");
    return false;
  }
  const struct field_entry *entry = field_index_find(&builder->index, builder->path, len);
  if (!entry) return true;
  *field = entry->field;
  *shape = entry->shape;
  if (*field) builder->cursor = (size_t)(*field - operation->fields) + 1;
  return true;
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

/* A number where a string is documented. */
static bool set_number_text(struct builder *builder, struct record *record, enum field_type type, int digits, const struct json_node *node) {
  char text[JSON_NUMBER_TEXT];
  json_number_padded(node, digits, text);
  bool ok = set_text(builder, record, type, digits, text, strlen(text));
  explicit_bzero(text, sizeof text);
  return ok;
}

static bool set_number(struct builder *builder, struct record *record, const struct field *field, const struct json_node *node) {
  char text[JSON_NUMBER_TEXT] = "";
  if (fabs(json_number(node)) >= PAN_LEAST) json_number_padded(node, 0, text);
  bool is_card = pan_is_card(text, strlen(text));
  bool ok = is_card && set_secret(builder, record, SECRET_UNDECLARED, text, strlen(text));
  explicit_bzero(text, sizeof text);
  if (is_card) return ok;
  if (json_integer(node, &record->as.integer)) {
    record->type = RECORD_INTEGER;
    return true;
  }
  if (field->type == FIELD_INTEGER) return protocol(builder, "a number with a fraction or too large stands where an integer is documented");
  record->type = RECORD_NUMBER;
  record->as.number = json_number(node);
  return true;
}

/* A string where a number is documented is taken if it is a number. */
static bool set_string_number(struct builder *builder, struct record *record, const struct field *field, const char *bytes, size_t len) {
  while (len > 1 && bytes[0] == '0' && bytes[1] >= '0' && bytes[1] <= '9') {
    bytes++;
    len--;
  }
  const char *why;
  size_t where;
  struct json_node *number = json_parse(bytes, len, &why, &where);
  bool ok = number && json_type(number) == JSON_NUMBER;
  if (ok)
    ok = set_number(builder, record, field, number);
  else
    protocol(builder, "a text stands where a number is documented");
  json_free(number);
  return ok;
}

static bool set_field(struct builder *builder, struct record *record, const struct field *field, const struct json_node *node) {
  enum json_type type = json_type(node);
  size_t len;
  if (type == JSON_OBJECT || type == JSON_ARRAY) return protocol(builder, "an object or array stands where a single value is documented");
  if (field->type == FIELD_BOOLEAN) {
    if (type != JSON_BOOLEAN) return protocol(builder, "something else stands where true or false is documented");
    record->type = RECORD_BOOLEAN;
    record->as.boolean = json_boolean(node);
    return true;
  }
  if (type == JSON_BOOLEAN) return protocol(builder, "true or false stands where another value is documented");
  if (type == JSON_NUMBER) {
    if (field->type == FIELD_INTEGER || field->type == FIELD_NUMBER || field->type == FIELD_TIMESTAMP)
      return set_number(builder, record, field, node);
    return set_number_text(builder, record, field->type, field->digits, node);
  }
  const char *bytes = json_string(node, &len);
  if (field->type == FIELD_INTEGER || field->type == FIELD_NUMBER) return set_string_number(builder, record, field, bytes, len);
  return set_text(builder, record, field->type, field->digits, bytes, len);
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

static bool build(struct builder *builder, struct record *record, const struct field *field, enum shape shape, const struct json_node *node);

/* Goes down to a member: its key follows the first `base` bytes of the path. */
static void enter(struct builder *builder, size_t base, const char *key) {
  size_t room = sizeof builder->path - base, dot = base ? 1 : 0, len = strlen(key);
  if (len + dot >= room || strpbrk(key, ".[") || !*key) { /* no declared path has such a key */
    key = "?";
    len = base + dot + 2 > sizeof builder->path ? 0 : 1;
    if (!len) return;
  }
  if (dot) builder->path[base] = '.';
  memcpy(builder->path + base + dot, key, len);
  builder->path[base + dot + len] = '\0';
}

/* Goes down to the elements of a declared array. */
static bool enter_elements(struct builder *builder, size_t base) {
  if (base + 3 > sizeof builder->path) return protocol(builder, "an array nested too deeply");
  memcpy(builder->path + base, "[]", 3);
  return true;
}

static bool build_children(struct builder *builder, struct record *record, const struct json_node *node, bool elements) {
  bool object = json_type(node) == JSON_OBJECT;
  size_t base = strlen(builder->path);
  struct record **tail = &record->child;
  record->type = object ? RECORD_OBJECT : RECORD_ARRAY;
  for (const struct json_node *child = json_child(node); child; child = json_next(child)) {
    bool null = json_type(child) == JSON_NULL;
    const struct field *field = NULL;
    enum shape shape = SHAPE_NONE;
    if (object) {
      enter(builder, base, json_key(child));
    } else if (elements && !enter_elements(builder, base)) {
      return false;
    }
    if ((object || elements) && !find_declared(builder, &field, &shape)) return false;
    bool declared = field || shape != SHAPE_NONE;
    builder->declared += object && declared;
    if (!null || !object) {
      struct record *made = allocate(builder, sizeof *made);
      if (!made) return false;
      *tail = made;
      tail = &made->next;
      record->count++;
      if (object && !set_key(builder, made, json_key(child), declared)) return false;
      if (!null && !build(builder, made, field, shape, child)) return false;
    }
    builder->path[base] = '\0';
  }
  return true;
}

static bool build(struct builder *builder, struct record *record, const struct field *field, enum shape shape, const struct json_node *node) {
  if (field) return set_field(builder, record, field, node);
  enum json_type type = json_type(node);
  if (shape == SHAPE_ARRAY && type != JSON_ARRAY) return protocol(builder, "something else stands where an array is documented");
  if (shape == SHAPE_OBJECT && type != JSON_OBJECT) return protocol(builder, "something else stands where an object is documented");
  if (type == JSON_OBJECT || type == JSON_ARRAY) return build_children(builder, record, node, shape == SHAPE_ARRAY);
  return set_undeclared(builder, record, node);
}

static void wipe_secrets(struct record *record) {
  for (; record; record = record->next) {
    if (record->type == RECORD_SECRET) secret_wipe(&record->as.secret);
    wipe_secrets(record->child);
  }
}

struct record *record_build(const struct json_node *payload, const struct request *request, struct error *error) {
  const struct operation *operation = request->operation;
  struct builder builder = { .request = request, .operation = operation, .error = error, .blocks.min = BLOCK_BYTES };
  if (!payload || json_type(payload) != JSON_OBJECT) {
    error_set(error, ERROR_PROTOCOL, "the answer has no %s object", operation->root[0] ? operation->root : "JSON");
    return NULL;
  }
  struct root *root = allocate(&builder, sizeof *root);
  if (!root) return NULL;
  bool ok = build_children(&builder, &root->record, payload, false);
  if (ok && builder.declared == 0 && operation->field_count > 0) {
    error_set(error, ERROR_PROTOCOL, "the answer has none of the documented fields");
    ok = false;
  }
  field_index_free(&builder.index);
  explicit_bzero(builder.path, sizeof builder.path); /* it has keys of the answer in it */
  root->blocks = builder.blocks;
  if (ok) return &root->record;
  record_free(&root->record);
  return NULL;
}

void record_free(struct record *record) {
  if (!record) return;
  struct root *root = (struct root *)record;
  wipe_secrets(record->child);
  blocks_free(&root->blocks);
}
