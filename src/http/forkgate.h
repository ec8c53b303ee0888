/* A fork finds the I/O thread at rest. Otherwise the child would find locks of OpenSSL or libcurl taken for ever, and what the thread was changing half changed. */
#ifndef CARDS_HTTP_FORKGATE_H
#define CARDS_HTTP_FORKGATE_H

/* The thread is at work, and at rest: in between it waits for something to happen and holds no lock. */
void forkgate_work(void);
void forkgate_rest(void);
/* Waits until it rests, and keeps it from going to work. Both the parent and the child open the gate again. */
void forkgate_close(void);
void forkgate_open(void);

#endif
