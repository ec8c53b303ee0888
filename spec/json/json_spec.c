/* src/json/json; what is no JSON at all is in json_check_spec. */
#define _GNU_SOURCE 1
#include <locale.h>
#include <math.h>

#include "random.h"
#include "tree.h"
#include "json/json.h"

#define SEED     UINT64_C(0x5eedca4d5)
#define TEXT_MAX ((size_t)1 << 24)
#define T(text)  text, sizeof text - 1

static struct json_node *parse(const char *text, size_t len, const char **why, size_t *where) {
  return parse_copy(json_parse, text, len, why, where);
}

static void parses_to(const char *text, size_t len, const char *expected) {
  becomes(json_parse, text, len, expected);
}

static void is_refused(const char *text, size_t len, size_t at) {
  const char *why;
  size_t where;
  struct json_node *root = parse(text, len, &why, &where);
  if (root != NULL) fail_msg("accepted: %s", text);
  if (where != at) fail_msg("%s: %s at byte %zu, not %zu", text, why, where, at);
}

static void parses_every_kind_of_value(void **state) {
  (void)state;
  static const char *const cases[][2] = {
    { "null", "null" },
    { " \t\r\ntrue \t\r\n", "true" },
    { "[]", "[]" },
    { "{ }", "{}" },
    { "[ 1 , [ false , { \"a\" : null } ] ]", "[1,[false,{\"a\":null}]]" },
    { "\"\"", "\"\"" },
    { "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0001\\u00e9\\u20AC\\ud83d\\ude00\x7f\"", "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001é€😀\x7f\"" },
    { "\"\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\"",
      "\"\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\"" },
    { "{\"a\":1,\"A\":2,\"\":3,\"b\":{\"a\":4}}", "{\"a\":1,\"A\":2,\"\":3,\"b\":{\"a\":4}}" },
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    parses_to(cases[i][0], strlen(cases[i][0]), cases[i][1]);
}

/* Every number is written as it was. */
static void keeps_the_text_of_numbers(void **state) {
  (void)state;
  static const char *const texts[] = {
    "[0,-0,1e5,1.5E+2,100e-2,1.0,0.10,-0.0,-7.50]",
    "[1e-7,0.1,0.30000000000000004,5e-324,1e300,1e-400,1e400,0.0000012]",
    "[2147483648,4111111111111111,9007199254740992,-9007199254740993,1618065507111835497,18446744073709551616]",
    "{\"a\":0.00000000000000000000000000000000000000000000000000000000000000000001,\"b\":["
    "123456789012345678901234567890123456789012345678901234567890123456]}",
    "1234567890123456789",
  };
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    parses_to(texts[i], strlen(texts[i]), texts[i]);
}

static void reads_the_nearest_double(void **state) {
  (void)state;
  static const struct {
    const char *text;
    double value;
    bool exact;
  } cases[] = {
    { "9007199254740993", 9007199254740992.0, false },
    { "18446744073709551616", 0x1p64, true },
    { "-9007199254740994", -9007199254740994.0, true },
    { "1e400", INFINITY, true },
    { "0.1", 0.1, true },
    { "1.0", 1, true },
    { "9007199254740993.0", 9007199254740992.0, true },
    { "-0", 0, true },
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const char *why;
    size_t where;
    struct json_node *root = parse(cases[i].text, strlen(cases[i].text), &why, &where);
    assert_non_null(root);
    if (json_number(root) != cases[i].value || json_is_exact(root) != cases[i].exact) fail_msg("%s", cases[i].text);
    json_free(root);
  }
}

/* Those of a whole number, however it is written. */
static void writes_digits_with_zeros_in_front(void **state) {
  (void)state;
  static const struct {
    const char *text;
    int digits;
    const char *expected;
  } cases[] = {
    { "7", 3, "007" },
    { "7.0", 3, "007" },
    { "7e0", 3, "007" },
    { "7e2", 0, "700" },
    { "-7", 3, "-7" },
    { "0", 0, "0" },
    { "-0", 2, "00" },
    { "0.5", 3, "0.5" },
    { "1234", 3, "1234" },
    { "1e20", 4, "1e20" },
    { "4.539578763621486E15", 0, "4539578763621486" },
    { "1618065507111835497", 4, "1618065507111835497" },
    { "1e400", 3, "1e400" },
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const char *why;
    size_t where;
    char room[JSON_NUMBER_TEXT];
    struct json_node *root = parse(cases[i].text, strlen(cases[i].text), &why, &where);
    assert_non_null(root);
    assert_string_equal(json_number_digits(root, cases[i].digits, room), cases[i].expected);
    json_free(root);
  }
}

static void skips_a_byte_order_mark(void **state) {
  (void)state;
  parses_to(T("\xef\xbb\xbf{\"a\":1}"), "{\"a\":1}");
  parses_to(T("\xef\xbb\xbf [1e1]"), "[1e1]");
  parses_to(T("\xef\xbb\xbf"
              "0"),
            "0");
  is_refused(T("\xef\xbb\xbf"), 3);
}

static void replaces_what_is_no_character(void **state) {
  (void)state;
  parses_to(T("[\"a\\u0000b\",\"\\ud83d\",\"\\ude00\\ud83d\",\"\\ud83d\\ude00\",\"\xef\xbf\xbd\"]"),
            "[\"a\xef\xbf\xbd"
            "b\",\"\xef\xbf\xbd\",\"\xef\xbf\xbd\xef\xbf\xbd\",\"\xf0\x9f\x98\x80\",\"\xef\xbf\xbd\"]");
  parses_to(T("{\"k\\u0000\":\"\\u0000\\u0000\"}"), "{\"k\xef\xbf\xbd\":\"\xef\xbf\xbd\xef\xbf\xbd\"}");
  const char *why;
  size_t where;
  struct json_node *root = json_parse(T("{\"a\":\"\\u0000\",\"b\":\"\xef\xbf\xbd\",\"c\":[\"\\udc00x\"]}"), &why, &where);
  assert_true(json_is_lossy(json_at(root, "a")));
  assert_false(json_is_lossy(json_at(root, "b")));
  assert_true(json_is_lossy(json_at(root, "c[0]")));
  json_free(root);
}

static void finds_the_path_of_a_key_that_stands_twice(void **state) {
  (void)state;
  static const char *const cases[][2] = {
    { "{\"a\":1,\"a\":2}", "a" },
    { "{\"x\":{},\"data\":{\"b\":[],\"cards\":[1,{\"n\":1},{\"m\":1e1,\"number\":1,\"number\":2}]}}", "data.cards[2].number" },
    { "[[],[{\"a.b\":{\"\":1,\"c\":2,\"\":3}}]]", "[1][0]['a.b']['']" },
    { "{\"a\":1,\"b\":{\"c\":1},\"d\":\"a\"}", NULL },
    { "no JSON", NULL },
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct buf path;
    buf_init(&path, 100);
    assert_int_equal(json_find_twice(cases[i][0], strlen(cases[i][0]), &path), cases[i][1] != NULL);
    if (cases[i][1]) assert_string_equal(buf_string(&path), cases[i][1]);
    buf_free(&path);
  }
}

static void refuses_a_key_twice_in_one_object(void **state) {
  (void)state;
  is_refused(T("{\"a\":1,\"a\":1}"), 0);
  is_refused(T("{\"a\":1,\"b\":2,\"\\u0061\":3}"), 0);
  is_refused(T("{\"\":1,\"\":2}"), 0);
  is_refused(T("[{\"x\":[{\"k\":{},\"k\":{}}]}]"), 0);
}

static void finds_a_key_twice_among_many(void **state) {
  (void)state;
  static const int counts[] = { 2, 15, 16, 17, 18, 100, 100000 };
  for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
    struct buf text;
    buf_init(&text, TEXT_MAX);
    for (int k = 0; k < counts[i]; k++)
      buf_addf(&text, "%s\"key%d\":%d", k == 0 ? "{" : ",", k, k);
    size_t open = text.len;
    buf_add_string(&text, "}");
    parses_to(text.data, text.len, text.data);
    for (int twice = 0; twice < counts[i]; twice += counts[i] - 1) {
      text.len = open;
      buf_addf(&text, ",\"key%d\":0}", twice);
      is_refused(text.data, text.len, 0);
    }
    buf_free(&text);
  }
}

static void walks_a_dotted_path_of_exact_keys(void **state) {
  (void)state;
  static const char text[] = "{\"Error\":1,\"error\":{\"code\":\"x\",\"a\":{\"\":2}},\"err\":3,\"list\":[{\"code\":4}]}";
  const char *why;
  size_t where, len;
  struct json_node *root = json_parse(T(text), &why, &where);
  assert_non_null(root);
  assert_ptr_equal(json_at(root, ""), root);
  assert_string_equal(json_string(json_at(root, "error.code"), &len), "x");
  assert_int_equal(len, 1);
  assert_true(json_number(json_at(root, "Error")) == 1);
  assert_true(json_number(json_at(root, "error.a.")) == 2);
  assert_true(json_number(json_at(json_at(root, "error"), "a.")) == 2);
  static const char *const missing[] = { "ERROR", "erro", "errors", "error.", "error.code.x", "list.code", "list.0", ".", ".error", "error..code" };
  for (size_t i = 0; i < sizeof missing / sizeof *missing; i++)
    assert_null(json_at(root, missing[i]));
  assert_null(json_at(NULL, "a"));
  assert_null(json_at(NULL, ""));
  assert_null(json_child(json_at(root, "err")));
  assert_null(json_next(root));
  json_free(root);
  json_free(NULL);
}

static void walks_lists_and_quoted_names(void **state) {
  (void)state;
  static const char text[] = "{\"a\":[{\"b\":null},{\"c\":7},{\"b\":3,\"x.y\":{\"it's\":4,\"[0]\":5}},{\"b\":6}],"
                             "\"n\":[[],[null,[8]]],\"o\":{\"0\":9,\"[]\":10,\"\\\"]\":11},\"e\":[{\"b\":null}]}";
  static const struct {
    const char *path;
    double number; /* 0 for none, -1 for a null */
  } paths[] = {
    { "a[1].c", 7 },
    { "a[2].b", 3 },
    { "a[].b", 3 },
    { "a[].c", 7 },
    { "a[3].b", 6 },
    { "a[4].b", 0 },
    { "a[0].b", -1 },
    { "a[2]['x.y']", 0 },
    { "a[]['x.y'][\"it's\"]", 4 },
    { "['a'][2].b", 3 },
    { "a[2]['x.y']['[0]']", 5 },
    { "n[1][0]", -1 },
    { "n[][]", 0 },
    { "n[][][]", 8 },
    { "n[1][1][0]", 8 },
    { "n[0][0]", 0 },
    { "o.0", 9 },
    { "o['0']", 9 },
    { "o[0]", 0 },
    { "o[]", 0 },
    { "o['[]']", 10 },
    { "o['\"]']", 11 },
    { "a.0.c", 0 },
    { "a.b", 0 },
    { "a[00001].c", 7 },
    { "a[].d", 0 },
    { "e[].b", -1 },
    { "a[", 0 },
    { "a[1", 0 },
    { "a['b", 0 },
    { "a[-1]", 0 },
    { "a[x]", 0 },
    { "a[99999999999999999999].b", 0 },
    { "[0]", 0 },
    { "[].a", 0 },
    { "a[]]", 0 },
    { "a[''].b", 0 },
  };
  const char *why;
  size_t where;
  struct json_node *root = json_parse(T(text), &why, &where);
  assert_non_null(root);
  for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
    const struct json_node *node = json_at(root, paths[i].path);
    double number = node && json_type(node) == JSON_NUMBER ? json_number(node) : node && json_type(node) == JSON_NULL ? -1 : 0;
    if (number != paths[i].number) fail_msg("%s leads to %g, not %g", paths[i].path, number, paths[i].number);
  }
  json_free(root);
}

static void walks_a_list_at_the_top(void **state) {
  (void)state;
  const char *why;
  size_t where;
  struct json_node *root = json_parse(T("[{\"id\":null},{\"id\":2},[3]]"), &why, &where);
  assert_true(json_number(json_at(root, "[1].id")) == 2);
  assert_true(json_number(json_at(root, "[].id")) == 2);
  assert_true(json_number(json_at(root, "[2][0]")) == 3);
  assert_null(json_at(root, "id"));
  json_free(root);
}

static void takes_an_object_alone_for_a_list_of_it(void **state) {
  (void)state;
  static const struct {
    const char *path;
    double number; /* 0 for none */
  } paths[] = {
    { "e[].c", 1 }, { "e[0].c", 1 }, { "e[1].c", 0 }, { "e[][].c", 0 },  { "e[0].l[].d", 2 }, { "[].e.c", 1 },
    { "m[].c", 3 }, { "m[0].c", 0 }, { "s[].c", 0 },  { "e[]['c']", 1 }, { "e[].l[0].d", 2 }, { "n[].c", 0 },
  };
  const char *why;
  size_t where;
  struct json_node *root =
      json_parse(T("{\"e\":{\"x\":null,\"c\":1,\"l\":{\"d\":2},\"c2\":9},\"m\":[{},{\"c\":3}],\"s\":\"c\",\"n\":null}"), &why, &where);
  for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
    const struct json_node *node = json_at(root, paths[i].path);
    if ((node ? json_number(node) : 0) != paths[i].number) fail_msg("%s", paths[i].path);
  }
  assert_ptr_equal(json_at(root, "e[0]"), json_at(root, "e"));
  assert_ptr_equal(json_at(root, "[0]"), root);
  json_free(root);
}

static bool integer_of(const char *text, int64_t *value) {
  const char *why;
  size_t where;
  struct json_node *root = parse(text, strlen(text), &why, &where);
  assert_non_null(root);
  bool integer = json_integer(root, value);
  json_free(root);
  return integer;
}

static void tells_integers_from_other_numbers(void **state) {
  (void)state;
  static const char *const integers[] = { "0",
                                          "-0",
                                          "-7",
                                          "1e5",
                                          "3000000000",
                                          "1152921504606846977",
                                          "-9223372036854775808",
                                          "9223372036854775807",
                                          "5.0",
                                          "0.00e9",
                                          "1234500e-2",
                                          "9.223372036854775807e18",
                                          "12e17" };
  static const int64_t values[] = { 0,         0, -7, 100000, 3000000000, INT64_C(1152921504606846977), INT64_MIN,
                                    INT64_MAX, 5, 0,  12345,  INT64_MAX,  INT64_C(1200000000000000000) };
  static const char *const others[] = { "9223372036854775808",
                                        "-9223372036854775809",
                                        "1e300",
                                        "0.5",
                                        "4503599627370495.5",
                                        "1e400",
                                        "1.0000000000000000000001",
                                        "1e99999999999999999999",
                                        "1e-1",
                                        "9007199254740992.5" };
  for (size_t i = 0; i < sizeof integers / sizeof *integers; i++) {
    int64_t value = 1;
    assert_true(integer_of(integers[i], &value));
    assert_true(value == values[i]);
  }
  for (size_t i = 0; i < sizeof others / sizeof *others; i++)
    assert_false(integer_of(others[i], &(int64_t){ 0 }));
}

static void does_not_depend_on_the_hosts_decimal_point(void **state) {
  (void)state;
  if (setlocale(LC_NUMERIC, "de_DE.UTF-8") == NULL && setlocale(LC_NUMERIC, "ps_AF.UTF-8") == NULL) skip();
  parses_to(T("[0.5,1.25e-7,9007199254740994.0]"), "[0.5,1.25e-7,9007199254740994.0]");
  is_refused(T("0,5"), 1);
  assert_string_not_equal(localeconv()->decimal_point, ".");
  setlocale(LC_NUMERIC, "C");
}

static void writes_nothing_when_it_cannot_write_all(void **state) {
  (void)state;
  static const struct {
    const char *bytes;
    size_t len;
    bool fits;
  } cases[] = { { T("a\0b"), true }, { T("\xff"), true }, { T("\xe2\x82"), true }, { T("\xed\xa0\x80"), true }, { T("1234\n6"), false } };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct buf out;
    buf_init(&out, 10);
    buf_add_string(&out, "x:");
    assert_false(json_write_string(&out, cases[i].bytes, cases[i].len));
    assert_string_equal(buf_string(&out), "x:");
    assert_int_equal(out.len, 2);
    assert_int_equal(out.failed, !cases[i].fits);
    buf_free(&out);
  }
}

/* A random character as UTF-8 to raw, and as JSON text, escaped or not, to text. */
static void random_character(struct random *random, struct buf *raw, struct buf *text) {
  static const unsigned below[] = { 0x80, 0x800, 0x10000, 0x110000 };
  unsigned code = 1 + pick(random, below[pick(random, 4)] - 1);
  if (code >= 0xd800 && code <= 0xdfff) code = '"';
  size_t start = raw->len;
  if (code < 0x80) {
    buf_add_char(raw, (char)code);
  } else {
    int more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    static const unsigned lead[] = { 0, 0xc0, 0xe0, 0xf0 };
    buf_add_char(raw, (char)(lead[more] | code >> (6 * more)));
    while (more-- > 0)
      buf_add_char(raw, (char)(0x80 | (code >> (6 * more) & 0x3f)));
  }
  if (code >= 0x20 && code != '"' && code != '\\' && pick(random, 2) == 0)
    buf_add(text, raw->data + start, raw->len - start);
  else if (code < 0x10000)
    buf_addf(text, pick(random, 2) ? "\\u%04x" : "\\u%04X", code);
  else
    buf_addf(text, "\\u%04x\\u%04X", 0xd800 + ((code - 0x10000) >> 10), 0xdc00 + ((code - 0x10000) & 0x3ff));
}

static void random_string(struct random *random, const char *prefix, struct buf *text, struct buf *expected) {
  struct buf raw;
  buf_init(&raw, TEXT_MAX);
  buf_add_string(&raw, prefix);
  buf_addf(text, "\"%s", prefix);
  for (unsigned n = pick(random, 12); n > 0; n--)
    random_character(random, &raw, text);
  buf_add_char(text, '"');
  assert_true(json_write_string(expected, buf_string(&raw), raw.len));
  buf_free(&raw);
}

static void random_space(struct random *random, struct buf *text) {
  while (pick(random, 3) == 0)
    buf_add_char(text, " \t\r\n"[pick(random, 4)]);
}

/* A valid document, and what write_tree has to make of it. */
static void random_value(struct random *random, int depth, struct buf *text, struct buf *expected) {
  static const char *const written[] = { "null", "true", "false", "-0.0", "12.50", "-1E-3", "1.0e2", "0e9", "4242424242424242", "[]", "1e22" };
  random_space(random, text);
  unsigned kind = pick(random, depth > 0 ? 6 : 3);
  if (kind == 0) {
    unsigned i = pick(random, sizeof written / sizeof *written);
    buf_add_string(text, written[i]);
    buf_add_string(expected, written[i]);
  } else if (kind == 1) {
    int number = (int)pick(random, 2000000) - 1000000;
    buf_addf(text, "%d", number);
    buf_addf(expected, "%d", number);
  } else if (kind == 2) {
    random_string(random, "", text, expected);
  } else {
    bool object = kind > 3;
    unsigned count = 1 + pick(random, 24);
    for (unsigned i = 0; i < count; i++) {
      buf_add_char(text, i > 0 ? ',' : object ? '{' : '[');
      buf_add_char(expected, i > 0 ? ',' : object ? '{' : '[');
      random_space(random, text);
      if (object) {
        char prefix[] = { (char)('a' + i), '\0' };
        random_string(random, prefix, text, expected);
        random_space(random, text);
        buf_add_char(text, ':');
        buf_add_char(expected, ':');
      }
      random_value(random, depth - 2, text, expected);
    }
    buf_add_char(text, object ? '}' : ']');
    buf_add_char(expected, object ? '}' : ']');
  }
  random_space(random, text);
}

/* The path of each node below leads to it, from the root on. */
static void leads_to_all(const struct json_node *root, const struct json_node *node, struct buf *path) {
  size_t place = 0, before = path->len;
  for (const struct json_node *child = json_child(node); child; child = json_next(child), place++) {
    const char *key = json_type(node) == JSON_OBJECT ? json_key(child) : NULL;
    bool single = key && strchr(key, '\''), both = single && strchr(key, '"');
    if (both) continue; /* no path has such a name */
    if (key)
      buf_addf(path, single ? "[\"%s\"]" : "['%s']", key);
    else
      buf_addf(path, "[%zu]", place);
    if (json_at(root, buf_string(path)) != child) fail_msg("%s leads elsewhere", buf_string(path));
    leads_to_all(root, child, path);
    buf_cut(path, before);
  }
}

static void mutate(struct random *random, struct buf *text) {
  for (unsigned n = 1 + pick(random, 3); n > 0 && text->len > 1; n--) {
    size_t at = pick(random, (unsigned)text->len), len = 1 + pick(random, 3);
    if (len > text->len - at) len = text->len - at;
    switch (pick(random, 4)) {
    case 0: text->data[at] = (char)pick(random, 256); break;
    case 1: text->data[at] = "{}[]\":,\\u0-.eE+"[pick(random, 15)]; break;
    case 2: text->len = at; break;
    case 3:
      memmove(text->data + at, text->data + at + len, text->len - at - len);
      text->len -= len;
      break;
    }
  }
}

static void random_documents_parse_to_what_was_written_and_mutations_are_survived(void **state) {
  (void)state;
  struct buf text, expected, found, again;
  struct buf *const all[] = { &text, &expected, &found, &again };
  for (size_t i = 0; i < 4; i++)
    buf_init(all[i], TEXT_MAX);
  for (uint64_t seed = SEED; seed < SEED + 1500; seed++) {
    struct random random = random_of(seed);
    const char *why;
    size_t where;
    for (size_t i = 0; i < 4; i++)
      buf_clear(all[i]);
    random_value(&random, 4, &text, &expected);
    struct json_node *root = parse(text.data, text.len, &why, &where);
    if (root == NULL) fail_msg("seed %llu: %s at byte %zu", (unsigned long long)seed, why, where);
    write_tree(root, &found);
    buf_clear(&again);
    leads_to_all(root, root, &again);
    buf_clear(&again);
    json_free(root);
    if (strcmp(found.data, expected.data) != 0) fail_msg("seed %llu: %s\nis not\n%s", (unsigned long long)seed, found.data, expected.data);

    mutate(&random, &text);
    root = parse(text.data, text.len, &why, &where);
    if (root == NULL) continue;
    buf_clear(&found);
    write_tree(root, &found);
    json_free(root);
    root = parse(found.data, found.len, &why, &where);
    if (root == NULL) fail_msg("seed %llu: mutated, written and refused: %s at byte %zu", (unsigned long long)seed, why, where);
    write_tree(root, &again);
    json_free(root);
    if (strcmp(found.data, again.data) != 0) fail_msg("seed %llu: %s\nis not\n%s", (unsigned long long)seed, again.data, found.data);
  }
  for (size_t i = 0; i < 4; i++)
    buf_free(all[i]);
}

static int set_up(void **state) {
  (void)state;
  json_setup();
  json_setup();
  return 0;
}

/* --- trees of another source --- */

static void makes_a_tree_of_any_source(void **state) {
  (void)state;
  size_t len;
  struct json_node *root = json_new();
  assert_non_null(root);
  assert_int_equal(json_type(root), JSON_NULL);
  struct json_node *list = json_add(root, "list"), *text = json_add(root, "text");
  assert_int_equal(json_type(root), JSON_OBJECT);
  assert_true(json_set_string(json_add(list, NULL), "1", 1));
  assert_non_null(json_add(list, NULL));
  assert_true(json_set_string(text, "4111!", 4));
  assert_string_equal(json_string(json_at(root, "text"), &len), "4111");
  assert_int_equal(len, 4);
  assert_true(json_make_list(text));
  assert_true(json_set_string(json_add(text, NULL), "", 0));
  assert_string_equal(json_key(text), "text");
  is_tree(root, "{\"list\":[\"1\",null],\"text\":[\"4111\",\"\"]}");
  json_free(root);
}

/* What the path makes of the document. */
static void lists_become(const char *path, const char *text, const char *expected) {
  const char *why;
  size_t where;
  struct json_node *root = parse(text, strlen(text), &why, &where);
  assert_non_null(root);
  assert_true(json_make_lists(root, path));
  is_tree(root, expected);
  json_free(root);
}

static void makes_lists_where_a_path_has_some(void **state) {
  (void)state;
  lists_become("a[].b", "{\"a\":{\"b\":\"1\"},\"c\":{}}", "{\"a\":[{\"b\":\"1\"}],\"c\":{}}");
  lists_become("a[0]", "{\"a\":\"1\"}", "{\"a\":[\"1\"]}");
  lists_become("[]", "{\"a\":1.5}", "[{\"a\":1.5}]");
  lists_become("a.b[].c[].d", "{\"a\":{\"b\":[{\"c\":true},{\"c\":[1]},{}]}}", "{\"a\":{\"b\":[{\"c\":[true]},{\"c\":[1]},{}]}}");
  lists_become("a[1].b[]", "{\"a\":[{\"b\":1},{\"b\":2}]}", "{\"a\":[{\"b\":1},{\"b\":[2]}]}");
  lists_become("a[].b[]", "{\"a\":[{\"b\":1},{\"b\":2}]}", "{\"a\":[{\"b\":[1]},{\"b\":[2]}]}");
  lists_become("a[]", "{\"a\":null}", "{\"a\":null}");
  lists_become("a.b['c']", "{\"a\":{\"b\":{\"c\":1}}}", "{\"a\":{\"b\":{\"c\":1}}}");
  lists_become("x[].y", "{\"a\":{\"x\":1}}", "{\"a\":{\"x\":1}}");
  lists_become("", "{\"a\":1}", "{\"a\":1}");
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(parses_every_kind_of_value),
    cmocka_unit_test(keeps_the_text_of_numbers),
    cmocka_unit_test(reads_the_nearest_double),
    cmocka_unit_test(writes_digits_with_zeros_in_front),
    cmocka_unit_test(skips_a_byte_order_mark),
    cmocka_unit_test(replaces_what_is_no_character),
    cmocka_unit_test(finds_the_path_of_a_key_that_stands_twice),
    cmocka_unit_test(refuses_a_key_twice_in_one_object),
    cmocka_unit_test(finds_a_key_twice_among_many),
    cmocka_unit_test(walks_a_dotted_path_of_exact_keys),
    cmocka_unit_test(walks_lists_and_quoted_names),
    cmocka_unit_test(walks_a_list_at_the_top),
    cmocka_unit_test(takes_an_object_alone_for_a_list_of_it),
    cmocka_unit_test(tells_integers_from_other_numbers),
    cmocka_unit_test(does_not_depend_on_the_hosts_decimal_point),
    cmocka_unit_test(writes_nothing_when_it_cannot_write_all),
    cmocka_unit_test(random_documents_parse_to_what_was_written_and_mutations_are_survived),
    cmocka_unit_test(makes_a_tree_of_any_source),
    cmocka_unit_test(makes_lists_where_a_path_has_some),
  };
  return cmocka_run_group_tests(tests, set_up, NULL);
}
