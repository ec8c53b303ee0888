#define _GNU_SOURCE 1
#include "text/scrub.h"

#include <stdint.h>
#include <string.h>

#include "secret/pool.h"
#include "text/pan.h"
#include "json/json_check.h"

#define NEEDLES_MAX  ((size_t)1 << 20) /* bytes of all forms of all values */
#define RUN          8                 /* a run of so many bytes is too much to show: a gram */
#define WORD         3                 /* values up to here are hidden only where they stand alone */
#define DIGITS_LEAST 7
#define ROUNDS       8
#define STARS        "***"
#define ALL_STARS    UINT64_C(0x2a2a2a2a2a2a2a2a)

/* Before its bytes in scrub.needles. The bytes are folded, and in one of the forms of the value: as it is, percent-encoded, base64, only its digits. */
struct needle {
  uint16_t len;
  bool word;
  bool digits; /* to be found in the view without separators */
};

/* One byte that the text means, and where it is written. A view is an array of them, with fewer units than the text has bytes when it decodes or leaves out. */
struct unit {
  uint32_t at;
  unsigned char byte; /* folded */
  unsigned char width;
};

/* All runs of RUN bytes of all needles: an open hash table in which 0 is free, as no folded byte is 0. Not sorted by qsort: that leaves copies in freed memory. */
struct grams {
  uint64_t *slots;
  size_t mask;
};

/* What a value may turn into on its way through a provider reads the same: case, control characters, the '+' of forms, the '-' and '_' of base64 for URLs. */
static unsigned char fold(unsigned char c) {
  if (c >= 'A' && c <= 'Z') return (unsigned char)(c + 'a' - 'A');
  if (c < 0x20 || c == 0x7f || c == '+' || c == '-') return ' ';
  return c == '_' ? '/' : c;
}

static bool is_digit(unsigned char c) {
  return c >= '0' && c <= '9';
}

static bool is_word(unsigned char folded) {
  return is_digit(folded) || (folded >= 'a' && folded <= 'z');
}

void scrub_init(struct scrub *scrub) {
  buf_init(&scrub->values, NEEDLES_MAX);
  buf_init(&scrub->needles, NEEDLES_MAX);
}

void scrub_free(struct scrub *scrub) {
  buf_free(&scrub->values);
  buf_free(&scrub->needles);
}

static bool add_needle(struct scrub *scrub, const char *bytes, size_t len, bool word, bool digits) {
  struct needle needle = { .len = (uint16_t)len, .word = word, .digits = digits };
  bool ok = buf_add(&scrub->needles, &needle, sizeof needle);
  for (size_t i = 0; i < len && ok; i++)
    ok = buf_add_char(&scrub->needles, (char)fold((unsigned char)bytes[i]));
  return ok;
}

/* Only digits, spaces and dashes, and enough digits to be told from a date or an amount. */
static bool is_numeric(const char *bytes, size_t len) {
  size_t digits = 0;
  for (size_t i = 0; i < len; i++) {
    if (is_digit((unsigned char)bytes[i]))
      digits++;
    else if (bytes[i] != ' ' && bytes[i] != '-')
      return false;
  }
  return digits >= DIGITS_LEAST;
}

static bool add_forms(struct scrub *scrub, const char *bytes, size_t len, struct buf *form) {
  bool word = len <= WORD;
  if (!add_needle(scrub, bytes, len, word, false)) return false;

  if (!buf_add_percent_encoded(form, bytes, len) || !add_needle(scrub, form->data, form->len, word, false)) return false;

  buf_clear(form);
  if (!buf_add_base64(form, bytes, len)) return false;
  size_t unpadded = form->len;
  while (form->data[unpadded - 1] == '=')
    unpadded--;
  if (!add_needle(scrub, form->data, unpadded, word, false)) return false;

  if (!is_numeric(bytes, len)) return true;
  return add_needle(scrub, form->data, pan_digits(bytes, len, form->data), false, true);
}

bool scrub_add(struct scrub *scrub, const void *bytes, size_t len) {
  const char *value = bytes;
  uint16_t kept = (uint16_t)(len > SCRUB_HEAD ? SCRUB_HEAD : len);
  size_t stars = 0;
  while (stars < kept && value[stars] == '*')
    stars++;
  if (stars == kept) return true; /* there is nothing to hide, and stars cannot be hidden by stars */
  return buf_add(&scrub->values, &kept, sizeof kept) && buf_add(&scrub->values, value, kept);
}

/* Makes needles of the values that were added since. Most calls end without a text to clean, and never get here. */
static bool make_needles(struct scrub *scrub) {
  struct buf form;
  bool ok = !scrub->values.failed;
  uint16_t len;
  buf_init(&form, 3 * SCRUB_HEAD);
  for (size_t at = 0; ok && at < scrub->values.len; at += sizeof len + len) {
    memcpy(&len, scrub->values.data + at, sizeof len);
    buf_clear(&form);
    ok = add_forms(scrub, scrub->values.data + at + sizeof len, len, &form);
  }
  if (ok) buf_clear(&scrub->values);
  buf_free(&form);
  return ok;
}

/* The needle at *offset, and moves on; NULL after the last. */
static const unsigned char *next_needle(const struct scrub *scrub, size_t *offset, struct needle *needle) {
  if (*offset == scrub->needles.len) return NULL;
  memcpy(needle, scrub->needles.data + *offset, sizeof *needle);
  const char *bytes = scrub->needles.data + *offset + sizeof *needle;
  *offset += sizeof *needle + needle->len;
  return (const unsigned char *)bytes;
}

/* The slot where a gram is, or where it would have to be. */
static uint64_t *grams_slot(const struct grams *grams, uint64_t gram) {
  size_t i = (size_t)(gram * UINT64_C(0x9e3779b97f4a7c15) >> 32) & grams->mask;
  while (grams->slots[i] != 0 && grams->slots[i] != gram)
    i = (i + 1) & grams->mask;
  return &grams->slots[i];
}

static bool grams_make(struct grams *grams, const struct scrub *scrub) {
  size_t size = 16;
  while (size < 2 * scrub->needles.len)
    size *= 2;
  grams->mask = size - 1;
  grams->slots = pool_calloc(size, sizeof *grams->slots);
  if (grams->slots == NULL) return false;

  struct needle needle;
  size_t offset = 0;
  for (const unsigned char *bytes; (bytes = next_needle(scrub, &offset, &needle)) != NULL;) {
    uint64_t gram = 0;
    for (size_t i = 0; i < needle.len; i++) {
      gram = gram << 8 | bytes[i];
      if (i + 1 >= RUN && gram != ALL_STARS) *grams_slot(grams, gram) = gram;
    }
  }
  return true;
}

static size_t view_as_is(struct unit *units, const char *text, size_t len) {
  for (size_t i = 0; i < len; i++)
    units[i] = (struct unit){ .at = (uint32_t)i, .byte = fold((unsigned char)text[i]), .width = 1 };
  return len;
}

static int hex_value(char c) {
  unsigned char folded = fold((unsigned char)c);
  if (is_digit(folded)) return folded - '0';
  return folded >= 'a' && folded <= 'f' ? folded - 'a' + 10 : -1;
}

static size_t view_percent_decoded(struct unit *units, const char *text, size_t len) {
  size_t count = 0;
  for (size_t i = 0; i < len; i += units[count++].width) {
    bool encoded = text[i] == '%' && len - i > 2 && hex_value(text[i + 1]) >= 0 && hex_value(text[i + 2]) >= 0;
    int byte = encoded ? hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]) : (unsigned char)text[i];
    units[count] = (struct unit){ .at = (uint32_t)i, .byte = fold((unsigned char)byte), .width = encoded ? 3 : 1 };
  }
  return count;
}

/* Takes single separators between two digits out of a view. */
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

static void hide_short(const struct scrub *scrub, bool digits, const struct unit *units, size_t count, unsigned char *hidden) {
  struct needle needle;
  size_t offset = 0;
  for (const unsigned char *bytes; (bytes = next_needle(scrub, &offset, &needle)) != NULL;) {
    if (needle.len >= RUN || needle.digits != digits) continue;
    for (size_t i = 0; i + needle.len <= count; i++)
      if (stands_at(bytes, &needle, units, count, i)) hide(units + i, needle.len, hidden);
  }
}

static void hide_values(const struct scrub *scrub, const struct grams *grams, const char *text, size_t len, struct unit *units,
                        unsigned char *hidden) {
  size_t count = view_as_is(units, text, len);
  hide_grams(grams, units, count, hidden);
  hide_short(scrub, false, units, count, hidden);
  count = view_percent_decoded(units, text, len);
  hide_grams(grams, units, count, hidden);
  hide_short(scrub, false, units, count, hidden);
  count = view_joined_digits(units, count);
  hide_grams(grams, units, count, hidden);
  hide_short(scrub, true, units, count, hidden);
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
    size_t character = json_check_utf8(text + i, run);
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

static bool clean(const struct scrub *scrub, const struct grams *grams, const char *text, size_t len, struct buf *out) {
  struct unit *units = pool_alloc(len * sizeof *units);
  unsigned char *hidden = pool_calloc(len + 1, 1);
  struct buf visible;
  buf_init(&visible, out->max);
  bool ok = units != NULL && hidden != NULL;
  if (ok) {
    hide_values(scrub, grams, text, len, units, hidden);
    ok = add_visible(&visible, text, len, hidden) && pan_redact(out, buf_string(&visible), visible.len);
  }
  buf_free(&visible);
  pool_free(hidden);
  pool_free(units);
  return ok;
}

static bool cut(struct buf *text, size_t at) {
  while (at > 0 && (text->data[at] & 0xc0) == 0x80)
    at--;
  explicit_bzero(text->data + at, text->len - at);
  text->len = at;
  return buf_add_string(text, "...");
}

/* Cleans until nothing changes any more, as stars, blanks and a cut may make up what a value looks like. Without an end in sight nothing of the text is shown. */
static bool clean_all(const struct scrub *scrub, const struct grams *grams, struct buf *out, const char *text, size_t len, size_t max) {
  struct buf rounds[2];
  buf_init(&rounds[0], 3 * len + 64);
  buf_init(&rounds[1], 3 * len + 64);
  bool ok = true, settled = false, was_cut = false;
  for (int i = 0; i < ROUNDS && ok && !settled; i++) {
    struct buf *next = &rounds[i % 2];
    buf_clear(next);
    ok = clean(scrub, grams, text, len, next);
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

bool scrub_text(struct scrub *scrub, struct buf *out, const char *text, size_t len, size_t max) {
  struct grams grams;
  if (!make_needles(scrub) || scrub->needles.failed || len > UINT32_MAX / 4 || !grams_make(&grams, scrub)) return false;
  bool ok = clean_all(scrub, &grams, out, text, len, max);
  pool_free(grams.slots);
  return ok;
}
