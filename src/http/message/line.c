#define _GNU_SOURCE 1
#include "http/message/line.h"

#include <string.h>

#include "text/chars.h"

#define CHUNK_DIGITS 16 /* hexadecimal digits that fit into 64 bits */

static const char not_http[] = "no status line of HTTP/1.0 or 1.1";
static const char not_chunk[] = "a chunk without a plain size";

/* One bit for each byte that names of headers may have: letters, digits and !#$%&'*+-.^_`|~. */
static const uint64_t name_bytes[4] = { 0x03ff6cfa00000000, 0x57ffffffc7fffffe, 0, 0 };

static bool is_of_name(unsigned char c) {
  if ((unsigned char)((c | 0x20) - 'a') < 26 || c == '-') return true;
  return name_bytes[c >> 6] >> (c & 63) & 1;
}

static bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

static bool is_text_by_byte(const char *text, size_t len) {
  for (size_t i = 0; i < len; i++) {
    unsigned char c = (unsigned char)text[i];
    if ((c < 0x20 && c != '\t') || c == 0x7f) return false;
  }
  return true;
}

static bool are_eight_text(const char *text) {
  static const uint64_t ones = 0x0101010101010101;
  uint64_t bytes;
  memcpy(&bytes, text, 8);
  uint64_t del = bytes ^ ones * 0x7f;
  uint64_t suspect = ((bytes - ones * 0x20) & ~bytes) | ((del - ones) & ~del);
  return (suspect & ones * 0x80) == 0 || is_text_by_byte(text, 8);
}

/* Whether there is no control character but HTAB. Looks at eight bytes at a time, as this is most of the head of an
 * answer, and at the last eight once more. */
static bool is_text(const char *text, size_t len) {
  if (len < 8) return is_text_by_byte(text, len);
  for (size_t i = 0; i + 8 < len; i += 8)
    if (!are_eight_text(text + i)) return false;
  return are_eight_text(text + len - 8);
}

bool line_may_be_status(const char *line, size_t len) {
  static const char start[] = "HTTP/1.";
  return memcmp(line, start, len < sizeof start - 1 ? len : sizeof start - 1) == 0;
}

const char *line_status(const char *line, size_t len, int *status, bool *is_1_1) {
  if (len < 12 || !line_may_be_status(line, len) || (line[7] != '0' && line[7] != '1') || line[8] != ' ') return not_http;
  if (!is_digit(line[9]) || !is_digit(line[10]) || !is_digit(line[11])) return not_http;
  if (len > 12 && line[12] != ' ') return not_http;
  int number = (line[9] - '0') * 100 + (line[10] - '0') * 10 + line[11] - '0';
  if (number < 100 || number > 599) return "a status that is none";
  if (!is_text(line + 12, len - 12)) return "a control character in the status line";
  *status = number;
  *is_1_1 = line[7] == '1';
  return NULL;
}

const char *line_header(char *line, size_t len, struct header *header) {
  size_t name = 0, end = len;
  if (is_blank(line[0])) return "a folded header";
  while (name < len && is_of_name((unsigned char)line[name]))
    name++;
  if (name == len) return "a header without a colon";
  if (line[name] != ':') return is_blank(line[name]) ? "a space in a header's name, or before its colon" : "a character that no header's name has";
  if (name == 0) return "a header without a name";
  size_t start = name + 1;
  while (start < end && is_blank(line[start]))
    start++;
  while (end > start && is_blank(line[end - 1]))
    end--;
  *header = (struct header){ line, name, line + start, end - start };
  return is_text(header->value, header->value_len) ? NULL : "a control character in a header";
}

const char *line_chunk(const char *line, size_t len, uint64_t *size) {
  size_t i = 0;
  *size = 0;
  for (; i < len && hex_value(line[i]) >= 0; i++) {
    if (i == CHUNK_DIGITS) return not_chunk;
    *size = *size << 4 | (uint64_t)hex_value(line[i]);
  }
  if (i == 0 || (i < len && line[i] != ';')) return not_chunk;
  return is_text(line + i, len - i) ? NULL : "a control character in a chunk's extension";
}

bool line_number(const char *text, size_t len, uint64_t *number) {
  *number = 0;
  for (size_t i = 0; i < len; i++) {
    if (!is_digit(text[i]) || __builtin_mul_overflow(*number, 10, number) || __builtin_add_overflow(*number, (uint64_t)(text[i] - '0'), number))
      return false;
  }
  return len > 0;
}

bool line_is(const char *text, size_t len, const char *word) {
  size_t i = 0;
  while (i < len && word[i] != '\0' && to_lower(text[i]) == to_lower(word[i]))
    i++;
  return i == len && word[i] == '\0';
}

bool line_member(const char **list, size_t *len, const char **member, size_t *member_len) {
  if (*len == 0) return false;
  const char *start = *list, *comma = memchr(start, ',', *len), *end = comma != NULL ? comma : start + *len;
  *len -= (size_t)(end - start) + (comma != NULL);
  *list = end + (comma != NULL);
  while (start < end && is_blank(*start))
    start++;
  while (end > start && is_blank(end[-1]))
    end--;
  *member = start;
  *member_len = (size_t)(end - start);
  return true;
}

bool line_lists(const char *list, size_t len, const char *word) {
  const char *member;
  size_t member_len;
  while (line_member(&list, &len, &member, &member_len))
    if (line_is(member, member_len, word)) return true;
  return false;
}
