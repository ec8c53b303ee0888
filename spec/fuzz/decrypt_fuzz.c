/* Answers with encrypted texts, to a record or an error: whatever stands in them, and whatever they open to.
 * The input: a digit for the operation, one for whether what follows is the answer itself, is what its text opens to, or is that text; the bytes. */
#define _GNU_SOURCE 1
#include "crypto/encoding.h"
#include "fuzz.h"
#include "give.h"
#include "provider/encryption.h"
#include "provider/response.h"
#include "json/json.h"

#define KEY           "0123456789abcdef0123456789abcdef"
#define NOT_DECRYPTED "it cannot be decrypted"
#define MOST          ((size_t)1 << 20)

static struct encryption gcm = { .key = "key" }, cbc = { .key = "key" }, wrapped = { .key = "key" }, inner = { .at = "data" };
static const struct encryption jwe = { .jwe = true, .alg = "A256KW", .enc = "A256GCM", .key = "key" },
                               at_jwe = { .jwe = true, .alg = "dir", .enc = "A256GCM", .key = "key", .at = "data" };
static struct encryption at_gcm, at_cbc;

static const struct part parts[] = { { .name = "key", .source = FROM_CREDENTIAL, .into = INTO_NOTHING, .type = PART_BYTES } };
static const struct field fields[] = { { .path = "pan", .type = FIELD_PAN },
                                       { .path = "id", .type = FIELD_STRING },
                                       { .path = "n", .type = FIELD_INTEGER } };
static struct field encrypted[] = { { .path = "pan", .type = FIELD_PAN, .decrypt = &gcm },
                                    { .path = "data", .type = FIELD_STRING, .decrypt = &gcm } };

#define OPERATION                                                                                                                                    \
  .name = "op", .method = "GET", .path = "/", .parts = parts, .part_count = COUNT_OF(parts), .error_codes = { "code" },                              \
  .error_messages = { "message" }
#define PLAIN .fields = fields, .field_count = COUNT_OF(fields)

static const struct operation operations[] = {
  { OPERATION, PLAIN, .root = "", .decrypt = &gcm },
  { OPERATION, PLAIN, .root = "", .decrypt = &at_gcm },
  { OPERATION, PLAIN, .root = "data", .decrypt = &jwe },
  { OPERATION, PLAIN, .root = "", .decrypt = &at_jwe },
  { OPERATION, PLAIN, .root = "", .decrypt = &at_cbc },
  { OPERATION, PLAIN, .root = "", .decrypt = &inner },
  { OPERATION, .root = "", .fields = encrypted, .field_count = COUNT_OF(encrypted) },
};

static struct key *key;
static struct buf wrapped_key;
static struct request_base base = { .prefix = (char[]){ "" } };

/* Appends the encrypted bytes. */
static void seal(const struct encryption *encryption, struct piece bytes, struct buf *out) {
  const char *why;
  struct buf plain;
  buf_init(&plain, MOST);
  must(!bytes.len || buf_add(&plain, bytes.bytes, bytes.len), "no memory");
  must(encryption_close(encryption, key, NULL, &plain, out, &why), "%s", why);
  buf_free(&plain);
}

int LLVMFuzzerInitialize(int *argc, char ***argv) {
  (void)argc;
  (void)argv;
  json_setup();
  gcm.spec = (struct cipher_spec){ cipher_find("aes-gcm"), CIPHER_PREFIX, CIPHER_SUFFIX, ENCODING_BASE64 };
  cbc.spec = (struct cipher_spec){ cipher_find("aes-cbc"), CIPHER_PREFIX, CIPHER_BESIDE, ENCODING_BASE64 };
  wrapped = inner = at_gcm = gcm;
  at_cbc = cbc;
  at_gcm.at = at_cbc.at = inner.at = "data";
  wrapped.at = "key";
  inner.key = NULL;
  inner.wrapped = &wrapped;
  key = key_symmetric(KEY, 32);
  buf_init(&base.head, REQUEST_MAX_BASE_HEAD);
  buf_init(&wrapped_key, 200);
  must(key && buf_add_string(&base.head, "Host: host.example\r\n"), "no memory");
  seal(&gcm, (struct piece){ KEY, 32 }, &wrapped_key);
  return 0;
}

/* An answer in which the text stands where the operation has it. */
static void write_body(const struct operation *operation, const struct buf *text, struct buf *body) {
  const char *bytes = buf_string(text);
  bool in_field = !operation->decrypt, whole = !in_field && !operation->decrypt->at;
  must(whole ? buf_add(body, bytes, text->len) : buf_add_string(body, in_field ? "{\"pan\":" : "{\"data\":"), "no memory");
  if (whole) return;
  if (!json_write_string(body, bytes, text->len)) buf_add_string(body, "\"\"");
  buf_addf(body, ",\"key\":\"%s\"}", buf_string(&wrapped_key));
}

static const struct encryption *encryption_of(const struct operation *operation) {
  return operation->decrypt ? operation->decrypt : operation->fields[0].decrypt;
}

static void must_be_right(const struct operation *operation, const struct record *record, const struct error *error, bool sealed) {
  bool authentic = encryption_of(operation) != &at_cbc;
  must((record != NULL) == (error->kind == ERROR_NONE), "neither a record nor an error, or both");
  must(!record || sealed || !authentic || !operation->decrypt, "a record of a text that nobody has encrypted");
  must(record || (error->message[0] && !strstr(error->message, KEY)), "an error without a message, or with the key");
}

/* What a text opens to is what a record has, or none. */
static void must_be_opened(const struct operation *operation, const struct record *record, const struct error *error, struct piece plain) {
  const char *why;
  size_t where;
  char *text = calloc(1, plain.len + 1);
  must(text != NULL, "no memory");
  if (plain.len) memcpy(text, plain.bytes, plain.len);
  struct json_node *tree = operation->decrypt ? json_parse(text, plain.len, &why, &where) : NULL;
  const char *end = error->message + strlen(error->message);
  bool refused =
      !record && end - error->message >= (ptrdiff_t)sizeof NOT_DECRYPTED - 1 && strcmp(end - (sizeof NOT_DECRYPTED - 1), NOT_DECRYPTED) == 0;
  if (operation->decrypt) must(refused == !tree, "%s: %s", tree ? "what is JSON is not opened" : "what is no JSON is", error->message);
  json_free(tree);
  free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct piece rest = { (const char *)data, size };
  const struct operation *operation = &operations[cut_choice(&rest, '0', COUNT_OF(operations))];
  unsigned way = cut_choice(&rest, '0', 3);
  struct value values[] = { { KEY, 32 } };
  struct request request;
  struct error error = { .kind = ERROR_NONE };
  struct buf text, body;
  if (size > 65536) return 0;
  buf_init(&text, MOST);
  buf_init(&body, MOST);
  if (way == 1)
    seal(encryption_of(operation), rest, &text);
  else if (rest.len)
    must(buf_add(&text, rest.bytes, rest.len), "no memory");
  if (way == 0)
    must(!rest.len || buf_add(&body, rest.bytes, rest.len), "no memory");
  else
    write_body(operation, &text, &body);
  request_init(&request, operation, &base);
  must(give_values(&request, values) && request_build(&request, true, &error), "the request cannot be built: %s", error.message);
  char *copy = copy_piece((struct piece){ buf_string(&body), body.len });
  struct response response = { .request = &request, .status = 200, .body = copy, .len = body.len };
  struct record *record = response_read(&response, &error);
  must_be_right(operation, record, &error, way == 1);
  if (way == 1) must_be_opened(operation, record, &error, rest);
  record_free(record);
  request_free(&request);
  free(copy);
  buf_free(&text);
  buf_free(&body);
  must_have_no_secret_open();
  return 0;
}
