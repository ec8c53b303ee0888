#include "text/transform/transform.h"

#include <string.h>
#include <time.h>

#include "text/chars.h"
#include "text/pan.h"
#include "text/transform/country.h"
#include "text/transform/decode.h"

#define CENTURY          2000
#define FIRST_YEAR       1000
#define DATE_ROOM        32 /* bytes of "2025-12-31T23:59:59Z", and some */
#define SECONDS_MIN      9  /* digits: fewer may be a date, and are of no card's time */
#define SECONDS_MAX      11
#define MILLISECONDS_MAX 14
#define LAST_SECOND      INT64_C(253402300799) /* of the year 9999 */
#define LEAST_PHONE      5                     /* digits */
#define LEAST_COUNTRY    7                     /* digits behind a plus */
#define MOST_PHONE       15

/* What is not read yet. */
struct text {
  const char *at, *end;
};

static size_t left(const struct text *text) {
  return (size_t)(text->end - text->at);
}

static struct text strip(const char *in, size_t len) {
  struct text text = { in, in + len };
  while (text.at < text.end && is_space(*text.at))
    text.at++;
  while (text.at < text.end && is_space(text.end[-1]))
    text.end--;
  return text;
}

/* Takes all digits there are; returns how many. More than 18 are not counted into the value. */
static size_t take_number(struct text *text, int64_t *value) {
  const char *start = text->at;
  *value = 0;
  for (; text->at < text->end && is_digit(*text->at); text->at++)
    if (text->at - start < 18) *value = *value * 10 + (*text->at - '0');
  return (size_t)(text->at - start);
}

/* Takes exactly so many digits. */
static bool take_digits(struct text *text, size_t count, int *value) {
  if (left(text) < count) return false;
  *value = 0;
  for (size_t i = 0; i < count; i++, text->at++) {
    if (!is_digit(*text->at)) return false;
    *value = *value * 10 + (*text->at - '0');
  }
  return true;
}

static bool take(struct text *text, const char *any_of) {
  for (; text->at < text->end && *any_of; any_of++)
    if (*text->at == *any_of) {
      text->at++;
      return true;
    }
  return false;
}

static void skip_spaces(struct text *text) {
  while (text->at < text->end && is_space(*text->at))
    text->at++;
}

static bool to_digits(const char *in, size_t len, char *out, size_t *out_len) {
  *out_len = pan_digits(in, len, out);
  return *out_len > 0;
}

static bool to_integer(const char *in, size_t len, char *out, size_t *out_len) {
  struct text text = strip(in, len);
  bool negative = text.at < text.end && *text.at == '-';
  if (text.at < text.end && (*text.at == '-' || *text.at == '+')) text.at++;
  const char *start = text.at;
  while (text.at < text.end && is_digit(*text.at))
    text.at++;
  const char *end = text.at;
  if (start == end) return false;
  if (text.at < text.end) {
    if (*text.at++ != '.' || text.at == text.end) return false;
    while (text.at < text.end)
      if (*text.at++ != '0') return false;
  }
  while (end - start > 1 && *start == '0')
    start++;
  size_t at = 0;
  if (negative && *start != '0') out[at++] = '-';
  memcpy(out + at, start, (size_t)(end - start));
  *out_len = at + (size_t)(end - start);
  return true;
}

static bool year_of_digits(size_t digits, int64_t value, int *year) {
  *year = (int)value;
  if (digits == 2) *year += CENTURY;
  return digits == 2 || (digits == 4 && value >= FIRST_YEAR);
}

static bool month_of_digits(size_t digits, int64_t value, int *month) {
  *month = (int)value;
  return (digits == 1 || digits == 2) && value >= 1 && value <= 12;
}

static bool to_year(const char *in, size_t len, int *out) {
  struct text text = strip(in, len);
  int64_t value;
  size_t digits = take_number(&text, &value);
  return text.at == text.end && year_of_digits(digits, value, out);
}

static bool to_month(const char *in, size_t len, int *out) {
  struct text text = strip(in, len);
  int64_t value;
  size_t digits = take_number(&text, &value);
  return text.at == text.end && month_of_digits(digits, value, out);
}

static int days(int year, int month) {
  static const int of_month[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
  bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return of_month[month - 1] + (month == 2 && leap);
}

struct date {
  int year, month, day;
  bool has_time;
};

static bool is_date(const struct date *date) {
  return date->year >= FIRST_YEAR && date->month >= 1 && date->month <= 12 && date->day >= 1 && date->day <= days(date->year, date->month);
}

/* "Z", "+01:00", "+0100" or "+01" */
static bool take_zone(struct text *text) {
  int hours, minutes = 0;
  if (take(text, "Zz")) return true;
  if (!take(text, "+-")) return text->at == text->end;
  if (!take_digits(text, 2, &hours)) return false;
  bool colon = take(text, ":");
  if ((colon || text->at < text->end) && !take_digits(text, 2, &minutes)) return false;
  return hours <= 23 && minutes <= 59;
}

static bool take_time(struct text *text) {
  int hours, minutes, seconds = 0, digit;
  if (!take_digits(text, 2, &hours) || !take(text, ":") || !take_digits(text, 2, &minutes)) return false;
  if (take(text, ":")) {
    if (!take_digits(text, 2, &seconds)) return false;
    if (take(text, ".,")) {
      if (!take_digits(text, 1, &digit)) return false;
      while (text->at < text->end && is_digit(*text->at))
        text->at++;
    }
  }
  return hours <= 23 && minutes <= 59 && seconds <= 60 && take_zone(text);
}

/* ISO 8601: a day, and where it is there a time behind T or a space. */
static bool read_iso(struct text text, struct date *date) {
  if (!take_digits(&text, 4, &date->year) || !take(&text, "-") || !take_digits(&text, 2, &date->month) || !take(&text, "-")) return false;
  if (!take_digits(&text, 2, &date->day) || !is_date(date)) return false;
  date->has_time = take(&text, "Tt ");
  return (!date->has_time || take_time(&text)) && text.at == text.end;
}

/* Whether a card can end then. */
static bool is_expiry(int month, int year) {
  return month >= 1 && month <= 12 && year >= CENTURY && year < CENTURY + 100;
}

/* Without separators: four digits are MMYY, as on the card, and six MMYYYY or YYYYMM. Nothing that is neither, or could be both, is guessed. */
static bool read_packed(size_t digits, int64_t value, int *month, int *year) {
  if (digits == 4) {
    *month = (int)(value / 100);
    *year = CENTURY + (int)(value % 100);
    return is_expiry(*month, *year);
  }
  if (digits != 6) return false;
  bool month_first = is_expiry((int)(value / 10000), (int)(value % 10000)), year_first = is_expiry((int)(value % 100), (int)(value / 100));
  *month = (int)(month_first ? value / 10000 : value % 100);
  *year = (int)(month_first ? value % 10000 : value / 100);
  return month_first != year_first;
}

static bool read_month_year(const char *in, size_t len, int *month, int *year) {
  struct text text = strip(in, len);
  struct date date;
  if (read_iso(text, &date)) {
    *month = date.month;
    *year = date.year;
    return true;
  }
  int64_t first, second;
  size_t first_digits = take_number(&text, &first);
  if (first_digits == 0) return false;
  if (text.at == text.end) return read_packed(first_digits, first, month, year);
  skip_spaces(&text);
  bool spaced = is_space(text.at[-1]);
  if (!take(&text, "/-.") && !spaced) return false;
  skip_spaces(&text);
  size_t second_digits = take_number(&text, &second);
  if (text.at != text.end) return false;
  if (first_digits == 4) return year_of_digits(first_digits, first, year) && month_of_digits(second_digits, second, month);
  return month_of_digits(first_digits, first, month) && year_of_digits(second_digits, second, year);
}

static bool to_month_of(const char *in, size_t len, int *out) {
  int year;
  return read_month_year(in, len, out, &year);
}

static bool to_year_of(const char *in, size_t len, int *out) {
  int month;
  return read_month_year(in, len, &month, out);
}

/* Takes what the spelling begins with; returns how many of its characters that is, 0 where the text has something else. */
static size_t take_spelled(const char *spelling, struct text *text, int *month, int *year) {
  size_t months = strspn(spelling, "M"), years = strspn(spelling, "Y");
  if (months > 0) return take_digits(text, months, month) ? months : 0;
  if (years == 0) return take(text, (char[]){ *spelling, '\0' });
  if (!take_digits(text, years, year)) return 0;
  if (years == 2) *year += CENTURY;
  return years;
}

bool transform_spelled(const char *spelling, const char *in, size_t len, int *month, int *year) {
  struct text text = strip(in, len);
  *month = *year = 0;
  while (*spelling) {
    size_t taken = take_spelled(spelling, &text, month, year);
    if (taken == 0) return false;
    spelling += taken;
  }
  return text.at == text.end && *month >= 1 && *month <= 12 && *year >= FIRST_YEAR;
}

static bool put_time(int64_t seconds, char *out, size_t *out_len) {
  time_t time = (time_t)seconds;
  struct tm parts;
  if (seconds > LAST_SECOND || !gmtime_r(&time, &parts)) return false;
  *out_len = strftime(out, DATE_ROOM, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return *out_len > 0;
}

static bool to_date(const char *in, size_t len, char *out, size_t *out_len) {
  struct text text = strip(in, len), whole = text;
  struct date date;
  if (read_iso(text, &date)) {
    *out_len = left(&text);
    memcpy(out, text.at, *out_len);
    if (date.has_time) out[10] = 'T';
    if (out[*out_len - 1] == 'z') out[*out_len - 1] = 'Z';
    return true;
  }
  int64_t value, fraction;
  size_t digits = take_number(&text, &value);
  if (digits == 8 && text.at == text.end) {
    date = (struct date){ (int)(value / 10000), (int)(value / 100 % 100), (int)(value % 100), false };
    if (!is_date(&date)) return false;
    *out_len = 10;
    memcpy(out, whole.at, 4);
    out[4] = out[7] = '-';
    memcpy(out + 5, whole.at + 4, 2);
    memcpy(out + 8, whole.at + 6, 2);
    return true;
  }
  if (digits < SECONDS_MIN || digits > MILLISECONDS_MAX) return false;
  if (take(&text, ".") && take_number(&text, &fraction) == 0) return false;
  return text.at == text.end && put_time(digits > SECONDS_MAX ? value / 1000 : value, out, out_len);
}

static bool to_upper(const char *in, size_t len, char *out, size_t *out_len) {
  for (size_t i = 0; i < len; i++)
    out[i] = (char)(in[i] >= 'a' && in[i] <= 'z' ? in[i] - ('a' - 'A') : in[i]);
  *out_len = len;
  return len > 0;
}

static bool to_trimmed(const char *in, size_t len, char *out, size_t *out_len) {
  struct text text = strip(in, len);
  *out_len = left(&text);
  memcpy(out, text.at, *out_len);
  return *out_len > 0;
}

static bool to_country(const char *in, size_t len, char *out, size_t *out_len) {
  *out_len = 2;
  return country_code(in, len, out);
}

static bool to_phone(const char *in, size_t len, char *out, size_t *out_len) {
  struct text text = strip(in, len);
  if (left(&text) > 4 && memcmp(text.at, "tel:", 4) == 0) text.at += 4;
  bool international = false;
  size_t digits = 0;
  out[0] = '+';
  for (; text.at < text.end; text.at++) {
    if (is_digit(*text.at)) {
      if (digits == MOST_PHONE + 2) return false; /* of which two may be the zeros of "00" */
      out[1 + digits++] = *text.at;
    } else if (*text.at == '+' && digits == 0 && !international) {
      international = true;
    } else if (international && digits > 0 && left(&text) >= 3 && memcmp(text.at, "(0)", 3) == 0) {
      text.at += 2; /* it is dialled within the country only */
    } else if (!strchr(" -.()/", *text.at) || !*text.at) {
      return false;
    }
  }
  size_t zeros = !international && digits > 2 && out[1] == '0' && out[2] == '0' ? 2 : 0;
  international = international || zeros > 0;
  digits -= zeros;
  memmove(out + international, out + 1 + zeros, digits);
  *out_len = digits + international;
  return digits <= MOST_PHONE && digits >= (international ? LEAST_COUNTRY : LEAST_PHONE) && !(international && out[1] == '0');
}

const char *const transform_names[] = { [TRANSFORM_DIGITS] = "digits",     [TRANSFORM_INTEGER] = "integer",
                                        [TRANSFORM_YEAR] = "year",         [TRANSFORM_MONTH] = "month",
                                        [TRANSFORM_MONTH_OF] = "month_of", [TRANSFORM_YEAR_OF] = "year_of",
                                        [TRANSFORM_DATE] = "date",         [TRANSFORM_UPPER] = "upper",
                                        [TRANSFORM_TRIM] = "trim",         [TRANSFORM_COUNTRY] = "country",
                                        [TRANSFORM_PHONE] = "phone",       [TRANSFORM_BASE64] = "base64",
                                        [TRANSFORM_HEX] = "hex",           [TRANSFORMS] = NULL };

static const struct {
  bool (*to_text)(const char *in, size_t len, char *out, size_t *out_len);
  bool (*to_number)(const char *in, size_t len, int *out); /* of a month or year, in the place of the other */
  size_t room;                                             /* bytes; 0 for those that give no more than they take */
} transforms[TRANSFORMS] = {
  [TRANSFORM_DIGITS] = { to_digits, NULL, 0 },
  [TRANSFORM_INTEGER] = { to_integer, NULL, 0 },
  [TRANSFORM_YEAR] = { NULL, to_year, 4 },
  [TRANSFORM_MONTH] = { NULL, to_month, 2 },
  [TRANSFORM_MONTH_OF] = { NULL, to_month_of, 2 },
  [TRANSFORM_YEAR_OF] = { NULL, to_year_of, 4 },
  [TRANSFORM_DATE] = { to_date, NULL, DATE_ROOM },
  [TRANSFORM_UPPER] = { to_upper, NULL, 0 },
  [TRANSFORM_TRIM] = { to_trimmed, NULL, 0 },
  [TRANSFORM_COUNTRY] = { to_country, NULL, 2 },
  [TRANSFORM_PHONE] = { to_phone, NULL, MOST_PHONE + 3 },
  [TRANSFORM_BASE64] = { decode_base64, NULL, 0 },
  [TRANSFORM_HEX] = { decode_hex, NULL, 0 },
};

bool transform_is_number(enum transform transform) {
  return transforms[transform].to_number != NULL;
}

bool transform_number(enum transform transform, const char *in, size_t len, int *out) {
  return transforms[transform].to_number(in, len, out);
}

bool transform_whole(enum transform transform, int64_t value, int *out) {
  size_t digits = value < 0 || value > 9999 ? 0 : value > 999 ? 4 : value > 99 ? 3 : value > 9 ? 2 : 1;
  return transform == TRANSFORM_YEAR ? year_of_digits(digits, value, out) : month_of_digits(digits, value, out);
}

size_t transform_room(enum transform transform, size_t len) {
  size_t room = transforms[transform].room;
  /* A date of ISO 8601 is given back as it is, with as many fractions of a second as it has. */
  return transform == TRANSFORM_DATE && len > room ? len : room > 0 ? room : len;
}

bool transform_apply(enum transform transform, const char *in, size_t len, char *out, size_t *out_len) {
  int number;
  if (!transform_is_number(transform)) return transforms[transform].to_text(in, len, out, out_len);
  if (!transform_number(transform, in, len, &number)) return false;
  *out_len = number > 999 ? 4 : number > 99 ? 3 : number > 9 ? 2 : 1;
  for (size_t i = *out_len; i-- > 0; number /= 10)
    out[i] = (char)('0' + number % 10);
  return true;
}
