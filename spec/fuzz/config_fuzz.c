/* Configurations of clients, and parameters and options of calls that are not sent, from Lua: see spec/fuzz/config.lua. */
#include "vm.h"

int LLVMFuzzerInitialize(int *argc, char ***argv) {
  (void)argc;
  (void)argv;
  vm_start("spec/fuzz/config.lua");
  return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  vm_run(data, size);
  return 0;
}
