/* Texts of script files, hostile ones above all, in a state of their own: see spec/fuzz/script.lua. */
#include "vm.h"

int LLVMFuzzerInitialize(int *argc, char ***argv) {
  (void)argc;
  (void)argv;
  vm_start("spec/fuzz/script.lua");
  return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  vm_run(data, size);
  return 0;
}
