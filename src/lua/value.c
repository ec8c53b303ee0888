#include "lua/value.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "secret/stack.h"
#include "text/chars.h"
#include "text/pan.h"
#include "json/json.h"

#define SMALL      256                /* bytes of a result that need no memory of Lua's */
#define MOST_EXACT 9007199254740991.0 /* no date and no number of digits is beyond it, and doubles are rounded there */
#define LONGEST    64                 /* bytes of a card number with what stands between its digits */

size_t value_digits(lua_State *L, int index, char out[static VALUE_DIGITS]) {
  if (lua_type(L, index) != LUA_TNUMBER) return 0;
#if LUA_VERSION_NUM >= 503
  if (lua_isinteger(L, index)) return (size_t)snprintf(out, VALUE_DIGITS, "%lld", (long long)lua_tointeger(L, index));
#endif
  double number = lua_tonumber(L, index);
  return isfinite(number) ? (size_t)snprintf(out, VALUE_DIGITS, "%.0f", number) : 0;
}

bool value_text(lua_State *L) {
  char digits[VALUE_DIGITS];
  int type = lua_type(L, -1);
  if (type == LUA_TSTRING) return true;
  double number = type == LUA_TNUMBER ? lua_tonumber(L, -1) : NAN;
  if (!isfinite(number) || number != floor(number)) return false;
  lua_pushlstring(L, digits, value_digits(L, -1, digits));
  lua_replace(L, -2);
  return true;
}

struct secret *value_secret(lua_State *L, int secrets) {
  if (!lua_getmetatable(L, -1)) return NULL;
  bool is_secret = lua_rawequal(L, -1, secrets);
  lua_pop(L, 1);
  return is_secret ? lua_touserdata(L, -1) : NULL;
}

int value_hold(lua_State *L, int list) {
  int place = (int)lua_rawlen(L, list) + 1;
  lua_rawseti(L, list, place);
  return place;
}

/* Pushes a secret with room for so many bytes, for the caller to fill; or NULL, and the error in the place of what is on top of the stack. */
static struct secret *push_reserved(lua_State *L, enum secret_class class, size_t room) {
  const char *why = NULL;
  struct secret *made = binding_new_secret(L);
  bool ok = secret_reserve(made, class, room, &why);
  if (!ok) {
    binding_collect(L);
    ok = secret_reserve(made, class, room, &why);
  }
  if (ok) return made;
  binding_push_filled(L, false, why);
  lua_replace(L, -4);
  lua_pop(L, 2);
  return NULL;
}

enum outcome value_to_secret(lua_State *L, enum secret_class class, const char *bytes, size_t len) {
  if (len > SECRET_MAX_LEN) return NO_VALUE;
  struct secret *made = push_reserved(L, class, len);
  if (!made) return NO_ROOM;
  memcpy(made->bytes, bytes, len);
  lua_replace(L, -2);
  return A_VALUE;
}

/* The same of a part of a secret. */
static enum outcome copy_part(lua_State *L, enum secret_class class, const struct secret *secret, size_t from, size_t len) {
  struct secret *made = push_reserved(L, class, len);
  if (!made) return NO_ROOM;
  made->origin = secret->origin;
  bool ok = secret_state(secret) == SECRET_OPEN;
  if (ok)
    memcpy(made->bytes, secret->bytes + from, len);
  else
    secret_wipe(made);
  lua_replace(L, -2);
  return ok ? A_VALUE : NO_VALUE;
}

/* The result is written where it stays. */
static enum outcome transform_secret(lua_State *L, enum transform transform, const struct secret *secret) {
  if (secret_state(secret) != SECRET_OPEN) return NO_VALUE;
  struct secret *made = push_reserved(L, secret->class, transform_room(transform, secret->len));
  if (!made) return NO_ROOM;
  made->origin = secret->origin;
  size_t len = 0;
  bool ok = secret_state(secret) == SECRET_OPEN && transform_apply(transform, (const char *)secret->bytes, secret->len, (char *)made->bytes, &len);
  made->len = (uint32_t)len;
  stack_wipe(STACK_SHALLOW);
  if (!ok) secret_wipe(made);
  lua_replace(L, -2);
  return ok ? A_VALUE : NO_VALUE;
}

static enum outcome put_number(lua_State *L, int number) {
  lua_pop(L, 1);
  compat_push_integer(L, number);
  return A_VALUE;
}

/* Whether bytes that were written in base64 or as hexadecimal digits are a text: UTF-8 without a NUL. */
static bool is_text(const char *bytes, size_t len) {
  for (size_t at = 0, character; at < len; at += character) {
    character = utf8_length(bytes + at, len - at);
    if (character == 0 || bytes[at] == '\0') return false;
  }
  return true;
}

/* Of a text, which is the value or was made of it. Most dates and countries stay as they are. */
static enum outcome transform_text(lua_State *L, enum transform transform, const char *text, size_t len, bool is_value) {
  char small[SMALL];
  int number;
  if (transform_is_number(transform)) return transform_number(transform, text, len, &number) ? put_number(L, number) : NO_VALUE;
  size_t room = transform_room(transform, len), made;
  char *out = room <= sizeof small ? small : lua_newuserdata(L, room);
  bool ok = transform_apply(transform, text, len, out, &made);
  if (transform == TRANSFORM_BASE64 || transform == TRANSFORM_HEX) ok = ok && is_text(out, made);
  bool is_same = ok && is_value && made == len && memcmp(text, out, len) == 0;
  if (ok && !is_same) {
    lua_pushlstring(L, out, made);
    lua_replace(L, out == small ? -2 : -3);
  }
  if (out != small) lua_pop(L, 1);
  return ok ? A_VALUE : NO_VALUE;
}

/* The country code and the number of a telephone that is told in two parts. */
static enum outcome transform_phone(lua_State *L) {
  char text[SMALL];
  size_t country_len = 0, len = 0, at = 0;
  int table = lua_gettop(L);
  lua_pushliteral(L, "cc");
  lua_rawget(L, table);
  lua_pushliteral(L, "subscriber");
  lua_rawget(L, table);
  const char *country = lua_type(L, -2) == LUA_TSTRING ? lua_tolstring(L, -2, &country_len) : "";
  const char *number = lua_type(L, -1) == LUA_TSTRING ? lua_tolstring(L, -1, &len) : "";
  size_t plus = *country == '+', digits = strspn(country + plus, "0123456789");
  bool fits = len > 0 && country_len + len + 2 <= sizeof text;
  if (fits && digits > 0 && plus + digits == country_len) {
    text[at++] = '+';
    memcpy(text + at, country + plus, digits);
    at += digits;
  }
  if (fits) memcpy(text + at, number, len);
  lua_settop(L, table);
  return fits ? transform_text(L, TRANSFORM_PHONE, text, at + len, false) : NO_VALUE;
}

static enum outcome transform_digits(lua_State *L, enum transform transform) {
  char digits[JSON_NUMBER_TEXT > VALUE_DIGITS ? JSON_NUMBER_TEXT : VALUE_DIGITS];
  double number = lua_tonumber(L, -1);
  int made;
  if (!(fabs(number) <= MOST_EXACT)) return NO_VALUE;
  bool is_whole = number == (double)(int64_t)number;
  if (is_whole && (transform == TRANSFORM_YEAR || transform == TRANSFORM_MONTH))
    return transform_whole(transform, (int64_t)number, &made) ? put_number(L, made) : NO_VALUE;
  if (!is_whole) json_print_number(round(number * 1000) / 1000, digits); /* milliseconds are the finest there is */
  return transform_text(L, transform, digits, is_whole ? value_digits(L, -1, digits) : strlen(digits), false);
}

void value_pad(lua_State *L, size_t len) {
  for (; lua_rawlen(L, -1) < len; lua_concat(L, 2)) {
    lua_pushliteral(L, "0");
    lua_insert(L, -2);
  }
}

enum outcome value_spelled(lua_State *L, int type, const char *spelling, bool is_year) {
  int month, year;
  if ((type != LUA_TSTRING && type != LUA_TNUMBER) || !value_text(L)) return NO_VALUE;
  if (type == LUA_TNUMBER) value_pad(L, strlen(spelling));
  if (!transform_spelled(spelling, lua_tostring(L, -1), lua_rawlen(L, -1), &month, &year)) return NO_VALUE;
  return put_number(L, is_year ? year : month);
}

/* The place of a character of string.sub among `len`, from 0 on. */
static int64_t place(int at, size_t len) {
  return at < 0 ? (int64_t)len + at : (int64_t)at - 1;
}

enum outcome value_slice(lua_State *L, int type, int first, int last, bool hides, int secrets) {
  const struct secret *secret = type == LUA_TUSERDATA ? value_secret(L, secrets) : NULL;
  if (secret ? secret_state(secret) != SECRET_OPEN : !value_text(L)) return NO_VALUE;
  size_t len = secret ? secret->len : lua_rawlen(L, -1);
  int64_t from = place(first, len), to = place(last, len);
  if (from < 0) from = 0;
  if (to >= (int64_t)len) to = (int64_t)len - 1;
  if (from > to) return NO_VALUE;
  size_t count = (size_t)(to - from) + 1;
  if (secret) return copy_part(L, hides ? SECRET_CVV : secret->class, secret, (size_t)from, count);
  lua_pushlstring(L, lua_tostring(L, -1) + from, count);
  lua_replace(L, -2);
  return A_VALUE;
}

struct piece {
  const struct secret *secret; /* NULL for a text */
  const char *bytes;
  size_t len;
};

static struct piece piece_at(lua_State *L, int at, int secrets) {
  struct piece piece = { .bytes = "" };
  lua_pushvalue(L, at);
  piece.secret = value_secret(L, secrets);
  if (!piece.secret)
    piece.bytes = lua_tolstring(L, at, &piece.len);
  else if (secret_state(piece.secret) == SECRET_OPEN)
    piece = (struct piece){ piece.secret, (const char *)piece.secret->bytes, piece.secret->len };
  lua_pop(L, 1);
  return piece;
}

static bool are_open(const struct piece *pieces, int count) {
  for (int i = 0; i < count; i++)
    if (pieces[i].secret && secret_state(pieces[i].secret) != SECRET_OPEN) return false;
  return true;
}

/* The class that shows least of those of the secrets; SECRET_CLASSES where there are none. */
static enum secret_class strictest(const struct piece *pieces, int count) {
  static const int hidden[SECRET_CLASSES] = {
    [SECRET_PAN] = 0, [SECRET_TOKEN] = 1, [SECRET_UNDECLARED] = 2, [SECRET_CREDENTIAL] = 3, [SECRET_CVV] = 4
  };
  enum secret_class class = SECRET_CLASSES;
  for (int i = 0; i < count; i++)
    if (pieces[i].secret && (class == SECRET_CLASSES || hidden[pieces[i].secret->class] > hidden[class])) class = pieces[i].secret->class;
  return class;
}

static void put_pieces(char *out, const struct piece *pieces, int count, const char *between, size_t between_len) {
  for (int i = 0; i < count; i++) {
    if (i > 0) memcpy(out, between, between_len);
    if (i > 0) out += between_len;
    memcpy(out, pieces[i].bytes, pieces[i].len);
    out += pieces[i].len;
  }
}

enum outcome value_join(lua_State *L, int below, const char *between, size_t between_len, bool hides, int secrets) {
  struct piece pieces[VALUE_PIECES];
  char small[SMALL];
  int count = lua_gettop(L) - below;
  size_t len = count > 0 ? (size_t)(count - 1) * between_len : 0;
  for (int i = 0; i < count; i++) {
    pieces[i] = piece_at(L, below + 1 + i, secrets);
    len += pieces[i].len;
  }
  enum secret_class class = strictest(pieces, count);
  if (len == 0 || len > SECRET_MAX_LEN || !are_open(pieces, count)) return NO_VALUE;
  if (class == SECRET_CLASSES) {
    char *out = len <= sizeof small ? small : lua_newuserdata(L, len);
    put_pieces(out, pieces, count, between, between_len);
    lua_pushlstring(L, out, len);
  } else {
    struct secret *made = push_reserved(L, hides && class != SECRET_PAN ? SECRET_CVV : class, len);
    if (!made) return NO_ROOM;
    for (int i = 0; i < count; i++)
      if (pieces[i].secret) made->origin = pieces[i].secret->origin;
    if (are_open(pieces, count)) {
      put_pieces((char *)made->bytes, pieces, count, between, between_len);
    } else {
      secret_wipe(made);
      return NO_VALUE;
    }
  }
  lua_replace(L, below + 1);
  lua_settop(L, below + 1);
  return A_VALUE;
}

enum outcome value_transform(lua_State *L, int type, enum transform transform, int secrets) {
  const struct secret *secret;
  const char *text;
  size_t len;
  switch (type) {
  case LUA_TSTRING: text = lua_tolstring(L, -1, &len); return transform_text(L, transform, text, len, true);
  case LUA_TNUMBER: return transform_digits(L, transform);
  case LUA_TTABLE: return transform == TRANSFORM_PHONE ? transform_phone(L) : NO_VALUE;
  default: secret = value_secret(L, secrets); return secret ? transform_secret(L, transform, secret) : NO_VALUE;
  }
}

/* Copies what may be shown, where it is digits and as many as asked for; else an empty text. */
static void show_digits(const char *bytes, size_t len, size_t wish, char *out) {
  bool all = len == wish;
  for (size_t i = 0; i < len; i++)
    all = all && is_digit(bytes[i]);
  *out = '\0';
  if (all) memcpy(out, bytes, len);
}

void value_ends(const struct secret *secret, char last4[static VALUE_LAST4], char bin[static VALUE_BIN]) {
  char bytes[LONGEST];
  size_t first = VALUE_BIN, last = VALUE_LAST4, len = 0;
  if (secret_state(secret) == SECRET_OPEN && secret->len <= sizeof bytes) {
    len = secret->class == SECRET_PAN ? pan_digits((const char *)secret->bytes, secret->len, bytes) : secret->len;
    if (secret->class != SECRET_PAN) memcpy(bytes, secret->bytes, len);
  }
  pan_limit(secret->class, pan_is_number(bytes, len), len, &first, &last);
  show_digits(bytes + len - last, last, VALUE_LAST4, last4);
  show_digits(bytes, first, VALUE_BIN, bin);
  explicit_bzero(bytes, sizeof bytes);
}
