/* The I/O thread of the process, for hosts that must not wait (nginx, other event loops), and the channels through
 * which VMs give it jobs and get them back.
 *
 *   struct channel *channel = channel_new(&why);
 *   channel_submit(channel, job, &why);
 *   poll(channel_wakeup(channel)->fd …);
 *   size_t count = channel_take(channel, jobs, 16);
 *   channel_free(channel);
 *
 * The thread runs an engine of its own. It starts with the first job, blocks all signals, and is joined at the end of
 * the process. A channel belongs to the thread of its VM, and only that thread calls its functions. There may be any
 * number of channels. A job belongs to the I/O thread from channel_submit until channel_take returns it or
 * channel_give_up is called.
 *
 * One lock guards the lists of jobs and what channels share with the thread. All functions here take it for a moment,
 * except channel_new, channel_is_foreign and channel_wakeup. While the I/O thread works it also holds a second one,
 * so that a fork finds it at rest.
 *
 * A forked child has no I/O thread until it submits a job itself. The channels that it inherits are foreign: their
 * jobs belong to the parent, and only channel_free may be called. */
#ifndef CARDS_HTTP_THREAD_IOTHREAD_H
#define CARDS_HTTP_THREAD_IOTHREAD_H

#include "http/engine.h"
#include "http/job.h"
#include "http/thread/wakeup.h"

#define IOTHREAD_MAX_JOBS 8192 /* jobs at once, unless iothread_limit sets another number */

struct channel;

/* NULL on failure, with a static sentence in *why. */
struct channel *channel_new(const char **why);
/* Frees the channel. The owner has given up its jobs one by one before. */
void channel_free(struct channel *channel);
bool channel_is_foreign(const struct channel *channel);
/* Is signalled when a job has come back, and again only after channel_take has left none. */
struct wakeup *channel_wakeup(struct channel *channel);
/* As wakeup_accept and wakeup_disconnect. A channel that is connected is also signalled once a second. */
bool channel_accept(struct channel *channel, const char **why);
void channel_disconnect(struct channel *channel);

/* Hands a job over. False, with a static sentence in *why, when there are too many jobs or the thread cannot be
 * started; the job then stays the caller's. */
bool channel_submit(struct channel *channel, struct job *job, const char **why);
/* Takes up to `max` jobs that have come back, and returns their number. If more are left, the channel is signalled. */
size_t channel_take(struct channel *channel, struct job **jobs, size_t max);
/* Cancels a job that is under way and frees it, perhaps later. */
void channel_give_up(struct channel *channel, struct job *job);

/* How many jobs of the process may be submitted and not taken back, and how many are. Any thread. */
void iothread_limit(size_t jobs);
size_t iothread_jobs(void);
/* Adds what the engine of the thread has now. Waits until the thread rests, which takes as long as one of its turns.
 * Any thread. */
void iothread_use(struct engine_use *use);

#endif
