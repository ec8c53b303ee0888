/* What a call leaves behind outside of every heap. */
#ifndef CARDS_SECRET_STACK_H
#define CARDS_SECRET_STACK_H

/* How far down a call reaches: an ordinary one (8 KB were measured, libcurl, OpenSSL and cJSON included), and one with a handshake or a signature. */
enum stack_depth { STACK_SHALLOW, STACK_DEEP };

/* Wipes 16 or 64 KB of stack below the caller and the vector registers, which memcpy and the ciphers leave full. */
void stack_wipe(enum stack_depth depth);

#endif
