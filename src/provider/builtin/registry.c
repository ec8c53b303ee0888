#include "provider/builtin/builtin.h"

#include <string.h>

const struct provider *const registry[] = { &provider_alix, &provider_netxd, &provider_whop, &provider_payengine, &provider_nayax, NULL };

const struct provider *registry_find(const char *name) {
  for (const struct provider *const *p = registry; *p; p++)
    if (strcmp((*p)->name, name) == 0) return *p;
  return NULL;
}
