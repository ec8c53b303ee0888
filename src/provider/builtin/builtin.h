/* The built-in providers, and the lookup that every provider goes through. */
#ifndef CARDS_PROVIDER_BUILTIN_BUILTIN_H
#define CARDS_PROVIDER_BUILTIN_BUILTIN_H

#include "provider/provider.h"

extern const struct provider provider_alix, provider_netxd, provider_whop, provider_payengine, provider_nayax;

/* All built-in providers, NULL-terminated. */
extern const struct provider *const registry[];
/* NULL when there is none of that name. */
const struct provider *registry_find(const char *name);

#endif
