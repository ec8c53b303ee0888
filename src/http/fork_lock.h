/* A fork finds the I/O thread at rest. Otherwise the child would find locks of OpenSSL or libcurl taken for ever, and what the thread was changing half changed. */
#ifndef CARDS_HTTP_FORK_LOCK_H
#define CARDS_HTTP_FORK_LOCK_H

/* The I/O thread begins to work, and waits for something to happen: then it holds no other lock. */
void fork_lock_enter(void);
void fork_lock_leave(void);
/* For whoever forks: waits until the thread has left, and keeps it from entering. Both the parent and the child release it. */
void fork_lock_acquire(void);
void fork_lock_release(void);

#endif
