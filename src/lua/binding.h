/* What the files of the binding share. core.X of Lua is core_X in C. */
#ifndef CARDS_LUA_BINDING_H
#define CARDS_LUA_BINDING_H

#include "http/job.h"
#include "lua/compat.h"
#include "provider/error.h"
#include "secret/buf.h"
#include "secret/secret.h"

#define SECRET_TYPE "cards.secret"
#define CLIENT_TYPE "cards.client"
#define JOB_TYPE    "cards.job"
#define ERROR_TYPE  "cards.error"
#define BUF_TYPE    "cards.buf"

/* --- binding.c: types, fields, errors, texts, memory that is used up, buffers --- */

/* Makes the metatable of a type, with the functions in it: metamethods, and methods or NULL. A script sees the type's name in its place. */
void binding_type(lua_State *L, const char *name, const luaL_Reg *metamethods, const luaL_Reg *methods);
/* Pushes a userdata of the type, all zeros. */
void *binding_new(lua_State *L, const char *type, size_t size);
/* The userdata of that type at the index; NULL for anything else. */
void *binding_to(lua_State *L, int index, const char *type);

/* Each sets a field of the table on top of the stack; the first one none where the value is NULL, the third one none where it is false. */
void binding_set_string(lua_State *L, const char *key, const char *value);
void binding_set_boolean(lua_State *L, const char *key, bool value);
void binding_set_true(lua_State *L, const char *key, bool value);
void binding_set_integer(lua_State *L, const char *key, int64_t value);
void binding_set_number(lua_State *L, const char *key, double value);

/* Pushes nil and a string, for what is no error of a call; the format is that of lua_pushfstring. Returns 2. */
int binding_fail(lua_State *L, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Pushes nil and an error table. provider and operation may be NULL. Returns 2. */
int binding_fail_with(lua_State *L, const struct error *error, const char *provider, const char *operation);
/* The same with a new error of kind invalid_request. */
int binding_refuse(lua_State *L, const char *provider, const char *operation, const char *format, ...) __attribute__((format(printf, 4, 5)));

/* The metamethod __concat of what shows itself as a text: a .. b is that text, or the other one's. core.concat is this function. */
int binding_concat(lua_State *L);

/* Raises what Lua itself raises where memory is used up. */
int binding_no_memory(lua_State *L);
/* Whether the error on top of the stack, with the status of a protected call, is that one. Nobody may take it for a mistake of the function that was called. */
bool binding_is_no_memory(lua_State *L, int status);

/* Pushes a userdata that frees the buffer with it, so that an error of Lua's does not: buf_init with that maximum. */
struct buf *binding_new_buf(lua_State *L, size_t max);

/* --- secret.c --- */

/* Pushes a closed secret; its handle is filled in by the caller, and wiped with the userdata. */
struct secret *binding_new_secret(lua_State *L);
/* The handle of a secret userdata, or NULL for anything else; it may be closed. */
struct secret *binding_to_secret(lua_State *L, int index);
/* The bytes of a string or an open secret, and how many; NULL for anything else. They are good until Lua allocates, as a finalizer may close the secret. */
const char *binding_bytes(lua_State *L, int index, size_t *len);
/* The same for an argument of a function, which may be a number, too; raises an error for anything else. */
const char *binding_check_bytes(lua_State *L, int index, size_t *len);
/* Pushes the mask of an open secret with so many first and last characters, as pan_mask has it. */
void binding_push_mask(lua_State *L, const struct secret *secret, size_t first, size_t last);
/* With the secret on top of the stack: that where it is filled, else nil and an error that says why. Returns the count. */
int binding_push_filled(lua_State *L, bool filled, const char *why);
/* Pushes a secret of those bytes, for which garbage is collected where there is no room; or nil and an error that says why. Returns the count. */
int binding_push_secret(lua_State *L, enum secret_class class, const char *bytes, size_t len);
#define SECRET_METHODS "cards.secret.methods" /* where the registry has the methods of secrets, until the gate stands */

/* reveal(secret [, look]): the bytes as a Lua string, or only true where `look` is; or nil and what an error says. Only the gate has this function. */
int binding_reveal(lua_State *L);
/* Collects garbage, as secrets that nobody holds any more still take room. What finalizers raise, which Lua 5.1 to 5.3 would raise here, is lost: bytes may be held meanwhile. */
void binding_collect(lua_State *L);

/* --- memory.c --- */

/* Whether cards.configure { memory = "strict" } forbids a call with these settings: *what protection is missing, and *why; both static. */
bool binding_refuses_memory(const struct settings *settings, const char **what, const char **why);

/* --- define.c --- */

/* The provider that the value at the index (positive) is the name of, or the definition, or a client of; NULL when there is none. The name of a definition is replaced by it, so that
 * the provider lasts as long as the stack. */
const struct provider *binding_to_provider(lua_State *L, int index);

/* Pushes what core.flow returns for the definition at the index (positive), or that of the client; nil for anything else. */
void binding_push_flow(lua_State *L, int index);

/* --- provider.c --- */

/* Pushes the record as a Lua table that knows its operation, and takes its secrets over. */
void binding_push_record(lua_State *L, struct record *record, const struct provider *provider, const struct operation *operation);

/* --- client.c --- */

#define CLIENT_KEPT 8

/* Its user value is the table that lua/cards/client/config.lua calls private: credentials (name -> secret), sources (what functions give), defaults (name -> value), headers. */
struct client {
  const struct provider *provider;
  struct settings *settings;
  struct settings **bases;            /* of each operation, by its place; NULL for those of the client */
  struct settings *kept[CLIENT_KEPT]; /* of origins that answers led to; the oldest is replaced */
  size_t keeps;                       /* how many were ever kept */
  bool has_sources;                   /* functions give credentials or sign; or it is held */
  bool uncounted;                     /* metrics leave its calls out: see core.leave_out, and core.hold */
  bool held;                          /* no call of it is ever sent: see core.hold */
  bool listens;                       /* it has on_event */
  bool plain;                         /* nothing in Lua has to be called for a call */
};

/* --- recipient.c --- */

/* seal_for(recipient, header, secret): a compact JWE of the secret's bytes with the members of `header`, a JSON object, in its protected header; or nil and a phrase that follows the
 * name of what is sealed. Only the gate has this function. */
int binding_seal_for(lua_State *L);

/* --- file/file.c --- */

struct stat;
/* Why a file is none that only this user writes to, static; NULL where it is a regular one. root's may be, too. */
const char *file_foreign(const struct stat *facts);

/* --- what each file makes once for a VM: types, and places in the registry --- */

void binding_open(lua_State *L);        /* first */
void binding_open_secret(lua_State *L); /* puts `secret` into the module's table, which is on top of the stack */
void binding_open_seal(lua_State *L);
void binding_open_client(lua_State *L);
void binding_open_job(lua_State *L);
void binding_open_vm(lua_State *L);
void binding_open_provider(lua_State *L); /* puts `records` there, a table whose fields are the metamethods of records */
void binding_open_define(lua_State *L);
void binding_open_script(lua_State *L); /* puts `script_longest` there, the bytes that core.script takes */
void binding_open_recipient(lua_State *L);
void binding_open_json(lua_State *L);
void binding_open_file(lua_State *L);
void binding_open_log(lua_State *L);
void binding_open_metrics(lua_State *L); /* puts `bounds` there, a list of the upper bounds of the histogram's buckets in seconds */

/* --- the functions of the module: core.c has the list, and each file says what its own do --- */

/* secret.c */
int core_missing(lua_State *L);
int core_secret_in_file(lua_State *L);
/* shared/seal.c */
int core_prepare_seal(lua_State *L);
int core_shared_name(lua_State *L);
int core_shared_key(lua_State *L);
int core_name_with(lua_State *L);
int core_seal(lua_State *L);
int core_unseal(lua_State *L);
int core_seal_with(lua_State *L);
int core_unseal_with(lua_State *L);
/* client.c */
int core_client(lua_State *L);
int core_private(lua_State *L);
int core_hold(lua_State *L);
int core_leave_out(lua_State *L);
/* job.c */
int core_job(lua_State *L);
int core_read(lua_State *L);
/* tree.c */
int core_number(lua_State *L);
int core_tree(lua_State *L);
/* vm.c */
int core_interrupted(lua_State *L);
int core_interrupt_on_term(lua_State *L);
int core_stop_on_signals(lua_State *L);
int core_stopping(lua_State *L);
int core_done(lua_State *L);
int core_take(lua_State *L);
int core_pollfd(lua_State *L);
int core_wake(lua_State *L);
int core_listen(lua_State *L);
int core_accept(lua_State *L);
int core_disconnect(lua_State *L);
int core_limit(lua_State *L);
int core_under_way(lua_State *L);
int core_calls(lua_State *L);
int core_in_use(lua_State *L);
/* guest/descriptor.c */
int core_await(lua_State *L);
int core_forget(lua_State *L);
int core_ready(lua_State *L);
int core_process(lua_State *L);
int core_detach(lua_State *L);
/* guest/certificate.c */
int core_certificate_names(lua_State *L);
int core_authorities(lua_State *L);
/* metrics/metrics.c */
int core_counts(lua_State *L);
int core_refused(lua_State *L);
/* provider.c */
int core_provider(lua_State *L);
int core_providers(lua_State *L);
int core_origin(lua_State *L);
/* define.c */
int core_define(lua_State *L);
int core_flow(lua_State *L);
int core_enter(lua_State *L);
int core_definitions(lua_State *L);
int core_template(lua_State *L);
int core_made(lua_State *L);
int core_algorithms(lua_State *L);
int core_jwe(lua_State *L);
/* map.c */
int core_mapping(lua_State *L);
int core_mapper(lua_State *L);
int core_fits(lua_State *L);
/* mask.c */
int core_masker(lua_State *L);
/* script/script.c */
int core_script(lua_State *L);
int core_script_line(lua_State *L);
/* memory.c */
int core_memory(lua_State *L);
int core_strict(lua_State *L);
/* gate.c */
int core_gate(lua_State *L);
/* recipient.c */
int core_recipient(lua_State *L);
int core_thumbprint(lua_State *L);
/* json.c */
int core_json_decode(lua_State *L);
/* file/file.c */
int core_append(lua_State *L);
int core_replace(lua_State *L);
int core_read_file(lua_State *L);
int core_exec(lua_State *L);
int core_hold_streams(lua_State *L);
/* file/log.c */
int core_log(lua_State *L);
/* binding.c */
int core_error(lua_State *L);

#endif
