#include "provider/builtin/builtin.h"

#include <string.h>

#include "provider/field_index.h"

#define BLOCK_BYTES 16000

const struct provider *const registry[] = { &provider_alix, &provider_netxd, &provider_whop, &provider_payengine, &provider_nayax, NULL };

void registry_setup(void) {
  static struct blocks blocks = { .min = BLOCK_BYTES };
  for (const struct provider *const *p = registry; *p; p++)
    for (size_t i = 0; i < (*p)->operation_count; i++)
      *(*p)->operations[i].index = field_index_of(&blocks, &(*p)->operations[i]);
}

const struct provider *registry_find(const char *name) {
  for (const struct provider *const *p = registry; *p; p++)
    if (strcmp((*p)->name, name) == 0) return *p;
  return NULL;
}
