/* Bytes of an answer, whole, byte by byte and cut at random: the outcome is the same, within all limits. */
#define _GNU_SOURCE 1
#include "answers.h"

struct outcome {
  struct reader reader;
  enum reader_state state;
};

/* A random number of our own, so that an input finds the same cuts again. */
static uint32_t seed;

static size_t random_below(size_t most) {
  seed = seed * 1664525 + 1013904223;
  return (seed >> 8) % most;
}

static void must_be_within_limits(const struct outcome *outcome, const struct answer *answer) {
  const struct reader *reader = &outcome->reader;
  must(reader->head_bytes <= READER_MAX_HEAD, "a head of %zu bytes", reader->head_bytes);
  must(reader->body.len <= answer->max_body + 1, "%zu bytes of body", reader->body.len);
  must(reader->body.cap <= answer->max_body + 2, "room for %zu bytes of body", reader->body.cap);
  must(reader->status == 0 || (reader->status >= 200 && reader->status <= 599), "a status of %d", reader->status);
  must((outcome->state == READER_FAILED) == (reader->fault != READER_OK), "state %d with fault %d", (int)outcome->state, (int)reader->fault);
  must((reader->fault != READER_OK) == (reader->why != NULL), "fault %d without a reason, or none with one", (int)reader->fault);
  must(!reader->keep || outcome->state == READER_DONE, "a connection is kept after state %d", (int)outcome->state);
  must(!reader->encoded || reader->body.len == 0, "a body that is not decoded");
  if (outcome->state == READER_FAILED) must(reader->body.len == 0, "a body of an answer that failed");
  if (outcome->state == READER_DONE) must(reader->status && reader->body.len <= answer->max_body, "a body of %zu bytes", reader->body.len);
}

/* Pieces of `step` bytes, or of some at random for 0; each in a block that ends with it. */
static void read_answer(struct outcome *outcome, const struct answer *answer, size_t step) {
  struct reader *reader = &outcome->reader;
  size_t fed = 0;
  outcome->state = READER_HUNGRY;
  reader_init(reader, answer->max_body, answer->no_body);
  while (fed < answer->text.len && outcome->state == READER_HUNGRY) {
    size_t left = answer->text.len - fed, len = step ? step : random_below(random_below(4) ? 8 : 512);
    if (len > left) len = left;
    char *copy = copy_piece((struct piece){ answer->text.data + fed, len });
    outcome->state = reader_feed(reader, copy, len);
    free(copy);
    fed += len;
    must(reader->bytes == fed, "%zu bytes were counted, not %zu", reader->bytes, fed);
    must_be_within_limits(outcome, answer);
  }
  if (outcome->state == READER_HUNGRY) outcome->state = reader_end(reader);
  must(outcome->state != READER_HUNGRY, "hungry after the end");
  must_be_within_limits(outcome, answer);
}

static void must_have_same_header(const struct reader *a, const struct reader *b, const char *name) {
  const char *one = reader_header(a, name), *other = reader_header(b, name);
  must((one != NULL) == (other != NULL) && (!one || strcmp(one, other) == 0), "the header %s is '%s' or '%s'", name, one ? one : "-",
       other ? other : "-");
  for (const char *c = one; c && *c; c++)
    must((unsigned char)*c >= 0x20 ? *c != 0x7f : *c == '\t', "a control character in the header %s", name);
  if (one && *one) must(*one != ' ' && *one != '\t' && one[strlen(one) - 1] != ' ' && one[strlen(one) - 1] != '\t', "blanks around '%s'", one);
}

static void must_be_same(const struct outcome *whole, const struct outcome *cut, size_t step) {
  static const char *const names[] = { "Content-Length", "content-encoding", "TRANSFER-ENCODING", "Connection", "X-Id", "A" };
  const struct reader *a = &whole->reader, *b = &cut->reader;
  must(a->status == b->status, "step %zu: status %d or %d", step, a->status, b->status);
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
    must_have_same_header(a, b, names[i]);
  if (a->why && strcmp(a->why, "bytes behind the end") == 0 && cut->state == READER_DONE) return; /* they had not come yet */
  must(whole->state == cut->state, "step %zu: state %d (%s) or %d (%s)", step, (int)whole->state, a->why, (int)cut->state, b->why);
  must(a->fault == b->fault && a->why == b->why, "step %zu: fault %d (%s) or %d (%s)", step, (int)a->fault, a->why, (int)b->fault, b->why);
  must(a->keep == b->keep && a->encoded == b->encoded, "step %zu: keep or encoded is another", step);
  must(a->body.len == b->body.len && memcmp(buf_string(&a->body), buf_string(&b->body), a->body.len) == 0, "step %zu: another body", step);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct answer answer;
  struct outcome whole, cut;
  cut_answer(&answer, data, size);
  seed = (uint32_t)size;
  for (size_t i = 0; i < size; i++)
    seed = seed * 31 + data[i];
  read_answer(&whole, &answer, answer.text.len ? answer.text.len : 1);
  for (size_t round = 0; round < 4; round++) {
    size_t step = round == 0 ? 1 : 0;
    read_answer(&cut, &answer, step);
    must_be_same(&whole, &cut, step);
    reader_free(&cut.reader);
  }
  reader_free(&whole.reader);
  buf_free(&answer.text);
  return 0;
}
