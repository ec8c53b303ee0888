/* Masking. A policy is compiled to a plan once. C walks over a card by that plan and makes the plain table that may be shown. What each rule shows of a value is written
 * here; what it leaves of a text is in text/partial. Only the functions in a policy are called back. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lua/value.h"
#include "secret/stack.h"
#include "text/disclosure.h"
#include "text/hash.h"
#include "text/pan.h"
#include "text/partial.h"

#define GATHERED       32    /* fields that wait on the stack before they are put into a table */
#define ROOM           24    /* slots of the stack that the work on one field needs */
#define DEEPEST        64    /* tables in tables */
#define MOST_TABLES    10000 /* below each table of the third level: a table that is shared often is shown as often */
#define DEEPEST_COPY   16    /* tables in tables that a policy's function returns */
#define MOST_COPIED    10000 /* values in them */
#define SHORT_NAME     32    /* bytes: Lua keeps a text of this length once, and may keep a longer one more often */
#define SMALL          256   /* bytes of a result that need no memory of Lua's */
#define DISCLOSURE_MAX (16 * 1024 * 1024)

/* What is done with a value. The first ones are the rules of the names below. FIELDS is a table of rules, UNNAMED a field without a rule, COPIED what a function returned. */
enum kind { KEEP, DROP, HIDE, INITIALS, EMAIL, PHONE, YEAR_ONLY, PAN, LAST, TRUNCATE, HASH, FN, RULES, FIELDS = RULES, UNNAMED, COPIED };
static const char *const rule_names[] = { "keep", "drop", "hide",     "initials", "email", "phone", "year_only",
                                          "pan",  "last", "truncate", "hash",     "fn",    NULL };

struct mask_rule {
  enum kind kind;
  size_t first, last; /* characters that it may show */
  size_t most;        /* how long what is shown may be; 0 for any length */
  int held;           /* the place of its key or function in the list of what the plan holds */
  const struct mask_tree *fields;
};

struct mask_field {
  const char *name; /* of a string that the plan holds; NULL where the slot is free */
  size_t len;
  struct mask_rule rule;
};

struct mask_tree {
  size_t mask; /* of the slots, which are a power of two and half empty */
  struct mask_field slots[];
};

/* The upvalues of a policy's function. */
enum { TREE = 1, HELD, SECRET, STARS, REFUSAL };

static const struct mask_rule kept = { .kind = KEEP }, unnamed = { .kind = UNNAMED }, copied = { .kind = COPIED };

struct walk {
  int depth, deepest;          /* tables around the current value, and how many there may be */
  int left;                    /* tables that may follow; values where a result is copied */
  bool failed;                 /* a table without end, or in a copy a value that is not plain */
  const void *within[DEEPEST]; /* the tables around the current value */
};

/* --- rules ---
 * Each function replaces the value on top of the stack by what is shown of it. False: three stars are shown, and the slot holds anything. */

static bool show_mask(lua_State *L, const struct secret *secret, size_t first, size_t last) {
  if (secret_state(secret) != SECRET_OPEN) return false;
  binding_push_mask(L, secret, first, last);
  lua_replace(L, -2);
  return true;
}

/* The mask of a secret by itself. */
static bool show_concealed(lua_State *L) {
  const struct secret *secret = value_secret(L, lua_upvalueindex(SECRET));
  if (!secret) return false;
  if (show_mask(L, secret, 0, secret->class == SECRET_PAN ? 4 : 0)) return true;
  luaL_callmeta(L, -1, "__tostring"); /* it is closed */
  lua_replace(L, -2);
  return true;
}

/* Masks the card numbers in the text on top of the stack. Returns its bytes then. */
static const char *redact(lua_State *L, size_t *len) {
  const char *text = lua_tolstring(L, -1, len);
  if (!pan_suspected(text, *len)) return text;
  struct buf *out = binding_new_buf(L, *len);
  if (!pan_redact(out, text, *len)) binding_no_memory(L);
  lua_pushlstring(L, buf_string(out), out->len);
  buf_free(out);
  lua_replace(L, -3);
  lua_pop(L, 1);
  return lua_tolstring(L, -1, len);
}

/* A number as it is. One with a card number in its digits becomes a masked text, and one that is not finite is hidden, as encoders refuse it. */
static bool show_number(lua_State *L) {
  char digits[VALUE_DIGITS];
  double number = lua_tonumber(L, -1);
  if (number > -PAN_LEAST && number < PAN_LEAST) return true;
  size_t len = value_digits(L, -1, digits);
  if (!pan_suspected(digits, len)) return len > 0;
  lua_pushlstring(L, digits, len);
  if (memcmp(redact(L, &len), digits, len) == 0)
    lua_pop(L, 1);
  else
    lua_replace(L, -2);
  return true;
}

static bool show_kept(lua_State *L, int type) {
  size_t len;
  switch (type) {
  case LUA_TSTRING: return redact(L, &len) != NULL;
  case LUA_TNUMBER: return show_number(L);
  case LUA_TBOOLEAN: return true;
  default: return show_concealed(L);
  }
}

static bool show_text(lua_State *L, const struct mask_rule *rule) {
  static partial *const partials[RULES] = { [INITIALS] = partial_initials, [EMAIL] = partial_email, [PHONE] = partial_phone,
                                            [YEAR_ONLY] = partial_year,    [LAST] = partial_last,   [TRUNCATE] = partial_truncate };
  char small[SMALL], *out = small;
  size_t len, made;
  const char *text = rule->kind == EMAIL ? lua_tolstring(L, -1, &len) : redact(L, &len);
  if (PARTIAL_ROOM(len) > sizeof small) {
    out = lua_newuserdata(L, PARTIAL_ROOM(len));
    lua_insert(L, -2);
  }
  bool ok = partials[rule->kind](text, len, rule->first + rule->last, out, &made);
  if (ok) {
    lua_pushlstring(L, out, made);
    if (rule->kind == EMAIL) redact(L, &len); /* last, as its first letter may be a digit */
    lua_replace(L, -2);
  }
  if (out != small) lua_remove(L, -2);
  return ok;
}

static bool is_year(lua_State *L) {
  lua_Number year = lua_tonumber(L, -1);
  return year == floor(year) && year >= 1000 && year <= 9999;
}

/* The rules that show a part of a text. */
static bool show_part(lua_State *L, int type, const struct mask_rule *rule) {
  char shown[PAN_MASK_ROOM];
  bool counts = rule->kind == PAN || rule->kind == LAST || rule->kind == TRUNCATE;
  if (type == LUA_TSTRING && rule->kind != PAN) return show_text(L, rule);
  if (type == LUA_TNUMBER) return rule->kind == YEAR_ONLY && is_year(L);
  if (type == LUA_TSTRING) {
    lua_pushlstring(L, shown, pan_mask(shown, SECRET_PAN, lua_tostring(L, -1), lua_rawlen(L, -1), rule->first, rule->last));
    lua_replace(L, -2);
    return true;
  }
  const struct secret *secret = counts ? value_secret(L, lua_upvalueindex(SECRET)) : NULL;
  return secret ? show_mask(L, secret, rule->first, rule->last) : show_concealed(L);
}

static bool show_hash(lua_State *L, int type, const struct mask_rule *rule) {
  char hex[HASH_HEX];
  size_t key_len, len;
  const struct secret *secret = value_secret(L, lua_upvalueindex(SECRET));
  if (secret && secret->class == SECRET_CVV) return false;
  if (!value_text(L) && type == LUA_TNUMBER) lua_tostring(L, -1); /* which makes it one */
  lua_rawgeti(L, lua_upvalueindex(HELD), rule->held);
  const char *key = binding_bytes(L, -1, &key_len), *bytes = binding_bytes(L, -2, &len);
  lua_pop(L, 1);
  if (!key || !bytes) return false;
  bool ok = hash_keyed(key, key_len, bytes, len, hex);
  stack_wipe(STACK_SHALLOW); /* before Lua is called, which may raise an error */
  if (!ok) binding_no_memory(L);
  lua_pushlstring(L, hex, sizeof hex);
  lua_replace(L, -2);
  return true;
}

/* Whether what is shown has no more characters than that as a text. */
static bool is_short(lua_State *L, size_t most) {
  size_t len = 0;
  int type = lua_type(L, -1);
  if (type == LUA_TSTRING) return lua_rawlen(L, -1) <= most;
  if (type == LUA_TBOOLEAN) return strlen(lua_toboolean(L, -1) ? "true" : "false") <= most;
  lua_pushvalue(L, -1);
  lua_tolstring(L, -1, &len);
  lua_pop(L, 1);
  return type == LUA_TNIL || (type == LUA_TNUMBER && len <= most);
}

/* --- the walk --- */

static bool show_table(lua_State *L, struct walk *walk, const struct mask_rule *rule);
static bool show_call(lua_State *L, int type, const struct mask_rule *rule);

/* A table in a table. It is hidden where it contains itself, is too deep, or comes after too many others. */
static bool show_inner(lua_State *L, struct walk *walk, const struct mask_rule *rule) {
  const void *table = lua_topointer(L, -1);
  bool is_endless = walk->depth >= walk->deepest;
  if (rule->kind != COPIED && walk->depth == 2) walk->left = MOST_TABLES;
  if (rule->kind != COPIED && walk->depth >= 2) is_endless = is_endless || --walk->left < 0;
  for (int i = 0; i < walk->depth && !is_endless; i++)
    is_endless = walk->within[i] == table;
  walk->failed = walk->failed || is_endless;
  return !is_endless && show_table(L, walk, rule);
}

static bool show_copy(lua_State *L, int type, struct walk *walk, const struct mask_rule *rule) {
  walk->failed = walk->failed || --walk->left < 0 || (type != LUA_TTABLE && type != LUA_TSTRING && type != LUA_TNUMBER && type != LUA_TBOOLEAN);
  if (walk->failed) return false;
  return type == LUA_TTABLE ? show_inner(L, walk, rule) : show_kept(L, type);
}

static bool apply(lua_State *L, struct walk *walk, const struct mask_rule *rule) {
  int type = lua_type(L, -1);
  switch (rule->kind) {
  case KEEP: return show_kept(L, type);
  case HASH: return show_hash(L, type, rule);
  case FN: return show_call(L, type, rule);
  case FIELDS:
  case UNNAMED: return type == LUA_TTABLE ? show_inner(L, walk, rule) : type == LUA_TUSERDATA && show_concealed(L);
  case COPIED: return show_copy(L, type, walk, rule);
  default: return show_part(L, type, rule);
  }
}

/* Replaces the value on top of the stack by what is shown of it. False: the field is left out. */
static inline bool show(lua_State *L, struct walk *walk, const struct mask_rule *rule) {
  if (rule->kind == DROP) return false;
  if (rule->kind == HIDE || !apply(L, walk, rule) || (rule->most > 0 && !is_short(L, rule->most))) lua_copy(L, lua_upvalueindex(STARS), -1);
  return rule->kind != FN || !lua_isnil(L, -1);
}

/* Where the search for a name begins. Lua keeps a short text once, so its address identifies it. */
static size_t slot_of(const struct mask_tree *tree, const char *name) {
  return ((uintptr_t)name >> 4 ^ (uintptr_t)name >> 12) & tree->mask;
}

/* The rule for a name, or NULL. */
static const struct mask_rule *find(const struct mask_tree *tree, const char *name, size_t len) {
  for (size_t i = slot_of(tree, name); tree->slots[i].name; i = (i + 1) & tree->mask)
    if (tree->slots[i].name == name) return &tree->slots[i].rule;
  for (size_t i = 0; len > SHORT_NAME && i <= tree->mask; i++)
    if (tree->slots[i].len == len && memcmp(tree->slots[i].name, name, len) == 0) return &tree->slots[i].rule;
  return NULL;
}

/* A table under way. Its fields gather on the stack first, so that it is made with the right size. */
struct made {
  int from, at;                    /* stack places of the table that is masked, and of the new one (0 until it is made) */
  int gathered, count;             /* fields on the stack, and fields in the new table */
  int numbers;                     /* fields of both kinds whose name is a number */
  int renamed;                     /* names with a card number in them */
  const struct mask_tree *fields;  /* NULL where no field has a rule of its own */
  const struct mask_rule *others;  /* for a name that has none */
  const struct mask_rule *element; /* for a number */
};

/* Makes the new table above the masked one, and below the gathered fields. */
static void make_table(lua_State *L, struct made *made) {
  lua_createtable(L, made->numbers, made->gathered - made->numbers);
  made->at = made->from + 1;
  lua_insert(L, made->at);
}

/* Puts the gathered fields, which are on top of the stack, into the new table. */
static void put_gathered(lua_State *L, struct made *made) {
  made->count += made->gathered;
  for (; made->gathered > 0; made->gathered--)
    lua_rawset(L, made->at);
}

/* Puts the last fields into the new table, which takes the place of the masked one. */
static void finish(lua_State *L, struct made *made) {
  if (made->at > 0)
    put_gathered(L, made);
  else
    lua_createtable(L, made->numbers, made->gathered - made->numbers);
  lua_replace(L, made->from);
  made->at = made->from;
  put_gathered(L, made);
}

static bool has(lua_State *L, int table, int name) {
  lua_pushvalue(L, name);
  lua_rawget(L, table);
  bool found = !lua_isnil(L, -1);
  lua_pop(L, 1);
  return found;
}

/* Changes the name on top of the stack until neither table has it: "name#2" and so on, from the number n on. */
static void make_distinct(lua_State *L, int one, int other, int n) {
  int name = lua_gettop(L);
  lua_pushvalue(L, name);
  while (has(L, one, -1) || has(L, other, -1)) {
    lua_pop(L, 1);
    lua_pushvalue(L, name);
    lua_pushfstring(L, "#%d", n < 2 ? 2 : n);
    lua_concat(L, 2);
    n = n < 2 ? 3 : n + 1;
  }
  lua_replace(L, name);
}

/* Puts a field whose name has a card number in it into the new table under a masked name. That is done at once, so that the next such name is compared with it. False: there
 * is no card number in the name. */
static bool put_renamed(lua_State *L, struct walk *walk, struct made *made) {
  lua_pushvalue(L, -2);
  show(L, walk, &kept);
  if (lua_rawequal(L, -1, -3)) {
    lua_pop(L, 1);
    return false;
  }
  if (made->at == 0) make_table(L, made);
  make_distinct(L, made->from, made->at, ++made->renamed);
  lua_insert(L, -2);
  lua_rawset(L, made->at);
  made->count++;
  return true;
}

/* Shows the field whose name and value are on top of the stack, and leaves the name there. A name is a text or a number; a field with any other key is left out. */
static void show_field(lua_State *L, struct walk *walk, struct made *made) {
  const struct mask_rule *rule = made->element;
  const char *name = NULL;
  size_t len = 0;
  int type = lua_type(L, -2);
  if (type == LUA_TSTRING) {
    name = lua_tolstring(L, -2, &len);
    rule = made->fields ? find(made->fields, name, len) : NULL;
    if (!rule) rule = made->others;
  }
  bool has_name = name || type == LUA_TNUMBER;
  if (!has_name) walk->failed = true;
  if (!has_name || !show(L, walk, rule)) {
    lua_pop(L, 1);
    return;
  }
  bool is_suspected = name ? rule == made->others && pan_suspected(name, len) : fabs(lua_tonumber(L, -2)) >= PAN_LEAST;
  if (is_suspected && put_renamed(L, walk, made)) return;
  if (!name) made->numbers++;
  lua_pushvalue(L, -2);
  if (++made->gathered < GATHERED) return;
  lua_insert(L, -1 - 2 * made->gathered);
  if (made->at == 0) make_table(L, made);
  put_gathered(L, made);
}

/* Turns numbers into texts unless they are the places of a list: encoders refuse or blow up a list with holes, or with names beside its places. */
static void close_holes(lua_State *L, const struct made *made) {
  bool is_list = made->numbers == made->count;
  for (int i = 1; i <= made->count && is_list; i++) {
    lua_rawgeti(L, made->at, i);
    is_list = !lua_isnil(L, -1);
    lua_pop(L, 1);
  }
  if (is_list) return;
  lua_createtable(L, 0, made->count);
  int named = lua_gettop(L);
  for (lua_pushnil(L); lua_next(L, made->at);) {
    lua_pushvalue(L, -2);
    if (lua_type(L, -1) == LUA_TNUMBER) {
      lua_tostring(L, -1);
      make_distinct(L, made->at, named, 2);
    }
    lua_insert(L, -2);
    lua_rawset(L, named);
  }
  lua_replace(L, made->at);
}

/* Replaces the table on top of the stack by a new one with what is shown of it. No metamethod is called. */
static bool show_table(lua_State *L, struct walk *walk, const struct mask_rule *rule) {
  int from = lua_gettop(L);
  struct made made = { .from = from, .fields = rule->fields };
  made.others = rule->kind == COPIED ? rule : &unnamed;
  made.element = rule->kind == UNNAMED ? &unnamed : rule; /* elements of a list have the rules of the list */
  if (!lua_checkstack(L, 2 * GATHERED + ROOM)) binding_no_memory(L);
  walk->within[walk->depth++] = lua_topointer(L, from);
  for (lua_pushnil(L); lua_next(L, from);)
    show_field(L, walk, &made);
  finish(L, &made);
  walk->depth--;
  if (made.numbers > 0) close_holes(L, &made);
  return true;
}

/* --- functions in a policy --- */

struct piece {
  const char *name;
  size_t len;
};

static int compare_pieces(const void *a, const void *b) {
  const struct piece *one = a, *other = b;
  int order = memcmp(one->name, other->name, one->len < other->len ? one->len : other->len);
  return order != 0 ? order : (one->len > other->len) - (one->len < other->len);
}

static void add_pieces(lua_State *L, struct buf *text);

/* The same for a table of names, sorted. */
static void add_named_pieces(lua_State *L, struct buf *text) {
  size_t count = 0, i = 0;
  int table = lua_gettop(L);
  for (lua_pushnil(L); lua_next(L, table); lua_pop(L, 1))
    count++;
  struct piece *pieces = lua_newuserdata(L, count * sizeof *pieces);
  for (lua_pushnil(L); lua_next(L, table); lua_pop(L, 1), i++)
    pieces[i].name = lua_tolstring(L, -2, &pieces[i].len);
  qsort(pieces, count, sizeof *pieces, compare_pieces);
  for (i = 0; i < count; i++) {
    lua_pushlstring(L, pieces[i].name, pieces[i].len);
    lua_pushvalue(L, -1);
    add_pieces(L, text);
    lua_rawget(L, table);
    add_pieces(L, text);
  }
  lua_settop(L, table);
}

/* Appends the texts and numbers in the copy on top of the stack, names included, and pops it. */
static void add_pieces(lua_State *L, struct buf *text) {
  size_t len;
  luaL_checkstack(L, ROOM, NULL);
  int type = lua_type(L, -1), places = type == LUA_TTABLE ? (int)lua_rawlen(L, -1) : 0;
  if (value_text(L) || type == LUA_TNUMBER) {
    const char *bytes = lua_tolstring(L, -1, &len);
    buf_add(text, bytes, len);
  } else if (type == LUA_TTABLE && places == 0) {
    add_named_pieces(L, text);
  }
  for (int i = 1; i <= places; i++) {
    lua_rawgeti(L, -1, i);
    add_pieces(L, text);
  }
  if (type != LUA_TTABLE) buf_add_char(text, '\1');
  lua_pop(L, 1);
}

/* Whether the copy on top of the stack discloses more of the secret than its masks may. True for a closed secret, as nobody knows. */
static bool copy_discloses(lua_State *L, const struct secret *secret) {
  if (secret_state(secret) != SECRET_OPEN) return true;
  struct buf *text = binding_new_buf(L, DISCLOSURE_MAX), *scratch = binding_new_buf(L, DISCLOSURE_MAX);
  lua_pushvalue(L, -3);
  add_pieces(L, text);
  bool ok = !text->failed && buf_add(scratch, buf_string(text), text->len);
  bool disclosed =
      ok && text->len > 0 && discloses(secret->class, (const char *)secret->bytes, secret->len, buf_string(text), text->len, scratch->data);
  buf_free(text);
  buf_free(scratch);
  stack_wipe(STACK_SHALLOW);
  if (!ok) binding_no_memory(L);
  lua_pop(L, 2);
  return disclosed;
}

/* What a policy's function makes of the value. It cannot yield, as nothing here could resume it. */
static bool show_call(lua_State *L, int type, const struct mask_rule *rule) {
  const struct secret *secret = value_secret(L, lua_upvalueindex(SECRET));
  struct walk walk = { .deepest = DEEPEST_COPY, .left = MOST_COPIED };
  size_t len;
  if (secret && secret->class == SECRET_CVV) return false;
  if (type == LUA_TSTRING) redact(L, &len);
  lua_rawgeti(L, lua_upvalueindex(HELD), rule->held);
  lua_pushvalue(L, -2);
  int status = lua_pcall(L, 1, 1, 0);
  if (binding_is_no_memory(L, status)) lua_error(L);
  bool is_secret = status == LUA_OK && value_secret(L, lua_upvalueindex(SECRET)), ok = status == LUA_OK;
  if (is_secret) {
    ok = show_concealed(L);
  } else if (ok && !lua_isnil(L, -1)) {
    show(L, &walk, &copied);
    ok = !walk.failed && !(secret && copy_discloses(L, secret));
  }
  lua_replace(L, -2);
  return ok;
}

/* --- policies --- */

/* The function of a policy: (anything, card) */
static int mask(lua_State *L) {
  if (lua_istable(L, 3))
    return luaL_error(L, "%s, and no other table behind it: a policy is called itself, policy(card), and cards.mask with a dot",
                      lua_tostring(L, lua_upvalueindex(REFUSAL)));
  lua_settop(L, 2);
  if (!lua_istable(L, 2)) {
    const char *got = binding_to_secret(L, 2) ? "secret" : luaL_typename(L, 2);
    return luaL_error(L, "%s, not a %s", lua_tostring(L, lua_upvalueindex(REFUSAL)), got);
  }
  const struct mask_rule card = { .kind = UNNAMED, .fields = lua_touserdata(L, lua_upvalueindex(TREE)) };
  struct walk walk;
  walk.depth = walk.left = 0;
  walk.deepest = DEEPEST;
  walk.failed = false;
  show_table(L, &walk, &card);
  return 1;
}

/* The number under the name in the table at the index, as far as it counts. */
static size_t count_in(lua_State *L, int table, const char *name) {
  lua_getfield(L, table, name);
  lua_Number count = lua_tonumber(L, -1);
  lua_pop(L, 1);
  return count > 0 ? count < SECRET_MAX_LEN ? (size_t)count : SECRET_MAX_LEN : 0;
}

static struct mask_rule read_rule(lua_State *L, int definition, int held) {
  struct mask_rule rule = { .first = count_in(L, definition, "first"), .last = count_in(L, definition, "last") };
  lua_getfield(L, definition, "name");
  rule.kind = (enum kind)luaL_checkoption(L, lua_gettop(L), NULL, rule_names);
  if (rule.kind == HASH || rule.kind == FN) {
    lua_getfield(L, definition, rule.kind == HASH ? "key" : "call");
    rule.held = value_hold(L, held);
  }
  lua_pop(L, 1);
  return rule;
}

static void put_field(struct mask_tree *tree, const struct mask_field *field) {
  size_t i = slot_of(tree, field->name);
  while (tree->slots[i].name)
    i = (i + 1) & tree->mask;
  tree->slots[i] = *field;
}

/* Pushes the tree of the table of fields at the index. The list `held` keeps what the tree points to. */
static const struct mask_tree *push_tree(lua_State *L, int from, int held) {
  size_t count = 0, slots = 2;
  luaL_checkstack(L, ROOM, NULL);
  for (lua_pushnil(L); lua_next(L, from); lua_pop(L, 1))
    count++;
  while (slots < 2 * count)
    slots *= 2;
  size_t size = sizeof(struct mask_tree) + slots * sizeof(struct mask_field);
  struct mask_tree *tree = lua_newuserdata(L, size);
  memset(tree, 0, size);
  tree->mask = slots - 1;
  for (lua_pushnil(L); lua_next(L, from); lua_pop(L, 1)) {
    int entry = lua_gettop(L);
    struct mask_field field = { .name = luaL_checkstring(L, entry - 1), .len = lua_rawlen(L, entry - 1) };
    lua_pushvalue(L, entry - 1);
    value_hold(L, held);
    lua_getfield(L, entry, "fields");
    if (lua_istable(L, -1)) {
      field.rule = (struct mask_rule){ .kind = FIELDS, .fields = push_tree(L, entry + 1, held) };
      value_hold(L, held);
    } else {
      lua_getfield(L, entry, "definition");
      field.rule = read_rule(L, entry + 2, held);
      field.rule.most = count_in(L, entry, "most");
    }
    lua_settop(L, entry);
    put_field(tree, &field);
  }
  return tree;
}

/* core.masker(tree, refusal): compiles a policy. Returns a function of (anything, card) that returns a new table with what may be shown of the card.
 *  - tree: { name = { definition, most } or { fields = tree } }. A definition is { name, first, last, key, call }: the rule and its arguments. What has more than `most`
 *    characters is hidden
 *  - refusal: how the error begins that is raised for a card that is no table */
int core_masker(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  luaL_checkstring(L, 2);
  lua_settop(L, 2);
  lua_newtable(L);
  push_tree(L, 1, 3);
  lua_pushvalue(L, 3);
  luaL_getmetatable(L, SECRET_TYPE);
  lua_pushliteral(L, PARTIAL_STARS);
  lua_pushvalue(L, 2);
  lua_pushcclosure(L, mask, REFUSAL);
  return 1;
}
