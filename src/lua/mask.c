/* Masking policies' walk over a card: what is usual of it is shown here, the rest by the functions that lua/cards/mask/show.lua gives along.
 *
 * It is C as that is the fastest on Lua 5.4: a card of Whop or Alix took 1.0 or 0.4 us, and 3.7 or 1.3 with a walk in Lua. Lua code made for the policy, with
 * known fields read into locals, one call of C to look at them and to count the table's keys, and one constructor, took 1.1 or 0.7, as it asks for each field
 * that a card might have. On LuaJIT such code is the faster one (0.6 or 0.3 against 1.0 or 0.4), which alone is not worth a second way. */
#include <string.h>

#include "lua/binding.h"
#include "text/hint.h"
#include "text/pan.h"

#define MOST         64   /* fields of a table that are shown here */
#define ROOM         16   /* of the stack, for what is done with one field */
#define LEAST_NUMBER 1e12 /* the least whole number that may be a card's */

/* What is done with a field: OTHER is its function's. */
enum kind { OTHER, KEEP, HIDE, DROP, PAN, INITIALS, EMAIL, PHONE, FIELDS, UNNAMED, KINDS };
static const char *const kind_names[KINDS] = { "other", "keep", "hide", "drop", "pan", "initials", "email", "phone", "fields", "unnamed" };

struct entry {
  const char *name; /* of a string that is kept with the functions */
  size_t len;
  const struct plan *fields;
  enum kind kind;
  unsigned char first, last; /* PAN: digits */
  unsigned char most;        /* KEEP: bytes, 0 for any number */
  int show;                  /* the place of its function */
};

struct plan {
  size_t mask; /* of the slots, which are a power of two and half empty */
  struct entry slots[];
};

/* What a function of core.shower has on its stack, and what its list of functions begins with. */
enum { CARD = 1, HIDDEN, SECRET, FUNCTIONS };
enum { GENERAL = 1, OF_UNNAMED, FIRST_OF_FIELD };

static const struct entry unnamed = { .kind = UNNAMED, .show = OF_UNNAMED };

/* Where the search for a name begins: by what it begins and ends with. */
static size_t slot_of(const struct plan *plan, const char *name, size_t len) {
  uint64_t first = 0, last = 0;
  if (len >= sizeof first) {
    memcpy(&first, name, sizeof first);
    memcpy(&last, name + len - sizeof last, sizeof last);
  } else if (len >= sizeof first / 2) {
    memcpy(&first, name, sizeof first / 2);
    memcpy(&last, name + len - sizeof last / 2, sizeof last / 2);
  } else if (len > 0) {
    first = (unsigned char)name[0];
    last = (unsigned char)name[len - 1];
  }
  return (size_t)(((first + len) * 0x9e3779b97f4a7c15u + last * 0xc2b2ae3d27d4eb4fu) >> 32) & plan->mask;
}

static const struct entry *find(const struct plan *plan, const char *name, size_t len) {
  if (plan)
    for (size_t i = slot_of(plan, name, len); plan->slots[i].name; i = (i + 1) & plan->mask) {
      const struct entry *field = &plan->slots[i];
      if (field->name == name || (field->len == len && memcmp(field->name, name, len) == 0)) return field;
    }
  return &unnamed;
}

/* The open secret on top of the stack, or NULL. */
static const struct secret *open_secret(lua_State *L) {
  if (lua_type(L, -1) != LUA_TUSERDATA || !lua_getmetatable(L, -1)) return NULL;
  bool is_secret = lua_rawequal(L, -1, SECRET);
  lua_pop(L, 1);
  const struct secret *secret = is_secret ? lua_touserdata(L, -1) : NULL;
  return secret && secret_state(secret) == SECRET_OPEN ? secret : NULL;
}

/* --- what the rules show, as lua/cards/mask/rules.lua says ---
 * Each puts what is shown of the value on top of the stack in its place, or leaves it and returns false: then it is the function's. */

static bool show_secret(lua_State *L, const struct entry *field) {
  const struct secret *secret = open_secret(L);
  if (!secret) return false;
  if (field->kind == PAN)
    binding_push_mask(L, secret, field->first, field->last);
  else
    binding_push_mask(L, secret, 0, secret->class == SECRET_PAN ? 4 : 0);
  lua_replace(L, -2);
  return true;
}

static void show_stars(lua_State *L) {
  lua_pop(L, 1);
  lua_pushvalue(L, HIDDEN);
}

static bool show_kept(lua_State *L, const struct entry *field) {
  size_t len;
  const char *text;
  switch (lua_type(L, -1)) {
  case LUA_TSTRING: text = lua_tolstring(L, -1, &len); return field->most ? len <= field->most : !pan_suspected(text, len);
  case LUA_TNUMBER: return !field->most && lua_tonumber(L, -1) > -LEAST_NUMBER && lua_tonumber(L, -1) < LEAST_NUMBER;
  case LUA_TBOOLEAN: return !field->most;
  default: return !field->most && show_secret(L, field);
  }
}

static bool show_text(lua_State *L, const struct entry *field) {
  char out[HINT_ROOM];
  size_t len;
  if (lua_type(L, -1) != LUA_TSTRING) return show_secret(L, field);
  const char *text = lua_tolstring(L, -1, &len);
  if (!hint_is_usual(text, len)) return false;
  size_t made = field->kind == INITIALS ? hint_initials(text, len, out)
                : field->kind == EMAIL  ? hint_email(text, len, out)
                                        : hint_phone(text, len, out);
  lua_pushlstring(L, made ? out : "***", made ? made : 3);
  lua_replace(L, -2);
  return true;
}

static bool show_unnamed(lua_State *L, const struct entry *field) {
  int type = lua_type(L, -1);
  if (type != LUA_TSTRING && type != LUA_TNUMBER && type != LUA_TBOOLEAN) return show_secret(L, field);
  show_stars(L);
  return true;
}

static bool show_value(lua_State *L, const struct entry *field) {
  switch (field->kind) {
  case KEEP: return show_kept(L, field);
  case HIDE: show_stars(L); return true;
  case PAN: return show_secret(L, field);
  case INITIALS:
  case EMAIL:
  case PHONE: return show_text(L, field);
  case UNNAMED: return show_unnamed(L, field);
  default: return false;
  }
}

/* --- the walk ---- */

static bool show_table(lua_State *L, int table, const struct plan *plan, int outer);

/* Pushes what is shown of the value at the index, which was left. A table in the card is walked over here, one in that by its function, which knows those that
 * contain themselves. */
static void show_left(lua_State *L, const struct entry *field, int value, int table, int outer) {
  bool is_inner = (field->kind == FIELDS || field->kind == UNNAMED) && !outer && lua_istable(L, value) && !lua_rawequal(L, value, table);
  if (is_inner && show_table(L, value, field->fields, table)) return;
  lua_rawgeti(L, FUNCTIONS, field->show);
  lua_pushvalue(L, value);
  lua_pushvalue(L, table);
  if (outer)
    lua_pushvalue(L, outer);
  else
    lua_pushnil(L);
  lua_call(L, 3, 1);
}

/* Pushes what is shown of the table at the index; or false, before anything was called, where its keys are not all texts that may be shown.
 * The fields' names and what is shown of them gather on the stack, as only then it is known how many there are and what has to be called. */
static bool show_table(lua_State *L, int table, const struct plan *plan, int outer) {
  struct {
    const struct entry *field;
    int value;
  } left[MOST];
  int count = 0, left_count = 0, made = lua_gettop(L) + 1;
  if (!lua_checkstack(L, 2 * MOST + ROOM)) return luaL_error(L, "not enough memory");
  lua_pushnil(L);
  lua_pushnil(L);
  while (lua_next(L, table)) {
    size_t len;
    const char *name = lua_type(L, -2) == LUA_TSTRING ? lua_tolstring(L, -2, &len) : NULL;
    const struct entry *field = name ? find(plan, name, len) : NULL;
    if (!field || count == MOST || (field == &unnamed && pan_suspected(name, len))) {
      lua_settop(L, made - 1);
      return false;
    }
    if (field->kind == DROP) {
      lua_pop(L, 1);
      continue;
    }
    if (!show_value(L, field)) {
      left[left_count].field = field;
      left[left_count++].value = lua_gettop(L);
    }
    count++;
    lua_pushvalue(L, -2);
  }
  lua_createtable(L, 0, count);
  lua_replace(L, made);
  for (int i = 0; i < left_count; i++) {
    show_left(L, left[i].field, left[i].value, table, outer);
    lua_replace(L, left[i].value);
  }
  for (; count > 0; count--)
    lua_rawset(L, made);
  return true;
}

static int show(lua_State *L) {
  luaL_checktype(L, CARD, LUA_TTABLE);
  lua_settop(L, CARD);
  for (int i = 2; i <= FUNCTIONS; i++)
    lua_pushvalue(L, lua_upvalueindex(i));
  if (show_table(L, CARD, lua_touserdata(L, lua_upvalueindex(1)), 0)) return 1;
  lua_rawgeti(L, FUNCTIONS, GENERAL);
  lua_pushvalue(L, CARD);
  lua_call(L, 1, 1);
  return 1;
}

/* --- making plans ---- */

static unsigned char count_of(lua_State *L, int entry, const char *key) {
  lua_getfield(L, entry, key);
  unsigned char count = (unsigned char)lua_tonumber(L, -1);
  lua_pop(L, 1);
  return count;
}

static enum kind kind_of(lua_State *L, int entry) {
  lua_getfield(L, entry, "quick");
  const char *name = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "other";
  enum kind kind = OTHER;
  for (int i = 0; i < KINDS; i++)
    if (strcmp(name, kind_names[i]) == 0) kind = (enum kind)i;
  lua_pop(L, 1);
  return kind;
}

/* Moves what is on top of the stack to the end of the list of functions, which keeps it. Returns its place. */
static int keep(lua_State *L, int functions) {
  int place = (int)lua_rawlen(L, functions) + 1;
  lua_rawseti(L, functions, place);
  return place;
}

/* The plan of the table of fields at the index; it is kept in the list of functions. */
static const struct plan *make_plan(lua_State *L, int fields, int functions) {
  size_t count = 0, slots = 2;
  luaL_checkstack(L, ROOM, NULL);
  for (lua_pushnil(L); lua_next(L, fields); lua_pop(L, 1))
    count++;
  while (slots < 2 * count)
    slots *= 2;
  size_t size = sizeof(struct plan) + slots * sizeof(struct entry);
  struct plan *plan = lua_newuserdata(L, size);
  memset(plan, 0, size);
  plan->mask = slots - 1;
  keep(L, functions);
  for (lua_pushnil(L); lua_next(L, fields); lua_pop(L, 1)) {
    int entry = lua_gettop(L);
    struct entry field = { .kind = kind_of(L, entry) };
    field.name = lua_tolstring(L, entry - 1, &field.len);
    if (field.kind == PAN) {
      field.first = count_of(L, entry, "first");
      field.last = count_of(L, entry, "last");
    } else if (field.kind == KEEP) {
      field.most = count_of(L, entry, "most");
    }
    lua_pushvalue(L, -2);
    keep(L, functions);
    lua_getfield(L, entry, "show");
    field.show = keep(L, functions);
    lua_getfield(L, entry, "fields");
    if (lua_istable(L, -1)) field.fields = make_plan(L, lua_gettop(L), functions);
    lua_settop(L, entry);
    size_t i = slot_of(plan, field.name, field.len);
    while (plan->slots[i].name)
      i = (i + 1) & plan->mask;
    plan->slots[i] = field;
  }
  return plan;
}

/* core.shower(fields, general, unnamed): a function of a table that returns what a policy shows of it, a new one.
 *  - fields: { name = { show, quick, first, last, most, fields } }. show(value, table, outer) returns what is shown, and is called where quick, the name of a rule,
 *    does not say it. Of quick "fields" are tables, and fields is what is in them; first and last are those of "pan", most the bytes that "keep" may show
 *  - general(table) shows a table with keys that are no texts or have card numbers in them, or that has too many
 *  - unnamed(value, table, outer) shows a field that is none of the fields */
static int make_shower(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  luaL_checktype(L, 2, LUA_TFUNCTION);
  luaL_checktype(L, 3, LUA_TFUNCTION);
  lua_settop(L, 3);
  lua_newtable(L);
  lua_insert(L, 2);
  lua_rawseti(L, 2, OF_UNNAMED);
  lua_rawseti(L, 2, GENERAL);
  make_plan(L, 1, 2);
  lua_rawgeti(L, 2, FIRST_OF_FIELD);
  lua_pushliteral(L, "***");
  luaL_getmetatable(L, SECRET_TYPE);
  lua_pushvalue(L, 2);
  lua_pushcclosure(L, show, FUNCTIONS);
  return 1;
}

/* core.mask(secret, first, last): as secret:mask, but nothing of a closed one, and never an error but for want of memory. */
static int mask(lua_State *L) {
  const struct secret *secret = binding_to_secret(L, 1);
  luaL_argcheck(L, secret, 1, "secret expected");
  if (secret_state(secret) != SECRET_OPEN) return 0;
  binding_push_mask(L, secret, (size_t)luaL_checkinteger(L, 2), (size_t)luaL_checkinteger(L, 3));
  return 1;
}

void binding_open_mask(lua_State *L) {
  static const luaL_Reg functions[] = { { "shower", make_shower }, { "mask", mask }, { NULL, NULL } };
  luaL_setfuncs(L, functions, 0);
}
