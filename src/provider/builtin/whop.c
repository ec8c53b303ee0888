/* Whop, "Retrieve Card" (docs/providers/whop.md): GET /cards/{card_id}. For a card that is not active, `secrets` is
 * null or missing; that is a success without secrets. */
#include "provider/builtin/builtin.h"

static const struct credential credentials[] = {
  { .name = "token" },
  { .name = "api_version_date", .kind = CREDENTIAL_SETTING, .optional = true },
};

static const struct part parts[] = {
  { .name = "card_id", .into = INTO_PATH, .required = true },
  { .name = "account_id", .into = INTO_QUERY, .excludes = "user_id" },
  { .name = "user_id", .into = INTO_QUERY },
  { .name = "token", .wire = "Authorization", .source = FROM_CREDENTIAL, .into = INTO_HEADER, .prefix = "Bearer ", .required = true },
  { .name = "api_version_date", .wire = "Api-Version-Date", .source = FROM_CREDENTIAL, .into = INTO_HEADER },
};

/* No error is documented to come with a 2xx. */
static const struct rule rules[] = {
  { .path = "error", .test = RULE_ABSENT, .shape = true },
};

static const struct echo echoes[] = {
  { .path = "id", .part = "card_id" },
};

/* limit.amount is in dollars, spent_last_month in cents. */
static const struct field fields[] = {
  { .path = "object", .type = FIELD_STRING },
  { .path = "id", .type = FIELD_STRING },
  { .path = "name", .type = FIELD_STRING },
  { .path = "type", .type = FIELD_STRING },
  { .path = "status", .type = FIELD_STRING },
  { .path = "last4", .type = FIELD_STRING, .digits = 4 },
  { .path = "expiration_month", .type = FIELD_STRING, .digits = 2 },
  { .path = "expiration_year", .type = FIELD_STRING },
  { .path = "user_id", .type = FIELD_STRING },
  { .path = "spent_last_month", .type = FIELD_INTEGER },
  { .path = "limit.amount", .type = FIELD_NUMBER },
  { .path = "limit.frequency", .type = FIELD_STRING },
  { .path = "billing.line1", .type = FIELD_STRING },
  { .path = "billing.line2", .type = FIELD_STRING },
  { .path = "billing.city", .type = FIELD_STRING },
  { .path = "billing.region", .type = FIELD_STRING },
  { .path = "billing.postal_code", .type = FIELD_STRING },
  { .path = "billing.country_code", .type = FIELD_STRING },
  { .path = "created_at", .type = FIELD_TIMESTAMP },
  { .path = "canceled_at", .type = FIELD_TIMESTAMP },
  { .path = "secrets.card_number", .type = FIELD_PAN },
  { .path = "secrets.cvc", .type = FIELD_CVV },
  { .path = "secrets.name_on_card", .type = FIELD_STRING },
};

static const struct field_index *index;

static const struct operation operations[] = {
  {
      .name = "retrieve",
      .page = "Whop, Retrieve Card",
      .method = "GET",
      .path = "/cards/{card_id}",
      .safe = true,
      .parts = parts,
      .part_count = COUNT_OF(parts),
      .rules = rules,
      .rule_count = COUNT_OF(rules),
      .echoes = echoes,
      .echo_count = COUNT_OF(echoes),
      .root = "",
      .fields = fields,
      .field_count = COUNT_OF(fields),
      .index = &index,
      .error_codes = { "error.code", "error.type" },
      .error_messages = { "error.message" },
  },
};

const struct provider provider_whop = {
  .name = "whop",
  .base_url = "https://api.whop.com/api/v1",
  .credentials = credentials,
  .credential_count = COUNT_OF(credentials),
  .operations = operations,
  .operation_count = COUNT_OF(operations),
};
