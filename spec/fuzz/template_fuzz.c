/* Templates: what has no fault is filled as soon as its names are known, with the names that were seen, in their order; what has one is not.
 * The input: the template up to a NUL, and behind it what each name stands for. */
#include "fuzz.h"
#include "provider/request/template.h"
#include "secret/buf.h"

#define MOST_OUT ((size_t)1 << 22)

/* The names of a template, each followed by a NUL. */
struct names {
  struct buf seen;
  size_t at; /* of the next one that is asked for */
  struct piece value;
  bool knows_last;
};

static void note(void *context, const char *name, size_t len) {
  struct names *names = context;
  must(len > 0 && len <= TEMPLATE_NAME && !memchr(name, '}', len) && !memchr(name, '{', len) && !memchr(name, '|', len), "a name that is none");
  must(buf_add(&names->seen, name, len) && buf_add_char(&names->seen, '\0'), "no memory");
}

static bool fill(void *context, const char *name, size_t len, struct buf *out) {
  struct names *names = context;
  const char *next = names->seen.data + names->at;
  must(names->at < names->seen.len && strlen(next) == len && memcmp(next, name, len) == 0, "another name is asked for");
  names->at += len + 1;
  if (!names->knows_last && names->at == names->seen.len) return false;
  return buf_add(out, names->value.bytes, names->value.len);
}

/* Whether a pipe may refuse bytes that are no text. */
static bool may_refuse(const char *template) {
  return strstr(template, "json") || strstr(template, "escaped");
}

static void must_be_filled(const char *template, struct names *names, struct buf *out) {
  names->at = 0;
  names->knows_last = true;
  bool ok = template_fill(out, template, fill, NULL, names);
  must(ok || out->failed || out->len > MOST_OUT / 4 || may_refuse(template), "what has no fault is not filled: %s", template);
  must(!ok || names->at == names->seen.len, "a name is not asked for");
  must(!ok || strchr(template, '{') || strcmp(template, buf_string(out)) == 0, "a text without names is changed");
  if (!names->seen.len) return;
  names->at = 0;
  names->knows_last = false;
  buf_clear(out);
  must(!template_fill(out, template, fill, NULL, names), "a name is filled that is unknown");
}

static bool takes_anything(void *context, const char *name, size_t len, struct buf *out) {
  (void)context;
  (void)name;
  (void)len;
  return buf_add_string(out, "x");
}

int LLVMFuzzerInitialize(int *argc, char ***argv) {
  (void)argc;
  (void)argv;
  return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct piece rest = { (const char *)data, size }, piece = cut_piece(&rest, '\0');
  struct names names = { .value = { rest.bytes, rest.len < 300 ? rest.len : 300 } };
  struct buf out;
  char *template = malloc(piece.len + 1);
  must(template != NULL, "no memory");
  if (piece.len) memcpy(template, piece.bytes, piece.len);
  template[piece.len] = '\0';
  buf_init(&names.seen, size + 2);
  buf_init(&out, MOST_OUT);
  const char *fault = template_fault(template, note, &names);
  if (!fault)
    must_be_filled(template, &names, &out);
  else
    must(!template_fill(&out, template, takes_anything, NULL, NULL), "it has a fault, '%s', and is filled: %s", fault, template);
  must(fault == template_fault(template, NULL, NULL), "another fault the second time");
  buf_free(&names.seen);
  buf_free(&out);
  free(template);
  return 0;
}
