/* core.job: the one object that every call goes through.
 *
 *   job, private, seconds = core.job(client, provider, operation, parameters, options, left, tag, threaded, trace)
 *   while job:needs() do job:supply(name, value) end       where functions have to give something; private is the client's user value then
 *   job:start(tag, threaded)                               or result() alone, which runs it and blocks
 *   record, err = job:result()
 */
#include "lua/job.h"

#include <string.h>

#include "http/clock.h"
#include "provider/response.h"
#include "secret/pool.h"
#include "secret/stack.h"
#include "text/redact.h"

#define SHOWN_MAX    256 /* bytes of a text of the script's own in an error */
#define LONGEST_WAIT 0.5 /* seconds; a signal that comes just before the wait does not end it */

/* The call at index 1, or an error. */
static struct call *call_check(lua_State *L) {
  return luaL_checkudata(L, 1, JOB_TYPE);
}

static struct call *check_open(lua_State *L) {
  struct call *call = call_check(L);
  if (!call->job) luaL_error(L, "the job's result was read already");
  return call;
}

/* One that is with nobody: before it is started, or done. */
static struct call *check_own(lua_State *L) {
  struct call *call = check_open(L);
  if (call->channel || (call->job->state != JOB_NEW && call->job->state != JOB_DONE)) luaL_error(L, "the job is under way");
  return call;
}

/* Whether this process was forked while the job was under way. */
static bool call_is_lost(const struct call *call) {
  return (call->vm || call->channel) && call->generation != secret_generation();
}

/* --- letting go --- */

/* Counts the end of a call, whose job is still there: each job of a call is let go once, however it ended. What another process has made is counted there. */
static void count(const struct call *call, enum error_kind kind) {
  const struct job *job = call->job;
  if (!call->counts || call->generation != secret_generation()) return;
  double ended = call->channel || job->state != JOB_DONE ? clock_now() : job->finished;
  counts_end(call->counts, kind, call->begun ? ended - job->started : -1);
}

/* Lets the job go, whose call has ended with an error of that kind, or ERROR_NONE. What belongs to the process that this one was forked from is left as it is. */
static void release(struct call *call, enum error_kind kind) {
  struct job *job = call->job;
  bool lost = call_is_lost(call);
  if (job) count(call, kind);
  call->job = NULL;
  if (!job || lost) return;
  if (call->channel) {
    channel_give_up(call->channel, job);
    call->channel = NULL;
    return;
  }
  if (call->vm && call->vm->engine) { /* else it was freed, and has ended its jobs */
    engine_cancel(call->vm->engine, job, ERROR_CANCELLED, "given up");
    engine_take(call->vm->engine, job);
  }
  job_free(job);
}

static int push_failure(lua_State *L, const struct job *job) {
  return binding_fail_with(L, &job->error, job->provider->name, job->operation->name);
}

/* Pushes the record, or nil and the error, and lets go of the job, which is done. Returns the count. */
static int push_result(lua_State *L, struct call *call) {
  struct job *job = call->job;
  int results = 1;
  job_keep_attempt(job, job->finished);
  call->kind = job->error.kind;
  call->attempts = job->attempts;
  call->started = job->started;
  call->seconds = job->finished - job->started;
  call->kept = job->kept;
  call->kept_count = job->kept_count;
  job->kept = NULL;
  call->bytes_in = job->bytes_in;
  call->bytes_out = job->bytes_out;
  if (job->record)
    binding_push_record(L, job->record, job->provider, job->operation);
  else
    results = push_failure(L, job);
  bool quiet = results == 1 && job->reused && !request_renews(&job->request);
  release(call, call->kind);
  vm_wipe_after(call, quiet ? STACK_SHALLOW : STACK_DEEP);
  return results;
}

/* Pushes nil and an error of that kind, and lets go of the job, whatever it is doing. */
static int give_up(lua_State *L, struct call *call, enum error_kind kind, const char *message) {
  const struct operation *operation = call->job->operation;
  struct error error;
  error_set(&error, kind, "%s", message);
  error.retryable = kind != ERROR_CANCELLED && operation->safe;
  int results = binding_fail_with(L, &error, call->job->provider->name, operation->name); /* before the job goes, and its provider maybe with it */
  release(call, kind);
  vm_wipe_after(call, STACK_DEEP);
  return results;
}

/* The job was never sent: its error, and nothing of it is left. */
static int refuse(lua_State *L, struct call *call) {
  call->job->error.attempts = call->job->attempts;
  int results = push_failure(L, call->job);
  release(call, call->job->error.kind);
  return results;
}

/* --- what functions have to give --- */

/* Where what a source of that name gives goes, from that place on; -1 where the operation has no use for it. */
static int place_of(const struct job *job, const char *name, size_t from) {
  for (size_t i = from; i < job->operation->part_count; i++) {
    const struct part *part = &job->operation->parts[i];
    const char *function = part->making ? part->making->function : NULL;
    if (request_leaves_out(&job->request, part)) continue;
    if ((part->source == FROM_CREDENTIAL || part->source == FROM_MAKING) && strcmp(part->name, name) == 0) return (int)i;
    if (function && strcmp(function, name) == 0) return (int)i;
  }
  return -1;
}

/* Pushes the name of the first source from `from` on, or that signs, for which the operation has a use, and returns its place in the list; 0 with nothing pushed where there is none.
 * private is the stack index of the client's user value. */
static int find_source(lua_State *L, const struct job *job, int private, int from, bool signing_only) {
  lua_getfield(L, private, "sources");
  for (int i = from;; i++) {
    lua_rawgeti(L, -1, i);
    if (lua_isnil(L, -1)) break;
    lua_getfield(L, -1, "signs");
    lua_getfield(L, -2, "name");
    if ((!signing_only || lua_toboolean(L, -2)) && place_of(job, lua_tostring(L, -1), 0) >= 0) return i;
    lua_pop(L, 3);
  }
  lua_pop(L, 2);
  return 0;
}

static void want(struct call *call, bool all) {
  call->next_source = 1;
  call->all_sources = all;
}

/* A job that came back for a signature, or the first 401 of one that functions gave something to, wants more. */
static void want_again(struct call *call) {
  const struct job *job = call->job;
  if (call->next_source || !call->has_sources || job->state != JOB_DONE) return;
  if (job->asking) {
    want(call, false);
  } else if (!job->record && job->error.status == 401 && !call->refused) {
    call->refused = true;
    want(call, true);
  }
}

/* job:needs(): the name of what a function has to give next, and whether that is because the provider has refused what was given before; nothing where nothing is wanted. Whoever
 * cannot give it takes the result. */
static int needs(lua_State *L) {
  struct call *call = call_check(L);
  if (!call->job || call->channel || call_is_lost(call)) return 0;
  want_again(call);
  if (!call->next_source) return 0;
  lua_getuservalue(L, 1);
  call->next_source = find_source(L, call->job, lua_gettop(L), call->next_source, !call->all_sources);
  if (!call->next_source) return 0;
  lua_pushboolean(L, call->refused && call->all_sources);
  return 2;
}

/* job:supply(name, value): a string or secret for what was wanted. True, or nil and an error */
static int supply(lua_State *L) {
  struct call *call = check_own(L);
  const char *name = luaL_checkstring(L, 2);
  int place = place_of(call->job, name, 0);
  luaL_argcheck(L, place >= 0 && call->next_source, 2, "nothing of that name is wanted");
  lua_settop(L, 3);
  for (; place >= 0; place = place_of(call->job, name, (size_t)place + 1)) {
    int refused = input_supply(L, call->job, (size_t)place, name);
    if (refused) return refused;
  }
  call->next_source++;
  call->supplied = true;
  lua_pushboolean(L, 1);
  return 1;
}

/* --- what steps before the call give --- */

/* The part of that name that the caller or a step gives, or that is the same in every request; an error where there is none. */
static size_t check_part(lua_State *L, const struct job *job, bool of_step) {
  const char *name = luaL_checkstring(L, 2);
  for (size_t i = 0; i < job->operation->part_count; i++) {
    const struct part *part = &job->operation->parts[i];
    bool fits = of_step ? part->source == FROM_STEP : part->source != FROM_CREDENTIAL && part->source != FROM_MAKING;
    if (fits && part->name && strcmp(part->name, name) == 0) return i;
  }
  luaL_argerror(L, 2, "no such parameter");
  return 0;
}

/* job:given(name): the value of a parameter, a string, or a secret where it came as one or is sensitive; nil where there is none; or nil and an error */
static int given(lua_State *L) {
  struct call *call = check_own(L);
  const struct request *request = &call->job->request;
  size_t place = check_part(L, call->job, false);
  const struct part *part = &request->operation->parts[place];
  const char *why = NULL;
  struct value value = part->source == FROM_CONSTANT ? (struct value){ part->value, strlen(part->value) } : values_get(&request->values, place);
  if (!value.bytes) return 0;
  if (part->sensitive || request->values.secrets >> place & 1)
    return binding_push_filled(L, secret_init(binding_new_secret(L), SECRET_CREDENTIAL, value.bytes, value.len, &why), why);
  lua_pushlstring(L, value.bytes, value.len);
  return 1;
}

/* job:take(name, value): a string or secret for a parameter that a step gives. True, or nil and an error */
static int take(lua_State *L) {
  struct call *call = check_own(L);
  size_t place = check_part(L, call->job, true);
  lua_settop(L, 3);
  int refused = input_supply(L, call->job, place, lua_tostring(L, 2));
  if (refused) return refused;
  lua_pushboolean(L, 1);
  return 1;
}

/* job:aim(client, url): sends the call to a URL out of an answer, a string or secret. True, or nil and what is wrong with it */
static int aim(lua_State *L) {
  struct call *call = check_own(L);
  struct client *client = luaL_checkudata(L, 2, CLIENT_TYPE);
  lua_settop(L, 3);
  const char *wrong = aim_at(L, client, call->job);
  if (wrong) return binding_fail(L, "%s", wrong);
  lua_getuservalue(L, 2);
  call->job->asks = call->job->asks && find_source(L, call->job, lua_gettop(L), 1, true) != 0; /* what signs may be left out there */
  lua_pushboolean(L, 1);
  return 1;
}

/* --- the request before it is sent --- */

/* Sets a field of the table on top of the stack, to a string or a secret; false where there is no room for a secret. */
static bool set_text(lua_State *L, const char *name, const char *bytes, size_t len, bool secret, const char **why) {
  if (!secret)
    lua_pushlstring(L, bytes, len);
  else if (!secret_init(binding_new_secret(L), SECRET_CREDENTIAL, bytes, len, why))
    return false;
  lua_setfield(L, -2, name);
  return true;
}

/* Whether a credential or a secret is part of the URL, and of the body. */
static void find_secrets(const struct call *call, bool *url, bool *body) {
  const struct operation *operation = call->job->operation;
  const struct values *values = &call->job->request.values;
  *url = call->job->request.target.len > 0; /* an answer's */
  *body = false;
  for (size_t i = 0; i < operation->part_count; i++) {
    const struct part *part = &operation->parts[i];
    bool secret = values_get(values, i).bytes && (part->source == FROM_CREDENTIAL || values->secrets >> i & 1);
    *url = *url || (secret && (part->into == INTO_PATH || part->into == INTO_QUERY));
    *body = *body || (secret && part->into == INTO_BODY);
  }
}

static bool push_preview(lua_State *L, struct call *call, const char **why) {
  const struct job *job = call->job;
  const struct request *request = &job->request;
  const char *target = request->wire.data + request->target_at, *body = request->wire.data + request->head_len;
  bool secret_url, secret_body;
  find_secrets(call, &secret_url, &secret_body);
  struct buf *url = binding_new_buf(L, REQUEST_MAX_TARGET + 4096);
  if (!buf_add_string(url, job->settings->base.site) || !buf_add(url, target, request->target_len)) binding_no_memory(L);
  lua_createtable(L, 0, 5);
  binding_set_string(L, "method", job->operation->method);
  bool ok = set_text(L, "url", buf_string(url), url->len, secret_url, why) && set_text(L, "path", target, request->target_len, secret_url, why) &&
            set_text(L, "body", body, request->wire.len - request->head_len, secret_body, why);
  buf_free(url);
  return ok;
}

/* job:preview(name): the request as the function of that name may see it that signs: { method, url, path, body, payload }. path has the query, payload is what its signature is over,
 * if that is a part of the request. What a secret or a credential is part of is a secret, but for payload. Or nil and an error */
static int preview(lua_State *L) {
  struct call *call = check_own(L);
  struct job *job = call->job;
  const char *name = luaL_checkstring(L, 2), *why = NULL;
  lua_settop(L, 2);
  struct buf *payload = binding_new_buf(L, REQUEST_MAX_BODY);
  bool ok = request_build(&job->request, false, &job->error) && request_payload(payload, &job->request, name, &job->error);
  if (ok && !push_preview(L, call, &why)) {
    error_set(&job->error, ERROR_BUSY, "%s", why);
    job->error.retryable = true;
    ok = false;
  }
  if (ok) {
    lua_pushlstring(L, buf_string(payload), payload->len);
    lua_setfield(L, -2, "payload");
  }
  buf_free(payload);
  stack_wipe(STACK_DEEP);
  return ok ? 1 : push_failure(L, job);
}

/* --- making one --- */

/* A number among the options of the call, or the other one. */
static lua_Number option(lua_State *L, const char *name, lua_Number otherwise) {
  if (!lua_istable(L, INPUT_OPTIONS)) return otherwise;
  lua_getfield(L, INPUT_OPTIONS, name);
  lua_Number value = lua_isnumber(L, -1) ? lua_tonumber(L, -1) : otherwise;
  lua_pop(L, 1);
  return value;
}

static void read_options(lua_State *L, struct job *job) {
  double timeout = option(L, "timeout", job->settings->timeout), left = luaL_optnumber(L, 6, timeout);
  job->deadline = job->started + (left < timeout ? left : timeout);
  job->connect_timeout = option(L, "connect_timeout", job->connect_timeout);
  job->retries = (int)option(L, "retries", job->retries);
  job->max_response_bytes = (size_t)option(L, "max_response_bytes", (lua_Number)job->max_response_bytes);
}

static bool is_listened_to(lua_State *L) {
  if (!lua_istable(L, INPUT_TRACE)) return false;
  lua_getfield(L, INPUT_TRACE, "listens");
  bool listens = lua_toboolean(L, -1);
  lua_pop(L, 1);
  return listens;
}

/* Pushes nil and what is wrong with the client, a string: a mistake of the programmer's. */
static int misuse(lua_State *L, const struct client *client, const char *provider) {
  if (!client || !client->provider)
    return binding_fail(L, "the first argument must be a cards.%s client, not %s", provider, luaL_typename(L, INPUT_CLIENT));
  if (strcmp(client->provider->name, provider) == 0)
    return binding_fail(L, "the client is of another definition of %s, which has no such operation", provider);
  return binding_fail(L, "the first argument must be a cards.%s client, not a cards.%s client", provider, client->provider->name);
}

static int refuse_memory(lua_State *L, const struct client *client, const struct operation *operation) {
  const char *what, *why;
  if (!binding_refuses_memory(client->settings, &what, &why)) return 0;
  return binding_refuse(L, client->provider->name, operation->name, "memory is \"strict\", and secrets are not protected: %s: %s", what, why);
}

/* False with the job's error set where there is no room for it. */
static bool start(lua_State *L, struct call *call, lua_Number tag, bool threaded) {
  struct job *job = call->job;
  call->tag = tag;
  if (call->generation != secret_generation()) call->counts = NULL; /* its beginning was counted in the parent */
  call->generation = secret_generation();
  job->owner = call;
  job->state = JOB_NEW;
  job->asking = false;
  job->supplied = true;
  if (threaded) {
    call->vm = NULL;
    call->begun = vm_hand_over(L, call) || call->begun;
    return call->channel != NULL;
  }
  call->vm = vm_get(L);
  call->begun = true;
  engine_submit(call->vm->engine, job);
  return true;
}

/* From now on the call is counted, however it ends. One that could not be made is counted by who asked for it: see core.refused. */
static void made(struct call *call) {
  call->counts = call->job->counts;
  call->generation = secret_generation();
  if (call->counts) counts_begin(call->counts);
}

/* core.job(client, provider's name, operation, parameters, options, left, tag, threaded, trace): a job whose deadline is `left` seconds from now at most. With a tag it is started at
 * once where functions have to give nothing. trace is nil, or { headers = those of the trace by name, or nil; listens = whether its attempts are wanted }. Returns the job, the
 * client's user value or nil where nothing in Lua has to be called, and the seconds until the deadline; nil and an error; or nil and a string, for a client that is none. */
int core_job(lua_State *L) {
  const struct client *client = binding_to(L, INPUT_CLIENT, CLIENT_TYPE);
  const char *provider = luaL_checkstring(L, 2), *name = luaL_checkstring(L, 3);
  bool is_its = client && client->provider && strcmp(client->provider->name, provider) == 0;
  const struct operation *operation = is_its ? provider_operation(client->provider, name) : NULL;
  lua_Number tag = luaL_optnumber(L, 7, 0);
  bool threaded = lua_toboolean(L, 8);
  if (!operation) return misuse(L, client, provider);
  lua_settop(L, INPUT_TRACE);
  if (secret_arena_is_tight()) binding_collect(L);
  int refused = refuse_memory(L, client, operation);
  if (refused) return refused;
  struct call *call = binding_new(L, JOB_TYPE, sizeof *call);
  int at = lua_gettop(L), private = at + 1;
  struct settings *base = client->bases ? client->bases[operation - client->provider->operations] : NULL;
  struct job *job = call->job = job_new(client->provider, operation, base ? base : client->settings);
  if (!job) return binding_no_memory(L);
  job->request.away = base && strcmp(base->origin, client->settings->origin) != 0;
  job->listened = client->listens || is_listened_to(L);
  read_options(L, job);
  lua_getuservalue(L, INPUT_CLIENT);
  refused = input_take(L, job, private);
  if (refused) {
    release(call, ERROR_INVALID_REQUEST);
    return refused;
  }
  if (!client->uncounted) job->counts = counts_of(client->provider, operation);
  lua_settop(L, private);
  call->has_sources = client->has_sources && (client->held || find_source(L, job, private, 1, false));
  if (call->has_sources) {
    want(call, true);
    job->asks = find_source(L, job, private, 1, true) != 0;
    lua_pushvalue(L, private);
    lua_setuservalue(L, at);
  }
  if (call->has_sources || operation->prepared) {
    if (!request_check(&job->request, &job->error)) return refuse(L, call);
  } else {
    if (!request_build(&job->request, true, &job->error)) return refuse(L, call);
    if (tag > 0 && !start(L, call, tag, threaded)) return refuse(L, call);
  }
  lua_settop(L, private);
  made(call);
  if (client->plain && !job->listened) {
    lua_pushnil(L);
    lua_replace(L, private);
  }
  lua_pushnumber(L, job->deadline - job->started);
  return 3;
}

/* job:start(tag, threaded): starts the job without waiting, or again when all that it needed was given. core.done, or with `threaded` core.take, returns the tag, a number, when it is
 * done. True; or nil and an error, and then it has ended */
static int start_job(lua_State *L) {
  struct call *call = check_own(L);
  lua_Number tag = luaL_checknumber(L, 2);
  if (call->next_source) return luaL_error(L, "the job needs something");
  if (call->job->state == JOB_DONE && !call->supplied) return luaL_error(L, "the job was started already");
  call->supplied = false;
  bool unbuilt = call->has_sources || call->job->operation->prepared;
  if (unbuilt && !request_build(&call->job->request, true, &call->job->error)) return refuse(L, call);
  if (!start(L, call, tag, lua_toboolean(L, 3))) return refuse(L, call);
  lua_pushboolean(L, 1);
  return 1;
}

/* --- waiting --- */

/* Runs the job, and whatever else the VM's engine has, until it is done. */
static void run(lua_State *L, struct call *call) {
  if (call->job->state == JOB_NEW && !call->vm) {
    if (call->next_source) luaL_error(L, "the job needs something");
    start(L, call, 0, false);
  }
  const struct vm *vm = vm_get(L);
  lua_Hook hook = lua_gethook(L);
  while (call->job->state != JOB_DONE) {
    if (engine_step(vm->engine, LONGEST_WAIT)) continue;
    if (lua_gethook(L) != hook || vm_is_interrupted(vm)) engine_cancel(vm->engine, call->job, ERROR_CANCELLED, "interrupted");
  }
  engine_take(vm->engine, call->job);
}

/* job:wait(): blocks until the job is done, starting it where it was not */
static int wait(lua_State *L) {
  struct call *call = check_open(L);
  if (call->channel) return luaL_error(L, "the I/O thread has the job");
  if (!call_is_lost(call)) run(L, call);
  return 0;
}

/* job:result(): the record, or nil and the error, once; waits as job:wait() does */
static int result(lua_State *L) {
  struct call *call = check_open(L);
  if (call_is_lost(call)) return give_up(L, call, ERROR_CANCELLED, "this process was forked while the call was under way");
  wait(L);
  return push_result(L, call);
}

/* job:lost(): true where this process was forked while the job was under way: it is its parent's, and result() says so */
static int lost(lua_State *L) {
  lua_pushboolean(L, call_is_lost(call_check(L)));
  return 1;
}

/* job:cancel(kind, message): gives the job up, whatever it is doing; returns nil and the error, of that kind */
static int cancel(lua_State *L) {
  struct call *call = check_open(L);
  enum error_kind kind = error_kind_of(luaL_checkstring(L, 2));
  luaL_argcheck(L, kind != ERROR_NONE, 2, "no kind of error");
  return give_up(L, call, kind, luaL_checkstring(L, 3));
}

/* job:uncount(): the call did not end with the result of this job, which was read: another job goes on with it */
static int uncount(lua_State *L) {
  struct call *call = call_check(L);
  if (call->counts) counts_undo(call->counts, call->kind, call->seconds);
  call->counts = NULL;
  return 0;
}

static int collect(lua_State *L) {
  struct call *call = call_check(L);
  release(call, ERROR_CANCELLED);
  pool_free(call->kept);
  call->kept = NULL;
  if (call->unread) vm_wipe_after(call, STACK_DEEP);
  return 0;
}

/* Takes the values of a table by the names of parts that are not sent: keys. Pops it. */
static void take_keys(lua_State *L, struct job *job) {
  for (size_t i = 0; lua_istable(L, -1) && i < job->operation->part_count; i++) {
    const struct part *part = &job->operation->parts[i];
    size_t len;
    if (part->into != INTO_NOTHING || !part->name) continue;
    lua_getfield(L, -1, part->name);
    const char *bytes = binding_bytes(L, -1, &len);
    bool fits = !bytes || values_set(&job->request.values, i, bytes, len);
    lua_pop(L, 1);
    if (!fits) binding_no_memory(L);
  }
  lua_pop(L, 1);
}

/* Has the job read an answer to a request that was never sent, whose body is the string or secret at the index, and pushes what the operation returns for it. */
static int read_unsent(lua_State *L, struct call *call, int index, bool plain, bool bare) {
  struct job *job = call->job;
  size_t len;
  const char *body = binding_check_bytes(L, index, &len);
  luaL_argcheck(L, len <= job->max_response_bytes, index, "too long");
  struct response response = { .request = &job->request, .status = job->status, .body = body, .len = len, .plain = plain };
  job->record = bare ? response_read_record(&response, &job->error) : response_read(&response, &job->error);
  job->attempts = job->error.attempts = 1;
  job->began = job->started;
  job->finished = clock_now();
  return push_result(L, call);
}

/* core.read(provider's name or definition, operation, status, body, keys, bare): what the operation would return for such an answer, but that it has to repeat nothing. keys decrypt it:
 * texts or secrets by name; true where what is encrypted stands there in plain text. bare: the body, which may be a secret, is the record alone, as JSON. */
int core_read(lua_State *L) {
  lua_settop(L, 6);
  struct call *call = binding_new(L, JOB_TYPE, sizeof *call);
  const struct provider *provider = binding_to_provider(L, 1);
  luaL_argcheck(L, provider, 1, "no such provider");
  const struct operation *operation = provider_operation(provider, luaL_checkstring(L, 2));
  luaL_argcheck(L, operation, 2, "no such operation");
  lua_Number status = luaL_checknumber(L, 3);
  luaL_argcheck(L, status >= 100 && status <= 599, 3, "no status of HTTP");
  struct settings *settings = settings_new();
  struct job *job = call->job = settings ? job_new(provider, operation, settings) : NULL;
  settings_unref(settings); /* the job has its own reference */
  if (!job) return binding_no_memory(L);
  job->status = (int)status;
  lua_pushvalue(L, 5);
  take_keys(L, job);
  return read_unsent(L, call, 4, lua_isboolean(L, 5) && lua_toboolean(L, 5), lua_toboolean(L, 6));
}

/* job:answer(body): the record that the call returns for that record alone, a string or secret with its JSON; or nil and the error. The job was never sent: see core.hold. */
static int answer(lua_State *L) {
  struct call *call = check_own(L);
  call->job->status = 200;
  return read_unsent(L, call, 2, true, true);
}

/* --- what is known of it --- */

/* Pushes a number, nil for 0. */
static void push_known(lua_State *L, double number) {
  if (number > 0)
    lua_pushnumber(L, number);
  else
    lua_pushnil(L);
}

/* job:attempt(n): what is known of the nth attempt of a job that is listened to, after result(): began, ended, reused, resolve, connect, tls, sent, first_byte, status, kind, code,
 * request_id; nothing where there was none. No table, as lua/cards/client/events.lua makes an event of it and more */
static int attempt(lua_State *L) {
  const struct call *call = call_check(L);
  lua_Number n = luaL_checknumber(L, 2);
  if (!(n >= 1 && n <= call->kept_count)) return 0;
  const struct job_attempt *kept = &call->kept[(int)n - 1];
  const struct job_times *times = &kept->times;
  lua_pushnumber(L, kept->began);
  lua_pushnumber(L, kept->ended);
  lua_pushboolean(L, kept->reused);
  lua_pushnumber(L, times->resolve);
  lua_pushnumber(L, times->connect);
  lua_pushnumber(L, times->tls);
  push_known(L, times->sent);
  push_known(L, times->first_byte);
  if (kept->status)
    compat_push_integer(L, kept->status);
  else
    lua_pushnil(L);
  lua_pushstring(L, kept->kind != ERROR_NONE ? error_kind_name(kept->kind) : NULL);
  lua_pushstring(L, kept->code[0] ? kept->code : NULL);
  lua_pushstring(L, kept->request_id[0] ? kept->request_id : NULL);
  return 12;
}

/* job:facts(): what is known of the whole call, after result(): when it began, on the clock of core.now; how many attempts it made; its seconds; the bytes that came in and went out */
static int facts(lua_State *L) {
  const struct call *call = call_check(L);
  lua_pushnumber(L, call->started);
  compat_push_integer(L, call->attempts);
  lua_pushnumber(L, call->seconds);
  compat_push_integer(L, (int64_t)call->bytes_in);
  compat_push_integer(L, (int64_t)call->bytes_out);
  return 5;
}

/* job:left(): seconds until its deadline, not below 0 */
static int left(lua_State *L) {
  struct call *call = check_open(L);
  double seconds = call->job->deadline - clock_now();
  lua_pushnumber(L, seconds > 0 ? seconds : 0);
  return 1;
}

/* job:redact(text): a text of the script's own as it may stand in an error of this call: without its values, and without what may be a secret */
static int redact(lua_State *L) {
  struct call *call = check_own(L);
  size_t len;
  const char *text = luaL_checklstring(L, 2, &len);
  struct buf *shown = binding_new_buf(L, SHOWN_MAX + 3);
  bool ok = redact_text(request_redact(&call->job->request), shown, text, len, SHOWN_MAX);
  lua_pushstring(L, ok ? buf_string(shown) : "it failed");
  buf_free(shown);
  return 1;
}

void binding_open_job(lua_State *L) {
  static const luaL_Reg metamethods[] = { { "__gc", collect }, { NULL, NULL } };
  static const luaL_Reg methods[] = { { "needs", needs },     { "supply", supply },   { "preview", preview }, { "given", given },
                                      { "take", take },       { "aim", aim },         { "start", start_job }, { "wait", wait },
                                      { "result", result },   { "cancel", cancel },   { "lost", lost },       { "left", left },
                                      { "facts", facts },     { "attempt", attempt }, { "redact", redact },   { "answer", answer },
                                      { "uncount", uncount }, { NULL, NULL } };
  binding_type(L, JOB_TYPE, metamethods, methods);
}
