/* A call as userdata. */
#ifndef CARDS_LUA_JOB_H
#define CARDS_LUA_JOB_H

#include "http/engine.h"
#include "http/iothread.h"
#include "lua/binding.h"

struct box {
  struct job *job;         /* NULL once the result was read */
  struct engine *engine;   /* where it was submitted */
  struct channel *channel; /* while an I/O thread has it: then nothing of the job may be looked at */
  lua_Number tag;          /* the script's, for finding its own again */
  /* what is known of the job once its result was read */
  int status, attempts;
  bool reused, signed_here;
  double seconds;
  struct job_times times;
  size_t bytes_in, bytes_out;
  bool unread; /* the script was told that it is done */
};

/* Pushes a userdata that frees its job with it; it has none yet. */
struct box *job_new_box(lua_State *L);
struct box *job_check(lua_State *L);
/* Makes room for so many tags in the table at the index, so that none is lost for want of memory once its job was taken. */
void job_make_room(lua_State *L, int index, int tags);
/* The script is told that the job is done. */
void job_told(struct box *box);
/* For (client, operation, params, job or nil, provider name, nil, tag) on the stack: makes the job, in the one given where there is one. Returns 0 with *made set and on top of
 * the stack, or the count of results: false where the client is not plain, nil and an error where something is wrong. */
int job_make_plain(lua_State *L, struct box **made);
/* Pushes the record, or nil and the error, and lets go of the job, which is done. Returns the count. */
int job_push_result(lua_State *L, struct box *box);

#endif
