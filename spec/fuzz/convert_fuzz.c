/* Bytes of an answer to what a script gets of it: the record as a Lua table, the neutral card and their masks; see spec/fuzz/convert.lua.
 * The input: a digit for the operation, and the body of a success. */
#include "lua/binding.h"
#include "operations.h"
#include "provider/response.h"
#include "vm.h"

static struct settings *settings;

int LLVMFuzzerInitialize(int *argc, char ***argv) {
  (void)argc;
  (void)argv;
  vm_start("spec/fuzz/convert.lua");
  settings = settings_new();
  must(settings != NULL, "no memory");
  return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct piece rest = { (const char *)data, size };
  const struct provider *provider;
  const struct operation *operation = cut_operation(&rest, &provider);
  struct job *job = job_new(provider, operation, settings);
  must(job != NULL, "no memory");
  job->status = 200;
  response_read(job, rest.bytes, rest.len); /* nothing was sent that the answer would have to repeat */
  lua_settop(vm, 1);
  lua_pushvalue(vm, 1);
  if (job->record)
    binding_push_record(vm, job->record, provider, operation);
  else
    binding_push_error(vm, &job->error, provider->name, operation->name);
  job_free(job);
  vm_call(1);
  return 0;
}
