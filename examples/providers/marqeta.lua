--- Marqeta Core API: a card with its number and CVV2. Every program has its own base URL, which ends in /v3.
-- The user of Basic is the application token, its password the admin access token.

---@type cards.Definition
return {
  name = "marqeta",
  auth = { type = "basic", credential = { "application_token", "access_token" } },
  operations = {
    show = {
      page = "https://www.marqeta.com/docs/core-api/cards",
      method = "GET", path = "/cards/{card_token}/showpan",
      params = { card_token = { required = true }, show_cvv_number = { into = "query", type = "boolean", default = true } },
      response = {
        fields = {
          token = "string", user_token = "string", card_product_token = "string", created_time = "timestamp", last_modified_time = "timestamp",
          pan = "pan", cvv_number = "cvv", last_four = { type = "string", digits = 4 },
          expiration = { type = "string", digits = 4 }, expiration_time = "timestamp",
          chip_cvv_number = "cvv", barcode = "string", bulk_issuance_token = "string", pin_is_set = "boolean",
          expedite = "boolean", state = "string", state_reason = "string", fulfillment_status = "string", instrument_type = "string",
          contactless_exemption_counter = "integer", contactless_exemption_total_amount = "number",
        },
      },
      error = { code = "error_code", message = "error_message" },
      echo = { token = "card_token" },
      card = {
        id = "token", number = "pan", cvv = "cvv_number", last4 = "last_four", type = "instrument_type", status = "state",
        exp_month = { "expiration", month_year }, exp_year = { "expiration", month_year }, created_at = { "created_time", date },
      },
    },
  },
  examples = {
    {
      operation = "show",
      answer = [[{"created_time":"2024-03-14T17:20:18Z","token":"my_card_token","user_token":"my_user_token","last_four":"5114",
        "pan":"5112345112345114","expiration":"0328","expiration_time":"2028-03-31T23:59:59Z","cvv_number":"837","state":"ACTIVE",
        "instrument_type":"VIRTUAL_PAN"}]],
      card = { number = "5112345112345114", cvv = "837", exp_month = 3, exp_year = 2028, status = "ACTIVE" },
    },
  },
}
