#include "text/nearest.h"

#include <string.h>

#define MAX_NAME 64

static size_t min_size(size_t a, size_t b) {
  return a < b ? a : b;
}

size_t nearest_distance(const char *a, const char *b) {
  size_t rows[3][MAX_NAME + 1];
  size_t a_len = strnlen(a, MAX_NAME), b_len = strnlen(b, MAX_NAME);
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
