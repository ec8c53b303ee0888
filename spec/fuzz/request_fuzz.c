/* Parameters, credentials and headers to a request, for each operation of the registry.
 * The input: a digit for the operation; then one piece for each of its parts, and pairs of a header (a digit) and its value, all ended by 0xff.
 * An empty piece is a value that is not there; one that begins with 0xfe is what follows. */
#define _GNU_SOURCE 1
#include "give.h"
#include "http/engine.h"
#include "operations.h"
#include "secret/pool.h"
#include "wire.h"
#include "json/json.h"

#define HOST         "host.example:8443"
#define PREFIX       "/base"
#define MOST_PARTS   64
#define MOST_HEADERS VALUES_MAX_HEADERS

static struct settings *settings;

int LLVMFuzzerInitialize(int *argc, char ***argv) {
  (void)argc;
  (void)argv;
  engine_setup();
  settings = settings_new();
  must(settings != NULL, "no memory");
  settings->base_url = pool_strdup("https://" HOST PREFIX);
  const char *why = NULL;
  must(settings_add_header(settings, "X-Client", "yes", 3) && settings_finish(settings, &why), "%s", why ? why : "no memory");
  return 0;
}

/* With a NUL behind it. To be freed. */
static char *copy_text(struct piece piece) {
  char *text = calloc(1, piece.len + 1);
  if (!text) abort();
  if (piece.len) memcpy(text, piece.bytes, piece.len);
  return text;
}

static struct value cut_value(struct piece *rest) {
  struct piece piece = cut_piece(rest, (char)0xff);
  if (!piece.len) return (struct value){ NULL, 0 };
  if (piece.bytes[0] == (char)0xfe) {
    piece.bytes++;
    piece.len--;
  }
  return (struct value){ copy_piece(piece), piece.len };
}

static const char *name_of(const struct part *part) {
  return part->wire ? part->wire : part->name;
}

/* The part's value as it has to stand on the wire. To be freed. */
static char *expected(const struct part *part, struct value value, size_t *len) {
  struct value bare = part->source == FROM_CONSTANT ? (struct value){ part->value, strlen(part->value) } : value;
  size_t before = part->prefix ? strlen(part->prefix) : 0;
  char *text = calloc(1, before + bare.len + 1);
  if (!text) abort();
  if (before) memcpy(text, part->prefix, before);
  if (bare.len) memcpy(text + before, bare.bytes, bare.len);
  *len = before + bare.len;
  return text;
}

/* --- the target --- */

/* Undoes percent-encoding of one segment or query value and compares; what need not be encoded must not be needed to be. */
static void must_decode_to(const char **at, const char *wanted, size_t len, const char *ends) {
  for (size_t i = 0; i < len; i++) {
    unsigned byte = (unsigned char)**at;
    if (byte == '%') {
      char hex[3] = { (*at)[1], (*at)[1] ? (*at)[2] : '\0', '\0' };
      char *end;
      byte = (unsigned)strtoul(hex, &end, 16);
      must(end == hex + 2, "a percent sign that encodes nothing");
      *at += 2;
    } else {
      must(is_letter_or_digit((char)byte) || strchr("-._~", (int)byte), "byte %u is not encoded", byte);
    }
    must(byte == (unsigned char)wanted[i], "another byte in the target than was given");
    ++*at;
  }
  must(**at == '\0' || strchr(ends, **at), "a value goes on in the target");
}

static void must_be_the_target(const struct wire *wire, const struct operation *operation, const struct value *values) {
  char *target = copy_text((struct piece){ wire->target.bytes, wire->target.len });
  const char *at = target, *path = operation->path;
  must(span_is(wire->method, operation->method) && wire->origin.len == 0, "another request line");
  must(strncmp(at, PREFIX, strlen(PREFIX)) == 0, "another path: %s", at);
  at += strlen(PREFIX);
  while (*path) {
    if (*path != '{') {
      must(*at++ == *path++, "another path");
      continue;
    }
    size_t len = strcspn(path, "}") - 1, found = 0;
    for (size_t i = 0; i < operation->part_count; i++) {
      const char *name = name_of(&operation->parts[i]);
      if (operation->parts[i].into != INTO_PATH || strlen(name) != len || strncmp(name, path + 1, len) != 0) continue;
      bool dots = values[i].len <= 2 && memcmp(values[i].bytes, "..", values[i].len) == 0;
      must(!dots && !memchr(values[i].bytes, '/', values[i].len) && !memchr(values[i].bytes, '\\', values[i].len), "an id that is a path");
      must_decode_to(&at, values[i].bytes, values[i].len, "/?");
      found++;
    }
    must(found == 1, "a placeholder that is filled %zu times", found);
    path += len + 2;
  }
  char separator = '?';
  for (size_t i = 0; i < operation->part_count; i++) {
    const struct part *part = &operation->parts[i];
    size_t len;
    if (part->into != INTO_QUERY || (part->source != FROM_CONSTANT && !values[i].bytes)) continue;
    char *text = expected(part, values[i], &len);
    must(*at++ == separator, "another separator in the query");
    must_decode_to(&at, name_of(part), strlen(name_of(part)), "=");
    must(*at++ == '=', "a query without a value");
    must_decode_to(&at, text, len, "&");
    free(text);
    separator = '&';
  }
  must(*at == '\0', "more in the target than was asked for: %s", at);
  free(target);
}

/* --- the headers --- */

/* What the client and the library add, where the call has none of that name, in any case. */
static size_t must_have_own_lines(const struct wire *wire, const struct header *headers, size_t header_count) {
  static const struct {
    const char *name, *value;
  } own[] = { { "X-Client", "yes" }, { "Host", HOST }, { "User-Agent", "cards" }, { "Accept-Encoding", "gzip" } };
  size_t lines = 0;
  for (size_t i = 0; i < COUNT_OF(own); i++) {
    struct span value;
    bool replaced = false;
    for (size_t k = 0; k < header_count; k++)
      replaced |= strcasecmp(headers[k].name, own[i].name) == 0;
    must(replaced || (wire_named(wire, own[i].name, &value) == 1 && span_is(value, own[i].value)), "the header %s is not the client's", own[i].name);
    lines += !replaced;
  }
  return lines;
}

static void must_be_the_headers(const struct wire *wire, const struct operation *operation, const struct value *values, const struct header *headers,
                                size_t header_count) {
  struct span value;
  size_t lines = must_have_own_lines(wire, headers, header_count);
  for (size_t i = 0; i < operation->part_count; i++) {
    const struct part *part = &operation->parts[i];
    size_t len;
    if (part->into != INTO_HEADER || (part->source != FROM_CONSTANT && !values[i].bytes)) continue;
    char *text = expected(part, values[i], &len);
    must(wire_count(wire, name_of(part), text, len) >= 1, "the header %s is not as given", name_of(part));
    free(text);
    lines++;
  }
  for (size_t i = 0; i < header_count; i++) {
    if (!headers[i].value.len) continue;
    must(wire_count(wire, headers[i].name, headers[i].value.bytes, headers[i].value.len) >= 1, "the header %s is not as given", headers[i].name);
    lines++;
  }
  if (wire->body.len) {
    must(wire_named(wire, "Content-Type", &value) == 1 && span_is(value, "application/json"), "a body of another type");
    lines += 2;
  }
  must(lines == wire->line_count, "%zu header lines instead of %zu", wire->line_count, lines);
}

/* --- the body --- */

static size_t count_leaves(const struct json_node *node) {
  size_t count = json_type(node) != JSON_OBJECT;
  for (const struct json_node *child = json_child(node); child; child = json_next(child))
    count += count_leaves(child);
  return count;
}

static void must_be_the_body(const struct wire *wire, const struct operation *operation, const struct value *values) {
  const char *why = NULL;
  size_t where = 0, leaves = 0;
  struct json_node *root = wire->body.len ? json_parse(wire->body.bytes, wire->body.len, &why, &where) : NULL;
  must(root || !wire->body.len, "the body cannot be read: %s at byte %zu", why, where);
  for (size_t i = 0; i < operation->part_count; i++) {
    const struct part *part = &operation->parts[i];
    bool made = part->source == FROM_MAKING && !values[i].bytes;
    if (part->into != INTO_BODY || (part->source == FROM_ARGUMENT && !values[i].bytes)) continue;
    const struct json_node *node = root ? json_at(root, name_of(part)) : NULL;
    if (!node && part->source != FROM_CONSTANT && !values[i].bytes) continue;
    must(node && json_type(node) == JSON_STRING, "the body has no %s", name_of(part));
    leaves++;
    if (made) continue;
    size_t len, found;
    char *text = expected(part, values[i], &len);
    const char *bytes = json_string(node, &found);
    must(found == len && memcmp(bytes, text, len) == 0, "the body has another %s than was given", name_of(part));
    free(text);
  }
  must(!root || count_leaves(root) == leaves, "the body has more than was given");
  json_free(root);
}

/* --- a refusal names the part, and says nothing else --- */

static void must_be_a_refusal(const struct error *error, const struct operation *operation) {
  static const char *const said[] = { "is required",
                                      "is empty",
                                      "contains a line break, a NUL or another control character",
                                      "is none of the values that the provider allows",
                                      "is longer than 8192 bytes",
                                      "is longer than 16384 bytes",
                                      "contains a slash",
                                      "is no id but a path",
                                      "is too long for a header",
                                      "is not valid UTF-8 or too long",
                                      "is too long",
                                      "makes a URL that is too long",
                                      "does not fit into memory" };
  const char *message = error->message;
  must(error->kind == ERROR_INVALID_REQUEST, "a refusal of kind %d", (int)error->kind);
  for (size_t i = 0; i < operation->part_count; i++)
    if (operation->parts[i].excludes && strstr(message, " exclude each other: give one of them")) return;
  for (size_t i = 0; i < operation->part_count; i++) { /* src/crypto/key.h says what is wrong with a key, in static texts */
    const struct part *part = &operation->parts[i];
    size_t name = part->name ? strlen(part->name) : 0;
    if (part->type == PART_PEM && name && strncmp(message, part->name, name) == 0 && message[name] == ' ') return;
  }
  for (size_t i = 0; i < COUNT_OF(said); i++) {
    size_t len = strlen(message), end = strlen(said[i]);
    if (len <= end || strcmp(message + len - end, said[i]) != 0) continue;
    size_t name = len - end - 1;
    if (strncmp(message, "headers", 7) == 0 || strncmp(message, "the request", name) == 0) return;
    for (size_t k = 0; k < operation->part_count; k++) {
      const char *known = operation->parts[k].name ? operation->parts[k].name : name_of(&operation->parts[k]);
      if (strlen(known) == name && strncmp(message, known, name) == 0) return;
    }
  }
  must(false, "a refusal that says something else: %s", message);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const char *const names[] = { "X-Trace", "X-Client", "x-client", "Accept", "User-Agent", "X-Other" };
  struct piece rest = { (const char *)data, size };
  const struct provider *provider;
  const struct operation *operation = cut_operation(&rest, &provider);
  struct value values[MOST_PARTS] = { { NULL, 0 } };
  struct header headers[MOST_HEADERS];
  size_t header_count = 0;
  struct request request;
  struct error error = { .kind = ERROR_NONE };
  for (size_t i = 0; i < operation->part_count; i++)
    if (operation->parts[i].source != FROM_CONSTANT) values[i] = cut_value(&rest);
  for (; rest.len && header_count < MOST_HEADERS; header_count++) {
    headers[header_count].name = names[cut_choice(&rest, '0', COUNT_OF(names))];
    headers[header_count].value = cut_value(&rest);
  }

  request_init(&request, operation, &settings->base);
  must(give(&request, values, headers, header_count), "the values cannot be kept");
  if (request_build(&request, true, &error)) {
    struct wire wire;
    const char *why = wire_read(&wire, &request);
    must(!why, "%s", why);
    must_be_the_target(&wire, operation, values);
    must_be_the_headers(&wire, operation, values, headers, header_count);
    must_be_the_body(&wire, operation, values);
  } else {
    must_be_a_refusal(&error, operation);
  }
  request_free(&request);
  for (size_t i = 0; i < operation->part_count; i++)
    free((char *)(uintptr_t)values[i].bytes);
  for (size_t i = 0; i < header_count; i++)
    free((char *)(uintptr_t)headers[i].value.bytes);
  return 0;
}
