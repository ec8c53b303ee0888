/* Methods of secrets, in any order and with any arguments, from Lua: see spec/fuzz/secret.lua. */
#include "vm.h"

int LLVMFuzzerInitialize(int *argc, char ***argv) {
  (void)argc;
  (void)argv;
  vm_start("spec/fuzz/secret.lua");
  return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  vm_run(data, size);
  return 0;
}
