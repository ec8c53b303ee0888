/* A server that answers every request with the card of its provider, but the first of two equal ones by a client named "flaky" with an error. */
#ifndef CARDS_SPEC_FAULT_SERVER_H
#define CARDS_SPEC_FAULT_SERVER_H

#include <stdbool.h>

/* Of the threads of the server: nothing that they allocate is counted, or fails. */
extern __thread bool server_is_here;

/* Starts it, over TLS where `pem` is the path of a certificate with its key, else without (NULL). Its port on 127.0.0.1, or -1. */
int server_open(const char *pem);

#endif
