--- Rapyd Issuing: an issued card with number and CVV, for clients with a PCI certificate. The signature is the base64 of the hexadecimal digits of an
-- HMAC-SHA256 over method, path with query, salt, time, access key, secret key and body.

---@type cards.Definition
return {
  name = "rapyd",
  base_url = "https://api.rapyd.net",
  auth = {
    { type = "header", name = "access_key", credential = "access_key" },
    {
      type = "signature", name = "signature", algorithm = "hmac-sha256", key = "secret_key", encoding = "hex", value = "{signature|base64}",
      over = "{method|lower}{target}{salt}{timestamp}{access_key}{secret_key}{body}",
      parts = {
        salt = { unique = "hex", length = 16, fresh = true, into = "header", wire = "salt" },
        timestamp = { now = "unix", into = "header", wire = "timestamp" },
      },
    },
  },
  operations = {
    show = {
      page = "https://docs.rapyd.net/en/retrieve-issued-card-details.html",
      path = "/v1/issuing/cards/{card_id}",
      params = { card_id = { required = true } },
      success = { path = "status.status", equals = "SUCCESS" },
      response = {
        root = "data",
        fields = {
          id = "string", card_id = "string", status = "string", card_program = "string", country_iso_alpha_2 = "string", created_at = "timestamp",
          card_number = "pan", cvv = "cvv", expiration_month = "string", expiration_year = "string", bin = "string",
          ["ewallet_contact.id"] = "string", ["ewallet_contact.first_name"] = "string", ["ewallet_contact.last_name"] = "string",
          ["ewallet_contact.email"] = "string", ["ewallet_contact.phone_number"] = "string",
        },
      },
      error = { code = "status.error_code", message = "status.message" },
      code = { UNAUTHENTICATED_API_CALL = "auth", UNAUTHORIZED_API_CALL = "auth", ERROR_GET_ISSUED_CARD = "not_found" }, -- the last one: assumed
      echo = { id = "card_id" },
      card = {
        id = "id", number = "card_number", cvv = "cvv", status = "status", email = "ewallet_contact.email",
        phone = { "ewallet_contact.phone_number", phone }, created_at = { "created_at", date },
        exp_month = { "expiration_month", month }, exp_year = { "expiration_year", year },
        holder_name = { join({ "ewallet_contact.first_name", "ewallet_contact.last_name" }, " ") },
      },
    },
  },
  examples = {
    {
      operation = "show",
      answer = [[{"status":{"error_code":"","status":"SUCCESS","message":"","response_code":"","operation_id":"c742a760-fd02-4699-bc15-b52e7fc27a8e"},
        "data":{"id":"ci_one","card_id":"card_one","status":"ACT","created_at":1608023967,"card_number":"4111111111111111","cvv":"123",
        "expiration_month":"12","expiration_year":"30","bin":"411111","ewallet_contact":{"id":"cont_one","first_name":"John","last_name":"Doe"}}}]],
      card = { number = "4111111111111111", cvv = "123", exp_month = 12, exp_year = 2030, holder_name = "John Doe", status = "ACT" },
    },
    { operation = "show", status = 401, answer = [[{"status":{"error_code":"UNAUTHENTICATED_API_CALL","status":"ERROR","message":"Wrong.",
      "response_code":"UNAUTHENTICATED_API_CALL","operation_id":"one"}}]], error = { kind = "auth", code = "UNAUTHENTICATED_API_CALL" } },
  },
}
