/* A call as userdata: made of a client and parameters, started, its result read once. Everything that calls goes through it. */
#ifndef CARDS_LUA_JOB_H
#define CARDS_LUA_JOB_H

#include "http/iothread.h"
#include "lua/binding.h"
#include "lua/vm.h"

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
  /* what is known of the job once its result was read */
  int status, attempts;
  bool reused;
  double seconds;
  struct job_times times;
  size_t bytes_in, bytes_out;
};

/* Pushes a call that has no job yet; its job is freed with it. */
struct call *call_push(lua_State *L);
/* Makes room for so many tags in the table at the index, so that none is lost for want of memory once its job was taken. */
void call_make_room(lua_State *L, int index, int tags);
/* The script is told that the job is done. */
void call_mark_unread(struct call *call);
/* Hands the job to the I/O thread (src/lua/thread.c). False where there is no room, with the job's error set. */
bool call_hand_over(lua_State *L, struct call *call);
/* Pushes the record, or nil and the error, and lets go of the job, which is done. Returns the count. */
int call_push_result(lua_State *L, struct call *call);

#endif
