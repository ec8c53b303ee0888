/* What protects secrets in this process, and what is refused where it does not. */
#include <stdatomic.h>

#include "http/engine.h"
#include "lua/binding.h"

struct fact {
  const char *name;
  bool active;
  const char *why_not;
};

enum { FACTS = 5 };

static void find_facts(struct fact facts[static FACTS], struct secret_stats *secrets) {
  const struct engine_facts *engine = engine_facts();
  secret_stats(secrets);
  facts[0] = (struct fact){ "wiping", engine->wiping, engine->reason };
  facts[1] = (struct fact){ "cleanse", engine->cleanse, "libcurl does not use OpenSSL 3" };
  facts[2] = (struct fact){ "locked", secrets->locked, secrets->reason };
  facts[3] = (struct fact){ "dump_excluded", secrets->dump_excluded, "the kernel refused MADV_DONTDUMP" };
  facts[4] = (struct fact){ "wiped_on_fork", secrets->wiped_on_fork, "the kernel refused MADV_WIPEONFORK" };
  for (int i = 0; i < FACTS; i++)
    if (!facts[i].why_not) facts[i].why_not = "not supported here";
}

/* core.memory(): what protects secrets in this process, why not where it does not (table `why`), and how much is in use */
int core_memory(lua_State *L) {
  struct fact facts[FACTS];
  struct secret_stats secrets;
  find_facts(facts, &secrets);
  lua_newtable(L);
  lua_newtable(L);
  for (int i = 0; i < FACTS; i++) {
    lua_pushboolean(L, facts[i].active);
    lua_setfield(L, -3, facts[i].name);
    if (!facts[i].active) binding_set_string(L, facts[i].name, facts[i].why_not);
  }
  lua_setfield(L, -2, "why");
  binding_set_integer(L, "open", secrets.open);
  binding_set_integer(L, "used", secrets.used);
  binding_set_integer(L, "committed", secrets.committed);
  if (secrets.limit != (size_t)-1) binding_set_integer(L, "limit", secrets.limit);
  return 1;
}

static atomic_bool strict;

/* core.strict(boolean): whether calls are refused where a protection is missing */
int core_strict(lua_State *L) {
  atomic_store(&strict, lua_toboolean(L, 1));
  return 0;
}

bool binding_refuses_memory(const struct settings *settings, const char **what, const char **why) {
  struct fact facts[FACTS];
  struct secret_stats secrets;
  if (!atomic_load_explicit(&strict, memory_order_relaxed)) return false;
  find_facts(facts, &secrets);
  for (int i = 0; i < FACTS; i++) {
    bool concerned = i > 0 || settings->proxy_password.bytes; /* nothing else goes through libcurl's memory */
    if (facts[i].active || !concerned) continue;
    *what = facts[i].name;
    *why = facts[i].why_not;
    return true;
  }
  return false;
}
