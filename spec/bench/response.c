/* Parses, extracts and masks one answer of Alix COUNT times: for counting instructions (spec/bench/instructions). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "provider/builtin/builtin.h"
#include "provider/response.h"
#include "text/pan.h"
#include "json/json.h"

static const char answer[] =
    "{\"success\": true, \"message\": \"Your request has been successful\", \"data\": {\"cvv\": \"111\", \"expYear\": \"27\", \"expMonth\": "
    "\"01\", \"cardNo\": \"4111111111111111\"}, \"errorCode\": 0}";

/* Leaves the mask of the last one. */
static void mask_all(struct record *record, char shown[static PAN_MASK_ROOM]) {
  for (; record; record = record->next) {
    const struct secret *secret = &record->as.secret;
    if (record->type == RECORD_SECRET)
      pan_mask(shown, secret->class, (const char *)secret->bytes, secret->len, 0, secret->class == SECRET_PAN ? 4 : 0);
    mask_all(record->child, shown);
  }
}

int main(int argc, char **argv) {
  if (argc != 2) return 2;
  json_setup();
  registry_setup();
  const struct provider *alix = registry_find("alix");
  long count = strtol(argv[1], NULL, 10);
  for (long i = 0; i < count; i++) {
    struct request request;
    struct error error;
    char shown[PAN_MASK_ROOM] = "";
    static const struct request_base base;
    request_init(&request, alix->operations, &base);
    struct response response = { .request = &request, .status = 200, .body = answer, .len = sizeof answer - 1 };
    struct record *record = response_read(&response, &error);
    if (!record) return 1;
    mask_all(record->child, shown);
    if (memcmp(shown, "************1111", 16) != 0) return 1;
    record_free(record);
    request_free(&request);
  }
  return 0;
}
