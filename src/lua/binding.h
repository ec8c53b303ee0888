/* What the files of the binding share. Each of them registers its own part into the module's table (on top of the stack). */
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

void binding_open_secret(lua_State *L);
void binding_open_client(lua_State *L);
void binding_open_job(lua_State *L);
void binding_open_thread(lua_State *L); /* after the job */
void binding_open_provider(lua_State *L);
void binding_open_define(lua_State *L);
void binding_open_sample(lua_State *L);
void binding_open_convert(lua_State *L);
void binding_open_memory(lua_State *L);
void binding_open_confine(lua_State *L);
void binding_open_json(lua_State *L);
void binding_open_out_file(lua_State *L);
void binding_open_map(lua_State *L);
void binding_open_seal(lua_State *L);
void binding_open_mask(lua_State *L);

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

#endif
