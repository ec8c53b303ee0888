/* Bytes through json_check and json_parse: what is accepted is read as RFC 8259 says, here by a reader of its own that follows the text and the tree side by side.
 * What that reader takes and json_parse does not has to be one of the refusals that json.h names. */
#define _GNU_SOURCE 1
#include <math.h>

#include "fuzz.h"
#include "secret/pool.h"
#include "text/chars.h"
#include "json/json.h"

#define TEXT_MAX ((size_t)1 << 24)

/* A plain reader of RFC 8259. It knows nothing of limits. */
struct reader {
  const unsigned char *at, *end;
  bool valid;
  bool odd; /* something that RFC 8259 allows and json.h refuses: a surrogate alone, a NUL, a number that is too long or not exact */
  int depth, deepest;
};

int LLVMFuzzerInitialize(int *argc, char ***argv) {
  (void)argc;
  (void)argv;
  json_setup();
  return 0;
}

static int next(const struct reader *reader) {
  return reader->at < reader->end ? *reader->at : -1;
}

static bool take(struct reader *reader, const char *word) {
  size_t len = strlen(word);
  if ((size_t)(reader->end - reader->at) < len || memcmp(reader->at, word, len) != 0) return reader->valid = false;
  reader->at += len;
  return true;
}

static void skip(struct reader *reader) {
  while (next(reader) == ' ' || next(reader) == '\t' || next(reader) == '\n' || next(reader) == '\r')
    reader->at++;
}

static unsigned read_hex4(struct reader *reader) {
  unsigned code = 0;
  for (int i = 0; i < 4 && reader->valid; i++) {
    static const char digits[] = "0123456789abcdef";
    int c = next(reader);
    const char *digit = c > 0 ? strchr(digits, lower((char)c)) : NULL;
    if (!digit) {
      reader->valid = false;
      return 0;
    }
    code = code * 16 + (unsigned)(digit - digits);
    reader->at++;
  }
  return code;
}

static void add_utf8(struct buf *out, unsigned code) {
  if (code < 0x80) {
    buf_add_char(out, (char)code);
    return;
  }
  int more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
  buf_add_char(out, (char)((more == 1 ? 0xc0 : more == 2 ? 0xe0 : 0xf0) | code >> (6 * more)));
  while (more-- > 0)
    buf_add_char(out, (char)(0x80 | (code >> (6 * more) & 0x3f)));
}

static void read_escape(struct reader *reader, struct buf *out) {
  static const char letters[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
  int c = next(reader);
  const char *letter = c > 0 ? strchr(letters, c) : NULL;
  reader->at += c >= 0;
  if (letter) {
    buf_add_char(out, meant[letter - letters]);
  } else if (c == 'u') {
    unsigned code = read_hex4(reader);
    if (code >= 0xd800 && code < 0xdc00 && reader->end - reader->at >= 2 && reader->at[0] == '\\' && reader->at[1] == 'u') {
      reader->at += 2;
      unsigned low = read_hex4(reader);
      if (low >= 0xdc00 && low < 0xe000)
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
      else
        reader->odd = true;
    }
    reader->odd |= code == 0 || (code >= 0xd800 && code < 0xe000);
    add_utf8(out, code);
  } else {
    reader->valid = false;
  }
}

/* The text of a string; the caller frees out. */
static void read_string(struct reader *reader, struct buf *out) {
  buf_init(out, TEXT_MAX);
  if (!take(reader, "\"")) return;
  while (reader->valid && next(reader) != '"') {
    int c = next(reader);
    size_t len = c < 0x20 ? 0 : utf8_length((const char *)reader->at, (size_t)(reader->end - reader->at)); /* which has a spec of its own */
    if (c == '\\') {
      reader->at++;
      read_escape(reader, out);
    } else if (len) {
      buf_add(out, reader->at, len);
      reader->at += len;
    } else {
      reader->valid = false;
    }
  }
  take(reader, "\"");
}

static void read_digits(struct reader *reader) {
  if (next(reader) < '0' || next(reader) > '9') reader->valid = false;
  while (next(reader) >= '0' && next(reader) <= '9')
    reader->at++;
}

static double read_number(struct reader *reader) {
  const unsigned char *start = reader->at;
  if (next(reader) == '-') reader->at++;
  if (next(reader) == '0')
    reader->at++;
  else
    read_digits(reader);
  if (next(reader) == '.') {
    reader->at++;
    read_digits(reader);
  }
  if (next(reader) == 'e' || next(reader) == 'E') {
    reader->at++;
    if (next(reader) == '+' || next(reader) == '-') reader->at++;
    read_digits(reader);
  }
  size_t len = (size_t)(reader->at - start);
  char *text = strndup((const char *)start, len);
  double value = strtod(text, NULL);
  reader->odd |= len > 60 || fabs(value) >= 0x1p53;
  free(text);
  return value;
}

/* Reads one value, and compares it with the node where there is one. */
static void read_value(struct reader *reader, const struct json_node *node);

static void read_nested(struct reader *reader, const struct json_node *node, bool object) {
  const struct json_node *child = NULL;
  if (node) {
    must(json_type(node) == (object ? JSON_OBJECT : JSON_ARRAY), "an object or array became something else");
    child = json_child(node);
  }
  if (++reader->depth > reader->deepest) reader->deepest = reader->depth;
  reader->at++;
  skip(reader);
  for (bool first = true; reader->valid && next(reader) != (object ? '}' : ']'); first = false) {
    if (!first && take(reader, ",")) skip(reader);
    must(!node || child, "a member or element is missing");
    if (object) {
      struct buf key;
      read_string(reader, &key);
      if (node) must(strcmp(json_key(child), buf_string(&key)) == 0, "a key changed");
      buf_free(&key);
      skip(reader);
      if (!take(reader, ":")) return;
      skip(reader);
    }
    read_value(reader, child);
    skip(reader);
    if (child) child = json_next(child);
  }
  if (!reader->valid) return;
  must(!child, "there are members or elements that the text does not have");
  reader->at++;
  reader->depth--;
}

static void read_value(struct reader *reader, const struct json_node *node) {
  if (reader->depth > 2000) reader->valid = false; /* the stack */
  if (!reader->valid) return;
  int c = next(reader);
  if (c == '{' || c == '[') {
    read_nested(reader, node, c == '{');
  } else if (c == '"') {
    struct buf text;
    size_t len = 0;
    read_string(reader, &text);
    if (node) must(json_type(node) == JSON_STRING && strcmp(json_string(node, &len), buf_string(&text)) == 0 && len == text.len, "a string changed");
    buf_free(&text);
  } else if (c == 't' || c == 'f') {
    if (take(reader, c == 't' ? "true" : "false") && node)
      must(json_type(node) == JSON_BOOLEAN && json_boolean(node) == (c == 't'), "true or false changed");
  } else if (c == 'n') {
    if (take(reader, "null") && node) must(json_type(node) == JSON_NULL, "null became something");
  } else {
    double value = read_number(reader);
    if (node) must(json_type(node) == JSON_NUMBER && json_number(node) == value, "a number changed");
  }
}

static struct reader read_all(struct piece text, const struct json_node *root) {
  struct reader reader = { .at = (const unsigned char *)text.bytes, .valid = true };
  reader.end = reader.at + text.len;
  skip(&reader);
  read_value(&reader, root);
  skip(&reader);
  if (reader.at != reader.end) reader.valid = false;
  return reader;
}

/* Numbers: what is said to be an integer is, and the text of each reads back as the same. */
static void must_say_numbers(const struct json_node *node) {
  if (json_type(node) == JSON_NUMBER) {
    struct buf text;
    int64_t integer;
    buf_init(&text, 512);
    must(json_number_text(node, &text) && strtod(buf_string(&text), NULL) == json_number(node), "a number's text is another number");
    if (json_integer(node, &integer)) must((double)integer == json_number(node), "an integer changed");
    buf_free(&text);
  }
  for (const struct json_node *child = json_child(node); child; child = json_next(child))
    must_say_numbers(child);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct piece text = { (const char *)data, size };
  const char *why = NULL;
  size_t where = SIZE_MAX;
  struct json_node *root = json_parse(text.bytes, text.len, &why, &where);
  struct reader reader = read_all(text, root);
  if (root) {
    must(reader.valid, "a text that is no JSON was accepted");
    must(reader.deepest <= JSON_MAX_DEPTH, "nested too deep, and accepted");
    must_say_numbers(root);
  } else {
    must(why && where <= size, "no reason, or a place outside of the text");
    bool twice = strcmp(why, "a key that stands twice in one JSON object") == 0;
    must(!reader.valid || reader.odd || reader.deepest > JSON_MAX_DEPTH || twice, "JSON was refused: %s at byte %zu", why, where);
  }
  json_free(root);

  /* What is written of any bytes is read back as they are, or nothing is written. */
  struct buf written;
  buf_init(&written, TEXT_MAX);
  if (json_write_string(&written, text.bytes, text.len)) {
    size_t len = 0;
    root = json_parse(written.data, written.len, &why, &where);
    must(root && json_type(root) == JSON_STRING, "a string was written that is no JSON: %s", why);
    const char *read = json_string(root, &len);
    must(len == size && memcmp(read, text.bytes, len) == 0, "a string was written that reads as another");
    json_free(root);
  } else {
    must(written.len == 0, "a part of a string was written");
  }
  buf_free(&written);
  return 0;
}
