--- Airwallex Issuing: number, CVV and expiry of a card. A token is had for client id and API key, and lives half an hour or so.

local refusal = { code = "code", message = "message" }

---@type cards.Definition
return {
  name = "airwallex",
  base_url = "https://api.airwallex.com",
  auth = { type = "token", operation = "login", value = "token", expires = "expires_at" },
  settings = { api_version = { into = "header", wire = "x-api-version" } },
  operations = {
    login = {
      page = "https://www.airwallex.com/docs/api#/Authentication/API_Access/_api_v1_authentication_login/post",
      method = "POST", path = "/api/v1/authentication/login",
      auth = {
        { type = "header", name = "x-client-id", credential = "client_id" },
        { type = "header", name = "x-api-key", credential = "api_key" },
      },
      response = { fields = { token = "token", expires_at = "timestamp" } }, -- "2026-11-28T17:10:00+0000"
      error = refusal,
    },
    show = {
      page = "https://www.airwallex.com/docs/api#/Issuing/Cards/_api_v1_issuing_cards__id__details/get",
      path = "/api/v1/issuing/cards/{card_id}/details",
      params = { card_id = { required = true } },
      response = {
        fields = { card_number = "pan", cvv = "cvv", expiry_month = "integer", expiry_year = "integer", name_on_card = "string" },
        required = { "card_number" },
      },
      error = refusal,
      card = {
        number = "card_number", cvv = "cvv", holder_name = "name_on_card", exp_month = { "expiry_month", month }, exp_year = { "expiry_year", year },
      },
    },
  },
  examples = {
    {
      operation = "show",
      answer = [[{"card_number":"4111111111111111","cvv":"123","expiry_month":12,"expiry_year":2030,"name_on_card":"Jane Doe"}]],
      card = { number = "4111111111111111", cvv = "123", exp_month = 12, exp_year = 2030, holder_name = "Jane Doe" },
    },
    { operation = "login", status = 401, answer = [[{"code":"credentials_invalid","message":"UNAUTHORIZED [Invalid clientID or API key]","source":""}]],
      error = { kind = "auth", code = "credentials_invalid" } },
    { operation = "show", status = 404, answer = [[{"code":"not_found","message":"The requested endpoint does not exist","source":""}]],
      error = { kind = "not_found", code = "not_found" } },
  },
}
