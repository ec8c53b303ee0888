#include "json/path.h"

#include <string.h>

#define MOST_DIGITS 6 /* of an index */

const char *path_begin(const char *path) {
  return *path ? path : NULL;
}

/* Takes what stands in brackets. Returns what is behind them; NULL when it is no step. */
static const char *take_bracket(const char *at, struct path_step *step) {
  const char *in = at + 1;
  if (*in == ']') {
    step->kind = PATH_EACH;
    return in + 1;
  }
  if (*in == '\'' || *in == '"') {
    const char *end = strchr(in + 1, *in);
    if (!end || end[1] != ']') return NULL;
    step->name = in + 1;
    step->len = (size_t)(end - step->name);
    return end + 2;
  }
  size_t digits = strspn(in, "0123456789");
  if (digits == 0 || digits > MOST_DIGITS || in[digits] != ']') return NULL;
  step->kind = PATH_INDEX;
  for (size_t i = 0; i < digits; i++)
    step->index = 10 * step->index + (size_t)(in[i] - '0');
  return in + digits + 1;
}

const char *path_next(const char *at, struct path_step *step) {
  *step = (struct path_step){ .kind = PATH_NAME, .name = at };
  const char *end = *at == '[' ? take_bracket(at, step) : NULL;
  if (!end) {
    step->len = *at == '[' ? 1 + strcspn(at + 1, ".[") : strcspn(at, ".[");
    end = at + step->len;
  }
  return *end == '\0' ? NULL : *end == '.' ? end + 1 : end;
}
