/* Text through pan_redact, redact_suspects, redact_values and redact_text.
 * The input: a digit for how much room there is, the values of the call, each ended by 0xff, a 0xfe, and the text. */
#define _GNU_SOURCE 1
#include "fuzz.h"
#include "text/chars.h"
#include "text/pan.h"
#include "text/redact.h"

#define MOST_VALUES 16

int LLVMFuzzerInitialize(int *argc, char ***argv) {
  (void)argc;
  (void)argv;
  return 0;
}

/* --- card numbers: the definition of pan.h, by trying every run of ASCII --- */

/* Whether the digits in the text are a card number. */
static bool is_card(const char *text, size_t len) {
  char digits[PAN_MAX_DIGITS];
  return pan_is_card(digits, pan_digits(text, len, digits)); /* the caller has counted them */
}

/* The end of the candidate with the fewest digits over `least` that begins with the group at start, 0 when there is none. */
static size_t next_candidate(const char *text, size_t len, size_t start, size_t least) {
  size_t digits = 0, gap = 0;
  for (size_t i = start; i < len; i++) {
    if (is_digit(text[i])) {
      gap = 0;
      if (++digits > PAN_MAX_DIGITS) return 0;
      bool ends = i + 1 == len || !is_digit(text[i + 1]);
      if (ends && digits > least && digits >= 12 && is_card(text + start, i + 1 - start)) return i + 1;
    } else if (!text[i] || !strchr(" -./_+\t\r\n\v\f", text[i]) || ++gap > 3) {
      return 0;
    }
  }
  return 0;
}

static size_t count_digits(const char *text, size_t len) {
  size_t digits = 0;
  for (size_t i = 0; i < len; i++)
    digits += is_digit(text[i]);
  return digits;
}

static bool has_candidate(const char *text, size_t len) {
  for (size_t i = 0; i < len; i++)
    if (is_digit(text[i]) && (i == 0 || !is_digit(text[i - 1])) && next_candidate(text, len, i, 0)) return true;
  return false;
}

static void must_redact(struct piece text) {
  struct buf out;
  char *shown = calloc(1, text.len + 1), *wanted = copy_piece(text);
  if (!shown) abort();
  for (size_t i = 0; i < text.len; i++) {
    if (!is_digit(text.bytes[i]) || (i > 0 && is_digit(text.bytes[i - 1]))) continue;
    for (size_t end = 0, least = 0; (end = next_candidate(text.bytes, text.len, i, least)) != 0;) {
      least = count_digits(text.bytes + i, end - i);
      size_t seen = 0;
      for (size_t k = end; k-- > i;)
        if (is_digit(text.bytes[k]) && ++seen > 4) wanted[k] = '*';
    }
  }
  buf_init(&out, text.len);
  must(pan_redact(&out, text.bytes, text.len), "a text that cannot be redacted");
  must(out.len == text.len, "another length");
  for (size_t i = 0; i < text.len; i++) {
    must(wanted[i] != '*' || out.data[i] == '*', "redacted to '%s'", buf_string(&out));
    bool may_be_digit = is_digit(text.bytes[i]) || (unsigned char)text.bytes[i] >= 0x80;
    must(out.data[i] == text.bytes[i] || (out.data[i] == '*' && may_be_digit), "redacted to '%s'", buf_string(&out));
  }
  bool is_same = memcmp(buf_string(&out), text.bytes, text.len) == 0;
  must(pan_suspected(text.bytes, text.len) || is_same, "redacted without a suspicion");
  must(!is_same || !pan_stands_in(text.bytes, text.len), "a number stands in it that is not redacted");
  buf_free(&out);
  free(wanted);
  free(shown);
}

/* --- what may be a secret --- */

static bool is_word(char c) {
  return is_letter_or_digit(c) || (c && strchr("_-+/=.", c));
}

/* Three digits that are joined, and 12 characters of a word with a digit, are left nowhere but behind the stars of a card number. */
static void must_have_no_suspect(const char *text, size_t len) {
  for (size_t i = 0; i < len; i++) {
    if (is_digit(text[i]) && (i == 0 || !is_digit(text[i - 1]))) {
      size_t digits = 1, end = i + 1;
      for (size_t k = i + 1; k < len && (is_digit(text[k]) || (strchr(" -.", text[k]) && text[k] && k == end)); k++) {
        if (!is_digit(text[k])) continue;
        digits++;
        end = k + 1;
      }
      bool masked = digits == 4 && end == i + 4 && i >= 4 && memcmp(text + i - 4, "****", 4) == 0;
      must(digits < 3 || masked, "%zu digits are left: %.*s", digits, (int)len, text);
    }
    if (!is_word(text[i]) || (i > 0 && is_word(text[i - 1]))) continue;
    size_t end = i;
    while (end < len && is_word(text[end]))
      end++;
    must(end - i < 12 || count_digits(text + i, end - i) == 0, "a long word is left: %.*s", (int)len, text);
  }
}

static void must_be_text(const struct buf *out) {
  for (size_t i = 0; i < out->len;) {
    size_t character = utf8_length(out->data + i, out->len - i);
    must(character > 0 && (unsigned char)out->data[i] >= 0x20 && out->data[i] != 0x7f, "a byte that is no text: %s", buf_string(out));
    i += character;
  }
}

/* --- the values of a call --- */

static bool is_all_digits(struct piece value) {
  return count_digits(value.bytes, value.len) == value.len;
}

static void must_clean(const struct piece *values, size_t count, struct piece text, size_t max) {
  struct redact redact;
  struct buf known, clean, code;
  redact_init(&redact);
  buf_init(&known, max + 3);
  buf_init(&clean, max + 3);
  buf_init(&code, max + 3);
  for (size_t i = 0; i < count; i++)
    must(redact_add(&redact, values[i].bytes, values[i].len), "a value that cannot be remembered");
  must(redact_values(&redact, &known, text.bytes, text.len, max), "a text that cannot be redacted");
  must(known.len <= max + 3, "more than there is room for");
  must_be_text(&known);
  must(!has_candidate(buf_string(&known), known.len), "a card number is left: %s", buf_string(&known));
  must(redact_text(&redact, &clean, text.bytes, text.len, max), "a text that cannot be redacted as a text");
  must(redact_code(&redact, &code, text.bytes, text.len, max), "a code that cannot be redacted as a text");
  must_be_text(&clean);
  must_be_text(&code);
  size_t whole = clean.len > max ? max : clean.len; /* behind it is what says that it was cut */
  if (clean.len <= max) must_have_no_suspect(buf_string(&clean), whole);
  for (size_t i = 0; i < count; i++) {
    struct piece value = values[i];
    if (value.len > REDACT_HEAD) value.len = REDACT_HEAD;
    must(!shows((struct piece){ buf_string(&known), known.len }, value), "redacted and still there: %s", buf_string(&known));
    /* Stars for a suspect may leave a word of three letters alone that did not stand alone. */
    if (value.len <= 3 && !is_all_digits(value)) continue;
    must(!shows((struct piece){ buf_string(&clean), clean.len }, value), "redacted as a text and still there: %s", buf_string(&clean));
    must(!shows((struct piece){ buf_string(&code), code.len }, value), "redacted as a code and still there: %s", buf_string(&code));
  }
  buf_free(&known);
  buf_free(&clean);
  buf_free(&code);
  redact_free(&redact);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const size_t room[] = { 512, 96, 128, 256, 16, 4096, 5, 1 };
  struct piece rest = { (const char *)data, size }, values[MOST_VALUES];
  size_t count = 0, max = room[cut_choice(&rest, '0', sizeof room / sizeof *room)];
  struct piece all = cut_piece(&rest, (char)0xfe);
  while (all.len && count < MOST_VALUES)
    values[count++] = cut_piece(&all, (char)0xff);
  struct piece text = { copy_piece(rest), rest.len };
  must_redact(text);
  struct buf masked;
  buf_init(&masked, 3 * text.len + 3);
  must(redact_suspects(&masked, text.bytes, text.len), "a text that cannot be masked");
  must_have_no_suspect(buf_string(&masked), masked.len);
  buf_free(&masked);
  must_clean(values, count, text, max);
  free((char *)(uintptr_t)text.bytes);
  return 0;
}
