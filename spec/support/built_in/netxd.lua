--- NetXD as a definition: the same as src/provider/builtin/netxd.c and lua/cards/netxd.lua.

return {
  name = "netxd_defined",
  page = "NetXD XD Ledger, Get CVV of a Card (1.0.2)",
  credentials = {
    signature = { one_of = "signature" }, private_key = { type = "pem", one_of = "signature" }, sign = { type = "function", one_of = "signature" },
  },
  auth = {
    { type = "body", path = "params.api.credential", credential = "credential" },
    { type = "signature", into = "body.params.api.signature", over = "{body.params.payload}", algorithm = "ecdsa-sha256", encoding = "base64",
      key = "private_key", credential = "signature", sign = "sign" },
    { type = "body", path = "params.api.apiKey", credential = "api_key" },
  },
  operations = {
    get_cvv = {
      method = "POST", path = "/cardv2", safe = true,
      params = { -- a list: in the order of the page
        { name = "method", value = "ledger.CARD.request" },
        { name = "id", value = "1" },
        { name = "reference", into = "body.params.payload.reference" },
        { name = "product", into = "body.params.payload.product", required = true },
        { name = "program", into = "body.params.payload.program", required = true },
        { name = "channel", into = "body.params.payload.channel", required = true, enum = { "PULSE", "VISA_DPS" } },
        { name = "transaction_type", into = "body.params.payload.transactionType", value = "GET_CVV" },
        { name = "customer_id", into = "body.params.payload.customerId", required = true },
        { name = "account_number", into = "body.params.payload.accountNumber", required = true, sensitive = true },
        { name = "card_id", into = "body.params.payload.cardId", required = true },
      },
      success = { path = "error", absent = true },
      echo = {
        id = { param = "id", required = true }, ["result.api.originalReference"] = { param = "reference", required = true },
        ["result.card.cardId"] = "card_id",
      },
      response = {
        root = "result",
        fields = {
          ["card.cardId"] = "string", ["card.postedDate"] = "timestamp", ["card.updatedDate"] = "timestamp", ["card.allowAtm"] = "boolean",
          ["card.allowEcommerce"] = "boolean", ["card.allowMoto"] = "boolean", ["card.allowPos"] = "boolean", ["card.allowTips"] = "boolean",
          ["card.allowPurchase"] = "boolean", ["card.allowRefund"] = "boolean", ["card.allowCashback"] = "boolean", ["card.allowWithdraw"] = "boolean",
          ["card.allowAuthAndCompletion"] = "boolean", ["card.smart"] = "boolean", ["card.checkAvsZip"] = "boolean", ["card.checkAvsAddr"] = "boolean",
          ["card.cvv"] = "cvv", ["card.transactionMade"] = "boolean", ["card.isReIssue"] = "boolean",
          ["card.isReplace"] = "boolean", ["api.type"] = "string", ["api.reference"] = "string", ["api.dateCreated"] = "timestamp",
          ["api.originalReference"] = "string",
        },
      },
      error = { code = "error.code", message = "error.message" },
      card = { id = "card.cardId", cvv = "card.cvv" },
    },
  },
}
