#include "provider/response.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "text/clean.h"
#include "json/json.h"

enum verdict { VERDICT_SUCCESS, VERDICT_REFUSED, VERDICT_UNKNOWN };

static bool rule_holds(const struct rule *rule, const struct json_node *node) {
  bool present = node && json_type(node) != JSON_NULL;
  size_t len;
  switch (rule->test) {
  case RULE_ABSENT: return !present;
  case RULE_TRUE: return present && json_type(node) == JSON_BOOLEAN && json_boolean(node);
  case RULE_FALSE: return present && json_type(node) == JSON_BOOLEAN && !json_boolean(node);
  case RULE_EQUALS_NUMBER: return present && json_type(node) == JSON_NUMBER && json_number(node) == rule->number;
  case RULE_EQUALS_STRING: return present && json_type(node) == JSON_STRING && strcmp(json_string(node, &len), rule->string) == 0;
  }
  return false;
}

/* A value of the type that the rule asks about. */
static bool rule_speaks(const struct rule *rule, const struct json_node *node) {
  static const enum json_type types[] = {
    [RULE_TRUE] = JSON_BOOLEAN, [RULE_FALSE] = JSON_BOOLEAN, [RULE_EQUALS_STRING] = JSON_STRING, [RULE_EQUALS_NUMBER] = JSON_NUMBER
  };
  return !rule->shape && node && (rule->test == RULE_ABSENT ? json_type(node) != JSON_NULL : json_type(node) == types[rule->test]);
}

/* A rule whose path says otherwise is the provider's refusal; one whose path is missing, or holds something else altogether, only makes the answer no success. */
static enum verdict judge(const struct operation *operation, const struct json_node *root) {
  enum verdict verdict = VERDICT_SUCCESS;
  for (size_t i = 0; i < operation->rule_count; i++) {
    const struct json_node *node = json_at(root, operation->rules[i].path);
    if (rule_holds(&operation->rules[i], node)) continue;
    if (rule_speaks(&operation->rules[i], node)) return VERDICT_REFUSED;
    verdict = VERDICT_UNKNOWN;
  }
  return verdict;
}

/* The last name of a field's path, without the brackets of an array's elements. */
static bool ends_in(const char *path, const char *name) {
  const char *dot = strrchr(path, '.'), *last = dot ? dot + 1 : path;
  size_t len = strcspn(last, "[");
  return strncmp(last, name, len) == 0 && name[len] == '\0';
}

/* The declared secret of that name, wherever in the record it is declared; NULL when there is none. */
static const struct field *secret_of_name(const struct operation *operation, const char *name) {
  for (size_t i = 0; i < operation->field_count; i++) {
    const struct field *field = &operation->fields[i];
    if (field->type >= FIELD_PAN && ends_in(field->path, name)) return field;
  }
  return NULL;
}

/* A number as it is written, and with the leading zeros that it lost. */
static void remember_number(struct scrub *scrub, const struct field *field, const struct json_node *node) {
  struct buf text;
  int64_t integer;
  buf_init(&text, 512);
  bool ok = json_number_text(node, &text) && scrub_add(scrub, buf_string(&text), text.len);
  if (ok && json_integer(node, &integer) && integer >= 0 && text.len < (size_t)field->digits) {
    buf_clear(&text);
    ok = buf_addf(&text, "%0*" PRId64, field->digits, integer) && scrub_add(scrub, buf_string(&text), text.len);
  }
  if (!ok) scrub->values.failed = true; /* then no text is shown */
  buf_free(&text);
}

/* Declared secrets in the answer, wherever a member of that name stands in it, and whatever it is: also what an object or array of that name has inside. */
static void remember_secrets(struct scrub *scrub, const struct operation *operation, const struct json_node *node, const struct field *within) {
  for (const struct json_node *child = json_child(node); child; child = json_next(child)) {
    const struct field *field = json_type(node) == JSON_OBJECT ? secret_of_name(operation, json_key(child)) : NULL;
    if (!field) field = within;
    remember_secrets(scrub, operation, child, field);
    if (field && json_type(child) == JSON_NUMBER) remember_number(scrub, field, child);
    if (!field || json_type(child) != JSON_STRING) continue;
    size_t len;
    const char *bytes = json_string(child, &len);
    scrub_add(scrub, bytes, len);
  }
}

/* Text of a provider as it may be shown, into a field of an error that has room for max bytes and "...". */
static bool set_clean(struct job *job, char *out, size_t max, const char *text, size_t len, bool code) {
  struct buf shown;
  buf_init(&shown, max + 3);
  bool ok = (code ? clean_code : clean_text)(&job->request.scrub, &shown, text, len, max);
  if (ok) snprintf(out, max + 4, "%s", buf_string(&shown));
  buf_free(&shown);
  return ok;
}

/* The text of a string or number at the first of the paths that has one. */
static bool take(struct job *job, const struct json_node *root, const char *const *paths, char *out, size_t max, bool code) {
  for (; *paths; paths++) {
    const struct json_node *node = json_at(root, *paths);
    if (!node) continue;
    struct buf number;
    buf_init(&number, 512);
    size_t len = 0;
    const char *bytes = "";
    if (json_type(node) == JSON_STRING) {
      bytes = json_string(node, &len);
    } else if (json_type(node) == JSON_NUMBER && json_number(node) != 0 && json_number_text(node, &number)) { /* 0 says that all is well */
      bytes = buf_string(&number);
      len = number.len;
    }
    bool found = len > 0 && set_clean(job, out, max, bytes, len, code);
    buf_free(&number);
    if (found) return true;
  }
  return false;
}

/* The keys of an object that names what was wrong. */
static void add_details(struct job *job, const struct json_node *details) {
  if (!details || json_type(details) != JSON_OBJECT) return;
  struct buf names;
  char clean[256 + 4];
  buf_init(&names, 1024);
  for (const struct json_node *child = json_child(details); child; child = json_next(child)) {
    if (names.len) buf_add_string(&names, ", ");
    buf_add_string(&names, json_key(child));
  }
  if (names.len && set_clean(job, clean, sizeof clean - 4, buf_string(&names), names.len, false)) {
    size_t used = strlen(job->error.message);
    snprintf(job->error.message + used, sizeof job->error.message - used, " (%s)", clean);
  }
  buf_free(&names);
}

void response_request_id(struct job *job, const char *text) {
  if (text) set_clean(job, job->error.request_id, ERROR_REQUEST_ID_MAX, text, strlen(text), true);
}

/* Code, message and request id are filled in whatever the kind. */
static void describe(struct job *job, const struct json_node *root) {
  static const char *const request_ids[] = { "request_id", "requestId", "error.request_id", NULL };
  struct error *error = &job->error;
  if (root) {
    remember_secrets(&job->request.scrub, job->operation, root, NULL);
    take(job, root, job->operation->error_codes, error->code, ERROR_CODE_MAX, true);
    if (take(job, root, job->operation->error_messages, error->message, ERROR_MESSAGE_MAX, false) && job->operation->error_details)
      add_details(job, json_at(root, job->operation->error_details));
    take(job, root, request_ids, error->request_id, ERROR_REQUEST_ID_MAX, true);
  }
  error->status = job->status;
  error->attempts = job->attempts;
  error->retry_after = -1;
}

static void set_kind(struct job *job, enum error_kind kind, const char *otherwise) {
  job->error.kind = kind;
  if (!job->error.message[0]) snprintf(job->error.message, sizeof job->error.message, "%s", otherwise);
}

/* What is wrong with the answer itself goes before what the provider wrote in it. */
static void set_protocol(struct job *job, const char *what) {
  char wrote[sizeof job->error.message];
  memcpy(wrote, job->error.message, sizeof wrote);
  job->error.kind = ERROR_PROTOCOL;
  size_t used = (size_t)snprintf(job->error.message, sizeof job->error.message, "%s", what);
  if (wrote[0] && used + 2 < sizeof job->error.message)
    snprintf(job->error.message + used, sizeof job->error.message - used, ": %.*s", (int)(sizeof job->error.message - used - 3), wrote);
}

static bool kind_by_status(struct job *job) {
  int status = job->status;
  if (status == 401)
    set_kind(job, ERROR_AUTH, "the provider did not accept the credential");
  else if (status == 403)
    set_kind(job, ERROR_AUTH, "the provider does not allow this with the credential");
  else if (status == 404)
    set_kind(job, ERROR_NOT_FOUND, "the provider does not know it");
  else if (status == 429)
    set_kind(job, ERROR_RATE_LIMITED, "the provider wants fewer calls");
  else if (status >= 500 && status < 600)
    set_kind(job, ERROR_PROVIDER, "the provider has a problem of its own");
  else
    return false;
  job->error.retryable = job->operation->safe && (status == 429 || status >= 500);
  return true;
}

static bool echoes_match(const struct job *job, const struct json_node *root) {
  for (size_t i = 0; i < job->operation->echo_count; i++) {
    const struct echo *echo = &job->operation->echoes[i];
    const struct buf *sent = &job->request.sent[i];
    const struct json_node *node = json_at(root, echo->path);
    if (!sent->data) continue;
    if (!node || json_type(node) == JSON_NULL) {
      if (echo->required) return false;
      continue;
    }
    size_t len = 0;
    struct buf text;
    buf_init(&text, 512);
    const char *bytes = "";
    if (json_type(node) == JSON_STRING) {
      bytes = json_string(node, &len);
    } else if (json_type(node) == JSON_NUMBER && json_number_text(node, &text)) {
      bytes = buf_string(&text);
      len = text.len;
    }
    bool same = len == sent->len && strncasecmp(bytes, buf_string(sent), len) == 0;
    buf_free(&text);
    if (!same) return false;
  }
  return true;
}

static void read_success(struct job *job, const struct json_node *root) {
  struct error built = { .kind = ERROR_NONE };
  bool same = echoes_match(job, root);
  if (same) job->record = record_build(json_at(root, job->operation->root), job->operation, &built);
  if (job->record) return;
  describe(job, root);
  job->error.message[0] = '\0'; /* of an answer that calls itself a success */
  set_protocol(job, same ? built.message : "the answer repeats another id than was sent: it may be about another card");
  if (!same) return;
  job->error.kind = built.kind;
  job->error.retryable = built.kind == ERROR_BUSY;
}

/* " to host", of a redirect that leads to another one. */
static void name_target(struct job *job, char out[static 160]) {
  const char *location = reader_header(&job->reader, "location");
  CURLU *url = location ? curl_url() : NULL;
  char *host = NULL, clean[128 + 4] = "";
  struct buf shown;
  buf_init(&shown, 128 + 3);
  out[0] = '\0';
  if (url && curl_url_set(url, CURLUPART_URL, job->settings->origin, 0) == CURLUE_OK &&
      curl_url_set(url, CURLUPART_URL, location, CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK && curl_url_get(url, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
      scrub_text(&job->request.scrub, &shown, host, strlen(host), 128))
    snprintf(clean, sizeof clean, "%s", buf_string(&shown));
  if (clean[0]) snprintf(out, 160, " to %s", clean);
  buf_free(&shown);
  curl_free(host);
  curl_url_cleanup(url);
}

static void set_unexpected(struct job *job) {
  char what[256], target[160];
  if (job->status == 407 && job->settings->proxy_kind == PROXY_HTTP && !job->settings->tls) {
    set_protocol(job, "the proxy wants another credential (HTTP 407)");
    job->error.kind = ERROR_NETWORK;
    return;
  }
  if (job->status >= 300 && job->status < 400) {
    name_target(job, target);
    snprintf(what, sizeof what, "a redirect (HTTP %d)%s, which is never followed", job->status, target);
  } else {
    snprintf(what, sizeof what, "an answer that is not documented (HTTP %d)", job->status);
  }
  job->error.retryable = job->operation->safe && (job->status == 408 || job->status == 425);
  set_protocol(job, what);
}

/* With the type that it calls itself, which says most of what it is. */
static void set_unreadable(struct job *job, size_t len, const char *why, size_t where) {
  char what[320], type[64 + 4] = "";
  const char *given = reader_header(&job->reader, "content-type");
  if (given && set_clean(job, type, 64, given, strcspn(given, ";"), true) && strcmp(type, "application/json") != 0 && type[0])
    snprintf(what, sizeof what, "the answer cannot be read: it is %s: ", type);
  else
    snprintf(what, sizeof what, "the answer cannot be read: ");
  size_t used = strlen(what);
  if (job->reader.encoded)
    snprintf(what, sizeof what, "the encoding of the answer is unknown");
  else if (len)
    snprintf(what + used, sizeof what - used, "%s at byte %zu", why, where);
  else
    snprintf(what, sizeof what, "the answer is empty");
  set_protocol(job, what);
}

void response_read(struct job *job, const char *body, size_t len) {
  memset(&job->error, 0, sizeof job->error);
  const char *why = NULL;
  size_t where = 0;
  struct json_node *root = len ? json_parse(body, len, &why, &where) : NULL;
  bool ok = job->status >= 200 && job->status < 300;
  enum verdict verdict = root ? judge(job->operation, root) : VERDICT_UNKNOWN;
  if (ok && verdict == VERDICT_SUCCESS) {
    read_success(job, root);
    json_free(root);
    return;
  }
  describe(job, root);

  if (kind_by_status(job)) {
  } else if ((ok || job->status == 400) && verdict == VERDICT_REFUSED) {
    set_kind(job, ERROR_DECLINED, "the provider refused");
  } else if (job->status == 400 || job->status == 409 || job->status == 422) {
    set_kind(job, ERROR_INVALID_REQUEST, "the provider found the request invalid");
  } else if (!ok) {
    set_unexpected(job);
  } else if (!root) {
    set_unreadable(job, len, why, where);
  } else {
    set_protocol(job, "the answer does not have the documented shape");
  }
  json_free(root);
}
