/* Alix, "Get card's private info" (docs/providers/alix.md): GET /api/v2/cards/{cardId}/private-info.
 * The page calls cvv an integer and shows a string: both are taken, and an integer gets its leading zeros back. */
#include "provider/builtin/builtin.h"

static const struct credential credentials[] = {
  { .name = "access_token" },
};

static const struct part parts[] = {
  { .name = "card_id", .wire = "cardId", .into = INTO_PATH, .required = true },
  { .name = "access_token", .wire = "access-token", .source = FROM_CREDENTIAL, .into = INTO_HEADER, .required = true },
};

/* success:false is a failure whatever the status. */
static const struct rule rules[] = {
  { .path = "success", .test = RULE_TRUE },
};

static const struct field fields[] = {
  { .path = "cvv", .type = FIELD_CVV },
  { .path = "expYear", .type = FIELD_STRING, .digits = 2 },
  { .path = "expMonth", .type = FIELD_STRING, .digits = 2 },
  { .path = "cardNo", .type = FIELD_PAN },
};

static const struct field_index *index;

static const struct operation operations[] = {
  {
      .name = "private_info",
      .page = "Alix, Get card's private info",
      .method = "GET",
      .path = "/api/v2/cards/{cardId}/private-info",
      .safe = true,
      .parts = parts,
      .part_count = COUNT_OF(parts),
      .rules = rules,
      .rule_count = COUNT_OF(rules),
      .root = "data",
      .fields = fields,
      .field_count = COUNT_OF(fields),
      .index = &index,
      .error_codes = { "errorCode" },
      .error_messages = { "message" },
  },
};

const struct provider provider_alix = {
  .name = "alix",
  .credentials = credentials,
  .credential_count = COUNT_OF(credentials),
  .operations = operations,
  .operation_count = COUNT_OF(operations),
};
