/* The built-in providers, and how to find one by its name. */
#ifndef CARDS_PROVIDER_BUILTIN_BUILTIN_H
#define CARDS_PROVIDER_BUILTIN_BUILTIN_H

#include "provider/provider.h"

extern const struct provider provider_alix, provider_netxd, provider_whop, provider_payengine, provider_nayax;

/* All of them, NULL-terminated. */
extern const struct provider *const registry[];
/* Makes the indices of their fields, which are then there for good. Called once, before other threads may use them. */
void registry_setup(void);
/* The built-in provider of that name; NULL when there is none. */
const struct provider *registry_find(const char *name);

#endif
