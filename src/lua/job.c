/* A call as userdata: made from a client and parameters, run by the VM's own engine, read once. */
#include <signal.h>
#include <string.h>

#include "http/clock.h"
#include "lua/input.h"
#include "lua/job.h"
#include "lua/vm.h"
#include "secret/stack.h"

struct box *job_new_box(lua_State *L) {
  struct box *box = lua_newuserdata(L, sizeof *box);
  memset(box, 0, sizeof *box);
  luaL_getmetatable(L, JOB_TYPE);
  lua_setmetatable(L, -2);
  return box;
}

/* What was sent before may be repeated by the answer, too. */
static bool hide_former(lua_State *L, struct job *job, int former) {
  bool ok = true;
  for (lua_pushnil(L); ok && lua_next(L, former); lua_pop(L, 1)) {
    const struct secret *secret = binding_to_secret(L, -1);
    size_t len = 0;
    const char *text = lua_type(L, -1) == LUA_TSTRING ? lua_tolstring(L, -1, &len) : NULL;
    if (secret && secret_state(secret) == SECRET_OPEN)
      ok = scrub_add(&job->request.scrub, secret->bytes, secret->len);
    else if (text)
      ok = scrub_add(&job->request.scrub, text, len);
  }
  return ok;
}

/* Makes the job of the input in the box. Returns 0, or the count of results of a refusal. */
static int fill_box(lua_State *L, struct box *box, const struct input *input) {
  const char *what, *why;
  if (binding_refuses_memory(input->client->settings, &what, &why))
    return binding_refuse(L, input->client->provider->name, input->operation->name, "memory is \"strict\", and secrets are not protected: %s: %s",
                          what, why);
  struct job *job = box->job = job_new(input->client->provider, input->operation, input->client->settings);
  if (!job) return luaL_error(L, "cards: memory is used up");
  if (lua_isnumber(L, input->started)) job->started = lua_tonumber(L, input->started);
  job->deadline = job->started + input_option(L, input, "timeout", job->settings->timeout);
  job->connect_timeout = input_option(L, input, "connect_timeout", job->connect_timeout);
  job->retries = (int)input_option(L, input, "retries", job->retries);
  job->max_response_bytes = (size_t)input_option(L, input, "max_response_bytes", (lua_Number)job->max_response_bytes);
  box->signed_here = input->key.bytes != NULL;
  if (lua_istable(L, input->former) && !hide_former(L, job, input->former)) return luaL_error(L, "cards: memory is used up");
  if (request_build(&job->request, input->operation, &job->settings->base, input->values, input->key, input->headers, input->header_count,
                    &job->error))
    return 0;
  job->error.attempts = 0;
  lua_pushnil(L);
  binding_push_error(L, &job->error, job->provider->name, job->operation->name);
  job_free(job);
  box->job = NULL;
  return 2;
}

/* core.job(client, operation, params, options, credentials, started, former): a job that is ready to run, or nil, error. former are credentials that may not show either. */
static int new_job(lua_State *L) {
  struct input input;
  if (secret_arena_is_tight()) binding_collect(L);
  int refused = input_take(L, &input, true);
  if (refused) return refused;
  struct box *box = job_new_box(L);
  refused = fill_box(L, box, &input);
  return refused ? refused : 1;
}

struct box *job_check(lua_State *L) {
  return luaL_checkudata(L, 1, JOB_TYPE);
}

/* The lua program answers Ctrl-C by taking its handler away and setting a hook on its main thread, which runs as soon as this function returns there. */
static bool was_interrupted(lua_State *L, lua_Hook hook, const struct vm *vm) {
  struct sigaction now;
  if (lua_gethook(L) != hook) return true;
  return vm->handles_interrupts && sigaction(SIGINT, NULL, &now) == 0 && now.sa_handler == SIG_DFL;
}

#define LONGEST_WAIT 0.5 /* seconds; a signal that comes just before the wait does not end it */

/* Runs the engine until the job is done. */
static void run(lua_State *L, struct box *box) {
  const struct vm *vm = vm_get(L);
  struct engine *engine = vm->engine;
  lua_Hook hook = lua_gethook(L);
  struct job *job = box->job;
  if (job->state == JOB_NEW) {
    box->engine = engine;
    engine_submit(engine, job);
  }
  while (job->state != JOB_DONE) {
    if (!engine_step(engine, LONGEST_WAIT) && was_interrupted(L, hook, vm)) engine_cancel(engine, job, ERROR_CANCELLED, "interrupted");
  }
  engine_take(engine, job);
}

static int submit_box(lua_State *L, struct box *box, lua_Number tag) {
  box->tag = tag;
  box->engine = vm_get(L)->engine;
  box->job->owner = box;
  engine_submit(box->engine, box->job);
  return 1;
}

/* job:submit(tag): starts the job without waiting; core.done returns the tag, a number, once when it is done */
static int submit(lua_State *L) {
  struct box *box = job_check(L);
  if (!box->job || box->job->state != JOB_NEW || box->channel) return luaL_error(L, "the job was submitted already");
  return submit_box(L, box, luaL_checknumber(L, 2));
}

#define DONE_AT_ONCE 64 /* jobs; core.done has the others when it is asked again */

void job_make_room(lua_State *L, int index, int tags) {
  luaL_checktype(L, index, LUA_TTABLE);
  for (int i = (int)lua_rawlen(L, index) + 1; i <= tags; i++) {
    lua_pushnumber(L, 0);
    lua_rawseti(L, index, i);
  }
}

/* core.done(table, seconds): the tags of submitted jobs that are done, in the table from 1 on, waiting so long for the first; returns how many */
static int done(lua_State *L) {
  struct engine *engine = vm_get(L)->engine;
  lua_Number seconds = luaL_checknumber(L, 2);
  job_make_room(L, 1, DONE_AT_ONCE);
  struct job *job = engine_done(engine);
  if (!job) {
    engine_step(engine, seconds);
    job = engine_done(engine);
  }
  int count = 0;
  while (job) {
    struct box *box = job->owner;
    job_told(box);
    lua_pushnumber(L, box->tag);
    lua_rawseti(L, 1, ++count);
    job = count < DONE_AT_ONCE ? engine_done(engine) : NULL;
  }
  lua_pushinteger(L, count);
  return 1;
}

static bool is_lost(const struct box *box) {
  return box->channel ? channel_is_foreign(box->channel) : box->engine && engine_is_foreign(box->engine);
}

/* job:wait() */
static int wait(lua_State *L) {
  struct box *box = job_check(L);
  if (box->channel) return luaL_error(L, "the I/O thread has the job");
  if (box->job && !is_lost(box)) run(L, box);
  return 0;
}

/* job:lost(): true where this process was forked while the job was under way: it is its parent's, and result() says so */
static int lost(lua_State *L) {
  lua_pushboolean(L, is_lost(job_check(L)));
  return 1;
}

/* Jobs that the script was told of and has not read yet, and what their results will leave on the stack. */
static __thread size_t unread;
static __thread enum stack_depth depth;

void job_told(struct box *box) {
  box->unread = true;
  unread++;
}

/* Of many jobs that were told of together only the last one wipes the stack. */
static void wipe_after(struct box *box, enum stack_depth needed) {
  if (needed > depth) depth = needed;
  if (box->unread) unread--;
  box->unread = false;
  if (unread) return;
  stack_wipe(depth);
  depth = STACK_SHALLOW;
}

/* What belongs to the process that this one was forked from is left as it is. */
static void release(struct box *box) {
  struct job *job = box->job;
  box->job = NULL;
  if (!job) return;
  if (box->channel) {
    if (!channel_is_foreign(box->channel)) channel_give_up(box->channel, job);
    box->channel = NULL;
    return;
  }
  if (box->engine) {
    if (engine_is_foreign(box->engine)) return;
    engine_cancel(box->engine, job, ERROR_CANCELLED, "given up");
    engine_take(box->engine, job);
  }
  job_free(job);
}

int job_push_result(lua_State *L, struct box *box) {
  struct job *job = box->job;
  int count = job->record ? 1 : 2;
  box->status = job->status;
  box->attempts = job->attempts;
  box->reused = job->reused;
  box->seconds = job->finished - job->started;
  box->times = job->times;
  box->bytes_in = job->bytes_in;
  box->bytes_out = job->bytes_out;
  if (job->record) {
    binding_push_record(L, job->record, job->provider, job->operation);
  } else {
    lua_pushnil(L);
    binding_push_error(L, &job->error, job->provider->name, job->operation->name);
  }
  bool quiet = count == 1 && box->reused && !box->signed_here;
  release(box);
  wipe_after(box, quiet ? STACK_SHALLOW : STACK_DEEP);
  return count;
}

/* Pushes nil and an error of that kind, and lets go of the job, whatever it is doing. */
static int give_up(lua_State *L, struct box *box, enum error_kind kind, const char *message) {
  const struct provider *provider = box->job->provider;
  const struct operation *operation = box->job->operation;
  struct error error;
  error_set(&error, kind, "%s", message);
  error.retryable = kind != ERROR_CANCELLED && operation->safe;
  lua_pushnil(L);
  binding_push_error(L, &error, provider->name, operation->name); /* before the job goes, and its provider maybe with it */
  release(box);
  wipe_after(box, STACK_DEEP);
  return 2;
}

/* job:result(): the record, or nil and the error; once */
static int result(lua_State *L) {
  struct box *box = job_check(L);
  if (box->job && is_lost(box)) return give_up(L, box, ERROR_CANCELLED, "this process was forked while the call was under way");
  if (!box->job || box->channel || box->job->state != JOB_DONE) return luaL_error(L, "the job is not done, or its result was read already");
  return job_push_result(L, box);
}

/* job:cancel(kind, message): gives the job up, whatever it is doing; returns nil and the error, of kind "cancelled", "timeout" or "busy" */
static int cancel(lua_State *L) {
  static const char *const names[] = { "cancelled", "timeout", "busy", NULL };
  static const enum error_kind kinds[] = { ERROR_CANCELLED, ERROR_TIMEOUT, ERROR_BUSY };
  struct box *box = job_check(L);
  if (!box->job) return luaL_error(L, "the job's result was read already");
  enum error_kind kind = kinds[luaL_checkoption(L, 2, NULL, names)];
  return give_up(L, box, kind, luaL_checkstring(L, 3));
}

/* Is the client at index 1 one of that provider, and a plain one? The client of an earlier definition may not have the operation. */
static bool is_plain(lua_State *L, int provider) {
  const struct client *client = lua_type(L, 1) == LUA_TUSERDATA ? luaL_testudata(L, 1, CLIENT_TYPE) : NULL;
  return client && client->plain && strcmp(client->provider->name, luaL_checkstring(L, provider)) == 0 &&
         (!client->provider->owner || provider_operation(client->provider, luaL_checkstring(L, 2)));
}

int job_make_plain(lua_State *L, struct box **made) {
  struct input input;
  if (!is_plain(L, 5)) {
    lua_pushboolean(L, 0);
    return 1;
  }
  if (secret_arena_is_tight()) binding_collect(L);
  struct box *box = lua_isnil(L, 4) ? NULL : luaL_checkudata(L, 4, JOB_TYPE);
  int refused = input_take(L, &input, true);
  if (refused) return refused;
  if (box && !box->job) { /* else an error came between it and its result */
    memset(box, 0, sizeof *box);
    lua_pushvalue(L, 4);
  } else {
    box = job_new_box(L);
  }
  *made = box;
  return fill_box(L, box, &input);
}

/* core.submit(client, operation, params, job or nil, provider name, nil, tag): what core.job and job:submit do together, for a client of that provider without functions to
 * call, using a job again if its result was read. Returns the job; nil and an error; or false for any other client. */
static int submit_plain(lua_State *L) {
  struct box *box = NULL;
  int refused = job_make_plain(L, &box);
  return refused ? refused : submit_box(L, box, lua_tonumber(L, 7));
}

/* core.call(client, operation, params, provider name): what job, wait and result do together, for the same clients; false for any other */
static int call(lua_State *L) {
  static const char box_key; /* its address is the key of the VM's own box in the registry */
  struct input input;
  if (!is_plain(L, 4)) {
    lua_pushboolean(L, 0);
    return 1;
  }
  lua_settop(L, 3);
  if (secret_arena_is_tight()) binding_collect(L);
  int refused = input_take(L, &input, true);
  if (refused) return refused;
  compat_rawgetp(L, LUA_REGISTRYINDEX, &box_key);
  struct box *box = lua_touserdata(L, -1);
  if (!box || box->job) { /* the first call, or one inside of another: in a finalizer, say */
    box = job_new_box(L);
    lua_pushvalue(L, -1);
    compat_rawsetp(L, LUA_REGISTRYINDEX, &box_key);
  }
  refused = fill_box(L, box, &input);
  if (refused) return refused;
  run(L, box);
  return job_push_result(L, box);
}

static void set_number(lua_State *L, const char *key, lua_Number value) {
  lua_pushnumber(L, value);
  lua_setfield(L, 2, key);
}

static void set_count(lua_State *L, const char *key, size_t value) {
  compat_push_integer(L, (int64_t)value);
  lua_setfield(L, 2, key);
}

/* job:facts(event): sets the fields of the event that are known of the call; after result() */
static int facts(lua_State *L) {
  struct box *box = job_check(L);
  luaL_checktype(L, 2, LUA_TTABLE);
  lua_settop(L, 2);
  if (box->status) set_count(L, "status", (size_t)box->status);
  set_count(L, "attempts", (size_t)box->attempts);
  lua_pushboolean(L, box->reused);
  lua_setfield(L, 2, "reused");
  set_number(L, "seconds", box->seconds);
  set_number(L, "resolve", box->times.resolve);
  set_number(L, "connect", box->times.connect);
  set_number(L, "tls", box->times.tls);
  if (box->times.first_byte > 0) set_number(L, "first_byte", box->times.first_byte);
  set_count(L, "bytes_in", box->bytes_in);
  set_count(L, "bytes_out", box->bytes_out);
  return 0;
}

static int collect(lua_State *L) {
  struct box *box = job_check(L);
  release(box);
  if (box->unread) wipe_after(box, STACK_DEEP);
  return 0;
}

static int now(lua_State *L) {
  lua_pushnumber(L, clock_now());
  return 1;
}

void binding_open_job(lua_State *L) {
  static const luaL_Reg methods[] = { { "submit", submit }, { "wait", wait },   { "result", result }, { "cancel", cancel },
                                      { "lost", lost },     { "facts", facts }, { NULL, NULL } };
  static const luaL_Reg functions[] = { { "check", input_check }, { "clean", input_clean }, { "number", input_number },
                                        { "job", new_job },       { "call", call },         { "submit", submit_plain },
                                        { "done", done },         { "now", now },           { NULL, NULL } };
  vm_open(L);
  luaL_newmetatable(L, JOB_TYPE);
  luaL_newlib(L, methods);
  lua_setfield(L, -2, "__index");
  lua_pushcfunction(L, collect);
  lua_setfield(L, -2, "__gc");
  lua_pushliteral(L, JOB_TYPE);
  lua_setfield(L, -2, "__metatable");
  lua_pop(L, 1);
  luaL_setfuncs(L, functions, 0);
}
