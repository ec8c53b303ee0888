/* src/provider/response: answers that were made to take long. Whatever is in a MiB, it is read in a time that grows with its size only. */
#define _GNU_SOURCE 1
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "provider/response.h"
#include "secret/buf.h"
#include "json/json.h"

#define SIZE   ((size_t)1024 * 1024)
#define FIELDS 256
#define LIMIT  0.3 /* seconds of CPU: some times what is asked (0.05), as a busy machine counts more; what is not linear takes seconds */
#define TRIES  5   /* of which the fastest counts */

static char paths[FIELDS][32];
static struct field fields[FIELDS];
static struct operation operation = { .name = "show",
                                      .method = "GET",
                                      .path = "/",
                                      .root = "",
                                      .fields = fields,
                                      .field_count = FIELDS,
                                      .error_codes = { "error.code" },
                                      .error_messages = { "message", "error.message" } };

static void make_operation(void) {
  for (size_t i = 0; i < FIELDS; i++) {
    snprintf(paths[i], sizeof paths[i], i % 2 ? "object.sub.field%zu" : "field%zu", i);
    fields[i] = (struct field){ .path = paths[i], .type = i % 4 < 2 ? FIELD_PAN : FIELD_STRING };
  }
}

static double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* The text, with `one` in the middle as often as fits; %zu in it is a number that counts. */
static void fill(struct buf *body, const char *before, const char *one, const char *after) {
  buf_add_string(body, before);
  for (size_t i = 0; body->len + strlen(one) + strlen(after) + 16 < SIZE; i++) {
    if (i) buf_add_char(body, ',');
    char text[128];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    int len = snprintf(text, sizeof text, one, i, i);
#pragma GCC diagnostic pop
    buf_add(body, text, (size_t)len);
  }
  buf_add_string(body, after);
}

static void reads(const char *what, const struct buf *body) {
  static const struct request_base base;
  for (int status = 200; status <= 400; status += 200) {
    double least = 1e9;
    for (int i = 0; i < TRIES; i++) {
      struct request request;
      struct error error;
      request_init(&request, &operation, &base);
      double begun = seconds();
      struct response response = { .request = &request, .status = status, .body = buf_string(body), .len = body->len };
      struct record *record = response_read(&response, &error);
      record_free(record);
      request_free(&request);
      double took = seconds() - begun;
      if (took < least) least = took;
    }
    printf("# %s, HTTP %d: %.1f ms\n", what, status, least * 1e3);
#ifndef __SANITIZE_ADDRESS__
    if (least > LIMIT) fail_msg("%s, HTTP %d: %.1f ms of CPU", what, status, least * 1e3);
#endif
  }
}

static void tries(const char *what, const char *before, const char *one, const char *after) {
  struct buf body;
  buf_init(&body, SIZE);
  fill(&body, before, one, after);
  assert_false(body.failed);
  reads(what, &body);
  buf_free(&body);
}

static void members(void **state) {
  (void)state;
  tries("undeclared members", "{\"field0\":\"4111111111111111\",", "\"x%zu\":1", "}");
  tries("undeclared texts", "{", "\"x%zu\":\"a\"", "}");
  tries("undeclared members with a declared beginning", "{", "\"field0%zu\":true", "}");
  tries("undeclared members of a declared object", "{\"object\":{\"sub\":{", "\"field%zux\":1", "}}}");
  tries("long undeclared keys", "{", "\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx%zu\":1", "}");
  tries("keys of digits", "{", "\"411111111111%zu\":null", "}");
}

static void lists(void **state) {
  (void)state;
  tries("numbers", "{\"a\":[", "1", "]}");
  tries("empty objects", "{\"a\":[", "{}", "]}");
  tries("lists of lists", "{\"a\":[", "[[[[[]]]]]", "]}");
  tries("objects of undeclared members", "{\"a\":[", "{\"field1\":{\"field3\":1}}", "]}");
}

/* Each element is looked up among as many fields. */
static void fields_of_elements(void **state) {
  (void)state;
  for (size_t i = 0; i < FIELDS; i++) {
    snprintf(paths[i], sizeof paths[i], i % 2 ? "[%zu].a[].b" : "[%zu].a[0].b", i);
    fields[i] = (struct field){ .path = paths[i], .type = FIELD_STRING };
  }
  tries("elements", "[", "{}", "]");
  tries("elements of the first element", "[{\"a\":[", "{}", "]}]");
  tries("members of elements", "[", "{\"a\":[{\"b\":1}]}", "]");
  make_operation();
}

/* Where each field is in lists that may have one element. */
static void elements_of_xml(void **state) {
  (void)state;
  operation.format = FORMAT_XML;
  for (size_t i = 0; i < FIELDS; i++) {
    snprintf(paths[i], sizeof paths[i], i % 2 ? "r.a[].b.c%zu[]" : "r.a[%zu].b[]", i);
    fields[i] = (struct field){ .path = paths[i], .type = FIELD_STRING };
  }
  tries("elements of XML", "<r>", "<a/>", "</r>");
  tries("elements of XML with one other", "<r>", "<a><b><c1>1</c1></b></a>", "</r>");
  tries("other elements of XML", "<r>", "<a%zu>1</a%zu>", "</r>");
  operation.format = FORMAT_JSON;
  make_operation();
}

static void secrets(void **state) {
  (void)state;
  tries("short secrets in a list", "{\"field0\":[", "\"%zu\"", "]}");
  tries("secrets by name", "{\"a\":[", "{\"field0\":\"%zu\"}", "]}");
  tries("secrets by name, as numbers", "{\"a\":[", "{\"field0\":%zu}", "]}");
  tries("secrets and a message", "{\"message\":\"1 22 333 4444 55555 666666 7777777 88888888\",\"a\":[", "{\"field0\":\"%zu\"}", "]}");
}

static void texts(void **state) {
  (void)state;
  static const char *const pieces[] = { "\\u0031", "1", "1 ", "1-", "%31", "*", "\\\\", "4111 1111 1111 111", "a1+" };
  for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
    struct buf body;
    char what[64];
    buf_init(&body, SIZE);
    buf_add_string(&body, "{\"field0\":[\"1\",\"11\",\"1111111\",\"411111\"],\"error\":{\"code\":\"1\"},\"message\":\"");
    while (body.len + 64 < SIZE)
      buf_add_string(&body, pieces[i]);
    buf_add_string(&body, "\"}");
    assert_false(body.failed);
    snprintf(what, sizeof what, "a message of '%s'", pieces[i]);
    reads(what, &body);
    buf_free(&body);
  }
}

static int set_up(void **state) {
  (void)state;
  json_setup();
  make_operation();
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(members),         cmocka_unit_test(lists),   cmocka_unit_test(fields_of_elements),
    cmocka_unit_test(elements_of_xml), cmocka_unit_test(secrets), cmocka_unit_test(texts),
  };
  return cmocka_run_group_tests(tests, set_up, NULL);
}
