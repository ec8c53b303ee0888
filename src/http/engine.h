/* Calls, their connections, retries and deadlines, driven by whoever owns the engine: a VM's thread (inline) or an I/O thread.
 *
 * Every function is called by the owning thread only. In a forked child the engine of the parent is dead: engine_is_foreign says so, and engine_free then only lets go of it
 * without touching the connections that the parent goes on using. */
#ifndef CARDS_HTTP_ENGINE_H
#define CARDS_HTTP_ENGINE_H

#include "http/job.h"

struct engine;

/* Sets up libcurl and cJSON for the process, with memory that is wiped. Any thread, any number of times. */
void engine_setup(void);
/* What was found out while setting up; valid after engine_setup. */
struct engine_facts {
  bool wiping;        /* libcurl's memory is ours */
  const char *reason; /* why not; NULL when it is */
  bool cleanse;       /* libcurl uses OpenSSL, so decrypted text is wiped */
};
const struct engine_facts *engine_facts(void);

/* NULL on failure, with a static sentence in *why. */
struct engine *engine_new(const char **why);
void engine_free(struct engine *engine);
/* Of a parent, in its child: only closes the descriptors. */
void engine_abandon(struct engine *engine);
bool engine_is_foreign(const struct engine *engine);
/* An eventfd of the caller's, to be closed after the engine: every write to it ends a wait of engine_step. */
bool engine_add_wake(struct engine *engine, int fd);
/* Functions to call before and after every wait of engine_step: between them it holds no lock, neither of ours nor of OpenSSL's. */
void engine_around_waits(struct engine *engine, void (*leave)(void), void (*enter)(void));

/* Takes the job over and starts it. Failures to start it are outcomes of the job like any other. */
void engine_submit(struct engine *engine, struct job *job);
/* Gives up a job that is under way: it is done at once, with an error of that kind. */
void engine_cancel(struct engine *engine, struct job *job, enum error_kind kind, const char *message);
/* All that are under way: before the engine is freed, where somebody is still interested in them. */
void engine_cancel_all(struct engine *engine);
/* Waits at most so many seconds (below 0: until something happens) and does what is due. False when a signal ended the wait. Whoever waits for any job looks at engine_done
 * first: a finished one does not end the wait. */
bool engine_step(struct engine *engine, double seconds);
/* The next finished job, handed back to the caller; NULL when there is none. */
struct job *engine_done(struct engine *engine);
/* Takes this job out of the finished ones when it is one of them. */
bool engine_take(struct engine *engine, struct job *job);

#endif
