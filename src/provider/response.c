#include "provider/response.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "provider/encryption.h"
#include "provider/field_index.h"
#include "text/chars.h"
#include "text/redact.h"

#define LONG_CODE     12 /* bytes */
#define NOT_DECRYPTED "it cannot be decrypted"
#define OTHER_ECHO    "the answer repeats another id than was sent: it may be about another card"

enum verdict { VERDICT_SUCCESS, VERDICT_REFUSED, VERDICT_UNKNOWN };

/* Whether a number is that one; an integer that no double holds is none. */
static bool is_number(const struct json_node *node, double number) {
  return json_type(node) == JSON_NUMBER && json_number(node) == number && json_is_exact(node);
}

static bool holds(const struct rule *rule, const struct json_node *node, int status) {
  bool present = node && json_type(node) != JSON_NULL;
  size_t len;
  switch (rule->test) {
  case RULE_ABSENT: return !node || (json_is_empty(node) && json_type(node) != JSON_OBJECT); /* {} is an error that says nothing */
  case RULE_TRUE: return present && json_type(node) == JSON_BOOLEAN && json_boolean(node);
  case RULE_FALSE: return present && json_type(node) == JSON_BOOLEAN && !json_boolean(node);
  case RULE_EQUALS_NUMBER: return present && is_number(node, rule->number);
  case RULE_EQUALS_STRING: return present && json_type(node) == JSON_STRING && strcmp(json_string(node, &len), rule->string) == 0;
  case RULE_STATUS: return status == (int)rule->number;
  }
  return false;
}

static bool rule_holds(const struct rule *rule, const struct json_node *node, int status) {
  while (rule && !holds(rule, node, status))
    rule = rule->otherwise;
  return rule != NULL;
}

/* Whether the value is of the type that the rule asks for, so that it breaks the rule by what it says. */
static bool rule_speaks(const struct rule *rule, const struct json_node *node) {
  static const enum json_type types[] = {
    [RULE_TRUE] = JSON_BOOLEAN, [RULE_FALSE] = JSON_BOOLEAN, [RULE_EQUALS_STRING] = JSON_STRING, [RULE_EQUALS_NUMBER] = JSON_NUMBER
  };
  if (rule->shape) return false;
  if (rule->test == RULE_STATUS) return true;
  if (!node) return false;
  if (rule->test == RULE_ABSENT) return true;
  while (rule && json_type(node) != types[rule->test])
    rule = rule->otherwise;
  return rule != NULL;
}

/* Whether there is a body. A byte order mark alone is none. */
static bool has_body(const struct response *response) {
  return response->len > utf8_mark(response->body, response->len);
}

/* Whether the answer has no body, and says all with that. */
static bool is_bare_success(const struct response *response) {
  return response->request->operation->empty && !has_body(response) && !response->unread;
}

static bool is_ok(const struct response *response) {
  return response->status >= 200 && response->status < 300;
}

/* Whether the rule is about this answer: a status only chooses among those of a success, and an answer without a body has nothing else. */
static bool rule_applies(const struct response *response, const struct rule *rule) {
  return rule->test == RULE_STATUS ? is_ok(response) : !is_bare_success(response);
}

/* A value that breaks a rule makes the answer a refusal. A missing value, or one of another type, only makes it no
 * success. */
static enum verdict judge(const struct response *response, const struct json_node *root) {
  const struct operation *operation = response->request->operation;
  enum verdict verdict = root || is_bare_success(response) ? VERDICT_SUCCESS : VERDICT_UNKNOWN;
  for (size_t i = 0; i < operation->rule_count; i++) {
    const struct rule *rule = &operation->rules[i];
    const struct json_node *node = rule->test == RULE_STATUS ? NULL : json_at(root, rule->path);
    if (!rule_applies(response, rule) || rule_holds(rule, node, response->status)) continue;
    if (rule_speaks(rule, node)) return VERDICT_REFUSED;
    verdict = VERDICT_UNKNOWN;
  }
  return verdict;
}

/* Remembers a number as it was sent, and its digits without and with the leading zeros that it lost. */
static void remember_number(struct redact *redact, const struct field *field, const struct json_node *node) {
  const int digits[] = { 0, field_digits(field), field->type == FIELD_CVV ? CVV_DIGITS_AMEX : 0 };
  char room[JSON_NUMBER_TEXT];
  for (size_t i = 0; i <= COUNT_OF(digits); i++) {
    const char *text = i < COUNT_OF(digits) ? json_number_digits(node, digits[i], room) : json_number_text(node, room);
    redact_add(redact, text, strlen(text)); /* where there is no memory, no text is shown */
  }
  explicit_bzero(room, sizeof room);
}

/* Remembers the declared secrets of an answer: whatever stands under their names anywhere in it, and all that an
 * object or array of such a name contains. */
static void remember_secrets(struct redact *redact, const struct field_index *secrets, const struct json_node *node, const struct field *within) {
  for (const struct json_node *child = json_child(node); child; child = json_next(child)) {
    const char *key = json_type(node) == JSON_OBJECT ? json_key(child) : NULL;
    const struct field_node *named = key ? field_index_member(secrets, secrets->top, key, strlen(key)) : NULL;
    const struct field *field = named ? named->field : within;
    remember_secrets(redact, secrets, child, field);
    if (field && json_type(child) == JSON_NUMBER) remember_number(redact, field, child);
    if (!field || json_type(child) != JSON_STRING) continue;
    size_t len;
    const char *bytes = json_string(child, &len);
    redact_add(redact, bytes, len);
  }
}

/* How a text is redacted: redact_text, redact_code or redact_values. */
typedef bool redaction(struct redact *redact, struct buf *out, const char *text, size_t len, size_t max);

/* Writes redacted text of the provider to a field of an error, which has room for `max` bytes and "...". */
static bool set_clean(struct redact *redact, char *out, size_t max, const char *text, size_t len, redaction *how) {
  struct buf shown;
  buf_init(&shown, max + 3);
  bool ok = how(redact, &shown, text, len, max);
  if (ok) snprintf(out, max + 4, "%s", buf_string(&shown));
  buf_free(&shown);
  return ok;
}

/* The text of a string, or the digits of a number, for which there is room; empty for anything else. */
static struct value text_of(const struct json_node *node, char room[static JSON_NUMBER_TEXT]) {
  struct value text = { "", 0 };
  if (node && json_type(node) == JSON_STRING) text.bytes = json_string(node, &text.len);
  if (!node || json_type(node) != JSON_NUMBER) return text;
  text.bytes = json_number_digits(node, 0, room);
  text.len = strlen(text.bytes);
  return text;
}

/* Whether a code looks like a token: a long word in which letters and digits take turns, or with many digits in a row. */
static bool may_be_token(struct value text) {
  size_t turns = 0, row = 0, most = 0, letters = 0;
  for (size_t i = 0; i < text.len; i++) {
    bool digit = is_digit(text.bytes[i]), was_letter = i > 0 && is_letter(text.bytes[i - 1]), was_digit = i > 0 && is_digit(text.bytes[i - 1]);
    letters += is_letter(text.bytes[i]);
    turns += (digit && was_letter) || (is_letter(text.bytes[i]) && was_digit);
    row = digit ? row + 1 : 0;
    if (row > most) most = row;
  }
  return text.len >= LONG_CODE && letters > 0 && (turns >= 3 || most >= 5);
}

/* Whether a code is a number that may be a CVV, where the operation returns one. The status once more is none. */
static bool may_be_cvv(const struct response *response, struct value text) {
  const struct operation *operation = response->request->operation;
  char status[16];
  snprintf(status, sizeof status, "%d", response->status);
  if (text.len != CVV_DIGITS || strspn(text.bytes, "0123456789") != CVV_DIGITS || memcmp(text.bytes, status, CVV_DIGITS) == 0) return false;
  for (size_t i = 0; i < operation->field_count; i++)
    if (operation->fields[i].type == FIELD_CVV || operation->fields[i].type == FIELD_PAN) return true;
  return operation->field_count == 0;
}

/* The kind that the definition gives a code; ERROR_NONE where it does not name it. A code that it names is no secret. */
static enum error_kind kind_of_text(const struct operation *operation, struct value text) {
  for (size_t i = 0; i < operation->code_count; i++)
    if (strlen(operation->codes[i].text) == text.len && memcmp(operation->codes[i].text, text.bytes, text.len) == 0) return operation->codes[i].kind;
  return ERROR_NONE;
}

/* Takes the text at the first path that has one. The number 0 is none, as it stands for "no error". */
static bool take(const struct response *response, struct redact *redact, const struct json_node *root, const char *const *paths, char *out,
                 size_t max, bool code) {
  bool found = false;
  for (; *paths && !found; paths++) {
    const struct json_node *node = json_at(root, *paths);
    if (!node || (json_type(node) == JSON_NUMBER && json_number(node) == 0)) continue;
    char room[JSON_NUMBER_TEXT];
    struct value text = text_of(node, room);
    found = text.len > 0;
    if (found && code && kind_of_text(response->request->operation, text) != ERROR_NONE)
      snprintf(out, max + 1, "%.*s", (int)text.len, text.bytes);
    else if (found)
      found =
          set_clean(redact, out, max, text.bytes, text.len, code && !may_be_cvv(response, text) && !may_be_token(text) ? redact_code : redact_text);
    explicit_bzero(room, sizeof room);
  }
  return found;
}

/* Adds the keys of an object that names what was wrong. */
static void add_details(struct redact *redact, const struct json_node *details, struct error *error) {
  if (!details || json_type(details) != JSON_OBJECT) return;
  struct buf names;
  char clean[256 + 4];
  buf_init(&names, 1024);
  for (const struct json_node *child = json_child(details); child; child = json_next(child)) {
    if (names.len) buf_add_string(&names, ", ");
    buf_add_string(&names, json_key(child));
  }
  if (names.len && set_clean(redact, clean, sizeof clean - 4, buf_string(&names), names.len, redact_text)) {
    size_t used = strlen(error->message);
    snprintf(error->message + used, sizeof error->message - used, " (%s)", clean);
  }
  buf_free(&names);
}

void response_request_id(struct error *error, struct redact *redact, const char *text) {
  if (text) set_clean(redact, error->request_id, ERROR_REQUEST_ID_MAX, text, strlen(text), redact_code);
}

/* Fills in code, message and request id, whatever the kind. */
static void describe(const struct response *response, const struct json_node *root, struct error *error) {
  static const char *const request_ids[] = { "request_id", "requestId", "error.request_id", NULL };
  const struct operation *operation = response->request->operation;
  struct redact *redact = request_redact(response->request);
  if (root) {
    struct blocks blocks = { .min = 1000 };
    const struct field_index *secrets = field_index_secrets(&blocks, operation);
    if (secrets)
      remember_secrets(redact, secrets, root, secrets->top->field);
    else
      redact->values.failed = true; /* then no text is shown */
    blocks_free(&blocks);
    take(response, redact, root, operation->error_codes, error->code, ERROR_CODE_MAX, true);
    if (take(response, redact, root, operation->error_messages, error->message, ERROR_MESSAGE_MAX, false) && operation->error_details)
      add_details(redact, json_at(root, operation->error_details), error);
    take(response, redact, root, request_ids, error->request_id, ERROR_REQUEST_ID_MAX, true);
  }
  error->status = response->status;
  error->retry_after = -1;
}

static void set_kind(struct error *error, enum error_kind kind, const char *otherwise) {
  static const char *const phrases[ERROR_KINDS] = {
    [ERROR_AUTH] = "the provider did not accept the credential",
    [ERROR_NOT_FOUND] = "the provider does not know it",
    [ERROR_RATE_LIMITED] = "the provider wants fewer calls",
    [ERROR_DECLINED] = "the provider refused",
    [ERROR_INVALID_REQUEST] = "the provider found the request invalid",
    [ERROR_PROVIDER] = "the provider has a problem of its own",
  };
  error->kind = kind;
  if (!error->message[0]) snprintf(error->message, sizeof error->message, "%s", otherwise ? otherwise : phrases[kind]);
}

/* Puts what is wrong with the answer itself before what the provider wrote in it. */
static void set_protocol(struct error *error, const char *what) {
  char wrote[sizeof error->message];
  memcpy(wrote, error->message, sizeof wrote);
  error->kind = ERROR_PROTOCOL;
  size_t used = (size_t)snprintf(error->message, sizeof error->message, "%s", what);
  if (wrote[0] && used + 2 < sizeof error->message)
    snprintf(error->message + used, sizeof error->message - used, ": %.*s", (int)(sizeof error->message - used - 3), wrote);
}

static enum error_kind kind_of_code(const struct operation *operation, const struct json_node *node) {
  char room[JSON_NUMBER_TEXT];
  enum error_kind kind = kind_of_text(operation, text_of(node, room));
  explicit_bzero(room, sizeof room);
  return kind;
}

/* The kind that the operation says a null, a code or a status has; ERROR_NONE where it says nothing. */
static enum error_kind meaning_of(const struct response *response, const struct json_node *root) {
  const struct operation *operation = response->request->operation;
  for (size_t i = 0; i < operation->null_count; i++) {
    const struct json_node *node = json_at(root, operation->nulls[i].text);
    if (node && json_type(node) == JSON_NULL) return operation->nulls[i].kind;
  }
  for (size_t i = 0; operation->code_count && operation->error_codes[i]; i++) {
    enum error_kind kind = kind_of_code(operation, json_at(root, operation->error_codes[i]));
    if (kind != ERROR_NONE) return kind;
  }
  for (size_t i = 0; i < operation->status_count; i++)
    if (operation->statuses[i].status == response->status) return operation->statuses[i].kind;
  return ERROR_NONE;
}

static void set_meaning(const struct response *response, enum error_kind kind, struct error *error) {
  if (kind == ERROR_PROTOCOL)
    set_protocol(error, "an answer that the provider's description calls wrong");
  else
    set_kind(error, kind, NULL);
  error->retryable = response->request->operation->safe && (kind == ERROR_RATE_LIMITED || kind == ERROR_PROVIDER);
}

/* A 404 in which the provider says nothing may come from whoever else answers at a wrong base_url. */
static void set_not_found(const struct response *response, struct error *error) {
  char hint[ERROR_MESSAGE_MAX];
  const char *path = response->request->operation->path;
  bool is_mute = !error->code[0] && !error->message[0] && path && *path;
  if (is_mute)
    snprintf(hint, sizeof hint, "the provider does not know it, or base_url is wrong (the path behind it is %.*s)", (int)strcspn(path, "?"), path);
  set_kind(error, ERROR_NOT_FOUND, is_mute ? hint : NULL);
}

/* What is clear by the status alone, whatever stands in the answer. */
static bool kind_by_status(const struct response *response, struct error *error) {
  int status = response->status;
  if (status == 401)
    set_kind(error, ERROR_AUTH, NULL);
  else if (status == 403)
    set_kind(error, ERROR_AUTH, "the provider does not allow this with the credential");
  else if (status == 404)
    set_not_found(response, error);
  else if (status == 429)
    set_kind(error, ERROR_RATE_LIMITED, NULL);
  else if (status >= 500 && status < 600)
    set_kind(error, ERROR_PROVIDER, NULL);
  else
    return false;
  error->retryable = response->request->operation->safe && (status == 429 || status >= 500);
  return true;
}

/* What a status says where the answer has no refusal of the provider's own. */
static bool kind_by_other_status(const struct response *response, struct error *error) {
  static const struct {
    int status;
    enum error_kind kind;
  } kinds[] = {
    { 400, ERROR_INVALID_REQUEST }, { 402, ERROR_DECLINED },  { 405, ERROR_INVALID_REQUEST }, { 406, ERROR_INVALID_REQUEST },
    { 409, ERROR_INVALID_REQUEST }, { 410, ERROR_NOT_FOUND }, { 413, ERROR_INVALID_REQUEST }, { 415, ERROR_INVALID_REQUEST },
    { 422, ERROR_INVALID_REQUEST }, { 423, ERROR_PROVIDER },  { 424, ERROR_PROVIDER },
  };
  for (size_t i = 0; i < COUNT_OF(kinds); i++) {
    if (kinds[i].status != response->status) continue;
    set_kind(error, kinds[i].kind, NULL);
    error->retryable = response->request->operation->safe && kinds[i].kind == ERROR_PROVIDER;
    return true;
  }
  return false;
}

/* `tree` is the answer itself, or what was decrypted of it. */
static bool echoes_match(const struct response *response, const struct json_node *root, const struct json_node *tree) {
  for (size_t i = 0; i < response->request->operation->echo_count; i++) {
    const struct echo *echo = &response->request->operation->echoes[i];
    struct value sent = request_sent(response->request, echo->part);
    const struct json_node *node = json_at(tree, echo->path);
    if (!node) node = json_at(root, echo->path);
    if (!sent.bytes) continue;
    if (!node || json_is_empty(node)) {
      if (echo->required) return false;
      continue;
    }
    char room[JSON_NUMBER_TEXT];
    struct value text = text_of(node, room);
    bool same = text.len == sent.len && strncasecmp(text.bytes, sent.bytes, sent.len) == 0;
    explicit_bzero(room, sizeof room);
    if (!same) return false;
  }
  return true;
}

static struct record *read_record(const struct response *response, struct json_node *root, struct json_node *tree, struct error *error) {
  const struct operation *operation = response->request->operation;
  const struct encrypted_answer answer = { operation, &response->request->values, response->request->base->keys, root, response->plain };
  struct json_node *payload = (struct json_node *)(uintptr_t)json_at(tree, operation->root); /* the tree is ours */
  bool copied = true;
  for (const char *const *path = operation->outer; copied && path && *path && payload; path++)
    copied = json_copy(root, *path, payload);
  if (copied) return record_build(payload, response->request, &answer, error);
  error_set(error, ERROR_BUSY, "memory is used up");
  return NULL;
}

/* The record of an answer that has a body. */
static struct record *read_body(const struct response *response, struct json_node *root, struct error *error) {
  const struct operation *operation = response->request->operation;
  const struct encryption *decrypt = operation->decrypt && operation->decrypt->at ? operation->decrypt : NULL;
  const struct encrypted_answer answer = { operation, &response->request->values, response->request->base->keys, root, response->plain };
  struct json_node *inner = decrypt ? encryption_tree(&answer, NULL, 0) : NULL, *tree = decrypt ? inner : root;
  struct record *record = NULL;
  if (!inner && decrypt && response->plain) tree = (struct json_node *)(uintptr_t)json_at(root, decrypt->at); /* an object in its place */
  if (!tree)
    error_set(error, ERROR_PROTOCOL, "%s: " NOT_DECRYPTED, decrypt ? decrypt->at : "");
  else if (!echoes_match(response, root, tree))
    error_set(error, ERROR_PROTOCOL, OTHER_ECHO);
  else
    record = read_record(response, root, tree, error);
  json_free(inner);
  return record;
}

static struct record *read_success(const struct response *response, struct json_node *root, struct error *error) {
  struct error built = { .kind = ERROR_NONE };
  struct record *record = NULL;
  if (root)
    record = read_body(response, root, &built);
  else if (echoes_match(response, NULL, NULL))
    record = record_empty(response->request, &built);
  else
    error_set(&built, ERROR_PROTOCOL, OTHER_ECHO);
  if (record) return record;
  describe(response, root, error);
  error->message[0] = '\0'; /* the answer calls itself a success */
  set_protocol(error, built.message);
  error->kind = built.kind;
  error->retryable = built.kind == ERROR_BUSY;
  return NULL;
}

static void set_unexpected(const struct response *response, struct error *error) {
  int status = response->status;
  char what[256];
  struct buf host;
  buf_init(&host, 128 + 3);
  if (response->redirect_host) redact_values(request_redact(response->request), &host, response->redirect_host, strlen(response->redirect_host), 128);
  if (response->unexpected)
    snprintf(what, sizeof what, "%s", response->unexpected);
  else if (status >= 300 && status < 400)
    snprintf(what, sizeof what, "a redirect (HTTP %d)%s%s, which is never followed", status, host.len ? " to " : "", buf_string(&host));
  else
    snprintf(what, sizeof what, "an answer that is not documented (HTTP %d)", status);
  buf_free(&host);
  error->retryable = response->request->operation->safe && (status == 408 || status == 425);
  set_protocol(error, what);
}

/* Whether all of a success is one text that is encrypted. */
static bool is_sealed(const struct response *response, bool ok) {
  const struct encryption *decrypt = response->request->operation->decrypt;
  return ok && decrypt && !decrypt->at;
}

/* Whether the path is that of a field that is documented, which hides nothing. */
static bool is_documented(const struct operation *operation, const char *path) {
  size_t len = strlen(operation->root);
  if (strncmp(path, operation->root, len) != 0) return false;
  path += len + (len > 0 && path[len] == '.');
  for (size_t i = 0; i < operation->field_count; i++)
    if (strcmp(operation->fields[i].path, path) == 0) return true;
  return false;
}

/* Writes why the answer cannot be read, and the name of a key that stands twice. */
static void write_reason(const struct response *response, const char *why, size_t where, char *out, size_t room) {
  struct buf path;
  char shown[96 + 4] = "";
  buf_init(&path, response->len + 1024);
  if (why == json_twice && json_find_twice(response->body, response->len, &path))
    set_clean(request_redact(response->request), shown, 96, buf_string(&path), path.len,
              is_documented(response->request->operation, buf_string(&path)) ? redact_values : redact_text);
  buf_free(&path);
  if (shown[0])
    snprintf(out, room, "%s: %s", why, shown);
  else
    snprintf(out, room, "%s at byte %zu", why, where);
}

/* Writes that the answer cannot be read. Names its content type, which explains most. */
static void write_unreadable(const struct response *response, const char *why, size_t where, char *out, size_t room) {
  char reason[160], type[64 + 4] = "";
  const char *given = response->content_type;
  bool named = given && set_clean(request_redact(response->request), type, 64, given, strcspn(given, ";"), redact_code) &&
               strcmp(type, "application/json") != 0 && type[0];
  if (response->unread) {
    snprintf(out, room, "%s", response->unread);
  } else if (!has_body(response)) {
    snprintf(out, room, "an empty answer (HTTP %d)", response->status);
  } else if (is_sealed(response, is_ok(response))) {
    snprintf(out, room, "the answer: %s", why);
  } else {
    write_reason(response, why, where, reason, sizeof reason);
    snprintf(out, room, "the answer cannot be read: %s%s%s%s", named ? "it is " : "", named ? type : "", named ? ": " : "", reason);
  }
}

/* Says that the answer cannot be read: as the error where nothing else is one, and behind what an error status says. */
static void set_unreadable(const struct response *response, const char *why, size_t where, struct error *error) {
  char what[320];
  write_unreadable(response, why, where, what, sizeof what);
  size_t used = strlen(error->message);
  if (error->kind == ERROR_NONE)
    set_protocol(error, what);
  else
    snprintf(error->message + used, sizeof error->message - used, "; %s", what);
}

/* A list of one is a list where a path says so. In the record, see record.c. False when memory is used up. */
static bool make_lists(const struct operation *operation, struct json_node *root) {
  bool ok = json_make_lists(root, operation->root);
  for (size_t i = 0; ok && i < operation->rule_count; i++)
    ok = !operation->rules[i].path || json_make_lists(root, operation->rules[i].path);
  for (size_t i = 0; ok && i < operation->echo_count; i++)
    ok = json_make_lists(root, operation->echoes[i].path);
  for (size_t i = 0; ok && i < operation->null_count; i++)
    ok = json_make_lists(root, operation->nulls[i].text);
  for (size_t i = 0; ok && operation->error_codes[i]; i++)
    ok = json_make_lists(root, operation->error_codes[i]);
  for (size_t i = 0; ok && operation->error_messages[i]; i++)
    ok = json_make_lists(root, operation->error_messages[i]);
  return ok;
}

static struct json_node *read_tree(const struct response *response, const char **why, size_t *where) {
  const struct operation *operation = response->request->operation;
  struct json_node *root = tree_parse(operation->format, response->body, response->len, why, where);
  if (!root || operation->format == FORMAT_JSON || make_lists(operation, root)) return root;
  json_free(root);
  *why = "it does not fit into memory";
  return NULL;
}

static struct json_node *parse(const struct response *response, bool ok, const char **why, size_t *where) {
  const struct encrypted_answer answer = { response->request->operation, &response->request->values, response->request->base->keys, NULL,
                                           response->plain };
  if (!is_sealed(response, ok)) return read_tree(response, why, where);
  *why = NOT_DECRYPTED;
  return encryption_tree(&answer, response->body, response->len);
}

/* Whether the status leaves it to the answer what went wrong. After 408 the same may be asked again, whatever a refusal says. */
static bool may_be_refusal(const struct response *response) {
  int status = response->status, last = response->request->operation->last_refusal;
  return is_ok(response) || status == 400 || (status > 400 && status <= last && status != 408);
}

/* The error of an answer that is no success. */
static void read_failure(const struct response *response, const struct json_node *root, enum error_kind meaning, enum verdict verdict,
                         struct error *error) {
  if (meaning != ERROR_NONE) {
    set_meaning(response, meaning, error);
  } else if (kind_by_status(response, error)) {
  } else if (verdict == VERDICT_REFUSED && may_be_refusal(response)) {
    set_kind(error, ERROR_DECLINED, NULL);
  } else if (kind_by_other_status(response, error)) {
  } else if (!is_ok(response)) {
    set_unexpected(response, error);
  } else if (root) {
    set_protocol(error, "the answer does not have the documented shape");
  }
}

struct record *response_read_record(const struct response *response, struct error *error) {
  const struct encrypted_answer answer = { response->request->operation, &response->request->values, response->request->base->keys, NULL, true };
  const char *why = NULL;
  size_t where = 0;
  memset(error, 0, sizeof *error);
  if (is_bare_success(response)) return record_empty(response->request, error);
  struct json_node *root = tree_parse(FORMAT_JSON, response->body, response->len, &why, &where);
  struct record *record = root ? record_build(root, response->request, &answer, error) : NULL;
  if (!root) set_unreadable(response, why, where, error);
  json_free(root);
  if (record) return record;
  error->status = response->status;
  error->retry_after = -1;
  error->retryable = error->kind == ERROR_BUSY;
  return NULL;
}

struct record *response_read(const struct response *response, struct error *error) {
  memset(error, 0, sizeof *error);
  const char *why = NULL;
  size_t where = 0;
  struct json_node *root = has_body(response) ? parse(response, is_ok(response), &why, &where) : NULL;
  enum error_kind meaning = meaning_of(response, root);
  enum verdict verdict = judge(response, root);
  struct record *record = NULL;
  if (is_ok(response) && meaning == ERROR_NONE && verdict == VERDICT_SUCCESS) {
    record = read_success(response, root, error);
  } else {
    describe(response, root, error);
    read_failure(response, root, meaning, verdict, error);
    bool unread = !root && (has_body(response) || response->unread);
    if (error->kind == ERROR_NONE || (unread && response->status >= 400)) set_unreadable(response, why, where, error);
  }
  json_free(root);
  return record;
}
