#include "text/nearest.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "text/chars.h"

#define SHORTEST_START 3 /* bytes that a name has to begin with to be taken for its abbreviation */

static size_t min_size(size_t a, size_t b) {
  return a < b ? a : b;
}

size_t nearest_distance(const char *a, const char *b) {
  size_t rows[3][NEAREST_NAME + 1];
  size_t a_len = strnlen(a, NEAREST_NAME), b_len = strnlen(b, NEAREST_NAME);
  for (size_t j = 0; j <= b_len; j++)
    rows[0][j] = j;
  for (size_t i = 1; i <= a_len; i++) {
    size_t *row = rows[i % 3], *above = rows[(i + 2) % 3], *second = rows[(i + 1) % 3];
    row[0] = i;
    for (size_t j = 1; j <= b_len; j++) {
      row[j] = min_size(above[j - 1] + (a[i - 1] != b[j - 1]), min_size(above[j], row[j - 1]) + 1);
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) row[j] = min_size(row[j], second[j - 2] + 1);
    }
  }
  return rows[a_len % 3][b_len];
}

/* A name without what does not count in it. */
static void fold(char *out, const char *name) {
  for (size_t i = 0; i < NEAREST_NAME && name[i]; i++)
    if (!strchr("_-", name[i])) *out++ = to_lower(name[i]);
  *out = '\0';
}

/* Whether a name can be meant at that distance. */
static bool can_be_meant(const char *written, const char *known, size_t distance) {
  size_t len = strlen(written), shorter = min_size(len, strlen(known));
  return (distance < len && distance <= (len < 3 ? 1 : len / 3)) || (shorter >= SHORTEST_START && strncmp(written, known, shorter) == 0);
}

void nearest_begin(struct nearest *nearest, const char *written) {
  memset(nearest, 0, sizeof *nearest);
  snprintf(nearest->written, sizeof nearest->written, "%.*s", NEAREST_NAME, written);
  fold(nearest->folded, written);
}

static void list(struct nearest *nearest, const char *known) {
  size_t len = strlen(nearest->list), room = sizeof nearest->list - len;
  if (nearest->tried++ != nearest->listed) return;
  if (strnlen(known, room) + 3 > room) return;
  snprintf(nearest->list + len, room, "%s%s", len ? ", " : "", known);
  nearest->listed++;
}

static bool is_nearer(const struct nearest *nearest, const char *known, size_t distance, size_t spelled) {
  if (distance != nearest->distance) return distance < nearest->distance;
  return spelled != nearest->spelled ? spelled < nearest->spelled : strcmp(known, nearest->meant) < 0;
}

void nearest_try(struct nearest *nearest, const char *known) {
  char folded[NEAREST_NAME + 1];
  list(nearest, known);
  fold(folded, known);
  size_t distance = nearest_distance(nearest->folded, folded), spelled = nearest_distance(nearest->written, known);
  if (!can_be_meant(nearest->folded, folded, distance) || (nearest->meant[0] && !is_nearer(nearest, known, distance, spelled))) return;
  nearest->distance = distance;
  nearest->spelled = spelled;
  snprintf(nearest->meant, sizeof nearest->meant, "%s", known);
}

void nearest_hint(const struct nearest *nearest, char hint[NEAREST_HINT]) {
  size_t more = nearest->tried - nearest->listed;
  hint[0] = '\0';
  if (nearest->meant[0])
    snprintf(hint, NEAREST_HINT, " (did you mean '%s'?)", nearest->meant);
  else if (more)
    snprintf(hint, NEAREST_HINT, " (known are %s and %zu more)", nearest->list, more);
  else if (nearest->listed)
    snprintf(hint, NEAREST_HINT, " (known %s %s)", nearest->listed > 1 ? "are" : "is", nearest->list);
}
