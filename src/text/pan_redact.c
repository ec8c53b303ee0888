/* Card numbers in running text: see pan_suspected and pan_redact in pan.h. */
#include <stdint.h>
#include <string.h>

#include "text/chars.h"
#include "text/pan.h"

#define LEAST      PAN_MIN_DIGITS
#define MOST       PAN_MAX_DIGITS
#define SEPARATORS 3  /* at most between two groups of digits */
#define TELEPHONE  15 /* digits of a telephone's number at most: E.164 */
#define PADDING    2  /* zeros before a number at least, where they fill it up to a fixed length */
#define RING       32 /* digits that are remembered: a number, and what follows it directly */
#define AT(i)      ((i) & (RING - 1))

/* Numbers that cards begin with, by their first six digits, and how many digits such a number has. */
static const struct {
  uint32_t first, last;
  uint8_t least, most;
} networks[] = {
  { 220000, 220499, 16, 19 }, /* Mir */
  { 222100, 272099, 16, 16 }, /* Mastercard */
  { 300000, 309999, 14, 19 }, /* Diners Club */
  { 340000, 349999, 15, 15 }, /* American Express */
  { 352800, 358999, 16, 19 }, /* JCB */
  { 360000, 369999, 14, 19 }, /* Diners Club */
  { 370000, 379999, 15, 15 }, /* American Express */
  { 380000, 399999, 14, 19 }, /* Diners Club */
  { 400000, 499999, 13, 19 }, /* Visa */
  { 500000, 509999, 13, 19 }, /* Maestro and others */
  { 510000, 559999, 16, 16 }, /* Mastercard */
  { 560000, 589999, 13, 19 }, /* Maestro */
  { 600000, 699999, 13, 19 }, /* Discover, UnionPay, RuPay, Maestro */
  { 810000, 829999, 16, 19 }, /* UnionPay, RuPay */
  { 979200, 979299, 16, 16 }, /* Troy */
  /* Maestro with 12 digits: only what it is known to begin with, as most numbers so long are ids and telephones. */
  { 501800, 501899, 12, 12 },
  { 502000, 502099, 12, 12 },
  { 503800, 503899, 12, 12 },
  { 589300, 589399, 12, 12 },
  { 630400, 630499, 12, 12 },
  { 675900, 675999, 12, 12 },
  { 676100, 676399, 12, 12 },
};

static bool is_of_network(uint32_t six, size_t digits) {
  for (size_t i = 0; i < sizeof networks / sizeof *networks; i++)
    if (six >= networks[i].first && six <= networks[i].last && digits >= networks[i].least && digits <= networks[i].most) return true;
  return false;
}

/* --- characters --- */

struct token {
  enum { OTHER, DIGIT, SEPARATOR } kind;
  int digit;
  size_t width; /* bytes */
};

/* What may stand between the groups of a number besides one byte of " -./_+" and white space of ASCII: spaces, dashes and characters without a width, as bytes and as they are
 * escaped in URLs and JSON. */
static const char *const separators[] = {
  "\xc2\xa0",     "\xc2\xad",     "\xe2\x80\x80", "\xe2\x80\x81", "\xe2\x80\x82", "\xe2\x80\x83", "\xe2\x80\x84", "\xe2\x80\x85", "\xe2\x80\x86",
  "\xe2\x80\x87", "\xe2\x80\x88", "\xe2\x80\x89", "\xe2\x80\x8a", "\xe2\x80\x8b", "\xe2\x80\x8c", "\xe2\x80\x8d", "\xe2\x80\x8e", "\xe2\x80\x8f",
  "\xe2\x81\xa4", "\xe2\x81\xa9", "\xcd\x8f",     "\xe2\x80\x90", "\xe2\x80\x91", "\xe2\x80\x92", "\xe2\x80\x93", "\xe2\x80\x94", "\xe2\x80\xaf",
  "\xe2\x81\x9f", "\xe2\x81\xa0", "\xe2\x88\x92", "\xe3\x80\x80", "\xef\xbb\xbf", "%20",          "\\u0020",      "\\u00a0",      "\\u00A0",
};

/* Digits of other scripts by the bytes before the last one, and the byte of their zero. */
static const struct {
  const char *before;
  unsigned char zero;
} scripts[] = {
  { "\xef\xbc", 0x90 }, /* fullwidth */
  { "\xd9", 0xa0 },     /* Arabic */
  { "\xdb", 0xb0 },     /* Persian */
};

static bool begins_with(const char *text, size_t left, const char *beginning, size_t len) {
  return left >= len && memcmp(text, beginning, len) == 0;
}

static struct token rare_token(const char *text, size_t left) {
  for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++) {
    size_t len = strlen(scripts[i].before);
    if (left <= len || !begins_with(text, left, scripts[i].before, len)) continue;
    int digit = (unsigned char)text[len] - scripts[i].zero;
    if (digit >= 0 && digit <= 9) return (struct token){ DIGIT, digit, len + 1 };
  }
  for (size_t i = 0; i < sizeof separators / sizeof *separators; i++) {
    size_t len = strlen(separators[i]);
    if (begins_with(text, left, separators[i], len)) return (struct token){ SEPARATOR, 0, len };
  }
  return (struct token){ OTHER, 0, 1 };
}

/* One byte that may stand between groups. */
static bool is_separator(char c) {
  return is_space(c) || c == '-' || c == '.' || c == '/' || c == '_' || c == '+';
}

static struct token next_token(const char *text, size_t left) {
  unsigned char c = (unsigned char)*text;
  if (is_digit(c)) return (struct token){ DIGIT, c - '0', 1 };
  if (is_separator((char)c)) return (struct token){ SEPARATOR, 0, 1 };
  if (c >= 0x80 || c == '%' || c == '\\') return rare_token(text, left);
  return (struct token){ OTHER, 0, 1 };
}

/* --- numbers --- */

/* The digits of the run so far: groups of digits, with separators between. Luhn sums are kept from the beginning of the run on, with the digits at even and at odd places
 * doubled, so that the sum of any digits in a row is a difference. */
struct run {
  size_t count, group; /* digits; the place of the first digit of the last group */
  size_t zeros;        /* that the last group has begun with, if it has nothing else yet */
  size_t at[RING];     /* where each digit stands in the text, */
  unsigned char digits[RING], widths[RING], sums[2][RING];
  bool begins[RING]; /* a group, or goes on behind zeros at its beginning */
};

static void add_digit(struct run *run, struct token token, size_t at, bool begins) {
  size_t i = AT(run->count);
  unsigned twice = token.digit < 5 ? 2 * (unsigned)token.digit : 2 * (unsigned)token.digit - 9;
  if (begins) {
    run->group = run->count;
    run->zeros = 0;
  }
  bool only_zeros = run->zeros == run->count - run->group;
  begins = begins || (only_zeros && run->zeros >= PADDING);
  if (only_zeros && token.digit == 0) run->zeros++;
  run->at[i] = at;
  run->digits[i] = (unsigned char)token.digit;
  run->widths[i] = (unsigned char)token.width;
  run->begins[i] = begins;
  for (unsigned parity = 0; parity < 2; parity++) {
    unsigned before = run->count ? run->sums[parity][AT(run->count - 1)] : 0;
    run->sums[parity][i] = (unsigned char)((before + (run->count % 2 == parity ? twice : (unsigned)token.digit)) % 10);
  }
  run->count++;
}

/* Whether the digits from one place to another are a card number. */
static bool is_number(const struct run *run, size_t from, size_t to) {
  const unsigned char *sums = run->sums[(to + 1) % 2];
  unsigned before = from ? sums[AT(from - 1)] : 0;
  if (!run->begins[AT(from)] || sums[AT(to)] != before) return false;
  uint32_t six = 0;
  for (size_t i = 0; i < 6; i++)
    six = 10 * six + run->digits[AT(from + i)];
  return is_of_network(six, to - from + 1);
}

bool pan_is_card(const char *bytes, size_t len) {
  uint32_t six = 0;
  size_t count = 0;
  if (!pan_luhn(bytes, len)) return false;
  for (size_t i = 0; i < len; i++)
    if (is_digit(bytes[i]) && count++ < 6) six = 10 * six + (uint32_t)(bytes[i] - '0');
  return is_of_network(six, count);
}

static bool is_month(const struct run *run, size_t at) {
  int month = 10 * run->digits[AT(at)] + run->digits[AT(at + 1)];
  return month >= 1 && month <= 12;
}

/* Whether the last `more` digits may be what is written directly behind a number: a CVV, an expiry, or both. */
static bool may_follow(const struct run *run, size_t more) {
  size_t at = run->count - more;
  bool is_amex = run->digits[AT(run->group)] == 3; /* whose CVV has four digits */
  return more == 3 || (more == 4 && is_amex) || is_month(run, at) || is_month(run, at + 2);
}

/* What is done about a number that was found: its first and last digit in the run. Those behind the last one may be a CVV or expiry. */
typedef void visit(const struct run *run, size_t from, size_t to, void *context);

/* Visits every number that ends with the last group, or that is followed directly by a CVV or expiry in it. */
static void visit_numbers(const struct run *run, visit *each, void *context) {
  static const size_t behind[] = { 0, 3, 4, 6, 7 };
  for (size_t k = 0; k < sizeof behind / sizeof *behind; k++) {
    size_t more = behind[k];
    if (run->count < LEAST + more || (more && (run->count - more <= run->group || !may_follow(run, more)))) continue;
    size_t to = run->count - more - 1;
    for (size_t digits = LEAST; digits <= MOST && digits <= to + 1; digits++)
      if (is_number(run, to + 1 - digits, to)) each(run, to + 1 - digits, to, context);
  }
}

/* Visits every number in the text. */
static void scan(const char *text, size_t len, visit *each, void *context) {
  struct run run = { 0 };
  size_t gap = 0;
  bool in_group = false;
  for (size_t i = 0; i <= len;) {
    struct token token = i < len ? next_token(text + i, len - i) : (struct token){ OTHER, 0, 1 };
    if (in_group && token.kind != DIGIT) visit_numbers(&run, each, context);
    if (token.kind == DIGIT) {
      add_digit(&run, token, i, !in_group);
      gap = 0;
    } else if (token.kind == OTHER || ++gap > SEPARATORS) {
      run.count = 0;
    }
    in_group = token.kind == DIGIT;
    i += token.width;
  }
  explicit_bzero(&run, sizeof run);
}

static void hide(const struct run *run, size_t from, size_t end, char *shown) {
  for (size_t i = from; i < end; i++)
    memset(shown + run->at[AT(i)], '*', run->widths[AT(i)]);
}

static void hide_number(const struct run *run, size_t from, size_t to, void *shown) {
  hide(run, from, to + 1 - PAN_SHOWN_LAST, shown);
  hide(run, to + 1, run->count, shown);
}

bool pan_redact(struct buf *out, const char *text, size_t len) {
  size_t before = out->len;
  if (!buf_add(out, text, len)) return false;
  scan(text, len, hide_number, out->data + before);
  return true;
}

/* --- numbers that stand by themselves --- */

struct finding {
  const char *text;
  size_t len;
  bool found;
};

static bool goes_on(char c) {
  return is_letter(c) || c == '.' || c == '-';
}

static void find_number(const struct run *run, size_t from, size_t to, void *context) {
  struct finding *in = context;
  size_t begin = run->at[AT(from)], end = run->at[AT(to)] + run->widths[AT(to)], left = begin, right = end;
  bool telephone = begin > 0 && in->text[begin - 1] == '+' && to - from < TELEPHONE;
  while (left > 0 && goes_on(in->text[left - 1]))
    left--;
  while (right < in->len && goes_on(in->text[right]))
    right++;
  bool in_word = (left > 0 && is_digit(in->text[left - 1])) || (right < in->len && is_digit(in->text[right]));
  if (!telephone && !in_word) in->found = true;
}

bool pan_stands_in(const char *text, size_t len) {
  struct finding in = { text, len, false };
  if (!pan_suspected(text, len)) return false;
  for (size_t i = 0; i < len; i++)
    if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f) return false;
  scan(text, len, find_number, &in);
  return in.found;
}

/* Bytes that a number with its separators may consist of. */
static bool is_in_number(unsigned char c) {
  return is_digit(c) || is_space(c) || c >= 0x80 || (c && strchr("-./_+%\\uaA", c));
}

/* A number is in a run of such bytes, with enough digits. A run that is long enough covers one of the bytes that are looked at, so of most texts few are. */
bool pan_suspected(const char *text, size_t len) {
  for (size_t at = LEAST - 1; at < len; at += LEAST) {
    size_t digits = 0;
    if (!is_in_number((unsigned char)text[at])) continue;
    while (at > 0 && is_in_number((unsigned char)text[at - 1]))
      at--;
    for (; at < len && is_in_number((unsigned char)text[at]); at++)
      digits += is_digit(text[at]) || (unsigned char)text[at] >= 0xd9;
    if (digits >= LEAST) return true;
  }
  return false;
}
