/* Mapping. A checked mapping is compiled to a plan once. C reads a provider's record by that plan and makes the neutral record. Only the functions in a mapping are called
 * back. */
#include <string.h>

#include "lua/value.h"
#include "text/chars.h"
#include "text/pan.h"

#define ROOM           (24 + VALUE_PIECES) /* slots of the stack that the work on a field needs */
#define NO_WORD        "unknown"           /* of a secret that has no word */
#define UNREAD         "month_year does not read it: say how it is spelled, as in month_year \"YYMM\""
#define LEAST_DECLARED 8  /* digits of a number that a provider has declared as one */
#define LEAST_OF_PARTS 12 /* of any other, as the shortest of a network has */
#define FAILURE        (-1)

/* The kinds of neutral fields, and how each reads what a provider wrote. Only the fields of secrets take a secret, so that what a descriptor does not declare stays hidden. */
enum kind { TEXT, PAN, PAN_OF_PARTS, CVV, TOKEN, LAST4, BIN, MONTH, YEAR, MONTH_OF, YEAR_OF, DATE, KINDS };
static const char *const kind_names[] = { "text",  "pan",  "pan_of_parts", "cvv",     "token", "last4", "bin",
                                          "month", "year", "month_of",     "year_of", "date",  NULL };
static const struct {
  enum secret_class class;  /* SECRET_CLASSES where it takes no secret */
  enum transform transform; /* TRANSFORMS where a text is taken as it is */
  size_t zeros;             /* digits that a number is padded to, as an integer lost its leading zeros */
  size_t least, most;       /* digits that a text has, and nothing else; 0 for any text */
} kinds[KINDS] = {
  [TEXT] = { SECRET_CLASSES, TRANSFORMS, 0, 0, 0 },
  [PAN] = { SECRET_PAN, TRANSFORMS, 1, 0, 0 },
  [PAN_OF_PARTS] = { SECRET_PAN, TRANSFORMS, 1, 0, 0 },
  [CVV] = { SECRET_CVV, TRANSFORMS, 3, 0, 0 },
  [TOKEN] = { SECRET_TOKEN, TRANSFORMS, 1, 0, 0 },
  [LAST4] = { SECRET_CLASSES, TRANSFORMS, 4, 4, 4 },
  [BIN] = { SECRET_CLASSES, TRANSFORMS, 0, 6, 8 }, /* more than eight digits would be a card number */
  [MONTH] = { SECRET_CLASSES, TRANSFORM_MONTH, 0, 0, 0 },
  [YEAR] = { SECRET_CLASSES, TRANSFORM_YEAR, 0, 0, 0 },
  [MONTH_OF] = { SECRET_CLASSES, TRANSFORM_MONTH_OF, 0, 0, 0 },
  [YEAR_OF] = { SECRET_CLASSES, TRANSFORM_YEAR_OF, 0, 0, 0 },
  [DATE] = { SECRET_CLASSES, TRANSFORM_DATE, 0, 0, 0 },
};

/* What a step does with the value on top of the stack: see core.mapping. */
enum code { TABLE, NAME, CONSTANT, PATH, OTHER, JOIN, OTHER_JOIN, PART, CALL, PLAIN, TRANSFORM, WORDS, SLICE, SPELLED, DEFAULT, READ, GROUP };
static const char *const code_names[] = { "table", "name",      "constant", "path",  "other",   "join",    "other_join", "part",  "call",
                                          "plain", "transform", "words",    "slice", "spelled", "default", "read",       "group", NULL };

struct step {
  enum code code;
  /* The stack place of a table; for CALL and JOIN the place in HELD of the field's name and of what stands between the parts; for constants the type of the value; for
   * SLICE the first character; for SPELLED whether it is the year; for GROUP how many fields it may have. */
  int from;
  int value;  /* the place of a value in HELD; or a transform, a kind, the last character, the number of parts or of steps in a group */
  bool walks; /* of PATH, OTHER and PART: the value is a list of keys */
};

struct plan {
  int count, tables; /* steps, and how many of them are TABLE: those come first */
  int room;          /* slots of the stack that the plan needs */
  int most;          /* how many fields a card may have */
  bool is_confined;  /* of a file: what it makes of a secret must not depend on the value */
  struct step steps[];
};

/* The upvalues of cards.card, what is on its stack, and the first values in the list HELD of a plan. */
enum { MAPPINGS = 1, UNUSUAL, FAILED, OF_CARD, SECRETS, EMPTY, METATABLE };
enum { RECORD = 1, REASONS, OF_RECORD, PLAN, HELD, TABLES };
enum { HELD_LAST4 = 1, HELD_BIN };

struct reading {
  struct secret *made;         /* the current value, where a step of this field made that secret; else NULL */
  const struct secret *number; /* of the card, which keeps it */
  bool has_last4, has_bin, is_confined;
  bool is_last;            /* a mapping in a file makes nothing more of the secret */
  bool explains;           /* why numbers and dates are absent */
  const struct step *lost; /* the step that made nothing of this field's value, or NULL */
};

static bool has_digits(const char *text, size_t len, size_t least, size_t most) {
  for (size_t i = 0; i < len; i++)
    if (!is_digit(text[i])) return false;
  return len >= least && len <= most;
}

/* The fewest digits of a number. The first six and the last four are ten, so that what is put together, or not declared as a number, has more. */
static size_t least_digits(enum kind kind, enum secret_class class) {
  return kind == PAN && class == SECRET_PAN ? LEAST_DECLARED : LEAST_OF_PARTS;
}

/* Whether bytes of that class are a number: digits, with spaces and dashes between them at most. */
static bool is_number(enum kind kind, enum secret_class class, const char *bytes, size_t len) {
  size_t digits = pan_count(bytes, len);
  return digits >= least_digits(kind, class) && digits <= PAN_MAX_DIGITS;
}

/* Replaces the value on top of the stack, which has that type, by what a field of the kind takes. */
static enum outcome read_value(lua_State *L, int type, enum kind kind, int secrets) {
  bool is_secret = kinds[kind].class != SECRET_CLASSES;
  size_t zeros = type == LUA_TNUMBER ? kinds[kind].zeros : 0;
  if (type == LUA_TUSERDATA) {
    const struct secret *secret = is_secret ? value_secret(L, secrets) : NULL;
    if (!secret) return NO_VALUE;
    if (kinds[kind].class != SECRET_PAN || secret_state(secret) != SECRET_OPEN) return A_VALUE;
    return is_number(kind, secret->class, (const char *)secret->bytes, secret->len) ? A_VALUE : NO_VALUE;
  }
  if (kinds[kind].transform != TRANSFORMS) return value_transform(L, type, kinds[kind].transform, secrets);
  if (type != LUA_TSTRING && (!value_text(L) || (zeros > 0 && *lua_tostring(L, -1) == '-'))) return NO_VALUE;
  if (zeros > 0) value_pad(L, zeros);
  size_t len = lua_rawlen(L, -1);
  if (len == 0 || (kinds[kind].most > 0 && !has_digits(lua_tostring(L, -1), len, kinds[kind].least, kinds[kind].most))) return NO_VALUE;
  if (!is_secret) return A_VALUE;
  const char *text = lua_tostring(L, -1);
  if (kinds[kind].class == SECRET_PAN && !is_number(kind, SECRET_CLASSES, text, len)) return NO_VALUE;
  return value_to_secret(L, kinds[kind].class, text, len);
}

/* Replaces the table of words on top of the stack by its word for the value below, or nil. */
static void find_word(lua_State *L) {
  lua_pushvalue(L, -2);
  if (lua_isboolean(L, -1)) {
    lua_pushstring(L, lua_toboolean(L, -1) ? "true" : "false");
    lua_replace(L, -2);
  }
  if (!value_text(L)) {
    lua_pop(L, 1);
    lua_pushnil(L);
  }
  lua_rawget(L, -2);
  lua_replace(L, -2);
}

/* The same for a secret, which is compared with every word. */
static void find_word_of_secret(lua_State *L, const struct secret *secret) {
  int words = lua_gettop(L);
  size_t len;
  lua_pushnil(L);
  for (lua_pushnil(L); lua_next(L, words);) {
    const char *word = lua_tolstring(L, -2, &len);
    if (secret_equals(secret, word, len))
      lua_replace(L, words + 1);
    else
      lua_pop(L, 1);
  }
  lua_replace(L, words);
}

/* Replaces the value by another word. For a secret there always is one, in a secret of the class that shows nothing: what is shown, and whether it is there, must not depend
 * on the value. */
static enum outcome translate(lua_State *L, int held) {
  const struct secret *secret = value_secret(L, lua_upvalueindex(SECRETS));
  lua_rawgeti(L, HELD, held);
  if (secret)
    find_word_of_secret(L, secret);
  else
    find_word(L);
  enum outcome found = lua_isnil(L, -1) ? NO_VALUE : A_VALUE;
  if (secret && found == NO_VALUE && secret_state(secret) == SECRET_OPEN) {
    lua_pop(L, 1);
    lua_pushliteral(L, NO_WORD);
  }
  if (secret && value_text(L)) found = value_to_secret(L, SECRET_CVV, lua_tostring(L, -1), lua_rawlen(L, -1));
  lua_replace(L, -2);
  return found;
}

/* Whether the step leaves a secret as readable as it was, so that another step can follow in a file. */
static bool keeps_form(const struct step *step) {
  return step->code == TRANSFORM && (step->value == TRANSFORM_TRIM || step->value == TRANSFORM_UPPER || step->value == TRANSFORM_DIGITS);
}

/* Whether a mapping in a file may do that with the secret: what it makes depends on the secret's form at most, and shows no more of it. */
static bool is_harmless(const struct step *step, const struct secret *secret) {
  bool is_card = secret->class == SECRET_PAN || secret->class == SECRET_CVV;
  if (step->code != TRANSFORM) return step->code == SLICE;
  return step->value == TRANSFORM_BASE64 || step->value == TRANSFORM_HEX || (keeps_form(step) && (step->value != TRANSFORM_DIGITS || is_card));
}

static enum outcome apply(lua_State *L, const struct step *step, int type, bool hides) {
  int secrets = lua_upvalueindex(SECRETS);
  switch (step->code) {
  case WORDS: return translate(L, step->value);
  case SLICE: return value_slice(L, type, step->from, step->value, hides, secrets);
  case SPELLED:
    lua_rawgeti(L, HELD, step->value);
    const char *spelling = lua_tostring(L, -1); /* which HELD keeps */
    lua_pop(L, 1);
    return value_spelled(L, type, spelling, step->from);
  default: return value_transform(L, type, (enum transform)step->value, secrets);
  }
}

/* Applies a step that makes another value of one; the value becomes nil where it makes no sense. Closes the secret that the step before made. False: an error is on top of
 * the stack. */
static bool change(lua_State *L, const struct step *step, int type, struct reading *reading) {
  struct secret *before = reading->made;
  int secrets = lua_upvalueindex(SECRETS);
  const struct secret *secret = reading->is_confined && type == LUA_TUSERDATA ? value_secret(L, secrets) : NULL;
  enum outcome found = NO_VALUE;
  if (!secret || (!reading->is_last && is_harmless(step, secret))) found = apply(L, step, type, reading->is_confined);
  reading->is_last = secret && !keeps_form(step);
  if (before) secret_wipe(before);
  reading->made = found == A_VALUE && type == LUA_TUSERDATA ? value_secret(L, secrets) : NULL;
  if (found == NO_VALUE) {
    lua_pop(L, 1);
    lua_pushnil(L);
    reading->lost = step;
  }
  return found != NO_ROOM;
}

/* Handles an error of a mapping's function, which is an upvalue: the line in it, or nil where it was left by a tail call. One that says that memory is used up stays. */
static int find_line(lua_State *L) {
  lua_Debug about;
  bool found = false;
  if (binding_is_no_memory(L, LUA_ERRRUN)) return 1;
  for (int level = 1; !found && lua_getstack(L, level, &about); level++) {
    lua_getinfo(L, "lf", &about);
    found = lua_rawequal(L, -1, lua_upvalueindex(1));
    lua_pop(L, 1);
  }
  if (found)
    compat_push_integer(L, about.currentline);
  else
    lua_pushnil(L);
  return 1;
}

/* Pushes what a function makes of the record. It cannot yield, as nothing here could resume it. False: it failed, and an error is on top of the stack. */
static bool call(lua_State *L, const struct step *step) {
  lua_rawgeti(L, HELD, step->value);
  lua_pushcclosure(L, find_line, 1);
  int handler = lua_gettop(L);
  lua_rawgeti(L, HELD, step->value);
  lua_pushvalue(L, RECORD);
  int status = lua_pcall(L, 1, 1, handler);
  lua_remove(L, handler);
  if (status == LUA_OK) return true;
  if (binding_is_no_memory(L, status)) lua_error(L);
  lua_pushvalue(L, lua_upvalueindex(FAILED));
  lua_rawgeti(L, HELD, step->from);
  lua_rawgeti(L, HELD, step->value);
  if (status == LUA_ERRERR) /* find_line itself had no room */
    lua_pushnil(L);
  else
    lua_pushvalue(L, -4);
  lua_call(L, 3, 1);
  return false;
}

/* The last place of the list at the index that has something. A null leaves a hole in a list, before which its length may end. */
static int last_place(lua_State *L, int list) {
  int last = 0;
  for (lua_pushnil(L); lua_next(L, list); lua_pop(L, 1)) {
    int place = lua_type(L, -2) == LUA_TNUMBER ? (int)lua_tointeger(L, -2) : 0;
    if (place > last) last = place;
  }
  return last;
}

/* Replaces the value on top of the stack by what the keys from that one on lead to: nil where there is nothing or an empty text. The key true stands for the elements of a
 * list, of which the first one counts that has something. */
static void walk(lua_State *L, int keys, int from) {
  luaL_checkstack(L, 4, "a path too long");
  int at = lua_gettop(L), left = (int)lua_rawlen(L, keys) - from + 1;
  if (left == 0 && (lua_type(L, at) != LUA_TSTRING || lua_rawlen(L, at) > 0)) return;
  bool is_way = left > 0 && lua_istable(L, at);
  lua_rawgeti(L, keys, from);
  if (is_way && !lua_isboolean(L, -1)) {
    lua_rawget(L, at);
    lua_replace(L, at);
    walk(L, keys, from + 1);
    return;
  }
  lua_settop(L, at);
  for (int i = 1, last = is_way ? last_place(L, at) : 0; i <= last; i++) {
    lua_settop(L, at);
    lua_rawgeti(L, at, i);
    walk(L, keys, from + 1);
    if (!lua_isnil(L, -1)) break;
  }
  if (lua_gettop(L) == at) lua_pushnil(L);
  lua_replace(L, at);
  lua_settop(L, at);
}

static int get(lua_State *L, const struct step *step) {
  lua_rawgeti(L, HELD, step->value);
  if (!step->walks) return compat_rawget(L, step->from);
  int keys = lua_gettop(L);
  lua_pushvalue(L, step->from);
  walk(L, keys, 1);
  lua_replace(L, keys);
  lua_settop(L, keys);
  return lua_type(L, -1);
}

static int get_constant(lua_State *L, const struct step *step) {
  lua_rawgeti(L, HELD, step->value);
  return step->from;
}

/* Pops the value of that type where it is nothing: nil or an empty text. */
static bool take_nothing(lua_State *L, int type) {
  bool is_nothing = type == LUA_TNIL || (type == LUA_TSTRING && lua_rawlen(L, -1) == 0);
  if (is_nothing) lua_pop(L, 1);
  return is_nothing;
}

/* Pushes what the parts of a join give that are there, and goes to the last of them. Returns the type of that; FAILURE: an error is on top of the stack. */
static int join(lua_State *L, const struct step **at, struct reading *reading) {
  int below = lua_gettop(L), secrets = lua_upvalueindex(SECRETS);
  const struct step *step = *at;
  size_t between_len;
  for (int i = 1; i <= step->value; i++) {
    bool is_there = get(L, step + i) == LUA_TUSERDATA ? value_secret(L, secrets) != NULL : value_text(L) && lua_rawlen(L, -1) > 0;
    if (!is_there) lua_pop(L, 1);
  }
  *at = step + step->value;
  lua_rawgeti(L, HELD, step->from);
  const char *between = lua_tolstring(L, -1, &between_len); /* which HELD keeps */
  lua_pop(L, 1);
  enum outcome found = lua_gettop(L) > below ? value_join(L, below, between, between_len, reading->is_confined, secrets) : NO_VALUE;
  if (found == NO_ROOM) return FAILURE;
  if (found == NO_VALUE) {
    lua_settop(L, below);
    lua_pushnil(L);
  }
  int type = lua_type(L, -1);
  reading->made = type == LUA_TUSERDATA ? value_secret(L, secrets) : NULL;
  reading->is_last = reading->is_confined && reading->made;
  return type;
}

/* Runs the steps up to READ on the value of that type. Returns the type of the result; FAILURE: an error is on top of the stack. */
static int find_value(lua_State *L, int type, const struct step **at, struct reading *reading) {
  reading->made = NULL;
  reading->is_last = false;
  reading->lost = NULL;
  for (const struct step *step = *at; step->code != READ; *at = ++step)
    switch (step->code) {
    case OTHER:
      if (take_nothing(L, type)) type = get(L, step);
      break;
    case JOIN:
    case OTHER_JOIN:
      if (step->code == OTHER_JOIN && !take_nothing(L, type))
        step += step->value;
      else if ((type = join(L, &step, reading)) == FAILURE)
        return FAILURE;
      break;
    case CALL:
      if (!call(L, step)) return FAILURE;
      type = lua_type(L, -1);
      break;
    case PLAIN:
      if (type != LUA_TUSERDATA || kinds[step->value].class != SECRET_CLASSES) break;
      if (reading->made) secret_wipe(reading->made);
      lua_pop(L, 1);
      lua_pushnil(L);
      type = LUA_TNIL;
      break;
    case DEFAULT:
      if (take_nothing(L, type)) type = get_constant(L, step);
      break;
    default:
      if (type == LUA_TNIL) break;
      if (!change(L, step, type, reading)) return FAILURE;
      type = lua_type(L, -1);
    }
  return type;
}

/* Reads the value on top of the stack, which has that type, as a field of the kind, and notes what last4 and bin depend on. */
static enum outcome read_field(lua_State *L, int type, enum kind kind, struct reading *reading) {
  if (type == LUA_TNIL) return NO_VALUE;
  if (kind == TEXT && type == LUA_TSTRING) return lua_rawlen(L, -1) > 0 ? A_VALUE : NO_VALUE;
  enum outcome found = read_value(L, type, kind, lua_upvalueindex(SECRETS));
  if (found != A_VALUE) return found;
  if (kinds[kind].class == SECRET_PAN) reading->number = lua_touserdata(L, -1);
  reading->has_last4 = reading->has_last4 || kind == LAST4;
  reading->has_bin = reading->has_bin || kind == BIN;
  return A_VALUE;
}

/* Pushes why the value on top of the stack is no number: nothing of it but how many characters it has. */
static void push_no_number(lua_State *L, enum kind kind) {
  const struct secret *secret = value_secret(L, lua_upvalueindex(SECRETS));
  enum secret_class class = secret ? secret->class : SECRET_CLASSES;
  if (!secret && lua_type(L, -1) != LUA_TSTRING) {
    lua_pushfstring(L, "a %s is no number of a card", luaL_typename(L, -1));
    return;
  }
  const char *bytes = secret ? (const char *)secret->bytes : lua_tostring(L, -1);
  size_t len = secret ? secret->len : lua_rawlen(L, -1), others = 0;
  for (size_t i = 0; i < len; i++)
    others += !is_digit(bytes[i]) && bytes[i] != ' ' && bytes[i] != '-';
  int digits = (int)pan_count(bytes, len);
  if (others > 0)
    lua_pushfstring(L, "%d characters, of which %d are no digits", (int)len, (int)others);
  else if (is_number(kind, class, bytes, len))
    lua_pushliteral(L, "a negative number is no number of a card");
  else if (kind == PAN)
    lua_pushfstring(L, "%d digits: a number has %d to %d, or at least %d where its field is declared as pan", digits, LEAST_OF_PARTS, PAN_MAX_DIGITS,
                    LEAST_DECLARED);
  else
    lua_pushfstring(L, "%d digits: a number that is put together has %d to %d", digits, LEAST_OF_PARTS, PAN_MAX_DIGITS);
}

/* Pushes which step made nothing of the value. False where that is not to be told. */
static bool push_lost(lua_State *L, enum kind kind, const struct step *step) {
  if (step->code == SPELLED) {
    lua_rawgeti(L, HELD, step->value);
    lua_pushfstring(L, "month_year \"%s\" does not read it", lua_tostring(L, -1));
    lua_remove(L, -2);
  } else if (step->code == TRANSFORM && (step->value == TRANSFORM_MONTH_OF || step->value == TRANSFORM_YEAR_OF)) {
    lua_pushliteral(L, UNREAD);
  } else if (kinds[kind].class == SECRET_PAN) {
    lua_pushfstring(L, "%s makes nothing of it", step->code == TRANSFORM ? transform_names[step->value] : step->code == SLICE ? "slice" : "map");
  } else {
    return false;
  }
  return true;
}

/* Notes why a number or a date is absent, of which the mapping found something. The field's name is at the index, and above it what was found, of that type;
 * `lost` is the step that made nothing of it, or NULL. */
static void explain(lua_State *L, int name, int type, enum kind kind, const struct step *lost) {
  if (lost) {
    if (!push_lost(L, kind, lost)) return;
  } else if (type == LUA_TNIL || (type == LUA_TSTRING && lua_rawlen(L, -1) == 0)) {
    return;
  } else if (kinds[kind].class == SECRET_PAN) {
    push_no_number(L, kind);
  } else if (kind == MONTH_OF || kind == YEAR_OF) {
    lua_pushliteral(L, UNREAD);
  } else {
    return;
  }
  lua_pushvalue(L, name);
  lua_insert(L, -2);
  lua_rawset(L, REASONS);
}

/* Reads fields into a new table, which has room for so many, and pushes it. Returns how many there are; FAILURE: an error is on top of the stack. */
static int read_fields(lua_State *L, int most, const struct step *step, const struct step *end, struct reading *reading) {
  int count = 0, type;
  lua_createtable(L, 0, most);
  int made = lua_gettop(L);
  for (; step < end; step++) {
    enum outcome found;
    lua_rawgeti(L, HELD, step->value);
    step++;
    if (step->code == GROUP) {
      int fields = read_fields(L, step->from, step + 1, step + 1 + step->value, reading);
      step += step->value;
      found = fields == FAILURE ? NO_ROOM : fields > 0 ? A_VALUE : NO_VALUE;
    } else {
      type = step->code == PATH ? get(L, step++) : step->code == CONSTANT ? get_constant(L, step++) : LUA_TNIL;
      bool has_more = step->code != READ;
      if (has_more) type = find_value(L, type, &step, reading);
      found = type == FAILURE ? NO_ROOM : read_field(L, type, (enum kind)step->value, reading);
      if (found == NO_VALUE && reading->explains) explain(L, made + 1, type, (enum kind)step->value, has_more ? reading->lost : NULL);
      if (found == NO_VALUE && has_more && reading->made) secret_wipe(reading->made);
    }
    if (found == NO_ROOM) return FAILURE;
    count += found == A_VALUE;
    if (found == A_VALUE)
      lua_rawset(L, made);
    else
      lua_settop(L, made);
  }
  return count;
}

static void add_end(lua_State *L, int name, const char *text, size_t len) {
  lua_rawgeti(L, HELD, name);
  lua_pushlstring(L, text, len);
  lua_rawset(L, -3);
}

/* Adds last4 and bin to the card on top of the stack, as far as the mapping found none and the number shows them. */
static void add_ends(lua_State *L, const struct reading *reading) {
  char last4[VALUE_LAST4], bin[VALUE_BIN];
  if (!reading->number || (reading->has_last4 && reading->has_bin)) return;
  value_ends(reading->number, last4, bin);
  if (!reading->has_last4 && *last4) add_end(L, HELD_LAST4, last4, sizeof last4);
  if (!reading->has_bin && *bin) add_end(L, HELD_BIN, bin, sizeof bin);
}

/* The plan for the record, or NULL. It stays on the stack. */
static const struct plan *find_plan(lua_State *L) {
  if (lua_type(L, RECORD) != LUA_TTABLE || !lua_getmetatable(L, RECORD)) return NULL;
  lua_pushvalue(L, lua_upvalueindex(METATABLE));
  lua_rawget(L, OF_RECORD);
  lua_rawget(L, lua_upvalueindex(MAPPINGS));
  return lua_touserdata(L, PLAN);
}

/* Makes the card of the record. Where it explains, the table of reasons behind the record gets why fields are absent, by their names. */
static int make_card(lua_State *L, bool explains) {
  struct reading reading = { .explains = explains };
  const struct plan *plan = find_plan(L);
  if (!plan) {
    lua_pushvalue(L, lua_upvalueindex(UNUSUAL));
    lua_pushvalue(L, RECORD);
    lua_pushvalue(L, REASONS);
    lua_call(L, 2, 2);
    if (!lua_isnil(L, -1)) return 2;
    lua_pop(L, 1);
    return 1;
  }
  reading.is_confined = plan->is_confined;
  lua_getuservalue(L, PLAN);
  if (!lua_checkstack(L, plan->room)) return binding_no_memory(L);
  for (int i = 0; i < plan->tables; i++) {
    if (get(L, &plan->steps[i]) == LUA_TTABLE) continue;
    lua_pop(L, 1);
    lua_pushvalue(L, lua_upvalueindex(EMPTY));
  }
  if (read_fields(L, plan->most, plan->steps + plan->tables, plan->steps + plan->count, &reading) == FAILURE) {
    lua_pushnil(L);
    lua_insert(L, -2);
    return 2;
  }
  add_ends(L, &reading);
  lua_pushvalue(L, lua_upvalueindex(OF_CARD));
  lua_setmetatable(L, -2);
  return 1;
}

/* cards.card(record) */
static int card(lua_State *L) {
  lua_settop(L, RECORD);
  lua_pushnil(L);
  return make_card(L, false);
}

/* The same for (record, reasons) */
static int explained_card(lua_State *L) {
  lua_settop(L, REASONS);
  return make_card(L, true);
}

/* Pops the description of a step. */
static struct step read_step(lua_State *L, int held, int tables) {
  int at = lua_gettop(L);
  luaL_checktype(L, at, LUA_TTABLE);
  lua_getfield(L, at, "code");
  lua_getfield(L, at, "from");
  lua_getfield(L, at, "value");
  struct step step = { .code = (enum code)luaL_checkoption(L, at + 1, NULL, code_names) };
  bool is_join = step.code == JOIN || step.code == OTHER_JOIN;
  if (step.code == TABLE || step.code == PATH || step.code == OTHER || step.code == PART) {
    int from = (int)luaL_checkinteger(L, at + 2);
    luaL_argcheck(L, from >= 1 && from <= tables + 1, at + 2, "the place of a table that comes before");
    step.from = from == 1 ? RECORD : TABLES + from - 2;
  } else if (step.code == CONSTANT || step.code == DEFAULT) {
    step.from = lua_type(L, at + 3);
  } else if (step.code == CALL || is_join) {
    lua_pushvalue(L, at + 2);
    step.from = value_hold(L, held);
  } else if (step.code == SPELLED) {
    step.from = luaL_checkoption(L, at + 2, NULL, kind_names) == YEAR;
  } else if (step.code == GROUP || step.code == SLICE) {
    step.from = (int)luaL_checkinteger(L, at + 2);
  }
  luaL_argcheck(L, !is_join || lua_tonumber(L, at + 3) <= VALUE_PIECES, at + 3, "too many parts");
  step.walks = lua_istable(L, at + 3) && (step.code == PATH || step.code == OTHER || step.code == PART);
  if (step.code == TRANSFORM)
    step.value = luaL_checkoption(L, at + 3, NULL, transform_names);
  else if (step.code == READ || step.code == PLAIN)
    step.value = luaL_checkoption(L, at + 3, NULL, kind_names);
  else if (step.code == GROUP || step.code == SLICE || is_join)
    step.value = (int)luaL_checkinteger(L, at + 3);
  else
    step.value = value_hold(L, held);
  lua_settop(L, at - 1);
  return step;
}

/* core.mapping { tables, steps, most }: compiles a mapping to a plan for the function that core.mapper makes. Both are lists of { code, value, from }.
 * `tables` are the tables in the record that paths go through, with the code "table": what stands under the key `value` in another table. `from` says in which one: 1 is the
 * record, and i + 1 the table i.
 * `steps` read one field after the other: "name" with the field's name, steps that find its value, and "read" with the kind of the field. A value that is nil or an empty
 * text counts as nothing, and then an earlier field of that name stays. `most` is how many fields there may be. The steps that find the value:
 *  - "path": what stands under the key `value` in a table; "other": the same where the value is nothing so far. `value` may be a list of keys, of which true stands for each
 *    element of a list: then the first one counts that has something
 *  - "constant": the value itself; "default": the same where the value is nothing so far
 *  - "join": what the next `value` steps give that are there, "part" with a key and a table each, put together; `from` is what stands between them; "other_join": the same where
 *    the value is nothing so far
 *  - "call": what a function makes of the record; `from` is the name of the field for the error
 *  - "plain": drops a secret, unless a field of that kind takes it
 *  - "transform": applies the transform of that name; "words": looks it up in a table of words; "slice": takes the characters `from` to `value`; "spelled": reads the month or
 *    year, which `from` says, that is spelled as `value` is
 * "group" stands in the place of these and of "read": the next `value` steps are the fields of a table, `from` at most. */
int core_mapping(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  lua_createtable(L, 0, 0);
  lua_pushliteral(L, "last4");
  value_hold(L, 2);
  lua_pushliteral(L, "bin");
  value_hold(L, 2);
  lua_getfield(L, 1, "tables");
  lua_getfield(L, 1, "steps");
  lua_getfield(L, 1, "most");
  int tables = (int)lua_rawlen(L, 3), count = tables + (int)lua_rawlen(L, 4);
  struct plan *plan = lua_newuserdata(L, sizeof *plan + (size_t)count * sizeof *plan->steps);
  lua_getfield(L, 1, "confined");
  bool is_confined = lua_toboolean(L, -1);
  lua_pop(L, 1);
  *plan = (struct plan){ .is_confined = is_confined, .count = count, .tables = tables, .room = tables + ROOM, .most = (int)luaL_checkinteger(L, 5) };
  for (int i = 0; i < count; i++) {
    lua_rawgeti(L, i < tables ? 3 : 4, i < tables ? i + 1 : i - tables + 1);
    plan->steps[i] = read_step(L, 2, i < tables ? i : tables);
    plan->room += 2 * (plan->steps[i].code == GROUP);
    bool ends = i + 1 < count || plan->steps[i].code == READ,
         has_steps = plan->steps[i].code == GROUP || plan->steps[i].code == JOIN || plan->steps[i].code == OTHER_JOIN;
    luaL_argcheck(L, ends && (!has_steps || (unsigned)plan->steps[i].value < (unsigned)(count - i)), 1, "the steps have no end");
  }
  lua_pushvalue(L, 2);
  lua_setuservalue(L, -2);
  return 1;
}

/* core.mapper(mappings, unusual, failed, metatable, explains): makes the function cards.card, or one that takes a table of reasons as well.
 *  - mappings: the plans, by what getmetatable says of a record
 *  - unusual(argument, reasons): is called for an argument without a plan, and returns what cards.card returns
 *  - failed(field, function, line): returns the error for a function of a mapping that failed
 *  - metatable: of the cards */
int core_mapper(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  luaL_checktype(L, 2, LUA_TFUNCTION);
  luaL_checktype(L, 3, LUA_TFUNCTION);
  luaL_checktype(L, 4, LUA_TTABLE);
  bool explains = lua_toboolean(L, 5);
  lua_settop(L, 4);
  luaL_getmetatable(L, SECRET_TYPE);
  lua_newtable(L);
  lua_pushliteral(L, "__metatable");
  lua_pushcclosure(L, explains ? explained_card : card, METATABLE);
  return 1;
}

/* core.fits(kind, value): whether a field of the kind takes a value that is no secret */
int core_fits(lua_State *L) {
  lua_settop(L, 2);
  luaL_getmetatable(L, SECRET_TYPE);
  lua_insert(L, 2);
  lua_pushboolean(L, read_value(L, lua_type(L, -1), (enum kind)luaL_checkoption(L, 1, NULL, kind_names), 2) == A_VALUE);
  return 1;
}
