#include "text/clean.h"

#include <string.h>

#include "text/suspect.h"

/* Stars for a single byte are three. */
#define CLEANED_MAX (3 * CLEAN_TEXT_MAX)

static bool is_code(const char *text) {
  return text[strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-")] == '\0';
}

static bool add_cut(struct buf *out, const struct buf *text, size_t max) {
  size_t end = text->len;
  if (end > max)
    for (end = max; end > 0 && (text->data[end] & 0xc0) == 0x80;)
      end--;
  return buf_addf(out, "%.*s%s", (int)end, buf_string(text), end < text->len ? "..." : ""); /* a NUL became a space */
}

static bool clean(struct scrub *scrub, struct buf *out, const char *text, size_t len, size_t max, bool code) {
  struct buf known, masked;
  buf_init(&known, CLEANED_MAX + 3);
  buf_init(&masked, CLEANED_MAX + 3);
  bool ok = len <= CLEAN_TEXT_MAX && scrub_text(scrub, &known, text, len, CLEANED_MAX);
  if (ok && code && is_code(buf_string(&known)))
    ok = add_cut(out, &known, max);
  else if (ok) {
    /* Behind digits that are masked now, a short value may stand as a word of its own, which it was not before. */
    ok = suspect_mask(&masked, buf_string(&known), known.len);
    buf_clear(&known);
    ok = ok && scrub_text(scrub, &known, buf_string(&masked), masked.len, CLEANED_MAX) && add_cut(out, &known, max);
  }
  buf_free(&known);
  buf_free(&masked);
  return ok;
}

bool clean_text(struct scrub *scrub, struct buf *out, const char *text, size_t len, size_t max) {
  return clean(scrub, out, text, len, max, false);
}

bool clean_code(struct scrub *scrub, struct buf *out, const char *text, size_t len, size_t max) {
  return clean(scrub, out, text, len, max, true);
}
