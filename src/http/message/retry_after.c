#define _GNU_SOURCE 1
#include "http/message/retry_after.h"

#include <curl/curl.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "text/chars.h"

#define LEAST_UNIX 1e9 /* smaller numbers are seconds to wait, as these would be more than 30 years */
#define LEAST_MS   1e11

/* Reads digits with an optional fraction, whatever the locale. Below 0 for anything else. */
static double read_decimal(const char *text) {
  double value = 0, place = 1;
  if (!is_digit(*text)) return -1;
  for (; is_digit(*text); text++)
    value = value * 10 + (*text - '0');
  if (*text == '.')
    for (text++; is_digit(*text); text++)
      value += (place /= 10) * (*text - '0');
  return *text == '\0' ? value : -1;
}

/* Takes so many digits, of a number from least to most. */
static bool take(const char **text, int digits, int least, int most, int *value) {
  *value = 0;
  for (int i = 0; i < digits; i++, (*text)++) {
    if (!is_digit(**text)) return false;
    *value = *value * 10 + (**text - '0');
  }
  return *value >= least && *value <= most;
}

static bool take_char(const char **text, const char *any) {
  if (!**text || !strchr(any, **text)) return false;
  (*text)++;
  return true;
}

/* Takes "Z", "+01:00", "-0130" or nothing: seconds east of Greenwich. */
static bool take_offset(const char **text, int *offset) {
  int hours, minutes = 0;
  bool west = **text == '-';
  *offset = 0;
  if (take_char(text, "Zz") || !take_char(text, "+-")) return true;
  if (!take(text, 2, 0, 23, &hours)) return false;
  take_char(text, ":");
  if (**text && !take(text, 2, 0, 59, &minutes)) return false;
  *offset = (west ? -1 : 1) * (hours * 60 + minutes) * 60;
  return true;
}

static bool read_iso(const char *text, time_t *moment) {
  struct tm tm = { 0 };
  int offset;
  if (!take(&text, 4, 1970, 9999, &tm.tm_year) || !take_char(&text, "-") || !take(&text, 2, 1, 12, &tm.tm_mon) || !take_char(&text, "-"))
    return false;
  if (!take(&text, 2, 1, 31, &tm.tm_mday) || !take_char(&text, "Tt ")) return false;
  if (!take(&text, 2, 0, 23, &tm.tm_hour) || !take_char(&text, ":") || !take(&text, 2, 0, 59, &tm.tm_min)) return false;
  if (take_char(&text, ":") && !take(&text, 2, 0, 60, &tm.tm_sec)) return false;
  if (take_char(&text, ".,")) text += strspn(text, "0123456789"); /* less than a second */
  if (!take_offset(&text, &offset) || *text) return false;
  tm.tm_year -= 1900;
  tm.tm_mon -= 1;
  *moment = timegm(&tm) - offset;
  return true;
}

double retry_after(const char *text, time_t now) {
  double number = read_decimal(text);
  if (number >= LEAST_MS) number /= 1000;
  if (number >= LEAST_UNIX) return fmax(number - (double)now, 0);
  if (number >= 0) return number;
  time_t moment;
  if (!read_iso(text, &moment)) moment = curl_getdate(text, NULL);
  return moment == (time_t)-1 ? -1 : fmax(difftime(moment, now), 0);
}

double retry_after_ms(const char *text) {
  double number = read_decimal(text);
  return number < 0 ? -1 : number / 1000;
}
