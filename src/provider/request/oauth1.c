#include "provider/request/oauth1.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/signing.h"
#include "provider/request/template.h"

#define MOST_PAIRS 128
#define TEXT_MAX   (64 * 1024) /* bytes */

/* What is signed besides the pairs of the query. The order does not matter: all are sorted. */
static const struct {
  const char *name, *value; /* a template */
} own[] = {
  { "oauth_body_hash", "{body|sha256|base64}" }, { "oauth_nonce", "{nonce}" }, { "oauth_signature_method", "RSA-SHA256" },
  { "oauth_timestamp", "{now.unix}" },           { "oauth_version", "1.0" },
};

/* A pair "name=value", both percent-encoded once. */
struct pairs {
  char *list[MOST_PAIRS];
  size_t count;
};

/* By name and then by value: a name ends at "=", which comes before all else. */
static int compare(const void *a, const void *b) {
  const unsigned char *one = *(const unsigned char *const *)a, *other = *(const unsigned char *const *)b;
  for (; *one && *one == *other; one++)
    other++;
  return (*one == '=' ? 1 : 2 * *one) - (*other == '=' ? 1 : 2 * *other);
}

/* Cuts the text at each "&". */
static bool split(struct pairs *pairs, char *text) {
  for (char *next; text && *text; text = next) {
    next = strchr(text, '&');
    if (next) *next++ = '\0';
    if (pairs->count == MOST_PAIRS) return false;
    pairs->list[pairs->count++] = text;
  }
  return true;
}

/* Appends "name=value&" for each of ours. */
static bool add_own(struct maker *maker, const char *consumer, struct buf *out) {
  struct buf value;
  buf_init(&value, TEXT_MAX);
  bool ok = true;
  for (size_t i = 0; ok && i <= COUNT_OF(own); i++) {
    char named[TEMPLATE_NAME + 3];
    const char *name = i < COUNT_OF(own) ? own[i].name : "oauth_consumer_key", *template = named;
    if (i < COUNT_OF(own))
      template = own[i].value;
    else
      snprintf(named, sizeof named, "{%s}", consumer);
    buf_clear(&value);
    ok = maker_fill(maker, &value, template) && buf_add_string(out, name) && buf_add_char(out, '=') &&
         buf_add_percent_encoded(out, buf_string(&value), value.len) && buf_add_char(out, '&');
  }
  buf_free(&value);
  return ok;
}

/* Appends method&url&pairs, each percent-encoded: the pairs, which are already, a second time. */
static bool add_base(struct maker *maker, const struct pairs *pairs, struct buf *out) {
  struct buf text;
  buf_init(&text, TEXT_MAX);
  bool ok = maker_fill(maker, &text, "{url}");
  buf_cut(&text, strcspn(buf_string(&text), "?"));
  ok = ok && buf_add_string(out, maker->request->operation->method) && buf_add_char(out, '&') && buf_add_percent_encoded(out, text.data, text.len) &&
       buf_add_char(out, '&');
  for (size_t i = 0; ok && i < pairs->count; i++)
    ok = (i == 0 || buf_add_string(out, "%26")) && buf_add_percent_encoded(out, pairs->list[i], strlen(pairs->list[i]));
  buf_free(&text);
  return ok;
}

/* Appends the pairs that are ours as name="value", and the signature. */
static bool add_header(const struct pairs *pairs, const struct buf *signature, struct buf *out) {
  struct buf encoded;
  buf_init(&encoded, TEXT_MAX);
  bool ok = buf_add_string(out, "OAuth ");
  for (size_t i = 0; ok && i < pairs->count; i++) {
    const char *equals = strchr(pairs->list[i], '=');
    if (!equals || strncmp(pairs->list[i], "oauth_", 6) != 0) continue;
    ok = buf_add(out, pairs->list[i], (size_t)(equals - pairs->list[i])) && buf_addf(out, "=\"%s\",", equals + 1);
  }
  ok = ok && buf_add_base64(&encoded, signature->data, signature->len) && buf_add_string(out, OAUTH1_SIGNATURE) &&
       buf_add_percent_encoded(out, encoded.data, encoded.len) && buf_add_char(out, '"');
  buf_free(&encoded);
  return ok;
}

bool oauth1_header(struct maker *maker, const char *consumer, const struct key *key, struct buf *out, const char **why) {
  struct buf text, query, base, signature;
  struct pairs pairs = { .count = 0 };
  buf_init(&text, TEXT_MAX);
  buf_init(&query, TEXT_MAX);
  buf_init(&base, 4 * TEXT_MAX);
  buf_init(&signature, 4096);
  bool ok = add_own(maker, consumer, &text) && maker_fill(maker, &query, "{query}") && split(&pairs, text.data) &&
            (!query.len || split(&pairs, query.data));
  qsort(pairs.list, pairs.count, sizeof *pairs.list, compare);
  *why = "is too long";
  ok = ok && add_base(maker, &pairs, &base) && signing_make(signing_find("rsa-sha256"), key, base.data, base.len, &signature, why) &&
       add_header(&pairs, &signature, out);
  buf_free(&text);
  buf_free(&query);
  buf_free(&base);
  buf_free(&signature);
  return ok;
}
