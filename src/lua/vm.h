/* The engine of a VM, which runs the calls that its own thread waits for. */
#ifndef CARDS_LUA_VM_H
#define CARDS_LUA_VM_H

#include "http/engine.h"
#include "lua/binding.h"

/* It is there until the VM's memory is: a call that is collected after the engine was freed finds none here, and its job ended. */
struct vm {
  struct engine *engine; /* NULL before the first call and after the last */
  bool is_closing;
  bool handles_interrupts; /* the host had a handler for SIGINT when the engine was made */
};

/* Makes its place when the module is opened. */
void vm_open(lua_State *L);
/* With its engine; a forked child has one of its own. An error where there can be none. */
struct vm *vm_get(lua_State *L);

#endif
