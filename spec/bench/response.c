/* Parses, extracts and masks one answer of Alix COUNT times: for counting instructions (spec/bench/instructions). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/engine.h"
#include "provider/builtin/builtin.h"
#include "provider/response.h"
#include "text/pan.h"

static const char answer[] =
    "{\"success\": true, \"message\": \"Your request has been successful\", \"data\": {\"cvv\": \"111\", \"expYear\": \"27\", \"expMonth\": "
    "\"01\", \"cardNo\": \"4111111111111111\"}, \"errorCode\": 0}";

static void mask_all(struct record *record, struct buf *out) {
  for (; record; record = record->next) {
    const struct secret *secret = &record->as.secret;
    if (record->type == RECORD_SECRET) pan_mask(out, secret->class, (const char *)secret->bytes, secret->len, 0, secret->class == SECRET_PAN ? 4 : 0);
    mask_all(record->child, out);
  }
}

int main(int argc, char **argv) {
  if (argc != 2) return 2;
  engine_setup();
  const struct provider *alix = registry_find("alix");
  struct settings *settings = settings_new();
  long count = strtol(argv[1], NULL, 10);
  for (long i = 0; i < count; i++) {
    struct job *job = job_new(alix, &alix->operations[0], settings);
    struct buf out;
    buf_init(&out, 256);
    job->status = 200;
    response_read(job, answer, sizeof answer - 1);
    if (!job->record) return 1;
    mask_all(job->record->child, &out);
    if (!strstr(buf_string(&out), "************1111")) return 1;
    buf_free(&out);
    job_free(job);
  }
  settings_unref(settings);
  return 0;
}
