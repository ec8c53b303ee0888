#include "request.h"

#include <string.h>
#include <strings.h>
#include <sys/random.h>

#include "../base/pool.h"
#include "body.h"
#include "template.h"

void request_init(struct request *request) {
  memset(request, 0, sizeof *request);
  buf_init(&request->url, 16 * 1024);
  buf_init(&request->lines, REQUEST_MAX_HEADER);
  buf_init(&request->body, REQUEST_MAX_BODY);
  for (size_t i = 0; i < REQUEST_MAX_ECHOES; i++)
    buf_init(&request->sent[i], REQUEST_MAX_BODY);
  scrub_init(&request->scrub);
}

void request_free(struct request *request) {
  buf_free(&request->url);
  buf_free(&request->lines);
  pool_free(request->list);
  buf_free(&request->body);
  for (size_t i = 0; i < REQUEST_MAX_ECHOES; i++)
    buf_free(&request->sent[i]);
  scrub_free(&request->scrub);
}

bool request_unique(char out[static 40]) {
  static const char digits[] = "0123456789abcdef";
  unsigned char random[16];
  if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random) return false;
  char *p = out;
  for (size_t i = 0; i < sizeof random; i++) {
    *p++ = digits[random[i] >> 4];
    *p++ = digits[random[i] & 15];
  }
  *p = '\0';
  return true;
}

static const char *part_name(const struct part *part) {
  return part->name ? part->name : part->wire;
}

static bool invalid(struct error *error, const char *name, const char *what) {
  error_set(error, ERROR_INVALID_REQUEST, "%s %s", name, what);
  return false;
}

static bool has_control(struct value value) {
  for (size_t i = 0; i < value.len; i++) {
    unsigned char c = (unsigned char)value.bytes[i];
    if (c < 0x20 || c == 0x7f) return true;
  }
  return false;
}

/* Digits from `at` on; none is 0. */
static size_t digits_end(struct value value, size_t at) {
  while (at < value.len && value.bytes[at] >= '0' && value.bytes[at] <= '9')
    at++;
  return at;
}

/* A number as JSON writes it: it goes into bodies as it is. */
static bool is_number(struct value value, bool whole) {
  size_t at = value.len && value.bytes[0] == '-' ? 1 : 0, end = digits_end(value, at);
  if (end == at || (value.bytes[at] == '0' && end > at + 1)) return false;
  if (whole) return end == value.len;
  if (end < value.len && value.bytes[end] == '.') {
    at = end + 1;
    end = digits_end(value, at);
    if (end == at) return false;
  }
  if (end < value.len && (value.bytes[end] == 'e' || value.bytes[end] == 'E')) {
    at = end + 1;
    if (at < value.len && (value.bytes[at] == '+' || value.bytes[at] == '-')) at++;
    end = digits_end(value, at);
    if (end == at) return false;
  }
  return end == value.len;
}

/* NULL, or what is wrong with a text that stands for a value of the type. */
static const char *unfit(enum part_type type, struct value value) {
  switch (type) {
  case PART_STRING: return NULL;
  case PART_INTEGER: return is_number(value, true) ? NULL : "must be a whole number";
  case PART_NUMBER: return is_number(value, false) ? NULL : "must be a number";
  case PART_BOOLEAN: break;
  }
  bool ok = (value.len == 4 && memcmp(value.bytes, "true", 4) == 0) || (value.len == 5 && memcmp(value.bytes, "false", 5) == 0);
  return ok ? NULL : "must be true or false";
}

/* What an argument or credential may be, wherever it goes; bodies escape what is left, the other places are narrower. */
static bool check(const struct part *part, struct value value, struct error *error) {
  const char *name = part_name(part);
  if (!value.bytes) return part->required ? invalid(error, name, "is required") : true;
  if (value.len == 0) return invalid(error, name, "is empty");
  if (has_control(value)) return invalid(error, name, "contains a line break, a NUL or another control character");
  if (part->choices) {
    const char *const *choice = part->choices;
    while (*choice && (strlen(*choice) != value.len || memcmp(*choice, value.bytes, value.len) != 0))
      choice++;
    if (!*choice) return invalid(error, name, "is none of the values that the provider allows");
  }
  if (part->type != PART_STRING) {
    const char *what = unfit(part->type, value);
    if (what) return invalid(error, name, what);
  }
  if (part->basic && memchr(value.bytes, ':', value.len)) return invalid(error, name, "contains a colon, which would end the user's name");
  if (part->into == INTO_BODY || part->into == INTO_NOTHING) return true;
  if (part->source == FROM_ARGUMENT && value.len > REQUEST_MAX_ARGUMENT) return invalid(error, name, "is longer than 1024 bytes");
  if (part->into == INTO_PATH) {
    /* Servers undo the encoding of a slash or of dots before they look for the path: such an id could become another path. */
    if (memchr(value.bytes, '/', value.len) || memchr(value.bytes, '\\', value.len)) return invalid(error, name, "contains a slash");
    if ((value.len == 1 && value.bytes[0] == '.') || (value.len == 2 && memcmp(value.bytes, "..", 2) == 0))
      return invalid(error, name, "is no id but a path");
  }
  return true;
}

bool request_check(const struct operation *operation, const struct value *values, struct error *error) {
  for (size_t i = 0; i < operation->part_count; i++) {
    const struct part *part = &operation->parts[i];
    if (part->source == FROM_CONSTANT) continue;
    if (part->source == FROM_SIGNATURE) {
      struct part given = { .name = operation->signature->value, .into = INTO_BODY };
      if (!check(&given, values[i], error)) return false;
      continue;
    }
    if (!check(part, values[i], error)) return false;
    if (!part->excludes || !values[i].bytes) continue;
    for (size_t j = 0; j < operation->part_count; j++)
      if (operation->parts[j].name && values[j].bytes && strcmp(operation->parts[j].name, part->excludes) == 0) {
        error_set(error, ERROR_INVALID_REQUEST, "%s and %s exclude each other: give one of them", part->name, part->excludes);
        return false;
      }
  }
  return true;
}

struct path_values {
  const struct operation *operation;
  const struct value *values;
};

/* A placeholder of the path, percent-encoded. */
static bool fill_path(void *context, const char *name, size_t len, struct buf *out) {
  const struct path_values *path = context;
  for (size_t i = 0; i < path->operation->part_count; i++) {
    const struct part *part = &path->operation->parts[i];
    const char *wire = part->wire ? part->wire : part->name;
    if (part->into == INTO_PATH && strlen(wire) == len && memcmp(wire, name, len) == 0)
      return path->values[i].bytes && buf_add_percent_encoded(out, path->values[i].bytes, path->values[i].len);
  }
  return false;
}

static bool build_url(struct request *request, const struct operation *operation, const struct settings *settings, const struct value *values) {
  struct path_values path = { operation, values };
  buf_add_string(&request->url, settings->base_url);
  if (!template_fill(&request->url, operation->path, fill_path, &path)) return false;
  char separator = strchr(operation->path, '?') ? '&' : '?';
  for (size_t i = 0; i < operation->part_count; i++) {
    const struct part *part = &operation->parts[i];
    const char *bytes = part->source == FROM_CONSTANT ? part->value : values[i].bytes;
    if (part->into != INTO_QUERY || !bytes) continue;
    const char *wire = part->wire ? part->wire : part->name;
    buf_add_char(&request->url, separator);
    buf_add_percent_encoded(&request->url, wire, strlen(wire));
    buf_add_char(&request->url, '=');
    buf_add_percent_encoded(&request->url, bytes, part->source == FROM_CONSTANT ? strlen(bytes) : values[i].len);
    separator = '&';
  }
  return !request->url.failed;
}

static bool add_line(struct request *request, const char *name, const char *prefix, struct value value) {
  if (request->line_count == REQUEST_MAX_LINES) return false;
  request->line_count++;
  buf_add_string(&request->lines, name);
  buf_add_string(&request->lines, ": ");
  buf_add_string(&request->lines, prefix ? prefix : "");
  buf_add(&request->lines, value.bytes, value.len);
  return buf_add_char(&request->lines, '\0');
}

/* A line "Name: value" with one of the names. */
static bool is_among(const char *line, const struct header *headers, size_t count) {
  for (size_t i = 0; i < count; i++) {
    size_t len = strlen(headers[i].name);
    if (strncasecmp(line, headers[i].name, len) == 0 && line[len] == ':') return true;
  }
  return false;
}

/* libcurl reads the list where it is: its nodes point into `lines`, and behind them to the constant headers of the client, but for those that the call has, too. */
static bool link_lines(struct request *request, const struct settings *settings, const struct header *headers, size_t header_count) {
  char *line = request->lines.data;
  size_t count = 0, room = request->line_count + (header_count ? REQUEST_MAX_CLIENT : 0);
  if (!room) return true;
  request->list = pool_alloc(room * sizeof *request->list);
  if (!request->list) return false;
  while (count < request->line_count) {
    request->list[count++].data = line;
    line += strlen(line) + 1;
  }
  for (const struct curl_slist *of_client = settings->headers; of_client && header_count; of_client = of_client->next) {
    if (is_among(of_client->data, headers, header_count)) continue;
    if (count == room) return false;
    request->list[count++].data = of_client->data;
  }
  for (size_t i = 0; i + 1 < count; i++)
    request->list[i].next = &request->list[i + 1];
  if (count) request->list[count - 1].next = header_count ? NULL : settings->headers;
  return true;
}

/* base64 of user:password, which is remembered, too: what is known of each alone says nothing of both. */
static bool add_basic(struct request *request, const struct operation *operation, const struct value *values, size_t place) {
  const struct part *part = &operation->parts[place];
  struct buf pair, encoded;
  buf_init(&pair, REQUEST_MAX_HEADER);
  buf_init(&encoded, REQUEST_MAX_HEADER);
  buf_add(&pair, values[place].bytes, values[place].len);
  buf_add_char(&pair, ':');
  for (size_t i = 0; part->password && i < operation->part_count; i++)
    if (operation->parts[i].into == INTO_NOTHING && strcmp(operation->parts[i].name, part->password) == 0 && values[i].bytes)
      buf_add(&pair, values[i].bytes, values[i].len);
  bool ok = !pair.failed && buf_add_base64(&encoded, pair.data, pair.len) && scrub_add(&request->scrub, encoded.data, encoded.len) &&
            add_line(request, part->wire, part->prefix, (struct value){ encoded.data, encoded.len });
  buf_free(&pair);
  buf_free(&encoded);
  return ok;
}

static bool build_headers(struct request *request, const struct operation *operation, const struct settings *settings, const struct value *values,
                          const struct header *headers, size_t header_count, struct error *error) {
  for (size_t i = 0; i < operation->part_count; i++) {
    const struct part *part = &operation->parts[i];
    struct value value = values[i];
    if (part->source == FROM_CONSTANT) value = (struct value){ part->value, strlen(part->value) };
    if (part->into != INTO_HEADER || !value.bytes) continue;
    if (part->basic ? !add_basic(request, operation, values, i) : !add_line(request, part->wire ? part->wire : part->name, part->prefix, value))
      return invalid(error, part_name(part), "is too long for a header");
  }
  const char *kind = operation->form ? "application/x-www-form-urlencoded" : "application/json";
  bool has_body = request->body.len || (operation->form && operation->body);
  if (has_body && !add_line(request, "Content-Type", NULL, (struct value){ kind, strlen(kind) }))
    return invalid(error, "the request", "has too many headers");
  for (size_t i = 0; i < header_count; i++) {
    if (has_control(headers[i].value)) {
      error_set(error, ERROR_INVALID_REQUEST, "headers.%s contains a line break, a NUL or another control character", headers[i].name);
      return false;
    }
    /* An empty value needs libcurl's own notation to be sent at all; a caller who adds an empty header wants none. */
    if (headers[i].value.len && !add_line(request, headers[i].name, NULL, headers[i].value)) {
      error_set(error, ERROR_INVALID_REQUEST, "headers.%s is too long, or there are too many headers", headers[i].name);
      return false;
    }
  }
  if (link_lines(request, settings, headers, header_count)) return true;
  error_set(error, ERROR_INVALID_REQUEST, "headers: there are too many");
  return false;
}

/* Keeps what the answer has to repeat, and what must not show. */
static bool remember(struct request *request, const struct operation *operation, const struct settings *settings, const struct value *values,
                     struct value key, const struct header *headers, size_t header_count) {
  for (size_t i = 0; i < operation->part_count; i++) {
    const struct part *part = &operation->parts[i];
    struct value value = values[i];
    if (part->source == FROM_CONSTANT) value = (struct value){ part->value, strlen(part->value) };
    if (!value.bytes) continue;
    for (size_t e = 0; e < operation->echo_count; e++)
      if (strcmp(part_name(part), operation->echoes[e].part) == 0 && !buf_add(&request->sent[e], value.bytes, value.len)) return false;
    if (part->source != FROM_CONSTANT && !scrub_add(&request->scrub, value.bytes, value.len)) return false;
  }
  for (const struct curl_slist *line = settings->headers; line != settings->own; line = line->next) {
    const char *header = strchr(line->data, ':') + 2; /* settings_add_header's callers write "Name: value" */
    if (!scrub_add(&request->scrub, header, strlen(header))) return false;
  }
  for (size_t i = 0; i < header_count; i++)
    if (!scrub_add(&request->scrub, headers[i].value.bytes, headers[i].value.len)) return false;
  return !key.bytes || scrub_add(&request->scrub, key.bytes, key.len);
}

/* Signs with the key where there is one; a signature that is there already stays. */
static bool make_signature(struct buf *out, const struct operation *operation, const struct value *values, struct value key, struct error *error) {
  const struct signature *signature = operation->signature;
  struct buf payload;
  buf_init(&payload, REQUEST_MAX_BODY);
  const char *why = NULL;
  bool ok = request_payload(&payload, operation, values, error);
  if (ok && !signature->make(key.bytes, key.len, buf_string(&payload), payload.len, out, &why)) ok = invalid(error, signature->key, why);
  buf_free(&payload);
  return ok;
}

bool request_build(struct request *request, const struct operation *operation, const struct settings *settings, const struct value *values,
                   struct value key, const struct header *headers, size_t header_count, struct error *error) {
  struct buf made;
  buf_init(&made, 16 * 1024);
  bool ok = request_check(operation, values, error);
  if (ok && operation->signature && key.bytes) ok = make_signature(&made, operation, values, key, error);
  if (ok) {
    struct value signature = { made.data, made.len };
    const char *bad = NULL;
    if (operation->form ? !body_build_form(&request->body, operation, values, &bad)
                        : !body_build(&request->body, operation, values, signature, NULL, &bad))
      ok = invalid(error, bad ? bad : "the request", bad && !operation->form ? "is not valid UTF-8 or too long" : "is too long");
    else if (!request->body.len && operation->body && !operation->form && !buf_add_string(&request->body, "{}"))
      ok = invalid(error, "the request", "does not fit into memory");
    else if (!build_url(request, operation, settings, values))
      ok = invalid(error, "the request", "makes a URL that is too long");
    else
      ok = build_headers(request, operation, settings, values, headers, header_count, error);
    if (ok && !remember(request, operation, settings, values, key, headers, header_count))
      ok = invalid(error, "the request", "does not fit into memory");
  }
  buf_free(&made);
  return ok;
}

bool request_payload(struct buf *out, const struct operation *operation, const struct value *values, struct error *error) {
  const char *bad = NULL;
  if (!request_check(operation, values, error)) return false;
  if (body_build(out, operation, values, (struct value){ NULL, 0 }, operation->signature->over, &bad)) return true;
  return invalid(error, bad ? bad : "the request", "is not valid UTF-8 or too long");
}
