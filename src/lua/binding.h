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

/* Make the metatables of their files, once for each VM. That of secrets puts `secret` into the module's table, which is on top of the stack. */
void binding_open_secret(lua_State *L);
void binding_open_client(lua_State *L);
void binding_open_job(lua_State *L);
void binding_open_vm(lua_State *L); /* the place of its engine */
void binding_open_define(lua_State *L);
void binding_open_convert(lua_State *L);
void binding_open_json(lua_State *L);
void binding_open_out_file(lua_State *L);

/* --- secret --- */

/* Pushes a closed secret; its handle is filled in by the caller, and wiped with the userdata. */
struct secret *binding_new_secret(lua_State *L);
/* The handle of a secret userdata, or NULL for anything else; it may be closed. */
struct secret *binding_to_secret(lua_State *L, int index);
/* Pushes the mask of an open secret with so many first and last characters, as pan_mask has it. */
void binding_push_mask(lua_State *L, const struct secret *secret, size_t first, size_t last);
/* With the secret on top of the stack: that where it is filled, else nil and an error that says why. Returns the count. */
int binding_push_filled(lua_State *L, bool filled, const char *why);

/* Collects garbage, as secrets that nobody holds any more still take room. What finalizers raise, which Lua 5.1 to 5.3 would raise here, is lost: bytes may be held meanwhile. */
void binding_collect(lua_State *L);

/* --- memory that is used up --- */

/* Raises what Lua itself raises then. */
int binding_no_memory(lua_State *L);
/* Whether the error on top of the stack, with the status of a protected call, is that one. Nobody may take it for a mistake of the function that was called. */
bool binding_is_no_memory(lua_State *L, int status);

/* --- buffers --- */

/* Pushes a userdata that frees the buffer with it, so that an error of Lua's does not: buf_init with that maximum. */
struct buf *binding_new_buf(lua_State *L, size_t max);

/* --- convert --- */

/* Pushes the record as a Lua table that knows its operation, and takes its secrets over. */
void binding_push_record(lua_State *L, struct record *record, const struct provider *provider, const struct operation *operation);
/* Pushes an error table. provider and operation may be NULL. */
void binding_push_error(lua_State *L, const struct error *error, const char *provider, const char *operation);
/* Pushes nil and an error of kind invalid_request; returns 2. */
int binding_refuse(lua_State *L, const char *provider, const char *operation, const char *format, ...) __attribute__((format(printf, 4, 5)));

/* --- memory --- */

/* Whether cards.configure { memory = "strict" } forbids a call with these settings: *what protection is missing, and *why; both static. */
bool binding_refuses_memory(const struct settings *settings, const char **what, const char **why);

/* --- providers --- */

/* The provider that the value at the index (positive) is the name of, or the definition, or a client of; NULL when there is none. The name of a definition is replaced by it, so that
 * the provider lasts as long as the stack. */
const struct provider *binding_to_provider(lua_State *L, int index);

/* --- client --- */

struct client {
  const struct provider *provider;
  struct settings *settings;
  bool has_sources; /* functions give credentials or sign */
  bool plain;       /* nothing in Lua has to be called for a call */
};

/* A client's user value is the table that lua/cards/client/config.lua calls private: credentials (name -> secret), sources (what functions give), defaults (name -> value), headers. */

/* --- the functions of the module: core.c has the list of them, and each file says what its own do --- */

/* seal.c */
int core_prepare_seal(lua_State *L);
int core_seal(lua_State *L);
int core_unseal(lua_State *L);
int core_random(lua_State *L);
/* client.c */
int core_client(lua_State *L);
int core_private(lua_State *L);
/* input.c */
int core_number(lua_State *L);
/* job.c */
int core_job(lua_State *L);
int core_now(lua_State *L);
/* vm.c */
int core_done(lua_State *L);
int core_take(lua_State *L);
int core_pollfd(lua_State *L);
int core_wake(lua_State *L);
int core_listen(lua_State *L);
int core_accept(lua_State *L);
int core_disconnect(lua_State *L);
int core_limit(lua_State *L);
int core_calls(lua_State *L);
/* provider.c */
int core_provider(lua_State *L);
int core_providers(lua_State *L);
/* define.c */
int core_define(lua_State *L);
int core_enter(lua_State *L);
int core_definitions(lua_State *L);
/* sample.c */
int core_read(lua_State *L);
int core_hmac(lua_State *L);
/* convert.c */
int core_error(lua_State *L);
/* map.c */
int core_mapping(lua_State *L);
int core_mapper(lua_State *L);
int core_fits(lua_State *L);
/* mask.c */
int core_masker(lua_State *L);
/* confine.c */
int core_confined(lua_State *L);
/* pattern.c */
int core_bounded(lua_State *L);
/* memory.c */
int core_memory(lua_State *L);
int core_strict(lua_State *L);
/* json.c */
int core_json_decode(lua_State *L);
/* out_file.c */
int core_append(lua_State *L);
/* core.c */
int core_redact(lua_State *L);
int core_distance(lua_State *L);
int core_hash(lua_State *L);
int core_is_terminal(lua_State *L);
int core_is_yieldable(lua_State *L); /* not in 5.1 */

#endif
