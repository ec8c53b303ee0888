#define _GNU_SOURCE 1
#include "text/redact.h"

#include <stdint.h>
#include <string.h>

#include "secret/pool.h"
#include "text/chars.h"
#include "text/pan.h"

#define VALUES_MAX  ((size_t)1 << 20) /* bytes of values that are not looked at yet */
#define GRAMS_MAX   ((size_t)1 << 17) /* of all forms of all values; with more of them no text is shown */
#define RUN         8                 /* bytes in a row that are too many to show: a gram */
#define WORD        3                 /* bytes; shorter values and these are hidden only where they stand alone */
#define MIN_DIGITS  7                 /* of a number; with fewer it may be a date or an amount */
#define ROUNDS      8
#define STARS       "***"
#define MOST_CODE   8                 /* bytes of a code of two numbers */
#define FEW_DIGITS  3                 /* a CVV */
#define LONG_WORD   12                /* a token */
#define WINDOW(max) (4 * (max) + 512) /* bytes of a text that are looked at, where `max` of them may be shown */
#define EDGE        64                /* bytes before a cut that may begin a value, encoded or with separators */
#define ALL_STARS   UINT64_C(0x2a2a2a2a2a2a2a2a)

/* What is known of values is a set of 64-bit numbers: every RUN bytes in a row of every form of a value, which is a
 * gram, and every form that is shorter, below a tag. Folded bytes are 0x20 or more, so that a tag is never the first
 * byte of a gram. The cost of a text does not depend on how many values there are. */
#define TAG_LEN    7  /* bits of a tag: the length of a short form */
#define TAG_DIGITS 8  /* only digits: looked for in the view without separators */
#define TAG_WORD   16 /* hidden only where it stands alone */

/* A byte of a view, and where the text has it. A view is an array of these. It is shorter than the text when it
 * decodes or leaves out bytes. */
struct unit {
  uint32_t at;
  unsigned char byte; /* folded */
  unsigned char width;
};

/* Makes equal what a provider may change in a value: case, control characters, the '+' of forms, the '-' and '_' of
 * base64 for URLs. */
static unsigned char fold(unsigned char c) {
  if (c < 0x20 || c == 0x7f || c == '+' || c == '-') return ' ';
  return c == '_' ? '/' : (unsigned char)to_lower((char)c);
}

static bool is_word(unsigned char folded) {
  return is_digit(folded) || is_letter(folded);
}

void redact_init(struct redact *redact) {
  memset(redact, 0, sizeof *redact);
  buf_init(&redact->values, VALUES_MAX);
}

void redact_free(struct redact *redact) {
  buf_free(&redact->values);
  pool_free(redact->grams);
  redact_init(redact);
}

/* The slot that has the gram, or the free one (0) where it belongs. */
static uint64_t *slot_of(uint64_t *slots, size_t size, uint64_t gram) {
  size_t i = (size_t)(gram * UINT64_C(0x9e3779b97f4a7c15) >> 32) & (size - 1);
  while (slots[i] != 0 && slots[i] != gram)
    i = (i + 1) & (size - 1);
  return &slots[i];
}

static bool has_gram(const struct redact *redact, uint64_t gram) {
  return redact->size > 0 && *slot_of(redact->grams, redact->size, gram) != 0;
}

static bool grow(struct redact *redact) {
  size_t size = redact->size > 0 ? 2 * redact->size : 256;
  uint64_t *slots = size > 2 * GRAMS_MAX ? NULL : pool_calloc(size, sizeof *slots);
  if (!slots) return false;
  for (size_t i = 0; i < redact->size; i++)
    if (redact->grams[i] != 0) *slot_of(slots, size, redact->grams[i]) = redact->grams[i];
  pool_free(redact->grams);
  redact->grams = slots;
  redact->size = size;
  return true;
}

static bool add_gram(struct redact *redact, uint64_t gram) {
  if (2 * (redact->count + 1) > redact->size && !grow(redact)) return false;
  uint64_t *slot = slot_of(redact->grams, redact->size, gram);
  redact->count += *slot == 0;
  *slot = gram;
  return true;
}

/* Adds one form of a value. */
static bool add_form(struct redact *redact, const char *bytes, size_t len, unsigned tag) {
  uint64_t gram = 0;
  for (size_t i = 0; i < len; i++) {
    gram = gram << 8 | fold((unsigned char)bytes[i]);
    if (i + 1 >= RUN && gram != ALL_STARS && !add_gram(redact, gram)) return false;
  }
  if (len >= RUN || len == 0) return true;
  tag |= (unsigned)len;
  redact->tags |= UINT32_C(1) << tag;
  return add_gram(redact, (uint64_t)tag << 56 | gram);
}

/* A value as it is, percent-encoded, in base64, in hexadecimal, and if it is a number its digits. */
static bool add_forms(struct redact *redact, const char *bytes, size_t len, struct buf *form) {
  unsigned tag = len <= WORD ? TAG_WORD : 0;
  if (!add_form(redact, bytes, len, tag)) return false;

  if (!buf_add_percent_encoded(form, bytes, len)) return false;
  if (form->len > len && !add_form(redact, form->data, form->len, tag)) return false;

  buf_clear(form);
  if (!buf_add_base64(form, bytes, len)) return false;
  size_t unpadded = form->len;
  while (form->data[unpadded - 1] == '=')
    unpadded--;
  if (!add_form(redact, form->data, unpadded, tag)) return false;

  buf_clear(form);
  if (!buf_reserve(form, 2 * len)) return false;
  hex_write(form->data, (const unsigned char *)bytes, len);
  buf_added(form, 2 * len);
  if (!add_form(redact, form->data, 2 * len, tag)) return false;

  if (pan_count(bytes, len) < MIN_DIGITS) return true;
  return add_form(redact, form->data, pan_digits(bytes, len, form->data), TAG_DIGITS);
}

bool redact_add(struct redact *redact, const void *bytes, size_t len) {
  const char *value = bytes;
  uint16_t kept = (uint16_t)(len > REDACT_HEAD ? REDACT_HEAD : len);
  size_t stars = 0;
  while (stars < kept && value[stars] == '*')
    stars++;
  if (stars == kept) return true; /* stars cannot be hidden by stars */
  return buf_add(&redact->values, &kept, sizeof kept) && buf_add(&redact->values, value, kept);
}

/* Looks at the values that were added since the last time. Most calls have no text to redact and never get here. */
static bool add_values(struct redact *redact) {
  struct buf form;
  uint16_t len;
  bool ok = !redact->values.failed;
  buf_init(&form, 3 * REDACT_HEAD);
  for (size_t at = 0; ok && at < redact->values.len; at += sizeof len + len) {
    memcpy(&len, redact->values.data + at, sizeof len);
    buf_clear(&form);
    ok = add_forms(redact, redact->values.data + at + sizeof len, len, &form);
  }
  if (ok) buf_clear(&redact->values);
  redact->values.failed = !ok;
  buf_free(&form);
  return ok;
}

/* The text byte for byte, or with its percent encoding decoded. Returns the number of units. */
static size_t view(struct unit *units, const char *text, size_t len, bool decoded) {
  size_t count = 0;
  for (size_t i = 0; i < len; i += units[count++].width) {
    bool encoded = decoded && text[i] == '%' && len - i > 2 && hex_value(text[i + 1]) >= 0 && hex_value(text[i + 2]) >= 0;
    int byte = encoded ? hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]) : (unsigned char)text[i];
    units[count] = (struct unit){ .at = (uint32_t)i, .byte = fold((unsigned char)byte), .width = encoded ? 3 : 1 };
  }
  return count;
}

/* Removes single separators between two digits from a view. */
static size_t view_joined_digits(struct unit *units, size_t count) {
  size_t kept = 0;
  for (size_t i = 0; i < count; i++) {
    bool between = kept > 0 && i + 1 < count && is_digit(units[kept - 1].byte) && is_digit(units[i + 1].byte);
    if (units[i].byte != ' ' || !between) units[kept++] = units[i];
  }
  return kept;
}

static void hide(const struct unit *units, size_t count, unsigned char *hidden) {
  size_t end = units[count - 1].at + units[count - 1].width;
  memset(hidden + units[0].at, 1, end - units[0].at);
}

static bool stands_alone(const struct unit *units, size_t count, size_t from, size_t len) {
  return (from == 0 || !is_word(units[from - 1].byte)) && (from + len == count || !is_word(units[from + len].byte));
}

/* Hides the short forms that end with the unit at `end`. `gram` has the last RUN bytes. */
static void hide_short(const struct redact *redact, unsigned digits, const struct unit *units, size_t count, size_t end, uint64_t gram,
                       unsigned char *hidden) {
  for (uint32_t left = redact->tags; left; left &= left - 1) {
    unsigned tag = (unsigned)__builtin_ctz(left);
    size_t len = tag & TAG_LEN;
    if ((tag & TAG_DIGITS) != digits || end + 1 < len) continue;
    if (!has_gram(redact, (uint64_t)tag << 56 | (gram & (UINT64_MAX >> (64 - 8 * len))))) continue;
    if (!(tag & TAG_WORD) || stands_alone(units, count, end + 1 - len, len)) hide(units + end + 1 - len, len, hidden);
  }
}

static void hide_view(const struct redact *redact, unsigned digits, const struct unit *units, size_t count, unsigned char *hidden) {
  uint64_t gram = 0;
  for (size_t i = 0; i < count; i++) {
    gram = gram << 8 | units[i].byte;
    if (i + 1 >= RUN && has_gram(redact, gram)) hide(units + i + 1 - RUN, RUN, hidden);
    if (redact->tags) hide_short(redact, digits, units, count, i, gram, hidden);
  }
}

static void hide_values(const struct redact *redact, const char *text, size_t len, struct unit *units, unsigned char *hidden) {
  size_t count = view(units, text, len, false);
  hide_view(redact, 0, units, count, hidden);
  if (len > 0 && memchr(text, '%', len)) { /* else it is the same view */
    count = view(units, text, len, true);
    hide_view(redact, 0, units, count, hidden);
  }
  count = view_joined_digits(units, count);
  hide_view(redact, TAG_DIGITS, units, count, hidden);
}

/* C0, DEL, C1, and the line separators of Unicode. */
static bool is_control(const char *character, size_t len) {
  const unsigned char *p = (const unsigned char *)character;
  if (len == 1) return p[0] < 0x20 || p[0] == 0x7f;
  return (len == 2 && p[0] == 0xc2 && p[1] < 0xa0) || (len == 3 && p[0] == 0xe2 && p[1] == 0x80 && (p[2] == 0xa8 || p[2] == 0xa9));
}

static bool add_visible(struct buf *out, const char *text, size_t len, const unsigned char *hidden) {
  bool ok = true;
  size_t from = 0; /* what was not added yet, and stays as it is */
  for (size_t i = 0; i < len && ok;) {
    size_t run = 1;
    while (i + run < len && hidden[i + run] == hidden[i] && (hidden[i] || run < 4))
      run++;
    size_t character = hidden[i] ? run : utf8_length(text + i, run);
    const char *instead = hidden[i] ? STARS : character == 0 ? "?" : is_control(text + i, character) ? " " : NULL;
    size_t next = i + (character > 0 ? character : 1);
    if (instead) {
      ok = buf_add(out, text + from, i - from) && buf_add_string(out, instead);
      from = next;
    }
    i = next;
  }
  return ok && buf_add(out, text + from, len - from);
}

/* @param edge bytes at the end that are hidden whatever they are */
static bool hide_once(const struct redact *redact, const char *text, size_t len, size_t edge, struct buf *out) {
  struct unit *units = pool_alloc(len * sizeof *units);
  unsigned char *hidden = pool_calloc(len + 1, 1);
  struct buf visible;
  buf_init(&visible, out->max);
  bool ok = units != NULL && hidden != NULL;
  if (ok) {
    hide_values(redact, text, len, units, hidden);
    memset(hidden + len - edge, 1, edge);
    ok = add_visible(&visible, text, len, hidden) && pan_redact(out, buf_string(&visible), visible.len);
  }
  buf_free(&visible);
  pool_free(hidden);
  pool_free(units);
  return ok;
}

/* The last boundary between characters that is not behind `at`. */
static size_t boundary(const struct buf *text, size_t at) {
  while (at > 0 && (text->data[at] & 0xc0) == 0x80)
    at--;
  return at;
}

static bool cut(struct buf *text, size_t at) {
  at = boundary(text, at);
  explicit_bzero(text->data + at, text->len - at);
  text->len = at;
  return buf_add_string(text, "...");
}

/* Redacts until nothing changes, as stars, spaces and a cut may together look like a value again. A text that does
 * not settle is not shown at all. Of a longer text than the window what is behind it is not looked at. A value that
 * goes on there is hidden up to the cut where RUN bytes or more of it stand before; the edge hides fewer. */
static bool hide_all(struct redact *redact, struct buf *out, const char *text, size_t len, size_t max, size_t window) {
  struct buf rounds[2];
  size_t edge = len > window ? EDGE : 0;
  if (edge) len = window;
  if (!add_values(redact) || len > UINT32_MAX / 4) return false;
  buf_init(&rounds[0], 3 * len + 64);
  buf_init(&rounds[1], 3 * len + 64);
  bool ok = true, settled = false, was_cut = false;
  for (int i = 0; i < ROUNDS && ok && !settled; i++) {
    struct buf *next = &rounds[i % 2];
    buf_clear(next);
    ok = hide_once(redact, text, len, edge, next);
    edge = 0;
    bool same = ok && next->len == len && (len == 0 || memcmp(next->data, text, len) == 0);
    bool fits = next->len <= (was_cut ? max + 3 : max);
    settled = same && fits;
    if (ok && !fits) was_cut = ok = cut(next, max);
    text = buf_string(next);
    len = next->len;
  }
  ok = ok && (settled ? buf_add(out, text, len) : buf_add_string(out, STARS));
  buf_free(&rounds[0]);
  buf_free(&rounds[1]);
  return ok;
}

bool redact_values(struct redact *redact, struct buf *out, const char *text, size_t len, size_t max) {
  return hide_all(redact, out, text, len, max, WINDOW(max));
}

/* --- secrets that nobody here has seen --- */

static bool is_token(char c) {
  return is_digit(c) || is_letter(c) || (c && strchr("_-+/=.", c));
}

/* The length of the word at the beginning if it is long and has a digit, else 0. */
static size_t long_word(const char *text, size_t len) {
  size_t end = 0, digits = 0;
  for (; end < len && is_token(text[end]); end++)
    digits += is_digit(text[end]);
  return end >= LONG_WORD && digits > 0 ? end : 0;
}

/* The length of the digits at the beginning, with the separators between them, if there are FEW_DIGITS or more; else
 * 0. */
static size_t joined_digits(const char *text, size_t len) {
  size_t end = 0, digits = 0;
  for (size_t i = 0; i < len; i++) {
    if (is_digit(text[i])) {
      digits++;
      end = i + 1;
    } else if (i != end || !strchr(" -.", text[i]) || text[i] == '\0') {
      break;
    }
  }
  return digits >= FEW_DIGITS ? end : 0;
}

/* Whether these are the four digits behind the stars of a masked card number. */
static bool is_masked(const char *text, size_t at, size_t run) {
  if (run != 4 || at < 4 || memcmp(text + at - 4, "****", 4) != 0) return false;
  return is_digit(text[at]) && is_digit(text[at + 1]) && is_digit(text[at + 2]) && is_digit(text[at + 3]);
}

/* Goes through the text. Without `out` it stops at the first thing that may be a secret. Returns whether there was one. */
static bool mask_suspects(struct buf *out, const char *text, size_t len) {
  bool inside = false, found = false; /* inside of a word that is shown */
  for (size_t i = 0; i < len && (out || !found);) {
    size_t run = inside ? 0 : long_word(text + i, len - i);
    if (!run && is_digit(text[i])) run = joined_digits(text + i, len - i);
    bool hidden = run && !is_masked(text, i, run);
    if (!run) run = 1;
    if (out && hidden) buf_add_string(out, STARS);
    if (out && !hidden) buf_add(out, text + i, run);
    i += run;
    found = found || hidden;
    inside = !hidden && is_token(text[i - 1]);
  }
  return found;
}

bool redact_suspected(const char *text, size_t len) {
  return mask_suspects(NULL, text, len);
}

bool redact_suspects(struct buf *out, const char *text, size_t len) {
  mask_suspects(out, text, len);
  return !out->failed;
}

/* --- a text as it may be shown --- */

/* A word or a whole number, or two: "card_declined", "E120", "1019", "30_031", but not "4.1.1.1". */
static bool is_code(const char *text) {
  size_t letters = 0, digits = 0, others = 0;
  const char *bar = strchr(text, '_');
  size_t first = strspn(text, "0123456789");
  if (bar == text + first && first && strspn(bar + 1, "0123456789") == strlen(bar + 1) && bar[1] && strlen(text) <= MOST_CODE) return true;
  for (; *text; text++) {
    if (!is_letter(*text) && !is_digit(*text) && !strchr("_.-", *text)) return false;
    letters += is_letter(*text);
    digits += is_digit(*text);
    others += !is_letter(*text) && !is_digit(*text);
  }
  return letters > 0 || others == 0 || digits < FEW_DIGITS;
}

static bool add_cut(struct buf *out, const struct buf *text, size_t max) {
  size_t end = text->len > max ? boundary(text, max) : text->len;
  return buf_addf(out, "%.*s%s", (int)end, buf_string(text),
                  end < text->len ? "..." : ""); /* there is no NUL in it: redaction has made spaces of them */
}

bool redact_text(struct redact *redact, struct buf *out, const char *text, size_t len, size_t max) {
  struct buf known, masked;
  size_t room = 3 * WINDOW(max) + 3; /* a single byte may become three stars */
  buf_init(&known, room);
  buf_init(&masked, room);
  bool ok = hide_all(redact, &known, text, len, room, WINDOW(max)) && redact_suspects(&masked, buf_string(&known), known.len);
  buf_clear(&known);
  /* Again, as a short value may now stand alone, beside digits that were masked. */
  ok = ok && hide_all(redact, &known, buf_string(&masked), masked.len, room, room) && add_cut(out, &known, max);
  buf_free(&known);
  buf_free(&masked);
  return ok;
}

bool redact_code(struct redact *redact, struct buf *out, const char *text, size_t len, size_t max) {
  struct buf known;
  buf_init(&known, 3 * WINDOW(max) + 3);
  bool ok = hide_all(redact, &known, text, len, known.max, WINDOW(max));
  if (ok) ok = is_code(buf_string(&known)) ? add_cut(out, &known, max) : redact_text(redact, out, text, len, max);
  buf_free(&known);
  return ok;
}
