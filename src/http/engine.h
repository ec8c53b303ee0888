/* Runs calls: their connections, attempts, retries and deadlines.
 *
 *   struct engine *engine = engine_new(&why);
 *   engine_submit(engine, job);
 *   while (!(job = engine_done(engine))) engine_step(engine, -1);
 *   engine_free(engine);
 *
 * An engine belongs to one thread, that of a VM or the I/O thread, and has no lock. Only the owning thread calls the
 * functions below; engine_setup and engine_facts may be called by any.
 *
 * In a forked child the engine of the parent must not be used, as the parent goes on using its connections:
 * engine_is_foreign says so, and engine_free then only closes the child's copies of the descriptors. */
#ifndef CARDS_HTTP_ENGINE_H
#define CARDS_HTTP_ENGINE_H

#include "http/job.h"

struct engine;

/* Sets up libcurl and cJSON with memory that is wiped, once for the process. Any thread. */
void engine_setup(void);
/* What that has found out. */
struct engine_facts {
  bool wiping;        /* libcurl takes its memory from the pool */
  const char *reason; /* why it does not, static; NULL when it does */
  bool cleanse;       /* libcurl uses OpenSSL 3, which wipes decrypted text when it is asked to */
};
const struct engine_facts *engine_facts(void);

/* NULL on failure, with a static sentence in *why. */
struct engine *engine_new(const char **why);
/* Cancels what is under way and frees the engine. The jobs stay those of their owners. NULL is allowed. */
void engine_free(struct engine *engine);
/* In a forked child: closes the descriptors of an engine of the parent, and leaves the rest. */
void engine_abandon(struct engine *engine);
bool engine_is_foreign(const struct engine *engine);
/* Every write to this eventfd ends a wait of engine_step. The caller closes it, after the engine. False when memory is
 * used up. */
bool engine_add_wake(struct engine *engine, int fd);
/* Sets functions that are called before and after every wait of engine_step. Between them the thread holds no lock, not
 * even one of OpenSSL. */
void engine_around_waits(struct engine *engine, void (*leave)(void), void (*enter)(void));

/* Takes the job over and starts it. If it cannot be started, the job is done with an error. */
void engine_submit(struct engine *engine, struct job *job);
/* Ends a job that is under way at once, with an error of that kind. A job that is done is left as it is. */
void engine_cancel(struct engine *engine, struct job *job, enum error_kind kind, const char *message);
/* Cancels all jobs that are under way. */
void engine_cancel_all(struct engine *engine);
/* Waits until something happens, at most so many seconds, or without limit below 0; then does what is due. False when a
 * signal ended the wait. A job that is already done does not end it: call engine_done first. */
bool engine_step(struct engine *engine, double seconds);
/* The next job that is done, which belongs to the caller again; NULL when there is none. */
struct job *engine_done(struct engine *engine);
/* Takes this job, if it is done and was not taken yet. */
bool engine_take(struct engine *engine, struct job *job);
/* How many are under way. */
size_t engine_jobs(const struct engine *engine);
/* Connections that are open, those of them that no call uses, and jobs that wait until their client may have one more
 * call on the wire. */
struct engine_use {
  size_t open, idle, waiting;
};
/* Adds what the engine has now. */
void engine_use(const struct engine *engine, struct engine_use *use);

#endif
