/* CVVs that came as numbers, and so lost the zeros at their beginning: how many they had is known by the number of the
 * card beside them, which may come later in the answer. */
#ifndef CARDS_PROVIDER_CVV_H
#define CARDS_PROVIDER_CVV_H

#include "provider/record.h"
#include "secret/blocks.h"

/* One that waits for the number of its card. */
struct cvv {
  struct record *record; /* a secret, with CVV_DIGITS or as many as its field has */
  struct cvv *next;
};

/* Adds one to the list. False when memory is used up. */
bool cvv_add(struct cvv **list, struct record *record, struct blocks *blocks);
/* To be called when an object is complete, with the list as it was before it began: where the object has the number of a card, outside of lists of its own, those that were
 * added since get CVV_DIGITS_AMEX digits if it is American Express's, and leave the list. False with *why as secret_init has it. */
bool cvv_settle(struct cvv **list, const struct cvv *before, const struct record *object, const char **why);

#endif
