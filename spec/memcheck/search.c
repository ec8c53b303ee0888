#include "search.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILTER_BITS 21

struct piece {
  uint64_t bytes;
  const struct form *form; /* NULL: free */
  size_t at;               /* in the form */
};

static struct piece *table;
static unsigned table_bits;
static uint64_t filter[(1u << FILTER_BITS) / 64]; /* small enough for a cache: nearly every place in memory ends here */

static uint64_t load(const unsigned char *bytes) {
  uint64_t value;
  memcpy(&value, bytes, sizeof value);
  return value;
}

static uint64_t mix(uint64_t value) {
  return value * 0x9e3779b97f4a7c15u;
}

static void insert(const struct form *form, size_t at) {
  uint64_t bytes = load(form->bytes + at), hash = mix(bytes), mask = ((uint64_t)1 << table_bits) - 1;
  size_t slot = hash >> (64 - table_bits);
  while (table[slot].form)
    slot = (slot + 1) & mask;
  table[slot] = (struct piece){ bytes, form, at };
  filter[hash >> (64 - FILTER_BITS) >> 6] |= (uint64_t)1 << (hash >> (64 - FILTER_BITS) & 63);
}

void search_prepare(const struct forms *forms) {
  size_t pieces = 0;
  for (size_t i = 0; i < forms->count; i++)
    pieces += forms->list[i].len - RUN + 1;
  for (table_bits = 10; (size_t)1 << table_bits < 2 * pieces;)
    table_bits++;
  table = calloc((size_t)1 << table_bits, sizeof *table);
  if (!table) {
    fputs("scan: no memory\n", stderr);
    exit(2);
  }
  for (size_t i = 0; i < forms->count; i++)
    for (size_t at = 0; at + RUN <= forms->list[i].len; at++)
      insert(&forms->list[i], at);
}

/* The longest run that begins at bytes[0], of any form, if it is long enough; its place in the form in *at. */
static const struct form *longest(const unsigned char *bytes, size_t len, size_t *at, size_t *run) {
  uint64_t value = load(bytes), mask = ((uint64_t)1 << table_bits) - 1;
  const struct form *best = NULL;
  *run = 0;
  for (size_t slot = mix(value) >> (64 - table_bits); table[slot].form; slot = (slot + 1) & mask) {
    const struct piece *piece = &table[slot];
    if (piece->bytes != value) continue;
    size_t n = RUN;
    while (n < len && piece->at + n < piece->form->len && bytes[n] == piece->form->bytes[piece->at + n])
      n++;
    if (n <= *run) continue;
    best = piece->form;
    *run = n;
    *at = piece->at;
  }
  return best;
}

/* Does the text go on in the next line with what the form has from `at` on? The length of the line break, or 0. */
static size_t next_line(const unsigned char *bytes, size_t len, const struct form *form, size_t at) {
  size_t gap = len > 0 && bytes[0] == '\r' ? 1 : 0, rest = form->len - at < RUN ? form->len - at : RUN;
  if (rest == 0 || len < gap + 1 + rest || bytes[gap] != '\n') return 0;
  return memcmp(bytes + gap + 1, form->bytes + at, rest) == 0 ? gap + 1 : 0;
}

void search_in(const unsigned char *bytes, size_t len, void (*found)(void *user, const struct run *run), void *user) {
  for (size_t i = 0; i + RUN <= len;) {
    uint64_t value = load(bytes + i), hash = mix(value) >> (64 - FILTER_BITS);
    size_t at = 0, run = 0;
    const struct form *form = value && filter[hash >> 6] >> (hash & 63) & 1 ? longest(bytes + i, len - i, &at, &run) : NULL;
    if (!form) {
      i++;
      continue;
    }
    size_t total = run, end = i + run, gap;
    while ((gap = next_line(bytes + end, len - end, form, at + total)) > 0) {
      end += gap;
      for (; end < len && at + total < form->len && bytes[end] == form->bytes[at + total]; total++)
        end++;
    }
    if (total < form->least) {
      i++;
      continue;
    }
    found(user, &(struct run){ form, i, total });
    i = end;
  }
}
