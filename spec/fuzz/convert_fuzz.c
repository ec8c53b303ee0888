/* Bytes of an answer to what a script gets of it: the record as a Lua table, the neutral card and their masks; see spec/fuzz/convert.lua.
 * The input: a digit for the operation, and the body of a success. */
#include "lua/binding.h"
#include "operations.h"
#include "provider/response.h"
#include "vm.h"

int LLVMFuzzerInitialize(int *argc, char ***argv) {
  (void)argc;
  (void)argv;
  vm_start("spec/fuzz/convert.lua");
  return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct piece rest = { (const char *)data, size };
  const struct provider *provider;
  const struct operation *operation = cut_operation(&rest, &provider);
  struct request request; /* nothing was sent that the answer would have to repeat */
  struct error error;
  static const struct request_base base;
  request_init(&request, operation, &base);
  struct response response = { .request = &request, .status = 200, .body = rest.bytes, .len = rest.len };
  struct record *record = response_read(&response, &error);
  lua_settop(vm, 1);
  lua_pushvalue(vm, 1);
  if (record) {
    binding_push_record(vm, record, provider, operation);
  } else {
    binding_fail_with(vm, &error, provider->name, operation->name);
    lua_remove(vm, -2); /* nil */
  }
  record_free(record);
  request_free(&request);
  vm_call(1);
  return 0;
}
