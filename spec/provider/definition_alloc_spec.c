/* src/provider/definition: a provider on the heap lives as long as somebody holds it, whichever thread lets go last, and nothing is lost where an allocation fails. */
#define _GNU_SOURCE 1
#include <pthread.h>
#include <string.h>

#include "give.h"
#include "http/job.h"
#include "provider/definition.h"
#include "provider/response.h"
#include "scenarios.h"
#include "json/json.h"

static struct settings *settings;

static int set_up(void **state) {
  (void)state;
  const char *why;
  json_setup();
  settings = settings_new();
  return settings && (settings->base_url = pool_strdup("https://host.example")) && settings_finish(settings, &why) ? 0 : -1;
}

static int tear_down(void **state) {
  (void)state;
  settings_unref(settings);
  return 0;
}

static struct part *add_parts(struct definition *definition, size_t count) {
  struct part *parts = definition_alloc(definition, count, sizeof *parts);
  if (!parts) return NULL;
  parts[0] =
      (struct part){ .name = "user", .wire = "Authorization", .source = FROM_CREDENTIAL, .into = INTO_HEADER, .basic = true, .password = "password" };
  parts[1] = (struct part){ .name = "password", .source = FROM_CREDENTIAL, .into = INTO_NOTHING };
  parts[2] = (struct part){ .name = definition_string(definition, "n", 1), .type = PART_INTEGER, .into = INTO_BODY };
  return parts[2].name ? parts : NULL;
}

/* One operation, whose strings and tables all are the definition's. NULL when memory is used up. */
static struct definition *define(void) {
  struct definition *definition = definition_new();
  if (!definition) return NULL;
  struct operation *operation = definition_alloc(definition, 1, sizeof *operation);
  struct field *fields = definition_alloc(definition, 2, sizeof *fields);
  struct part *parts = add_parts(definition, 3);
  char *large = definition_alloc(definition, 1, 9000);
  const char *name = definition_string(definition, "acme!", 4), *show = definition_string(definition, "show", 4);
  const char *pan = definition_string(definition, "items[].pan", 11), *tag = definition_string(definition, "tags[]", 6);
  if (!operation || !fields || !parts || !large || !name || !show || !pan || !tag) {
    definition_unref(definition);
    return NULL;
  }
  memset(large, 'x', 9000);
  fields[0] = (struct field){ .path = pan, .type = FIELD_PAN };
  fields[1] = (struct field){ .path = tag, .type = FIELD_STRING };
  *operation = (struct operation){
    .name = show, .method = "POST", .path = "/", .root = "", .parts = parts, .part_count = 3, .fields = fields, .field_count = 2
  };
  definition->provider.name = name;
  definition->provider.operations = operation;
  definition->provider.operation_count = 1;
  return definition;
}

static struct job *make_job(const struct provider *provider) {
  struct value values[] = { { "us", 2 }, { "pw", 2 }, { "12", 2 } };
  struct job *job = job_new(provider, provider->operations, settings);
  if (!job) return NULL;
  if (give_values(&job->request, values) && request_build(&job->request, true, &job->error)) return job;
  job_free(job);
  return NULL;
}

/* The job is all that holds the definition. */
static struct job *make_last_holder(void) {
  struct definition *definition = define();
  struct job *job = definition ? make_job(&definition->provider) : NULL;
  definition_unref(definition);
  return job;
}

static bool call(void *unused) {
  (void)unused;
  static const char body[] = "{\"items\":[{\"pan\":\"4111111111111111\",\"x\":1},null],\"tags\":[\"a\",\"b\"],\"y\":[{\"z\":\"s\"}]}";
  struct job *job = make_last_holder();
  if (!job) return false;
  struct response response = { .request = &job->request, .status = 200, .body = body, .len = sizeof body - 1 };
  job->record = response_read(&response, &job->error);
  bool ok = job->record && strcmp(job->provider->name, "acme") == 0 && strcmp(job->operation->fields[1].path, "tags[]") == 0;
  job_free(job);
  return ok;
}

static void loses_nothing_where_an_allocation_fails(void **state) {
  (void)state;
  each_allocation_fails(call, NULL);
}

static void *free_job(void *job) {
  job_free(job);
  return NULL;
}

static void is_freed_by_whoever_lets_go_last(void **state) {
  (void)state;
  long blocks = atomic_load(&lent);
  for (int round = 0; round < 200; round++) {
    pthread_t threads[4];
    struct definition *definition = define();
    assert_non_null(definition);
    for (size_t i = 0; i < 4; i++) {
      struct job *job = make_job(&definition->provider);
      assert_non_null(job);
      assert_int_equal(pthread_create(&threads[i], NULL, free_job, job), 0);
    }
    definition_unref(definition);
    for (size_t i = 0; i < 4; i++)
      pthread_join(threads[i], NULL);
  }
  assert_int_equal(atomic_load(&lent), blocks);
}

static void is_aligned_and_zeroed(void **state) {
  (void)state;
  struct definition *definition = definition_new();
  assert_non_null(definition);
  for (size_t size = 0; size < 10000; size += 97) {
    unsigned char *bytes = definition_alloc(definition, 1, size);
    assert_non_null(bytes);
    assert_int_equal((uintptr_t)bytes % 16, 0);
    for (size_t i = 0; i < size; i++)
      assert_int_equal(bytes[i], 0);
    memset(bytes, 0xff, size);
  }
  assert_null(definition_alloc(definition, SIZE_MAX / 2, 16));
  assert_string_equal(definition_string(definition, "abcdef", 3), "abc");
  definition_unref(definition);
  definition_unref(NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(loses_nothing_where_an_allocation_fails),
    cmocka_unit_test(is_freed_by_whoever_lets_go_last),
    cmocka_unit_test(is_aligned_and_zeroed),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
