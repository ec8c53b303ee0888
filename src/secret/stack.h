/* Wipes what calls leave behind on the stack and in registers, which no allocator can do. */
#ifndef CARDS_SECRET_STACK_H
#define CARDS_SECRET_STACK_H

/* How far down a call reaches. SHALLOW, 16 KB, is enough for an ordinary one: 8 KB were measured with libcurl,
 * OpenSSL and cJSON. DEEP, 64 KB, is for one with a handshake or a signature. */
enum stack_depth { STACK_SHALLOW, STACK_DEEP };

/* Wipes the stack below the caller and the vector registers, which memcpy and ciphers leave full. */
void stack_wipe(enum stack_depth depth);

#endif
