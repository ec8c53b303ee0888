/* src/json/tree, and XML and forms below it, when an allocation fails: a tree is whole, or there is none and nothing is lost. */
#define _GNU_SOURCE 1
#include <string.h>

#include "scenarios.h"
#include "json/tree.h"
#include "json/xml.h"

struct document {
  enum answer_format format;
  const char *text;
  const char *path;
};

static bool parse(void *given) {
  const struct document *document = given;
  const char *why = NULL;
  size_t where = SIZE_MAX;
  struct json_node *root = tree_parse(document->format, document->text, strlen(document->text), &why, &where);
  if (!root) {
    assert_non_null(why);
    assert_true(where <= strlen(document->text));
    return false;
  }
  assert_non_null(json_at(root, document->path));
  bool ok = json_make_lists(root, "r[].a[0].e[]");
  json_free(root);
  return ok;
}

static void a_tree_is_whole_or_there_is_none(void **state) {
  (void)state;
  struct document documents[] = {
    { FORMAT_XML, "<r xmlns='u' b='1' x:b='2'><a>1</a><a c='d'>2<e/>3</a><a xsi:nil='true'/>&amp;&#65;</r>", "r.a" },
    { FORMAT_XML, "<?xml version='1.0' encoding='ISO-8859-1'?><!-- c --><r>\xe9<![CDATA[x]]></r>", "r" },
    { FORMAT_FORM, "card[number]=1&card[tags][]=a&card[tags][]=b&id=7&id=8&n=%C3%A9", "card.tags" },
    { FORMAT_TEXT, "4111\r\n", "text" },
    { FORMAT_JSON, "{\"a\":[1]}", "a" },
  };
  json_setup();
  for (size_t i = 0; i < sizeof documents / sizeof *documents; i++)
    each_allocation_fails(parse, &documents[i]);
}

static void a_table_that_grows_keeps_its_members(void **state) {
  (void)state;
  struct buf xml, form;
  buf_init(&xml, 10000);
  buf_init(&form, 10000);
  buf_add_string(&xml, "<r>");
  for (int i = 0; i < 100; i++) {
    buf_addf(&xml, "<a%d/><a%d/>", i, i);
    buf_addf(&form, "a%d=1&a%d=2&", i, i);
  }
  buf_add_string(&xml, "</r>");
  each_allocation_fails(parse, &(struct document){ FORMAT_XML, xml.data, "r.a99" });
  each_allocation_fails(parse, &(struct document){ FORMAT_FORM, form.data, "a99" });
  buf_free(&xml);
  buf_free(&form);
}

static bool write_text(void *unused) {
  (void)unused;
  struct buf out;
  buf_init(&out, 4096);
  bool ok = buf_add_string(&out, "x");
  for (int i = 0; ok && i < 40; i++) {
    size_t before = out.len;
    ok = xml_write_text(&out, "1 < 2 & \"3\"", 11);
    if (!ok) assert_int_equal(out.len, before);
  }
  buf_free(&out);
  return ok;
}

static void text_of_xml_is_written_whole_or_not_at_all(void **state) {
  (void)state;
  each_allocation_fails(write_text, NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_tree_is_whole_or_there_is_none),
    cmocka_unit_test(a_table_that_grows_keeps_its_members),
    cmocka_unit_test(text_of_xml_is_written_whole_or_not_at_all),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
