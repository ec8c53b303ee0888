/* Nayax, "Retrieve Card Token Data" (docs/providers/nayax.md): POST /get-card-token below the configured base; the
 * stable host has no /sdk. A refusal comes as HTTP 200, a missing field as HTTP 400 in the form of ProblemDetails,
 * without `status`. It only reads, so it may be sent again. */
#include "provider/builtin/builtin.h"

static const struct credential credentials[] = {
  { .name = "token" },
};

static const struct part parts[] = {
  { .name = "merchant_request_id", .wire = "basicInfo.merchantRequestId", .into = INTO_BODY, .unique = "hex" },
  { .name = "machine_id", .wire = "machineInfo.machineId", .into = INTO_BODY },
  { .name = "validation_key", .wire = "validationKey", .into = INTO_BODY, .sensitive = true },
  { .name = "card_holder_id", .wire = "cardHolderInfo.cardHolderUniqId", .into = INTO_BODY },
  { .name = "token_id", .wire = "tokenInfo.nayaxTokenId", .into = INTO_BODY, .required = true },
  { .name = "token", .wire = "Authorization", .source = FROM_CREDENTIAL, .into = INTO_HEADER, .prefix = "Bearer ", .required = true },
};

static const struct rule rules[] = {
  { .path = "status.verdict", .test = RULE_EQUALS_STRING, .string = "Approved" },
  { .path = "status.code", .test = RULE_EQUALS_NUMBER, .number = 0 },
};

static const struct echo echoes[] = {
  { .path = "tokenInfo.nayaxTokenId", .part = "token_id" },
};

static const struct field fields[] = {
  { .path = "status.verdict", .type = FIELD_STRING },         { .path = "status.code", .type = FIELD_INTEGER },
  { .path = "status.statusMessage", .type = FIELD_STRING },   { .path = "tokenInfo.nayaxTokenId", .type = FIELD_STRING },
  { .path = "tokenInfo.cardBin", .type = FIELD_STRING },      { .path = "tokenInfo.cardFinalDigits", .type = FIELD_STRING, .digits = 4 },
  { .path = "tokenInfo.expiryDate", .type = FIELD_STRING },   { .path = "tokenInfo.brand", .type = FIELD_STRING },
  { .path = "tokenInfo.tokenStatus", .type = FIELD_INTEGER }, { .path = "tokenInfo.actorId", .type = FIELD_INTEGER },
};

static const struct field_index *index;

static const struct operation operations[] = {
  {
      .name = "get_token",
      .page = "Nayax, Retrieve Card Token Data",
      .method = "POST",
      .path = "/get-card-token",
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
      .error_codes = { "status.code" },
      .error_messages = { "status.statusMessage", "title" },
      .error_details = "errors",
  },
};

const struct provider provider_nayax = {
  .name = "nayax",
  .base_url = "https://api.nayax.com/sdk",
  .credentials = credentials,
  .credential_count = COUNT_OF(credentials),
  .operations = operations,
  .operation_count = COUNT_OF(operations),
};
