--- Lithic: one card with its number and CVV, and the list of all cards without them, page by page.
-- The API key stands alone in Authorization, without a scheme. Answers and errors as https://docs.lithic.com/reference has them.

local card = {
  token = "string", account_token = "string", card_program_token = "string", cardholder_currency = "string", created = "timestamp",
  exp_month = { type = "string", digits = 2 }, exp_year = "string", hostname = "string", last_four = { type = "string", digits = 4 },
  memo = "string", pin_status = "string", replacement_for = "string", spend_limit = "integer", spend_limit_duration = "string",
  state = "string", type = "string",
  ["funding.account_name"] = "string", ["funding.created"] = "timestamp", ["funding.last_four"] = { type = "string", digits = 4 },
  ["funding.nickname"] = "string", ["funding.state"] = "string", ["funding.token"] = "string", ["funding.type"] = "string",
  pan = "pan", cvv = "cvv", -- only for those who may see them
}

---@type table<string,cards.FieldType|cards.Field>
local list = { has_more = "boolean" }
for path, kind in pairs(card) do list["data[]." .. path] = kind end

---@type cards.Definition
return {
  name = "lithic",
  base_url = "https://api.lithic.com",
  auth = { type = "header", name = "Authorization", credential = "api_key" },
  operations = {
    show = {
      page = "https://docs.lithic.com/reference/getcardbytoken",
      method = "GET", path = "/v1/cards/{card_token}",
      params = { card_token = { required = true } },
      response = { fields = card },
      error = { message = "message" },
      echo = { token = "card_token" },
      card = { id = "token", number = "pan", cvv = "cvv", last4 = "last_four", type = "type", status = "state",
        exp_month = { "exp_month", month }, exp_year = { "exp_year", year }, created_at = { "created", date } },
    },
    list = {
      page = "https://docs.lithic.com/reference/getcards",
      method = "GET", path = "/v1/cards",
      params = { account_token = { into = "query" }, page_size = { into = "query", type = "integer" }, starting_after = { into = "query" } },
      response = { fields = list },
      error = { message = "message" },
      pages = { items = "data", more = "has_more", last = "token", into = "starting_after" },
    },
  },
  examples = {
    {
      operation = "show",
      answer = [[{"account_token":"f3f4918c-dee9-464d-a819-4aa42901d624","created":"2021-06-28T22:53:15Z","cvv":"776","exp_month":"06",
        "exp_year":"2027","last_four":"4142","pan":"4111111289144142","state":"OPEN","token":"7ef7d65c-9023-4da3-b113-3b8583fd7951",
        "type":"VIRTUAL"}]],
      card = { number = "4111111289144142", cvv = "776", exp_month = 6, exp_year = 2027, status = "OPEN" },
    },
  },
}
