/* src/json/form and src/json/tree: what forms and texts become, and what is refused where. */
#define _GNU_SOURCE 1
#include "tree.h"
#include "json/form.h"
#include "json/tree.h"

#define T(text) text, sizeof text - 1

static void is(const char *form, const char *json) {
  becomes(form_parse, form, strlen(form), json);
}

static void refuses(const char *form, const char *reason, size_t at) {
  refused_at(form_parse, form, strlen(form), reason, at);
}

static void makes_an_object_of_texts(void **state) {
  (void)state;
  is("a=1&b=two", "{\"a\":\"1\",\"b\":\"two\"}");
  is("a=&b=2&&c==x=&", "{\"a\":null,\"b\":\"2\",\"c\":\"=x=\"}");
  is("a=1\r\n", "{\"a\":\"1\"}");
  is("a.b=1&@c=2;d=3?", "{\"a.b\":\"1\",\"@c\":\"2;d=3?\"}");
  is("text=Invalid Card REFID:3501", "{\"text\":\"Invalid Card REFID:3501\"}");
  is("", "null");
  is("&&\n", "null");
}

static void decodes_names_and_values(void **state) {
  (void)state;
  is("a+b=1+2&%61%2Bc=%C3%a9%26%3d%25+%2b", "{\"a b\":\"1 2\",\"a+c\":\"\xc3\xa9&=% +\"}");
  is("a=%0A%01&b=\xe2\x82\xac", "{\"a\":\"\\n\\u0001\",\"b\":\"\xe2\x82\xac\"}");
}

static void makes_objects_and_lists_of_brackets(void **state) {
  (void)state;
  is("card[number]=4111&x=2&card[cvv]=123", "{\"card\":{\"number\":\"4111\",\"cvv\":\"123\"},\"x\":\"2\"}");
  is("card%5Bexp%5D[month]=01&card[exp][year]=30", "{\"card\":{\"exp\":{\"month\":\"01\",\"year\":\"30\"}}}");
  is("a[]=1", "{\"a\":[\"1\"]}");
  is("a[]=1&b=x&a[]=2&a[]=", "{\"a\":[\"1\",\"2\",null],\"b\":\"x\"}");
  is("a=1&a=2&a=3", "{\"a\":[\"1\",\"2\",\"3\"]}");
  is("a=1&a[]=2", "{\"a\":[\"1\",\"2\"]}");
  is("a[]=1&a=2", "{\"a\":[\"1\",\"2\"]}");
  is("a[b][]=1&a[b][]=2&a[c]=3&a[c]=4", "{\"a\":{\"b\":[\"1\",\"2\"],\"c\":[\"3\",\"4\"]}}");
  is("a[0]=x&a[1]=y", "{\"a\":{\"0\":\"x\",\"1\":\"y\"}}");
}

static void refuses_what_is_no_form(void **state) {
  (void)state;
  refuses("{\"a\":1}", "a name without '=' in a form", 0);
  refuses("a=1&b", "a name without '=' in a form", 4);
  refuses("=1", "an empty name in a form", 0);
  refuses("a=1&=", "an empty name in a form", 4);
  refuses("a=%", "a '%' without two hexadecimal digits in a form", 2);
  refuses("a=1%4", "a '%' without two hexadecimal digits in a form", 3);
  refuses("a=%4&b=1", "a '%' without two hexadecimal digits in a form", 2);
  refuses("a=%4g", "a '%' without two hexadecimal digits in a form", 2);
  refuses("b=1&%g4=1", "a '%' without two hexadecimal digits in a form", 4);
  refuses("a=x%00y", "a NUL in a form", 3);
  refused_at(form_parse, T("a=x\0y"), "a control character in a form", 3);
  refuses("a=1\nb=2", "a control character in a form", 3);
  refuses("a=\x7f", "a control character in a form", 2);
  refuses("a=1&b=x%ff", "invalid UTF-8 in a form", 6);
  refuses("a=%c3", "invalid UTF-8 in a form", 2);
  refuses("a=%ed%a0%80", "invalid UTF-8 in a form", 2);
  refuses("\xc0\xaf=1", "invalid UTF-8 in a form", 0);
}

static void refuses_names_that_say_two_things(void **state) {
  (void)state;
  static const char both[] = "a name in a form that is a text as well as an object";
  static const char unmatched[] = "brackets that do not match in a name of a form", empty[] = "an empty name in a form";
  refuses("a=1&a[b]=2", both, 4);
  refuses("a[b]=1&a=2", both, 7);
  refuses("a[b]=1&a[]=2", both, 7);
  refuses("a[]=1&a[b]=2", both, 6);
  refuses("a=&a[b]=2", both, 3);
  static const char *const names[] = { "a[=1", "a[b=1", "a]=1", "a[b]c=1", "a[b]]=1", "a[b[c]]=1", "a[b]c[d]=1", "a[]b=1", "a%5d=1" };
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    refuses(names[i], unmatched, 0);
  refuses("[a]=1", empty, 0);
  refuses("[]=1", empty, 0);
  refuses("a[][b]=1", empty, 0);
}

/* `count` times a text, in which # is the number of the time. */
static void repeat(struct buf *out, const char *before, const char *text, int count, const char *after) {
  size_t len = strcspn(text, "#");
  buf_init(out, TREE_MAX);
  buf_add_string(out, before);
  for (int i = 0; i < count; i++) {
    buf_add(out, text, len);
    if (text[len] && buf_addf(out, "%d", i)) buf_add_string(out, text + len + 1);
  }
  assert_true(buf_add_string(out, after));
}

/* What is not linear would not end. NULL for a form that is read. */
static void repeated(const char *before, const char *text, int count, const char *after, const char *reason) {
  const char *why = "";
  size_t where;
  struct buf form;
  repeat(&form, before, text, count, after);
  struct json_node *root = form_parse(form.data, form.len, &why, &where);
  assert_string_equal(root ? "" : why, reason ? reason : "");
  json_free(root);
  buf_free(&form);
}

static void limits_what_a_form_may_have(void **state) {
  (void)state;
  repeated("", "name#=value&", 100000, "", NULL);
  repeated("", "name=value1&", 100000, "", NULL);
  repeated("", "a[name#]=value&", 300000, "", NULL);
  repeated("a=", "%41+b", 2000000, "", NULL);
  repeated("", "&", 10000000, "", NULL);
  repeated("", "a=&", 3000000, "", "too many values in a form");
  repeated("", "n", 256, "=1", NULL);
  repeated("", "n", 257, "=1", "a name of more than 256 bytes in a form");
  repeated("a[", "n", 257, "]=1", "a name of more than 256 bytes in a form");
  repeated("", "n", 10000000, "=1", "a name of more than 256 bytes in a form");
  repeated("a", "[a]", 62, "=1", NULL);
  repeated("a", "[a]", 62, "[]=1", NULL);
  repeated("a", "[a]", 63, "=1", "a form that is nested too deep");
  repeated("a", "[a]", 3000000, "=1", "a form that is nested too deep");
}

static struct json_node *parse_text(const char *text, size_t len, const char **why, size_t *where) {
  return tree_parse(FORMAT_TEXT, text, len, why, where);
}

static void has_a_text_without_its_last_line_break(void **state) {
  (void)state;
  becomes(parse_text, T("4111\n"), "{\"text\":\"4111\"}");
  becomes(parse_text, T("a\r\n\r\n"), "{\"text\":\"a\\r\\n\"}");
  becomes(parse_text, T(" <b>&\x01 "), "{\"text\":\" <b>&\\u0001 \"}");
  becomes(parse_text, T("\n"), "{\"text\":null}");
  refused_at(parse_text, T("ab\xff"), "a text that is no UTF-8, or has a NUL", 2);
  refused_at(parse_text, T("abc\0"), "a text that is no UTF-8, or has a NUL", 3);
}

static void reads_each_format_by_its_own_rules(void **state) {
  (void)state;
  static const char *const documents[] = { "{\"a\":\"1\"}", "<a>1</a>", "a=1", "1" };
  for (enum answer_format format = FORMAT_JSON; format <= FORMAT_TEXT; format++) {
    const char *why;
    size_t where, len;
    struct json_node *root = tree_parse(format, documents[format], strlen(documents[format]), &why, &where);
    assert_string_equal(json_string(json_at(root, format == FORMAT_TEXT ? "text" : "a"), &len), "1");
    json_free(root);
    assert_non_null(answer_format_words[format]);
  }
  assert_null(answer_format_words[FORMAT_TEXT + 1]);
}

static int set_up(void **state) {
  (void)state;
  json_setup();
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(makes_an_object_of_texts),
    cmocka_unit_test(decodes_names_and_values),
    cmocka_unit_test(makes_objects_and_lists_of_brackets),
    cmocka_unit_test(refuses_what_is_no_form),
    cmocka_unit_test(refuses_names_that_say_two_things),
    cmocka_unit_test(limits_what_a_form_may_have),
    cmocka_unit_test(has_a_text_without_its_last_line_break),
    cmocka_unit_test(reads_each_format_by_its_own_rules),
  };
  return cmocka_run_group_tests(tests, set_up, NULL);
}
