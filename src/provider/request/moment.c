#include "provider/request/moment.h"

#include <stdio.h>
#include <string.h>

#include "text/chars.h"

#define FORM_MAX    64        /* bytes */
#define MOST_ADDED  315360000 /* seconds: ten years */
#define WRITTEN_MAX 128       /* bytes */

/* Takes "+60" or "-30" off the end of a form. */
static long take_added(char *form) {
  size_t len = strlen(form), digits = len;
  long added = 0;
  while (digits > 0 && is_digit(form[digits - 1]))
    digits--;
  if (digits == len || digits == 0 || (form[digits - 1] != '+' && form[digits - 1] != '-')) return 0;
  for (size_t i = digits; i < len && added <= MOST_ADDED; i++)
    added = added * 10 + (form[i] - '0');
  if (form[digits - 1] == '-') added = -added;
  form[digits - 1] = '\0';
  return added;
}

/* Names of days and months are those of RFC 9110, whatever the host's locale. */
static bool write_http(struct buf *out, const struct tm *tm) {
  static const char days[][4] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
  static const char months[][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
  return buf_addf(out, "%s, %02d %s %04d %02d:%02d:%02d GMT", days[tm->tm_wday], tm->tm_mday, months[tm->tm_mon], tm->tm_year + 1900, tm->tm_hour,
                  tm->tm_min, tm->tm_sec);
}

/* Only what is a number: names would follow the host's locale. */
static bool write_pattern(struct buf *out, const char *pattern, const struct tm *tm) {
  char written[WRITTEN_MAX];
  for (const char *at = pattern; (at = strchr(at, '%')); at += 2)
    if (!at[1] || !strchr("YmdHMSjy%", at[1])) return false;
  return strftime(written, sizeof written, pattern, tm) > 0 && buf_add_string(out, written);
}

bool moment_write(struct buf *out, const struct timespec *moment, const char *form, size_t len) {
  char name[FORM_MAX + 1] = "";
  struct tm tm;
  if (len > FORM_MAX) return false;
  memcpy(name, form, len);
  long added = take_added(name), milliseconds = moment->tv_nsec / 1000000;
  time_t seconds = moment->tv_sec + added;
  if (added > MOST_ADDED || added < -MOST_ADDED) return false;
  if (strcmp(name, "unix") == 0) return buf_addf(out, "%lld", (long long)seconds);
  if (strcmp(name, "unix_ms") == 0) return buf_addf(out, "%lld%03ld", (long long)seconds, milliseconds);
  if (!gmtime_r(&seconds, &tm)) return false;
  if (strcmp(name, "iso") == 0) return write_pattern(out, "%Y-%m-%dT%H:%M:%SZ", &tm);
  if (strcmp(name, "iso_ms") == 0) return write_pattern(out, "%Y-%m-%dT%H:%M:%S", &tm) && buf_addf(out, ".%03ldZ", milliseconds);
  if (strcmp(name, "http") == 0) return write_http(out, &tm);
  return strchr(name, '%') && write_pattern(out, name, &tm);
}
