--- Brex Team API: number, CVV, expiry and holder of a card.

---@type cards.Definition
return {
  name = "brex",
  base_url = "https://api.brex.com",
  auth = { type = "bearer", credential = "token" },
  operations = {
    show = {
      page = "https://developer.brex.com/openapi/team_api/cards/getcardnumber",
      method = "GET", path = "/v2/cards/{id}/pan",
      params = { card_id = { required = true, wire = "id" } },
      response = {
        fields = {
          id = "string", number = "pan", cvv = "cvv", holder_name = "string",
          ["expiration_date.month"] = "integer", ["expiration_date.year"] = "integer",
        },
      },
      error = { code = { "code", "type" }, message = "message" }, -- `code` is optional
      echo = { id = "card_id" },
      card = { id = "id", number = "number", cvv = "cvv", holder_name = "holder_name",
        exp_month = { "expiration_date.month", month }, exp_year = { "expiration_date.year", year } },
    },
  },
  examples = {
    {
      operation = "show",
      answer = [[{"id":"card_cjv8nqy0x000001","number":"5105105105105100","cvv":"737","expiration_date":{"month":11,"year":2028},
        "holder_name":"Jane Doe"}]],
      card = { number = "5105105105105100", cvv = "737", exp_month = 11, exp_year = 2028, holder_name = "Jane Doe" },
    },
    { operation = "show", status = 404, answer = [[{"type":"NOT_FOUND","message":"Not Found","code":"USER_NOT_FOUND"}]],
      error = { kind = "not_found", code = "USER_NOT_FOUND" } },
    { operation = "show", status = 401, answer = [[{"type":"UNAUTHORIZED","message":"PERMISSION_DENIED: Invalid or Revoked Token"}]],
      error = { kind = "auth", code = "UNAUTHORIZED" } },
  },
}
