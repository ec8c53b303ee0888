--- Nayax as a definition: the same as src/provider/builtin/nayax.c and lua/cards/nayax.lua.

return {
  name = "nayax_defined",
  base_url = "https://api.nayax.com/sdk",
  page = "Nayax, Retrieve Card Token Data",
  auth = { type = "bearer", credential = "token" },
  operations = {
    get_token = {
      method = "POST", path = "/get-card-token", safe = true,
      params = { -- a list: in the order of the page
        { name = "merchant_request_id", into = "body.basicInfo.merchantRequestId", unique = true },
        { name = "machine_id", into = "body.machineInfo.machineId" },
        { name = "validation_key", wire = "validationKey", sensitive = true },
        { name = "card_holder_id", into = "body.cardHolderInfo.cardHolderUniqId" },
        { name = "token_id", into = "body.tokenInfo.nayaxTokenId", required = true },
      },
      success = { { path = "status.verdict", equals = "Approved" }, { path = "status.code", equals = 0 } },
      echo = { ["tokenInfo.nayaxTokenId"] = "token_id" },
      response = {
        fields = {
          ["status.verdict"] = "string", ["status.code"] = "integer", ["status.statusMessage"] = "string", ["tokenInfo.nayaxTokenId"] = "string",
          ["tokenInfo.cardBin"] = "string", ["tokenInfo.cardFinalDigits"] = { type = "string", digits = 4 }, ["tokenInfo.expiryDate"] = "string",
          ["tokenInfo.brand"] = "string", ["tokenInfo.tokenStatus"] = "integer", ["tokenInfo.actorId"] = "integer",
        },
      },
      error = { code = "status.code", message = { "status.statusMessage", "title" }, details = "errors" },
      card = {
        id = "tokenInfo.nayaxTokenId", last4 = "tokenInfo.cardFinalDigits", bin = "tokenInfo.cardBin", brand = "tokenInfo.brand",
        exp_month = { "tokenInfo.expiryDate", month_year }, exp_year = { "tokenInfo.expiryDate", month_year },
      },
    },
  },
}
