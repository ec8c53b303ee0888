/* NetXD XD Ledger, "Get CVV of a Card" (docs/providers/netxd.md): POST /cardv2 in the style of JSON-RPC. The page's
 * heading says POST, its curl line GET with a body. The signature is base64 of DER, ECDSA with SHA-256, over the
 * bytes of the payload exactly as they are sent. It only reads, so it may be sent again. */
#include "provider/builtin/builtin.h"

static const struct credential credentials[] = {
  { .name = "credential" },
  { .name = "api_key" },
  { .name = "signature", .one_of = "signature" },
  { .name = "private_key", .one_of = "signature" },
  { .name = "sign", .one_of = "signature", .kind = CREDENTIAL_FUNCTION },
};

static const struct making signature = {
  .kind = MAKING_SIGNATURE,
  .over = "{body.params.payload}",
  .algorithm = "ecdsa-sha256",
  .key = "private_key",
  .encoding = "base64",
  .function = "sign",
};

static const char *const channels[] = { "PULSE", "VISA_DPS", NULL };

static const struct part parts[] = {
  { .wire = "method", .source = FROM_CONSTANT, .into = INTO_BODY, .value = "ledger.CARD.request" },
  { .wire = "id", .source = FROM_CONSTANT, .into = INTO_BODY, .value = "1" },
  { .name = "reference", .wire = "params.payload.reference", .into = INTO_BODY },
  { .name = "product", .wire = "params.payload.product", .into = INTO_BODY, .required = true },
  { .name = "program", .wire = "params.payload.program", .into = INTO_BODY, .required = true },
  { .name = "channel", .wire = "params.payload.channel", .into = INTO_BODY, .required = true, .choices = channels },
  { .wire = "params.payload.transactionType", .source = FROM_CONSTANT, .into = INTO_BODY, .value = "GET_CVV" },
  { .name = "customer_id", .wire = "params.payload.customerId", .into = INTO_BODY, .required = true },
  { .name = "account_number", .wire = "params.payload.accountNumber", .into = INTO_BODY, .required = true, .sensitive = true },
  { .name = "card_id", .wire = "params.payload.cardId", .into = INTO_BODY, .required = true },
  { .name = "credential", .wire = "params.api.credential", .source = FROM_CREDENTIAL, .into = INTO_BODY, .required = true },
  { .name = "signature", .wire = "params.api.signature", .source = FROM_MAKING, .into = INTO_BODY, .required = true, .making = &signature },
  { .name = "api_key", .wire = "params.api.apiKey", .source = FROM_CREDENTIAL, .into = INTO_BODY, .required = true },
  { .name = "private_key", .source = FROM_CREDENTIAL, .into = INTO_NOTHING, .type = PART_PEM },
};

/* A failure is an `error` object, also with HTTP 200. */
static const struct rule rules[] = {
  { .path = "error", .test = RULE_ABSENT },
};

static const struct echo echoes[] = {
  { .path = "id", .part = "id", .required = true },
  { .path = "result.api.originalReference", .part = "reference", .required = true },
  { .path = "result.card.cardId", .part = "card_id" },
};

static const struct field fields[] = {
  { .path = "card.cardId", .type = FIELD_STRING },
  { .path = "card.postedDate", .type = FIELD_TIMESTAMP },
  { .path = "card.updatedDate", .type = FIELD_TIMESTAMP },
  { .path = "card.allowAtm", .type = FIELD_BOOLEAN },
  { .path = "card.allowEcommerce", .type = FIELD_BOOLEAN },
  { .path = "card.allowMoto", .type = FIELD_BOOLEAN },
  { .path = "card.allowPos", .type = FIELD_BOOLEAN },
  { .path = "card.allowTips", .type = FIELD_BOOLEAN },
  { .path = "card.allowPurchase", .type = FIELD_BOOLEAN },
  { .path = "card.allowRefund", .type = FIELD_BOOLEAN },
  { .path = "card.allowCashback", .type = FIELD_BOOLEAN },
  { .path = "card.allowWithdraw", .type = FIELD_BOOLEAN },
  { .path = "card.allowAuthAndCompletion", .type = FIELD_BOOLEAN },
  { .path = "card.smart", .type = FIELD_BOOLEAN },
  { .path = "card.checkAvsZip", .type = FIELD_BOOLEAN },
  { .path = "card.checkAvsAddr", .type = FIELD_BOOLEAN },
  { .path = "card.cvv", .type = FIELD_CVV },
  { .path = "card.transactionMade", .type = FIELD_BOOLEAN },
  { .path = "card.isReIssue", .type = FIELD_BOOLEAN },
  { .path = "card.isReplace", .type = FIELD_BOOLEAN },
  { .path = "api.type", .type = FIELD_STRING },
  { .path = "api.reference", .type = FIELD_STRING },
  { .path = "api.dateCreated", .type = FIELD_TIMESTAMP },
  { .path = "api.originalReference", .type = FIELD_STRING },
};

static const struct field_index *index;

static const struct operation operations[] = {
  {
      .name = "get_cvv",
      .page = "NetXD XD Ledger, Get CVV of a Card (1.0.2)",
      .method = "POST",
      .path = "/cardv2",
      .safe = true,
      .parts = parts,
      .part_count = COUNT_OF(parts),
      .rules = rules,
      .rule_count = COUNT_OF(rules),
      .echoes = echoes,
      .echo_count = COUNT_OF(echoes),
      .root = "result",
      .fields = fields,
      .field_count = COUNT_OF(fields),
      .index = &index,
      .error_codes = { "error.code" },
      .error_messages = { "error.message" },
  },
};

const struct provider provider_netxd = {
  .name = "netxd",
  .credentials = credentials,
  .credential_count = COUNT_OF(credentials),
  .operations = operations,
  .operation_count = COUNT_OF(operations),
};
