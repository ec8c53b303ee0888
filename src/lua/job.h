/* A call as userdata: made of a client and parameters, started, its result read once. Everything that calls goes through it. job.c makes calls of the parts in input.c and vm.c. */
#ifndef CARDS_LUA_JOB_H
#define CARDS_LUA_JOB_H

#include "http/engine.h"
#include "http/thread/iothread.h"
#include "lua/binding.h"
#include "secret/stack.h"
#include "json/json.h"

/* Its job is freed with it. */
struct call {
  struct job *job;         /* NULL once the result was read */
  struct vm *vm;           /* whose engine has it, or had it until that was freed; NULL where none has */
  struct channel *channel; /* while the I/O thread has it: then nothing of the job may be looked at */
  uint32_t generation;     /* of the process that started it */
  lua_Number tag;          /* the script's, for finding its own again */
  bool has_sources;        /* functions have to give something for it; the client's user value is its own then */
  int next_source;         /* what is wanted next, by its place among the client's sources, from 1 on; 0 when nothing is */
  bool all_sources;        /* all of them are wanted, not only what is made for each attempt */
  bool refused;            /* the provider answered 401 to what was given at first */
  bool supplied;           /* something was given since it was started last */
  bool unread;             /* the script was told that it is done */
  struct counts *counts;   /* where it is counted; NULL before it is made, and for one that is not counted */
  bool begun;              /* it was started */
  /* what is known of the job once its result was read */
  enum error_kind kind;
  int attempts;
  double started, seconds;
  struct job_attempt *kept; /* as of the job; NULL for none */
  int kept_count;
  size_t bytes_in, bytes_out;
};

/* --- input.c: what a script gives for one call, as values of its request: parameters, the client's defaults and credentials, headers --- */

/* Where they are on the stack. */
enum { INPUT_CLIENT = 1, INPUT_PARAMETERS = 4, INPUT_OPTIONS = 5, INPUT_TRACE = 9 };

/* Copies all that the script and the client give for the job into its request. private is the stack index of the client's user value. Returns 0, or the count of results of a refusal,
 * which are on the stack. */
int input_take(lua_State *L, struct job *job, int private);
/* Copies the value at the top of the stack, a string or an open secret, as the part at that place. name is for the refusal. Returns as input_take. */
int input_supply(lua_State *L, struct job *job, size_t place, const char *name);

/* --- tree.c: Lua values as the texts that are sent --- */

/* Writes the number on top of the stack as it is sent. Returns NULL, or what is wrong with it. */
const char *input_number(lua_State *L, bool whole, char text[static JSON_NUMBER_TEXT]);
/* Appends the table on top of the stack, which stays there, as JSON: a list where its keys are 1 to n or `list` is true, with texts, numbers, booleans, secrets and tables in it.
 * Returns NULL, or what is wrong with it; *has_secret is set where a secret is in it. */
const char *input_tree(lua_State *L, struct buf *out, bool list, bool *has_secret);
/* --- aim.c: where a call goes that an answer leads elsewhere --- */

/* Sends the job to the URL on top of the stack, a string or an open secret, where the client may call it. NULL, or what is wrong with it: "leads to a host that ..." */
const char *aim_at(lua_State *L, struct client *client, struct job *job);

/* --- vm.c: what runs the jobs of a VM --- */

/* The engine of a VM, which runs the calls that its own thread waits for. It is there until the VM's memory is: a call that is collected after the engine was freed finds none here,
 * and its job ended. */
struct vm {
  struct engine *engine; /* NULL before the first call and after the last */
  bool is_closing;
  bool has_guests;
  int guests;              /* where `has_guests` is: the epoll of guest/descriptor.c, which the engine watches */
  bool handles_interrupts; /* the host had a handler for SIGINT when the module was opened */
};

/* That of the VM, with its engine; a forked child has one of its own. An error where there can be none. */
struct vm *vm_get(lua_State *L);
/* Whether Ctrl-C was pressed: the lua program answers it by taking its handler away and setting a hook, which raises an error as soon as the function of C's returns. */
bool vm_is_interrupted(const struct vm *vm);
/* Hands the call's job to the I/O thread. False where there is no room, with the job's error set. */
bool vm_hand_over(lua_State *L, struct call *call);
/* Wipes the stack, so deep, behind a call whose result was read. Of many that the script was told of together only the last one does, for all. */
void vm_wipe_after(struct call *call, enum stack_depth depth);

#endif
