/* src/json/xml: what a document becomes, what is refused and where, and that nothing takes more than linear time. */
#define _GNU_SOURCE 1
#include <stdio.h>

#include "tree.h"
#include "json/xml.h"

#define T(text) text, sizeof text - 1
#define NS      "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\""

static void is(const char *xml, const char *json) {
  becomes(xml_parse, xml, strlen(xml), json);
}

static void refuses(const char *xml, const char *reason, size_t at) {
  refused_at(xml_parse, xml, strlen(xml), reason, at);
}

static void names_children_by_their_local_name_and_the_root_first(void **state) {
  (void)state;
  is("<Card><Pan>4111</Pan><Exp><M>01</M></Exp></Card>", "{\"Card\":{\"Pan\":\"4111\",\"Exp\":{\"M\":\"01\"}}}");
  is("<s:Envelope xmlns:s=\"u\" xmlns=\"v\"><s:Body><r xmlns=\"w\">x</r></s:Body></s:Envelope>", "{\"Envelope\":{\"Body\":{\"r\":\"x\"}}}");
  is("<a:b:c>1</a:b:c>", "{\"c\":\"1\"}");
  is("<a.b-c_d>1</a.b-c_d>", "{\"a.b-c_d\":\"1\"}");
  is("<z\xc3\xa9ro>\xe2\x82\xac</z\xc3\xa9ro>", "{\"z\xc3\xa9ro\":\"\xe2\x82\xac\"}");
}

static void makes_a_list_of_what_is_repeated_in_the_place_of_the_first(void **state) {
  (void)state;
  is("<r><a>1</a><a>2</a></r>", "{\"r\":{\"a\":[\"1\",\"2\"]}}");
  is("<r><a>1</a><b>2</b><a><c>3</c></a><b/><a/></r>", "{\"r\":{\"a\":[\"1\",{\"c\":\"3\"},null],\"b\":[\"2\",null]}}");
  is("<r><a><b>1</b></a><a><b>2</b><b>3</b></a></r>", "{\"r\":{\"a\":[{\"b\":\"1\"},{\"b\":[\"2\",\"3\"]}]}}");
  is("<r><x:a>1</x:a><y:a>2</y:a></r>", "{\"r\":{\"a\":[\"1\",\"2\"]}}");
  is("<a><a>1</a><a><a>2</a></a></a>", "{\"a\":{\"a\":[\"1\",{\"a\":\"2\"}]}}");
  is("<r x:i=\"1\" y:i=\"2\"/>", "{\"r\":{\"@i\":[\"1\",\"2\"]}}");
}

static void has_attributes_and_the_text_beside_them(void **state) {
  (void)state;
  is("<Pan type=\"v\">4111</Pan>", "{\"Pan\":{\"@type\":\"v\",\"#text\":\"4111\"}}");
  is("<Pan x:type='v' e=''/>", "{\"Pan\":{\"@type\":\"v\",\"@e\":null}}");
  is("<a xml:lang=\"en\"> b </a>", "{\"a\":{\"@lang\":\"en\",\"#text\":\" b \"}}");
  is("<a xmlns=\"u\" xmlns:b=\"v\">1</a>", "{\"a\":\"1\"}");
  is("<a xmlnsx=\"1\"/>", "{\"a\":{\"@xmlnsx\":\"1\"}}");
}

static void keeps_text_and_cuts_white_space_only_beside_children(void **state) {
  (void)state;
  is("<a> 1 \n</a>", "{\"a\":\" 1 \\n\"}");
  is("<a>\n  <b>1</b>\n  <c>2</c>\n</a>", "{\"a\":{\"b\":\"1\",\"c\":\"2\"}}");
  is("<a> x <b>1</b> y\t<b/>z\r\n</a>", "{\"a\":{\"b\":[\"1\",null],\"#text\":\"x  y\\tz\"}}");
  is("<a>1&#50;<![CDATA[<3>&amp;]]>&lt;&gt;&amp;&apos;&quot;&#x1F600;</a>", "{\"a\":\"12<3>&amp;<>&'\\\"\xf0\x9f\x98\x80\"}");
  is("<?xml version=\"1.0\"?><!-- c --><?pi x?><a>1<!-- 2 --><?pi 3?>4</a><!-- d -->\n", "{\"a\":\"14\"}");
  is("<a>1\r\n2\r3</a>", "{\"a\":\"1\\n2\\n3\"}");
}

static void has_null_for_what_is_empty(void **state) {
  (void)state;
  is("<a/>", "{\"a\":null}");
  is("<a></a>", "{\"a\":null}");
  is("<a> \n\t</a>", "{\"a\":null}");
  is("<a><![CDATA[]]></a>", "{\"a\":null}");
  is("<a b=\"1\"> </a>", "{\"a\":{\"@b\":\"1\"}}");
  is("<a><b " NS " xsi:nil=\"true\"/><c xsi:nil='1' d='2'/><e xsi:nil=\"false\">3</e><f nil=\"true\"/></a>",
     "{\"a\":{\"b\":null,\"c\":null,\"e\":\"3\",\"f\":{\"@nil\":\"true\"}}}");
}

static void reads_the_encodings_that_a_document_declares(void **state) {
  (void)state;
  is("\xef\xbb\xbf<a>\xc3\xa9</a>", "{\"a\":\"\xc3\xa9\"}");
  is("<?xml version='1.0' encoding='utf-8'?><a>\xc3\xa9</a>", "{\"a\":\"\xc3\xa9\"}");
  is("<?xml version='1.0' encoding='ISO-8859-1'?><a>\xe9</a>", "{\"a\":\"\xc3\xa9\"}");
  is("<?xml version='1.0' encoding='US-ASCII'?><a>e</a>", "{\"a\":\"e\"}");
  refuses("<?xml version='1.0' encoding='windows-1252'?><a/>", "unknown encoding", 30);
  refuses("<?xml version='1.0' encoding='UTF-16'?><a/>", "encoding specified in XML declaration is incorrect", 30);
  refused_at(xml_parse, T("\xff\xfe<\0a\0/\0>\0"), "a NUL in XML", 3);
  refused_at(xml_parse, T("\xfe\xff\0<\0a\0/\0>"), "a NUL in XML", 2);
  refused_at(xml_parse, T("<\0a\0/\0>\0"), "a NUL in XML", 1);
}

static void refuses_what_is_not_well_formed(void **state) {
  (void)state;
  refuses("", "no element found", 0);
  refuses(" \n", "no element found", 2);
  refuses("{\"a\":1}", "not well-formed (invalid token)", 0);
  refuses("<a>", "no element found", 3);
  refuses("<a", "unclosed token", 0);
  refuses("<a><b>1</a></b>", "mismatched tag", 9);
  refuses("<x:a>1</y:a>", "mismatched tag", 8);
  refuses("<a/><b/>", "junk after document element", 4);
  refuses("<a/>text", "junk after document element", 4);
  refuses("<a b=\"1\" b=\"2\"/>", "duplicate attribute", 9);
  refuses("<a b=1/>", "not well-formed (invalid token)", 5);
  refuses("<a>&amp</a>", "not well-formed (invalid token)", 7);
  refuses("<a>]]></a>", "not well-formed (invalid token)", 5);
  refuses("<a:>1</a:>", "a name in XML that ends with a colon", 0);
  refuses("<a b:=\"1\"/>", "a name in XML that ends with a colon", 0);
  refuses("<html><br></html>", "mismatched tag", 12);
}

static void refuses_a_document_cut_anywhere(void **state) {
  (void)state;
  static const char whole[] = "<?xml version=\"1.0\"?><a b='1'><c>&#49;<![CDATA[2]]></c><!--3--><d/></a>";
  const char *why;
  size_t where;
  for (size_t len = 0; len < sizeof whole - 1; len++)
    assert_null(parse_copy(xml_parse, whole, len, &why, &where));
}

static void refuses_bytes_that_are_no_characters(void **state) {
  (void)state;
  static const char *const bytes[] = { "\xff", "\xc0\xaf", "\xed\xa0\x80", "\xe2\x82", "\xf4\x90\x80\x80", "\xef\xbf\xbf", "\x01", "\x1b", "&\x01;" };
  char xml[32];
  const char *why;
  size_t where;
  for (size_t i = 0; i < sizeof bytes / sizeof *bytes; i++) {
    int len = snprintf(xml, sizeof xml, "<a>%s</a>", bytes[i]);
    assert_null(parse_copy(xml_parse, xml, (size_t)len, &why, &where));
    assert_in_range(where, 3, 4);
  }
  refused_at(xml_parse, T("<a>\0</a>"), "a NUL in XML", 3);
  refused_at(xml_parse, T("<a/>\0"), "a NUL in XML", 4);
  refuses("<a>&#0;</a>", "reference to invalid character number", 3);
  refuses("<a>&#xD800;</a>", "reference to invalid character number", 3);
  refuses("<a>&#x110000;</a>", "reference to invalid character number", 3);
}

static void has_no_entities_and_no_doctype(void **state) {
  (void)state;
  static const char *const documents[] = {
    "<!DOCTYPE a><a/>",
    "<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>",
    "<!DOCTYPE a PUBLIC \"p\" \"http://127.0.0.1:1/x.dtd\"><a/>",
    "<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><a>&x;</a>",
    "<!DOCTYPE a [<!ENTITY % x SYSTEM \"http://127.0.0.1:1/x.dtd\"> %x;]><a/>",
    "<!DOCTYPE a [<!ENTITY b \"bbbbbbbbbb\"><!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;\"><!ENTITY d \"&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;\">]><a>&d;</a>",
    "<!DOCTYPE a [<!ATTLIST a b CDATA \"1\">]><a/>",
  };
  for (size_t i = 0; i < sizeof documents / sizeof *documents; i++) {
    const char *why;
    size_t where;
    assert_null(parse_copy(xml_parse, documents[i], strlen(documents[i]), &why, &where));
    assert_string_equal(why, "a DOCTYPE in XML");
  }
  refuses("<a>&x;</a>", "undefined entity", 3);
  refuses("<?xml version='1.0' standalone='no'?><a b='&x;'/>", "undefined entity", 37);
}

/* `count` times a text, in which each # is the number of the time, between two others. */
static void repeat(struct buf *out, const char *before, const char *text, int count, const char *after) {
  buf_init(out, TREE_MAX);
  buf_add_string(out, before);
  for (int i = 0; i < count; i++) {
    const char *rest = text;
    for (size_t len; len = strcspn(rest, "#"), rest[len]; rest += len + 1)
      assert_true(buf_add(out, rest, len) && buf_addf(out, "%d", i));
    buf_add_string(out, rest);
  }
  assert_true(buf_add_string(out, after));
}

static size_t count_of(const struct json_node *node) {
  size_t count = 0;
  for (const struct json_node *child = json_child(node); child; child = json_next(child))
    count++;
  return count;
}

/* The number of what stands at the path of the document. */
static void has_at(const char *before, const char *text, int count, const char *after, const char *path, size_t expected) {
  const char *why = "";
  size_t where;
  struct buf xml;
  repeat(&xml, before, text, count, after);
  struct json_node *root = xml_parse(xml.data, xml.len, &why, &where);
  if (root == NULL) fail_msg("%s at byte %zu", why, where);
  assert_int_equal(count_of(json_at(root, path)), expected);
  json_free(root);
  buf_free(&xml);
}

static void refused_repeated(const char *before, const char *text, int count, const char *after, const char *reason) {
  const char *why = "";
  size_t where;
  struct buf xml;
  repeat(&xml, before, text, count, after);
  assert_null(xml_parse(xml.data, xml.len, &why, &where));
  assert_string_equal(why, reason);
  assert_true(where <= xml.len);
  buf_free(&xml);
}

/* What is not linear would not end. */
static void reads_wide_documents(void **state) {
  (void)state;
  has_at("<r>", "<item>12345</item>", 100000, "</r>", "r.item", 100000);
  has_at("<r>", "<i#>1</i#>", 100000, "</r>", "r", 100000);
  has_at("<r>", "<a>12345</a><b>123456</b>", 50000, "</r>", "r.b", 50000);
  has_at("<r>", "<long-name-#>text</long-name-#>", 300000, "</r>", "r", 300000);
  has_at("<r>", "1<item>&amp;</item>", 200000, "</r>", "r.item", 200000);
  has_at("<r>", " ", 10000000, "<a/></r>", "r", 1);
  has_at("<r a=\"", "0123456789", 1000000, "\"/>", "r", 1);
  has_at("<r>", "<!--x--><?y z?>", 600000, "<a/></r>", "r", 1);
  refused_repeated("<r>", "<a/>", 2500000, "</r>", "too many values in XML");
  refused_repeated("<r>", "<a", 5000000, "</r>", "not well-formed (invalid token)");
  refused_repeated("<r>", "&", 3000000, "</r>", "not well-formed (invalid token)");
}

static void limits_names_and_attributes(void **state) {
  (void)state;
  static const char long_name[] = "a name of more than 256 bytes in XML", many[] = "an element of XML with too many attributes";
  has_at("<", "n", 256, "/>", "", 1);
  refused_repeated("<", "n", 257, "/>", long_name);
  refused_repeated("<r ", "n", 257, "=\"1\"/>", long_name);
  refused_repeated("<", "n", 10000000, "/>", long_name);
  has_at("<r ", "a#='1' ", 256, "/>", "r", 256);
  refused_repeated("<r ", "a#='1' ", 257, "/>", many);
  refused_repeated("<r ", "a#='1' ", 1000000, "/>", many);
  refused_repeated("<r ", "xmlns:a#='1' ", 257, "/>", many);
}

/* Elements in each other: `lists` of them, from the outermost on, stand there twice. */
static void nest(struct buf *out, int deep, int lists) {
  buf_init(out, TREE_MAX);
  for (int i = 0; i < deep; i++)
    buf_add_string(out, "<a>");
  for (int i = deep; i > 0; i--)
    assert_true(buf_add_string(out, i > 1 && i <= lists + 1 ? "</a><a/>" : "</a>"));
}

static void limits_levels(void **state) {
  (void)state;
  static const struct {
    int deep, lists;
    bool fits;
  } cases[] = { { 64, 0, true },   { 65, 0, false }, { 32, 31, true },  { 33, 31, true },
                { 33, 32, false }, { 64, 1, false }, { 64, 63, false }, { 100000, 0, false } };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const char *why = "";
    size_t where;
    struct buf xml;
    nest(&xml, cases[i].deep, cases[i].lists);
    struct json_node *root = xml_parse(xml.data, xml.len, &why, &where);
    assert_string_equal(root ? "" : why, cases[i].fits ? "" : "XML that is nested too deep");
    json_free(root);
    buf_free(&xml);
  }
  refused_repeated("", "<a>", 3000000, "", "XML that is nested too deep");
}

static void writes_text_that_reads_back(void **state) {
  (void)state;
  static const char text[] = "<&>\"' \t\n\r\x7f\xc3\xa9\xf0\x9f\x98\x80\xef\xbf\xbd]]>4111";
  struct buf xml, expected;
  buf_init(&xml, 1000);
  buf_init(&expected, 1000);
  buf_add_string(&xml, "<a b=\"");
  assert_true(xml_write_text(&xml, T(text)));
  buf_add_string(&xml, "\">");
  assert_true(xml_write_text(&xml, T(text)));
  buf_add_string(&xml, "</a>");
  buf_add_string(&expected, "{\"a\":{\"@b\":");
  json_write_string(&expected, T(text));
  buf_add_string(&expected, ",\"#text\":");
  json_write_string(&expected, T(text));
  buf_add_string(&expected, "}}");
  becomes(xml_parse, xml.data, xml.len, expected.data);
  buf_clear(&xml);
  assert_true(xml_write_text(&xml, "", 0));
  assert_true(xml_write_text(&xml, "a<b", 3));
  assert_string_equal(buf_string(&xml), "a&lt;b");
  buf_free(&xml);
  buf_free(&expected);
}

static void writes_nothing_when_it_cannot_write_all(void **state) {
  (void)state;
  static const struct {
    const char *bytes;
    size_t len;
    bool fits;
  } cases[] = { { T("a\0b"), true },         { T("a\x0b"), true },        { T("\x1b[0m"), true },      { T("\xff"), true },   { T("\xe2\x82"), true },
                { T("\xed\xa0\x80"), true }, { T("\xef\xbf\xbe"), true }, { T("\xef\xbf\xbf"), true }, { T("1234<6"), false } };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct buf out;
    buf_init(&out, 10);
    buf_add_string(&out, "x:");
    assert_false(xml_write_text(&out, cases[i].bytes, cases[i].len));
    assert_string_equal(buf_string(&out), "x:");
    assert_int_equal(out.failed, !cases[i].fits);
    buf_free(&out);
  }
}

static int set_up(void **state) {
  (void)state;
  json_setup();
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(names_children_by_their_local_name_and_the_root_first),
    cmocka_unit_test(makes_a_list_of_what_is_repeated_in_the_place_of_the_first),
    cmocka_unit_test(has_attributes_and_the_text_beside_them),
    cmocka_unit_test(keeps_text_and_cuts_white_space_only_beside_children),
    cmocka_unit_test(has_null_for_what_is_empty),
    cmocka_unit_test(reads_the_encodings_that_a_document_declares),
    cmocka_unit_test(refuses_what_is_not_well_formed),
    cmocka_unit_test(refuses_a_document_cut_anywhere),
    cmocka_unit_test(refuses_bytes_that_are_no_characters),
    cmocka_unit_test(has_no_entities_and_no_doctype),
    cmocka_unit_test(reads_wide_documents),
    cmocka_unit_test(limits_names_and_attributes),
    cmocka_unit_test(limits_levels),
    cmocka_unit_test(writes_text_that_reads_back),
    cmocka_unit_test(writes_nothing_when_it_cannot_write_all),
  };
  return cmocka_run_group_tests(tests, set_up, NULL);
}
