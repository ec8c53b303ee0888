/* How long to wait, as a header says it. A pure function but for the clock. */
#ifndef CARDS_HTTP_MESSAGE_RETRY_AFTER_H
#define CARDS_HTTP_MESSAGE_RETRY_AFTER_H

#include <time.h>

/* Seconds from `now` (unix time) on that a text asks for: "1.5" seconds, a unix time in seconds or, of 12 digits and more, in
 * milliseconds, a time of ISO 8601 ("2026-11-28T16:50:24.5+01:00", without an offset in UTC), or an HTTP date. At least 0; below 0 for anything else. */
double retry_after(const char *text, time_t now);

/* The same for a number of milliseconds. */
double retry_after_ms(const char *text);

#endif
