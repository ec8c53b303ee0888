/* Bytes through json_check and json_parse: what is accepted is read as RFC 8259 says, here by a reader of its own that follows the text and the tree side by side.
 * What that reader takes and json_parse does not is nested too deep, or has a key twice. */
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
  bool lossy; /* in the last string there was a surrogate alone or a NUL */
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
      struct reader ahead = *reader;
      ahead.at += 2;
      unsigned low = read_hex4(&ahead);
      if (ahead.valid && low >= 0xdc00 && low < 0xe000) {
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        reader->at = ahead.at;
      }
    }
    bool lost = code == 0 || (code >= 0xd800 && code < 0xe000);
    reader->lossy |= lost;
    add_utf8(out, lost ? 0xfffd : code);
  } else {
    reader->valid = false;
  }
}

/* The text of a string; the caller frees out. */
static void read_string(struct reader *reader, struct buf *out) {
  buf_init(out, TEXT_MAX);
  reader->lossy = false;
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

/* Compares it with the node where there is one: the number, and its text. */
static void read_number(struct reader *reader, const struct json_node *node) {
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
  char *text = strndup((const char *)start, len), room[JSON_NUMBER_TEXT];
  if (node) {
    must(json_type(node) == JSON_NUMBER && json_number(node) == strtod(text, NULL), "a number changed");
    must(strcmp(json_number_text(node, room), text) == 0, "the text of a number changed: %s", text);
  }
  free(text);
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
    if (node) {
      must(json_type(node) == JSON_STRING && strcmp(json_string(node, &len), buf_string(&text)) == 0 && len == text.len, "a string changed");
      must(json_is_lossy(node) == reader->lossy, "nobody says that something was lost, or it was not");
    }
    buf_free(&text);
  } else if (c == 't' || c == 'f') {
    if (take(reader, c == 't' ? "true" : "false") && node)
      must(json_type(node) == JSON_BOOLEAN && json_boolean(node) == (c == 't'), "true or false changed");
  } else if (c == 'n') {
    if (take(reader, "null") && node) must(json_type(node) == JSON_NULL, "null became something");
  } else {
    read_number(reader, node);
  }
}

static struct reader read_all(struct piece text, const struct json_node *root) {
  struct reader reader = { .at = (const unsigned char *)text.bytes, .valid = true };
  reader.end = reader.at + text.len;
  reader.at += utf8_mark(text.bytes, text.len);
  skip(&reader);
  read_value(&reader, root);
  skip(&reader);
  if (reader.at != reader.end) reader.valid = false;
  return reader;
}

/* Numbers: what is said to be an integer is, and so are its digits. */
static void must_say_numbers(const struct json_node *node) {
  if (json_type(node) == JSON_NUMBER) {
    char room[JSON_NUMBER_TEXT], again[JSON_NUMBER_TEXT];
    int64_t integer;
    const char *digits = json_number_digits(node, 0, room);
    must(strtod(digits, NULL) == json_number(node), "a number's digits are another number");
    if (json_integer(node, &integer)) {
      must((double)integer == json_number(node), "an integer changed");
      snprintf(again, sizeof again, "%lld", (long long)integer);
      must(strcmp(digits, again) == 0, "the digits of an integer are not its: %s", digits);
    }
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
    must(!reader.valid || reader.deepest > JSON_MAX_DEPTH || twice, "JSON was refused: %s at byte %zu", why, where);
    struct buf path;
    buf_init(&path, 8 * size + 16);
    must(json_find_twice(text.bytes, text.len, &path) == twice && (path.len > 0) == twice, "the path of a key that stands twice is not found");
    buf_free(&path);
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
    must(len == size && memcmp(read, text.bytes, len) == 0 && !json_is_lossy(root), "a string was written that reads as another");
    json_free(root);
  } else {
    must(written.len == 0, "a part of a string was written");
  }
  buf_free(&written);
  return 0;
}
