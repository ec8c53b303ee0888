/* The process's I/O thread: an engine that runs by itself, for hosts that must not wait (nginx, other event loops), and the channels through which VMs hand it jobs and
 * get them back. It starts with the first job, has all signals blocked, and is joined when the process exits.
 *
 * Ownership: from channel_submit on a job belongs to the thread, until channel_take returns it or channel_give_up was called on it. A channel belongs to its VM's thread;
 * any number of VMs in any threads have one each.
 *
 * A forked child has no such thread, until it submits something itself; the channels that it inherits are foreign: what was in them belongs to the parent, and only
 * channel_free may be called on them. */
#ifndef CARDS_HTTP_IOTHREAD_H
#define CARDS_HTTP_IOTHREAD_H

#include "http/job.h"
#include "http/wakeup.h"

#define IOTHREAD_MAX_JOBS 8192 /* unless iothread_limit says otherwise */

struct channel;

/* NULL with a static sentence in *why. */
struct channel *channel_new(const char **why);
/* Its jobs stay its owner's: to be given up one by one. */
void channel_free(struct channel *channel);
bool channel_is_foreign(const struct channel *channel);
/* Rings when a job has come back, and then not again until channel_take has left none. */
struct wakeup *channel_wakeup(struct channel *channel);
/* As wakeup_accept and wakeup_disconnect. While somebody is connected it is woken every second as well. */
bool channel_accept(struct channel *channel, const char **why);
void channel_disconnect(struct channel *channel);

/* False with a static sentence in *why when there are too many jobs already or the thread cannot be started; the job is the caller's then. */
bool channel_submit(struct channel *channel, struct job *job, const char **why);
/* Takes out up to `most` jobs that have come back. When more are left it is woken again. */
size_t channel_take(struct channel *channel, struct job **jobs, size_t most);
/* The job is cancelled when it is under way, and freed, if not at once. */
void channel_give_up(struct channel *channel, struct job *job);

/* Of the process: how many jobs there may be at once, submitted and not taken back, and how many there are. */
void iothread_limit(size_t jobs);
size_t iothread_jobs(void);

#endif
