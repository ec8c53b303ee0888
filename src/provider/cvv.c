#include "provider/cvv.h"

#include <string.h>

#include "provider/provider.h"
#include "text/pan.h"

bool cvv_add(struct cvv **list, struct record *record, struct blocks *blocks) {
  struct cvv *made = blocks_alloc(blocks, sizeof *made);
  if (!made) return false;
  *made = (struct cvv){ record, *list };
  *list = made;
  return true;
}

/* The first number of a card in the object; NULL for none. */
static const struct secret *find_number(const struct record *object) {
  const struct secret *found = NULL;
  for (const struct record *child = object->child; child && !found; child = child->next) {
    if (child->type == RECORD_SECRET && child->as.secret.class == SECRET_PAN)
      found = &child->as.secret;
    else if (child->type == RECORD_OBJECT)
      found = find_number(child);
  }
  return found;
}

/* Gives it zeros at the beginning until it has CVV_DIGITS_AMEX, if it is a whole number. */
static bool widen(struct secret *secret, const char **why) {
  char text[CVV_DIGITS_AMEX];
  if (secret->len >= sizeof text || pan_count((const char *)secret->bytes, secret->len) != secret->len) return true;
  memset(text, '0', sizeof text);
  memcpy(text + sizeof text - secret->len, secret->bytes, secret->len);
  secret_wipe(secret);
  bool ok = secret_init(secret, SECRET_CVV, text, sizeof text, why);
  explicit_bzero(text, sizeof text);
  return ok;
}

bool cvv_settle(struct cvv **list, const struct cvv *before, const struct record *object, const char **why) {
  const struct secret *number = find_number(object);
  bool ok = true;
  if (!number) return true;
  for (; ok && *list != before; *list = (*list)->next)
    ok = !pan_is_amex((const char *)number->bytes, number->len) || widen(&(*list)->record->as.secret, why);
  return ok;
}
