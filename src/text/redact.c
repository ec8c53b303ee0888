#define _GNU_SOURCE 1
#include "text/redact.h"

#include <stdint.h>
#include <string.h>

#include "secret/pool.h"
#include "text/chars.h"
#include "text/pan.h"

#define NEEDLES_MAX ((size_t)1 << 20) /* bytes of all forms of all values */
#define RUN         8                 /* bytes in a row that are too many to show: a gram */
#define WORD        3                 /* bytes; shorter values and these are hidden only where they stand alone */
#define MIN_DIGITS  7                 /* of a number; with fewer it may be a date or an amount */
#define ROUNDS      8
#define STARS       "***"
#define FEW_DIGITS  3                     /* a CVV */
#define LONG_WORD   12                    /* a token */
#define SHOWN_MAX   (3 * REDACT_TEXT_MAX) /* bytes: a single byte may become three stars */
#define ALL_STARS   UINT64_C(0x2a2a2a2a2a2a2a2a)

/* The head of an entry in redact.needles; the bytes follow. They are folded, and one form of a value: as it is,
 * percent-encoded, base64, or only its digits. */
struct needle {
  uint16_t len;
  bool word;
  bool digits; /* only digits: looked for in the view without separators */
};

/* A byte of a view, and where the text has it. A view is an array of these. It is shorter than the text when it
 * decodes or leaves out bytes. */
struct unit {
  uint32_t at;
  unsigned char byte; /* folded */
  unsigned char width;
};

/* All grams of all needles, in an open hash table. 0 is a free slot, as no folded byte is 0. Sorting them with qsort
 * would leave copies in freed memory. */
struct grams {
  uint64_t *slots;
  size_t mask;
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
  buf_init(&redact->values, NEEDLES_MAX);
  buf_init(&redact->needles, NEEDLES_MAX);
}

void redact_free(struct redact *redact) {
  buf_free(&redact->values);
  buf_free(&redact->needles);
}

static bool add_needle(struct redact *redact, const char *bytes, size_t len, bool word, bool digits) {
  struct needle needle = { .len = (uint16_t)len, .word = word, .digits = digits };
  bool ok = buf_add(&redact->needles, &needle, sizeof needle);
  for (size_t i = 0; i < len && ok; i++)
    ok = buf_add_char(&redact->needles, (char)fold((unsigned char)bytes[i]));
  return ok;
}

static bool add_forms(struct redact *redact, const char *bytes, size_t len, struct buf *form) {
  bool word = len <= WORD;
  if (!add_needle(redact, bytes, len, word, false)) return false;

  if (!buf_add_percent_encoded(form, bytes, len) || !add_needle(redact, form->data, form->len, word, false)) return false;

  buf_clear(form);
  if (!buf_add_base64(form, bytes, len)) return false;
  size_t unpadded = form->len;
  while (form->data[unpadded - 1] == '=')
    unpadded--;
  if (!add_needle(redact, form->data, unpadded, word, false)) return false;

  if (pan_count(bytes, len) < MIN_DIGITS) return true;
  return add_needle(redact, form->data, pan_digits(bytes, len, form->data), false, true);
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

/* Makes needles of the values that were added since the last time. Most calls have no text to redact and never get
 * here. */
static bool make_needles(struct redact *redact) {
  struct buf form;
  bool ok = !redact->values.failed;
  uint16_t len;
  buf_init(&form, 3 * REDACT_HEAD);
  for (size_t at = 0; ok && at < redact->values.len; at += sizeof len + len) {
    memcpy(&len, redact->values.data + at, sizeof len);
    buf_clear(&form);
    ok = add_forms(redact, redact->values.data + at + sizeof len, len, &form);
  }
  if (ok) buf_clear(&redact->values);
  buf_free(&form);
  return ok;
}

/* The needle at *offset, which moves on; NULL after the last one. */
static const unsigned char *next_needle(const struct redact *redact, size_t *offset, struct needle *needle) {
  if (*offset == redact->needles.len) return NULL;
  memcpy(needle, redact->needles.data + *offset, sizeof *needle);
  const char *bytes = redact->needles.data + *offset + sizeof *needle;
  *offset += sizeof *needle + needle->len;
  return (const unsigned char *)bytes;
}

/* The slot that has the gram, or the free one where it belongs. */
static uint64_t *grams_slot(const struct grams *grams, uint64_t gram) {
  size_t i = (size_t)(gram * UINT64_C(0x9e3779b97f4a7c15) >> 32) & grams->mask;
  while (grams->slots[i] != 0 && grams->slots[i] != gram)
    i = (i + 1) & grams->mask;
  return &grams->slots[i];
}

static bool grams_make(struct grams *grams, const struct redact *redact) {
  size_t size = 16;
  while (size < 2 * redact->needles.len)
    size *= 2;
  grams->mask = size - 1;
  grams->slots = pool_calloc(size, sizeof *grams->slots);
  if (grams->slots == NULL) return false;

  struct needle needle;
  size_t offset = 0;
  for (const unsigned char *bytes; (bytes = next_needle(redact, &offset, &needle)) != NULL;) {
    uint64_t gram = 0;
    for (size_t i = 0; i < needle.len; i++) {
      gram = gram << 8 | bytes[i];
      if (i + 1 >= RUN && gram != ALL_STARS) *grams_slot(grams, gram) = gram;
    }
  }
  return true;
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

static void hide_grams(const struct grams *grams, const struct unit *units, size_t count, unsigned char *hidden) {
  uint64_t gram = 0;
  for (size_t i = 0; i < count; i++) {
    gram = gram << 8 | units[i].byte;
    if (i + 1 >= RUN && *grams_slot(grams, gram) != 0) hide(units + i + 1 - RUN, RUN, hidden);
  }
}

static bool stands_at(const unsigned char *bytes, const struct needle *needle, const struct unit *units, size_t count, size_t i) {
  for (size_t k = 0; k < needle->len; k++)
    if (units[i + k].byte != bytes[k]) return false;
  if (!needle->word) return true;
  size_t after = i + needle->len;
  return (i == 0 || !is_word(units[i - 1].byte)) && (after == count || !is_word(units[after].byte));
}

static void hide_short(const struct redact *redact, bool digits, const struct unit *units, size_t count, unsigned char *hidden) {
  struct needle needle;
  size_t offset = 0;
  for (const unsigned char *bytes; (bytes = next_needle(redact, &offset, &needle)) != NULL;) {
    if (needle.len >= RUN || needle.digits != digits) continue;
    for (size_t i = 0; i + needle.len <= count; i++)
      if (stands_at(bytes, &needle, units, count, i)) hide(units + i, needle.len, hidden);
  }
}

static void hide_values(const struct redact *redact, const struct grams *grams, const char *text, size_t len, struct unit *units,
                        unsigned char *hidden) {
  size_t count = 0;
  for (int decoded = 0; decoded < 2; decoded++) {
    count = view(units, text, len, decoded);
    hide_grams(grams, units, count, hidden);
    hide_short(redact, false, units, count, hidden);
  }
  count = view_joined_digits(units, count);
  hide_grams(grams, units, count, hidden);
  hide_short(redact, true, units, count, hidden);
}

/* C0, DEL, C1, and the line separators of Unicode. */
static bool is_control(const char *character, size_t len) {
  const unsigned char *p = (const unsigned char *)character;
  if (len == 1) return p[0] < 0x20 || p[0] == 0x7f;
  return (len == 2 && p[0] == 0xc2 && p[1] < 0xa0) || (len == 3 && p[0] == 0xe2 && p[1] == 0x80 && (p[2] == 0xa8 || p[2] == 0xa9));
}

static bool add_visible(struct buf *out, const char *text, size_t len, const unsigned char *hidden) {
  bool ok = true;
  for (size_t i = 0; i < len && ok;) {
    size_t run = 1;
    while (i + run < len && hidden[i + run] == hidden[i] && (hidden[i] || run < 4))
      run++;
    if (hidden[i]) {
      ok = buf_add_string(out, STARS);
      i += run;
      continue;
    }
    size_t character = utf8_length(text + i, run);
    if (character == 0)
      ok = buf_add_char(out, '?');
    else if (is_control(text + i, character))
      ok = buf_add_char(out, ' ');
    else
      ok = buf_add(out, text + i, character);
    i += character > 0 ? character : 1;
  }
  return ok;
}

static bool hide_once(const struct redact *redact, const struct grams *grams, const char *text, size_t len, struct buf *out) {
  struct unit *units = pool_alloc(len * sizeof *units);
  unsigned char *hidden = pool_calloc(len + 1, 1);
  struct buf visible;
  buf_init(&visible, out->max);
  bool ok = units != NULL && hidden != NULL;
  if (ok) {
    hide_values(redact, grams, text, len, units, hidden);
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
 * not settle is not shown at all. */
static bool hide_all(const struct redact *redact, const struct grams *grams, struct buf *out, const char *text, size_t len, size_t max) {
  struct buf rounds[2];
  buf_init(&rounds[0], 3 * len + 64);
  buf_init(&rounds[1], 3 * len + 64);
  bool ok = true, settled = false, was_cut = false;
  for (int i = 0; i < ROUNDS && ok && !settled; i++) {
    struct buf *next = &rounds[i % 2];
    buf_clear(next);
    ok = hide_once(redact, grams, text, len, next);
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
  struct grams grams;
  if (!make_needles(redact) || redact->needles.failed || len > UINT32_MAX / 4 || !grams_make(&grams, redact)) return false;
  bool ok = hide_all(redact, &grams, out, text, len, max);
  pool_free(grams.slots);
  return ok;
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

bool redact_suspects(struct buf *out, const char *text, size_t len) {
  bool inside = false; /* of a word that is shown */
  for (size_t i = 0; i < len;) {
    size_t run = 0;
    if (!inside) run = long_word(text + i, len - i);
    if (!run && is_digit(text[i])) run = joined_digits(text + i, len - i);
    if (run && !is_masked(text, i, run)) {
      buf_add_string(out, "***");
      i += run;
      inside = false;
      continue;
    }
    if (!run) run = 1;
    buf_add(out, text + i, run);
    i += run;
    inside = is_token(text[i - 1]);
  }
  return !out->failed;
}

/* --- a text as it may be shown --- */

static bool is_code(const char *text) {
  return text[strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-")] == '\0';
}

static bool add_cut(struct buf *out, const struct buf *text, size_t max) {
  size_t end = text->len > max ? boundary(text, max) : text->len;
  return buf_addf(out, "%.*s%s", (int)end, buf_string(text),
                  end < text->len ? "..." : ""); /* there is no NUL in it: redaction has made spaces of them */
}

bool redact_text(struct redact *redact, struct buf *out, const char *text, size_t len, size_t max) {
  struct buf known, masked;
  buf_init(&known, SHOWN_MAX + 3);
  buf_init(&masked, SHOWN_MAX + 3);
  bool ok = len <= REDACT_TEXT_MAX && redact_values(redact, &known, text, len, SHOWN_MAX) && redact_suspects(&masked, buf_string(&known), known.len);
  buf_clear(&known);
  /* Again, as a short value may now stand alone, beside digits that were masked. */
  ok = ok && redact_values(redact, &known, buf_string(&masked), masked.len, SHOWN_MAX) && add_cut(out, &known, max);
  buf_free(&known);
  buf_free(&masked);
  return ok;
}

bool redact_code(struct redact *redact, struct buf *out, const char *text, size_t len, size_t max) {
  struct buf known;
  buf_init(&known, SHOWN_MAX + 3);
  bool ok = len <= REDACT_TEXT_MAX && redact_values(redact, &known, text, len, SHOWN_MAX);
  if (ok) ok = is_code(buf_string(&known)) ? add_cut(out, &known, max) : redact_text(redact, out, text, len, max);
  buf_free(&known);
  return ok;
}
