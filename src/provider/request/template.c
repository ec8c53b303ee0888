#include "provider/request/template.h"

#include <string.h>

bool template_fill(struct buf *out, const char *template, bool (*fill)(void *context, const char *name, size_t len, struct buf *out), void *context) {
  for (const char *open; (open = strchr(template, '{')); template ++) {
    const char *close = strchr(open, '}');
    if (!close) return false;
    buf_add(out, template, (size_t)(open - template));
    if (!fill(context, open + 1, (size_t)(close - open - 1), out)) return false;
    template = close;
  }
  return buf_add_string(out, template);
}
