/* Mappings, policies and the files of both, and what they make of providers' records, from Lua: see spec/fuzz/mapping.lua. */
#include "vm.h"

int LLVMFuzzerInitialize(int *argc, char ***argv) {
  (void)argc;
  (void)argv;
  vm_start("spec/fuzz/mapping.lua");
  return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  vm_run(data, size);
  return 0;
}
