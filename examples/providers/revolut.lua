--- Revolut Business: number, CVV and expiry of a card, and nothing else; the token needs the scope READ_SENSITIVE_CARD_DATA.

---@type cards.Definition
return {
  name = "revolut",
  base_url = "https://b2b.revolut.com/api/1.0",
  auth = { type = "bearer", credential = "access_token" }, -- lives for 40 minutes: give a function that has a fresh one
  operations = {
    show = {
      page = "https://developer.revolut.com/docs/api/business/operations/get-sensitive-card-details",
      method = "GET", path = "/cards/{card_id}/sensitive-details",
      params = { card_id = { required = true } },
      response = { fields = { pan = "pan", cvv = "cvv", expiry = "string" } },
      error = { code = "code", message = "message" },
      card = { number = "pan", cvv = "cvv", exp_month = { "expiry", month_year }, exp_year = { "expiry", month_year } },
    },
  },
  examples = {
    { operation = "show", answer = [[{"pan":"4111111111111111","cvv":"123","expiry":"06/2030"}]],
      card = { number = "4111111111111111", cvv = "123", exp_month = 6, exp_year = 2030 } },
    { operation = "show", status = 404, answer = [[{"code":1214,"message":"Card not found"}]], error = { kind = "not_found", code = "1214" } },
  },
}
