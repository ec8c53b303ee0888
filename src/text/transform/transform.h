/* What a mapping makes of one value: bytes to bytes, so that a secret stays one. Pure functions without state. */
#ifndef CARDS_TEXT_TRANSFORM_TRANSFORM_H
#define CARDS_TEXT_TRANSFORM_TRANSFORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum transform {
  TRANSFORM_DIGITS,  /* the ASCII digits among the bytes */
  TRANSFORM_INTEGER, /* "42" of " +042.0 " */
  TRANSFORM_YEAR,    /* four digits; two of them are of this century: 27 is 2027, and 99 is 2099 */
  TRANSFORM_MONTH,   /* "1" to "12" */
  TRANSFORM_MONTH_OF, /* the month of "12/2025", "12/25", "12-2025", "1225", "122025", "2025-12", "202512" or of an ISO date; four digits are MMYY, and six of a year
                       * from 2000 to 2099 */
  TRANSFORM_YEAR_OF, /* the year of that, as TRANSFORM_YEAR */
  TRANSFORM_DATE,    /* ISO 8601 with T and Z in capitals; of YYYYMMDD, and of 9 to 14 digits: Unix seconds (up to 11 digits) or milliseconds */
  TRANSFORM_UPPER,   /* a to z as capitals */
  TRANSFORM_TRIM,    /* without white space at both ends */
  TRANSFORM_COUNTRY, /* ISO 3166-1 alpha-2, see country.h */
  TRANSFORM_PHONE,   /* "+14155056227": digits behind a plus where a country code is there ("+1 …", "001 …"), else digits */
  TRANSFORM_BASE64,  /* what is written in base64, see decode.h */
  TRANSFORM_HEX,
  TRANSFORMS
};

/* "digits", …; "month_of" and "year_of"; NULL behind the last one. */
extern const char *const transform_names[TRANSFORMS + 1];

/* Whether the result is a month or a year. transform_number gives it as a number. transform_whole does that for a whole number, and only for TRANSFORM_YEAR and
 * TRANSFORM_MONTH. False: it makes no sense. */
bool transform_is_number(enum transform transform);
bool transform_number(enum transform transform, const char *in, size_t len, int *out);
bool transform_whole(enum transform transform, int64_t value, int *out);

/* Reads a month and a year that are spelled so: MM, YY or YYYY, and characters that stand for themselves, as in "YYMM" and "MM/YYYY". White space around is skipped. */
bool transform_spelled(const char *spelling, const char *in, size_t len, int *month, int *year);

/* How many bytes the result of so many has at most. */
size_t transform_room(enum transform transform, size_t len);

/* Writes the result, which is never empty, into out (which has transform_room for it), and its length. False where the bytes make no sense. What is read stays on the
 * stack: the caller of a secret's bytes wipes that. */
bool transform_apply(enum transform transform, const char *in, size_t len, char *out, size_t *out_len);

#endif
