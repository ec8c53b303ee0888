/* A call as userdata. */
#ifndef CARDS_BINDING_JOB_H
#define CARDS_BINDING_JOB_H

#include "../engine/engine.h"
#include "../engine/iothread.h"
#include "binding.h"

struct box {
  struct job *job;         /* NULL once the result was read */
  struct engine *engine;   /* where it was submitted */
  struct channel *channel; /* while an I/O thread has it: then nothing of the job may be looked at */
  lua_Number tag;          /* the script's, for finding its own again */
  /* what is known of the job once its result was read */
  int status, attempts;
  bool reused, signed_here;
  double seconds;
};

struct box *job_check(lua_State *L);

#endif
