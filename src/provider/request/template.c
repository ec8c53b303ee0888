#include "provider/request/template.h"

#include <string.h>

#include "crypto/encoding.h"
#include "crypto/signing.h"
#include "text/chars.h"
#include "json/json.h"

static bool add_digest(struct buf *out, const char *bytes, size_t len, const char *name) {
  const char *why;
  return signing_make(signing_find(name), NULL, bytes, len, out, &why);
}

static bool pipe_sha1(struct buf *out, const char *bytes, size_t len) {
  return add_digest(out, bytes, len, "sha1");
}

static bool pipe_sha256(struct buf *out, const char *bytes, size_t len) {
  return add_digest(out, bytes, len, "sha256");
}

static bool pipe_sha384(struct buf *out, const char *bytes, size_t len) {
  return add_digest(out, bytes, len, "sha384");
}

static bool pipe_sha512(struct buf *out, const char *bytes, size_t len) {
  return add_digest(out, bytes, len, "sha512");
}

static bool pipe_hex(struct buf *out, const char *bytes, size_t len) {
  return encoding_write(ENCODING_HEX, bytes, len, out);
}

static bool pipe_base64(struct buf *out, const char *bytes, size_t len) {
  return encoding_write(ENCODING_BASE64, bytes, len, out);
}

static bool pipe_base64url(struct buf *out, const char *bytes, size_t len) {
  return encoding_write(ENCODING_BASE64URL, bytes, len, out);
}

static bool pipe_upper(struct buf *out, const char *bytes, size_t len) {
  size_t start = out->len;
  if (!buf_add(out, bytes, len)) return false;
  for (size_t i = start; i < out->len; i++)
    if (out->data[i] >= 'a' && out->data[i] <= 'z') out->data[i] = (char)(out->data[i] + 'A' - 'a');
  return true;
}

static bool pipe_lower(struct buf *out, const char *bytes, size_t len) {
  size_t start = out->len;
  if (!buf_add(out, bytes, len)) return false;
  for (size_t i = start; i < out->len; i++)
    out->data[i] = to_lower(out->data[i]);
  return true;
}

static bool pipe_percent(struct buf *out, const char *bytes, size_t len) {
  return buf_add_percent_encoded(out, bytes, len);
}

static bool pipe_json(struct buf *out, const char *bytes, size_t len) {
  return json_write_string(out, bytes, len);
}

/* A JSON string without its quotes, for a part of one. */
static bool pipe_escaped(struct buf *out, const char *bytes, size_t len) {
  struct buf quoted;
  buf_init(&quoted, out->max);
  bool ok = json_write_string(&quoted, bytes, len) && buf_add(out, quoted.data + 1, quoted.len - 2);
  buf_free(&quoted);
  return ok;
}

static bool pipe_trim(struct buf *out, const char *bytes, size_t len) {
  for (; len && is_space(*bytes); len--)
    bytes++;
  while (len && is_space(bytes[len - 1]))
    len--;
  return buf_add(out, bytes, len);
}

static const struct {
  const char *name;
  template_form *apply;
} pipes[] = {
  { "sha1", pipe_sha1 },     { "sha256", pipe_sha256 },       { "sha384", pipe_sha384 }, { "sha512", pipe_sha512 }, { "hex", pipe_hex },
  { "base64", pipe_base64 }, { "base64url", pipe_base64url }, { "upper", pipe_upper },   { "lower", pipe_lower },   { "percent", pipe_percent },
  { "json", pipe_json },     { "escaped", pipe_escaped },     { "trim", pipe_trim },
};

static template_form *find_pipe(const char *name, size_t len) {
  for (size_t i = 0; i < sizeof pipes / sizeof *pipes; i++)
    if (strlen(pipes[i].name) == len && memcmp(pipes[i].name, name, len) == 0) return pipes[i].apply;
  return NULL;
}

static bool add_plain(struct buf *out, const char *bytes, size_t len) {
  return buf_add(out, bytes, len);
}

/* Takes the next part between bars off a name with its pipes. */
static size_t take_part(const char **at, const char *end, const char **part) {
  const char *bar = memchr(*at, '|', (size_t)(end - *at));
  *part = *at;
  *at = bar ? bar + 1 : end;
  return (size_t)((bar ? bar : end) - *part);
}

/* Fills a name and changes it by its pipes and `last`, in two buffers by turns. */
static bool fill_piped(struct buf *out, const char *at, const char *end, template_name *fill, template_form *last, void *context) {
  struct buf texts[2];
  const char *part;
  size_t len = take_part(&at, end, &part);
  if (at == end && !last) return fill(context, part, len, out);
  buf_init(&texts[0], out->max);
  buf_init(&texts[1], out->max);
  int now = 0, pipe_count = 0;
  bool ok = fill(context, part, len, &texts[0]);
  while (ok && at < end) {
    ok = ++pipe_count <= TEMPLATE_PIPES;
    len = take_part(&at, end, &part);
    template_form *apply = find_pipe(part, len);
    buf_clear(&texts[1 - now]);
    ok = ok && apply && apply(&texts[1 - now], buf_string(&texts[now]), texts[now].len);
    now = 1 - now;
  }
  ok = ok && (last ? last : add_plain)(out, buf_string(&texts[now]), texts[now].len);
  buf_free(&texts[0]);
  buf_free(&texts[1]);
  return ok;
}

/* The next brace that begins a name, or that stands for another one behind it; NULL for none. Any other brace is text. */
static const char *next_brace(const char *template) {
  const char *brace = strchr(template, '{');
  while (brace && brace[1] != '{' && !is_letter(brace[1]) && brace[1] != '_')
    brace = strchr(brace + 1, '{');
  return brace;
}

/* Where the name ends that a template begins with, and its pipes; NULL where they have no such end. */
static const char *end_of_name(const char *template) {
  size_t len = strcspn(template, "{}");
  return len <= TEMPLATE_NAME && template[len] == '}' && template[len - 1] != '|' ? template + len : NULL;
}

bool template_fill(struct buf *out, const char *template, template_name *fill, template_form *last, void *context) {
  for (const char *brace; (brace = next_brace(template));) {
    bool twice = brace[1] == '{';
    if (!buf_add(out, template, (size_t)(brace - template) + twice)) return false;
    template = brace + 1 + twice;
    if (twice) continue;
    const char *close = end_of_name(template);
    if (!close || !fill_piped(out, template, close, fill, last, context)) return false;
    template = close + 1;
  }
  return buf_add_string(out, template);
}

const char *template_fault(const char *template, void (*seen)(void *context, const char *name, size_t len), void *context) {
  for (const char *brace; (brace = next_brace(template));) {
    bool twice = brace[1] == '{';
    template = brace + 1 + twice;
    if (twice) continue;
    size_t pipe_count = 0;
    const char *at = template, *end = end_of_name(template), *part;
    if (!end) return "has a brace that is not part of a name such as {body}: write {{ for one that is sent";
    size_t part_len = take_part(&at, end, &part);
    if (seen) seen(context, part, part_len);
    while (at < end) {
      part_len = take_part(&at, end, &part);
      if (!find_pipe(part, part_len))
        return "has an unknown pipe: there are sha1, sha256, sha384, sha512, hex, base64, base64url, upper, lower, percent, json, escaped, trim";
      if (++pipe_count > TEMPLATE_PIPES) return "has more than 8 pipes behind a name";
    }
    template = end + 1;
  }
  return NULL;
}
