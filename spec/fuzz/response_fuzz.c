/* Bytes of an answer, for each operation of the registry, to a record or an error.
 * The input: a digit for the operation, a letter for the status, a text up to a line break, the body. The text is what each header says that an error shows: content type,
 * request id, and the host of a redirect. */
#define _GNU_SOURCE 1
#include "give.h"
#include "operations.h"
#include "provider/response.h"
#include "text/chars.h"
#include "text/pan.h"
#include "text/redact.h"
#include "json/json.h"

#define MOST_VALUES 64

static const int statuses[] = { 200, 400, 401, 403, 404, 409, 422, 429, 500, 502, 503, 201, 204, 206, 301, 302, 307,
                                405, 408, 410, 418, 425, 504, 599, 100, 402, 406, 413, 415, 423, 424, 205, 0 };

static struct request_base base = { .prefix = (char[]){ "" } };

/* What the library says itself, which may be what a secret says, too. */
static const char *const own[] = {
  "the provider did not accept the credential",
  "the provider does not allow this with the credential",
  "the provider does not know it, or base_url is wrong (the path behind it is ",
  "the provider does not know it",
  "the provider wants fewer calls",
  "the provider has a problem of its own",
  "the provider refused",
  "the provider found the request invalid",
  "the answer does not have the documented shape",
  "an answer that is not documented (HTTP ",
  "a redirect (HTTP ",
  "the answer repeats another id than was sent: it may be about another card",
};

/* Of a record that could not be built: nothing that the provider wrote. */
static const char *const own_ends[] = { " documented", ": a number that is too large to be exact",
                                        ": a character of the text is none: \\u0000 or half a surrogate pair" };
static const char own_none[] = "the answer has no", own_unread[] = "; the answer cannot be read: ";

int LLVMFuzzerInitialize(int *argc, char ***argv) {
  (void)argc;
  (void)argv;
  json_setup();
  buf_init(&base.head, REQUEST_MAX_BASE_HEAD);
  must(buf_add_string(&base.head, "Host: host.example\r\n"), "no memory");
  return 0;
}

/* --- the request that is answered --- */

static struct piece sent_for(const struct part *part) {
  const char *text = "c_1";
  if (part->choices) text = part->choices[0];
  if (part->source == FROM_CREDENTIAL || part->source == FROM_MAKING) text = "Sesame-7Hq2Zx9Lm";
  return (struct piece){ text, strlen(text) };
}

static void build_request(struct request *request, const struct operation *operation) {
  struct value values[64];
  struct error error;
  for (size_t i = 0; i < operation->part_count; i++) {
    struct piece sent = sent_for(&operation->parts[i]);
    bool excluded = false;
    for (size_t j = 0; j < i; j++)
      excluded |= operation->parts[j].excludes != NULL;
    values[i] = excluded && !operation->parts[i].required ? (struct value){ NULL, 0 } : (struct value){ sent.bytes, sent.len };
  }
  request_init(request, operation, &base);
  bool ok = give_values(request, values) && request_build(request, true, &error);
  must(ok, "the request cannot be built: %s", error.message);
}

/* --- a record says what the body says --- */

static void must_be_same(const struct record *record, const struct json_node *node, const struct operation *operation, const char *path);

static const struct field *field_of(const struct operation *operation, const char *path) {
  for (size_t i = 0; i < operation->field_count; i++)
    if (strcmp(operation->fields[i].path, path) == 0) return &operation->fields[i];
  return NULL;
}

static bool is_above_a_field(const struct operation *operation, const char *path) {
  size_t len = strlen(path);
  for (size_t i = 0; i < operation->field_count; i++)
    if (strncmp(operation->fields[i].path, path, len) == 0 && operation->fields[i].path[len] == '.') return true;
  return false;
}

/* Whether a member is no value. */
static bool is_absent(const struct operation *operation, const char *path, const struct json_node *node) {
  const struct field *field = field_of(operation, path);
  if (json_type(node) == JSON_NULL) return true;
  if (!json_is_empty(node)) return false;
  return field ? json_type(node) != JSON_STRING || field->type != FIELD_STRING : is_above_a_field(operation, path);
}

/* A declared name is as it was; another one may be numbered, and is where it could show a secret. */
static void must_have_key(const struct record *record, const char *key, bool declared) {
  bool same = strcmp(record->key, key) == 0, numbered = strncmp(record->key, "undeclared#", 11) == 0;
  must(same || (numbered && !declared), "the key '%s' became '%s'", key, record->key);
  must(declared || numbered || !redact_suspected(key, strlen(key)), "the key '%s' is shown", key);
}

static void must_have_same_children(const struct record *record, const struct json_node *node, const struct operation *operation, const char *path) {
  bool object = json_type(node) == JSON_OBJECT;
  const struct record *child = record->child;
  size_t count = 0;
  must(record->type == (object ? RECORD_OBJECT : RECORD_ARRAY), "%s is no object or array in the record", path);
  for (const struct json_node *from = json_child(node); from; from = json_next(from)) {
    struct buf below;
    buf_init(&below, 1 << 20);
    /* A key with a dot in it is not the path that it looks like. */
    bool plain = object && *json_key(from) && !strchr(json_key(from), '.');
    buf_addf(&below, "%s%s%s", path, *path && object ? "." : "", !object ? "" : plain ? json_key(from) : "?");
    if (object && is_absent(operation, buf_string(&below), from)) {
      buf_free(&below);
      continue;
    }
    must(child != NULL, "%s has a member that the record does not have", path);
    if (object) {
      const char *whole = buf_string(&below);
      must_have_key(child, json_key(from), field_of(operation, whole) || is_above_a_field(operation, whole));
    }
    must_be_same(child, from, operation, buf_string(&below));
    buf_free(&below);
    child = child->next;
    count++;
  }
  must(child == NULL && count == record->count, "the record has members below '%s' that are not in the body", path);
}

static void must_hold_text(const struct record *record, const char *bytes, size_t len) {
  if (record->type == RECORD_SECRET)
    must(secret_equals(&record->as.secret, bytes, len), "a secret is not what the body has");
  else
    must(record->type == RECORD_STRING && record->as.string.len == len && memcmp(record->as.string.bytes, bytes, len) == 0, "a string changed");
}

static void must_be_same(const struct record *record, const struct json_node *node, const struct operation *operation, const char *path) {
  const struct field *field = json_type(node) == JSON_OBJECT || !record->key ? NULL : field_of(operation, path);
  int64_t integer;
  size_t len;
  if (json_type(node) == JSON_OBJECT || json_type(node) == JSON_ARRAY) {
    must_have_same_children(record, node, operation, path);
  } else if (record->type == RECORD_INTEGER) {
    const char *text = json_type(node) == JSON_STRING ? json_string(node, &len) : NULL;
    must(text ? strtod(text, NULL) == (double)record->as.integer : json_integer(node, &integer) && integer == record->as.integer,
         "an integer changed");
  } else if (record->type == RECORD_NUMBER) {
    must((json_type(node) == JSON_STRING ? strtod(json_string(node, &len), NULL) : json_number(node)) == record->as.number, "a number changed");
  } else if (json_type(node) == JSON_BOOLEAN) {
    must(record->type == RECORD_BOOLEAN && record->as.boolean == json_boolean(node), "true or false changed");
  } else if (json_type(node) == JSON_STRING) {
    const char *bytes = json_string(node, &len);
    must_hold_text(record, bytes, len);
    must(record->type == RECORD_SECRET || (field && field->type < FIELD_PAN), "'%s' is shown, but not declared as what may be", path);
    must(!json_is_lossy(node) || !field || field->type < FIELD_PAN, "a character of the secret '%s' was lost", path);
  } else if (json_type(node) == JSON_NUMBER) {
    char room[JSON_NUMBER_TEXT], padded[JSON_NUMBER_TEXT];
    const char *text = json_number_digits(node, 0, room);
    bool whole = json_integer(node, &integer), is_digits = field && (field_digits(field) > 0 || field->type == FIELD_PAN);
    int digits = whole && integer >= 0 && field ? field_digits(field) : 0;
    if (digits && field->type == FIELD_CVV && record->as.secret.len == CVV_DIGITS_AMEX) digits = CVV_DIGITS_AMEX;
    int zeros = digits > (int)strlen(text) ? digits - (int)strlen(text) : 0;
    if (whole && (is_digits || pan_is_card(text, strlen(text)))) {
      snprintf(padded, sizeof padded, "%.*s%s", zeros, "00000000", text);
      text = padded;
    } else {
      text = json_number_text(node, room);
    }
    must_hold_text(record, text, strlen(text));
    must(record->type == RECORD_SECRET || (field && field->type < FIELD_PAN), "'%s' is shown, but not declared as what may be", path);
  } else {
    must(record->type == RECORD_NULL, "a null became something");
  }
  must(!field || field->type < FIELD_PAN || record->type == RECORD_SECRET || json_type(node) == JSON_NULL, "'%s' is no secret", path);
}

/* --- an error says nothing of a secret --- */

struct texts {
  struct buf text[MOST_VALUES];
  size_t count;
};

static void add_value(struct texts *values, const char *bytes, size_t len) {
  if (values->count == MOST_VALUES) return;
  struct buf *text = &values->text[values->count++];
  buf_init(text, 4096);
  buf_add(text, bytes, len > 4096 ? 4096 : len);
}

/* Every value in the body that stands under the name of a declared secret, as it would be in the record. */
static void collect(struct texts *values, const struct operation *operation, const struct json_node *node, const struct field *inside) {
  for (const struct json_node *child = json_child(node); child; child = json_next(child)) {
    const struct field *secret = inside;
    for (size_t i = 0; i < operation->field_count && json_type(node) == JSON_OBJECT; i++) {
      const char *dot = strrchr(operation->fields[i].path, '.');
      if (operation->fields[i].type >= FIELD_PAN && strcmp(dot ? dot + 1 : operation->fields[i].path, json_key(child)) == 0)
        secret = &operation->fields[i];
    }
    collect(values, operation, child, secret);
    if (!secret) continue;
    if (json_type(child) == JSON_STRING) {
      size_t len;
      const char *bytes = json_string(child, &len);
      add_value(values, bytes, len);
    } else if (json_type(child) == JSON_NUMBER) {
      char room[JSON_NUMBER_TEXT];
      for (int form = 0; form < 3; form++) {
        const char *text = form == 0 ? json_number_text(child, room) : json_number_digits(child, form == 1 ? 0 : field_digits(secret), room);
        add_value(values, text, strlen(text));
      }
    }
  }
}

/* The part of a message that the provider wrote. */
static struct piece written(const char *message) {
  size_t all = strlen(message);
  for (size_t i = 0; i < COUNT_OF(own_ends); i++)
    if (all >= strlen(own_ends[i]) && strcmp(message + all - strlen(own_ends[i]), own_ends[i]) == 0) return (struct piece){ "", 0 };
  if (strncmp(message, own_none, sizeof own_none - 1) == 0) return (struct piece){ "", 0 };
  for (size_t i = 0; i < COUNT_OF(own); i++) {
    size_t len = strlen(own[i]);
    if (strncmp(message, own[i], len) != 0) continue;
    if (own[i][len - 1] == ' ') len += strcspn(message + len, ")") + (strchr(message + len, ')') != NULL);
    if (strncmp(message + len, " to ", 4) == 0) len += strcspn(message + len, ","); /* see redirected_to */
    if (strncmp(message + len, ", which is never followed", 25) == 0) len += 25;
    const char *unread = strncmp(message + len, own_unread, sizeof own_unread - 1) == 0 ? message + len + sizeof own_unread - 1 : NULL;
    if (unread) return (struct piece){ unread, strlen(unread) };
    return message[len] == ':' ? (struct piece){ message + len + 2, strlen(message + len + 2) } : (struct piece){ "", 0 };
  }
  return (struct piece){ message, strlen(message) };
}

/* The host that a redirect leads to, as the message names it. */
static struct piece redirected_to(const char *message) {
  const char *host = strncmp(message, "a redirect (HTTP ", 17) == 0 ? strstr(message, ") to ") : NULL;
  return host ? (struct piece){ host + 5, strcspn(host + 5, ",") } : (struct piece){ "", 0 };
}

static void must_be_clean(const char *name, const char *text, size_t room) {
  size_t len = strnlen(text, room);
  must(len < room, "%s does not end", name);
  for (size_t i = 0; i < len;) {
    size_t character = utf8_length(text + i, len - i);
    must(character > 0 && (unsigned char)text[i] >= 0x20 && text[i] != 0x7f, "%s has a byte that is no text: %s", name, text);
    i += character;
  }
}

static void must_not_show(const struct error *error, struct piece value) {
  const char *const texts[] = { error->code, error->request_id };
  must(!shows(redirected_to(error->message), value), "the host shows '%.*s': %s", (int)value.len, value.bytes, error->message);
  must(!shows(written(error->message), value), "the message shows '%.*s': %s", (int)value.len, value.bytes, error->message);
  for (size_t i = 0; i < COUNT_OF(texts); i++)
    must(!shows((struct piece){ texts[i], strlen(texts[i]) }, value), "'%.*s' is shown: %s", (int)value.len, value.bytes, texts[i]);
}

static void must_be_an_error(const struct error *error, const struct response *response, const struct json_node *root) {
  static const enum error_kind known[] = { ERROR_INVALID_REQUEST, ERROR_AUTH,     ERROR_NOT_FOUND, ERROR_RATE_LIMITED,
                                           ERROR_DECLINED,        ERROR_PROVIDER, ERROR_PROTOCOL };
  bool is_known = false;
  for (size_t i = 0; i < COUNT_OF(known); i++)
    is_known |= error->kind == known[i];
  must(is_known && error->message[0] && error->status == response->status, "an error of kind %d: '%s'", (int)error->kind, error->message);
  must_be_clean("the message", error->message, sizeof error->message);
  must_be_clean("the code", error->code, sizeof error->code);
  must_be_clean("the request id", error->request_id, sizeof error->request_id);
  must_not_show(error, (struct piece){ "Sesame-7Hq2Zx9Lm", 16 });
  struct texts texts = { .count = 0 };
  if (root) collect(&texts, response->request->operation, root, NULL);
  for (size_t i = 0; i < texts.count; i++)
    must_not_show(error, (struct piece){ buf_string(&texts.text[i]), texts.text[i].len });
  for (size_t i = 0; i < texts.count; i++)
    buf_free(&texts.text[i]);
}

/* The body as a record alone, which has no status and no refusal. */
static void must_read_alone(const struct response *response, const struct json_node *root) {
  struct error error;
  struct record *record = response_read_record(response, &error);
  must((record != NULL) == (error.kind == ERROR_NONE), "neither a record alone nor an error, or both");
  if (record)
    must_be_same(record, root, response->request->operation, "");
  else
    must_be_an_error(&error, response, root);
  must(record || error.kind == ERROR_PROTOCOL, "a record alone has an error of kind %d", (int)error.kind);
  record_free(record);
}

/* With a NUL behind it, and cut where one is. To be freed. */
static char *copy_text(struct piece piece) {
  char *text = strndup(piece.len ? piece.bytes : "", piece.len);
  must(text != NULL, "no memory");
  return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct piece rest = { (const char *)data, size };
  const struct provider *provider;
  struct request request;
  struct error error;
  const struct operation *operation = cut_operation(&rest, &provider);
  int status = statuses[cut_choice(&rest, 'a', COUNT_OF(statuses))];
  struct piece header = cut_piece(&rest, '\n');
  char *text = copy_text(header), *host = copy_text(cut_piece(&header, ',')); /* no host has a comma, by which redirected_to finds its end */
  build_request(&request, operation);
  struct response response = {
    .request = &request, .status = status, .body = rest.bytes, .len = rest.len, .content_type = text, .redirect_host = *host ? host : NULL
  };
  struct record *record = response_read(&response, &error);

  const char *why = NULL;
  size_t where = 0;
  struct json_node *root = rest.len ? json_parse(rest.bytes, rest.len, &why, &where) : NULL;
  must((record != NULL) == (error.kind == ERROR_NONE), "neither a record nor an error, or both");
  if (record) {
    must(root && status >= 200 && status < 300, "a record of no success");
    must_be_same(record, json_at(root, operation->root), operation, "");
  } else {
    if (*text) response_request_id(&error, request_redact(&request), text);
    must_be_an_error(&error, &response, root);
  }
  must_read_alone(&response, root);
  json_free(root);
  record_free(record);
  request_free(&request);
  free(text);
  free(host);
  must_have_no_secret_open();
  return 0;
}
