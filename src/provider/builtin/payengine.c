/* PayEngine, "Retrieve Token" (docs/providers/payengine.md): GET /api/cards/:id. The credential follows "Basic " as
 * it is, not as base64 of a user and a password. last_4 is documented as an integer and shown as a string: an integer
 * gets its leading zeros back. */
#include "provider/builtin/builtin.h"

static const struct credential credentials[] = {
  { .name = "secret" },
};

static const struct part parts[] = {
  { .name = "card_id", .wire = "id", .into = INTO_PATH, .required = true },
  { .name = "secret", .wire = "Authorization", .source = FROM_CREDENTIAL, .into = INTO_HEADER, .prefix = "Basic ", .required = true },
};

/* No error is documented to come with a 2xx. */
static const struct rule rules[] = {
  { .path = "error", .test = RULE_ABSENT, .shape = true },
};

static const struct echo echoes[] = {
  { .path = "id", .part = "card_id" },
};

/* created_at is only in the example of the page, expires_at only in its table. */
static const struct field fields[] = {
  { .path = "id", .type = FIELD_STRING },
  { .path = "merchant_id", .type = FIELD_STRING },
  { .path = "name", .type = FIELD_STRING },
  { .path = "exp_month", .type = FIELD_INTEGER },
  { .path = "exp_year", .type = FIELD_INTEGER },
  { .path = "last_4", .type = FIELD_STRING, .digits = 4 },
  { .path = "brand", .type = FIELD_STRING },
  { .path = "country", .type = FIELD_STRING },
  { .path = "type", .type = FIELD_STRING },
  { .path = "surcharge_allowed", .type = FIELD_BOOLEAN },
  { .path = "token", .type = FIELD_TOKEN },
  { .path = "created_at", .type = FIELD_TIMESTAMP },
  { .path = "expires_at", .type = FIELD_TIMESTAMP },
  { .path = "address_line1", .type = FIELD_STRING },
  { .path = "address_line2", .type = FIELD_STRING },
  { .path = "address_city", .type = FIELD_STRING },
  { .path = "address_state", .type = FIELD_STRING },
  { .path = "address_country", .type = FIELD_STRING },
  { .path = "address_zip", .type = FIELD_STRING, .digits = 5 },
  { .path = "email", .type = FIELD_STRING },
  { .path = "phone_number.cc", .type = FIELD_STRING },
  { .path = "phone_number.subscriber", .type = FIELD_STRING },
  { .path = "card_updater.status", .type = FIELD_STRING },
  { .path = "card_updater.type", .type = FIELD_STRING },
  { .path = "card_updater.enrolled_at", .type = FIELD_TIMESTAMP },
  { .path = "card_updater.updated_at", .type = FIELD_TIMESTAMP },
};

static const struct field_index *index;

/* The shape of errors is not documented. Code and message are read wherever they were seen. */
static const struct operation operations[] = {
  {
      .name = "retrieve_token",
      .page = "PayEngine, Retrieve Token",
      .method = "GET",
      .path = "/api/cards/{id}",
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
      .error_codes = { "code", "error.code" },
      .error_messages = { "message", "error.message", "error" },
  },
};

const struct provider provider_payengine = {
  .name = "payengine",
  .credentials = credentials,
  .credential_count = COUNT_OF(credentials),
  .operations = operations,
  .operation_count = COUNT_OF(operations),
};
