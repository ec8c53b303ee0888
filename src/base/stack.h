/* What a call leaves behind outside of every heap. */
#ifndef CARDS_BASE_STACK_H
#define CARDS_BASE_STACK_H

/* Wipes the 64 KB of stack below the caller and the vector registers, which memcpy and the ciphers leave full. */
void stack_wipe(void);

#endif
