--- Mono Issuing: a virtual card whose number and CVV are encrypted by AES-256-CBC, in hexadecimal, the IV in front. The key is the first 32
-- characters of the base64 of the SHA-256 of the app's secret key. The names of the fields are assumed: the page on decryption names none.

local aes = { type = "aes-256-cbc", key = "card_key", iv = "prefix", encoding = "hex" }

---@type cards.Definition
return {
  name = "mono",
  base_url = "https://api.withmono.com",
  auth = { type = "header", name = "mono-sec-key", credential = "secret_key" },
  credentials = { card_key = { from = "{secret_key|sha256|base64}", length = 32 } },
  operations = {
    show = {
      page = "https://docs.mono.co/docs/issuing-card-decryption",
      path = "/issuing/v1/cards/{card_id}",
      params = { card_id = { required = true } },
      response = {
        root = "data",
        fields = {
          id = "string", status = "string", brand = "string", name_on_card = "string", last_four = { type = "string", digits = 4 },
          card_number = { type = "pan", decrypt = aes }, cvv = { type = "cvv", decrypt = aes },
          expiry_month = "string", expiry_year = "string",
        },
      },
      error = { code = "status", message = "message" },
      echo = { id = "card_id" },
      card = {
        id = "id", number = "card_number", cvv = "cvv", last4 = "last_four", brand = "brand", status = "status", holder_name = "name_on_card",
        exp_month = { "expiry_month", month }, exp_year = { "expiry_year", year },
      },
    },
  },
  examples = {
    {
      operation = "show", plain = true,
      answer = [[{"status":"successful","message":"Card retrieved","data":{"id":"61bb3a0d","status":"active","brand":"visa","name_on_card":"Ada Obi",
        "last_four":"1111","card_number":"4111111111111111","cvv":"123","expiry_month":"12","expiry_year":"2030"}}]],
      card = { number = "4111111111111111", cvv = "123", exp_month = 12, exp_year = 2030, holder_name = "Ada Obi", status = "active" },
    },
    { operation = "show", status = 404, answer = [[{"status":"failed","message":"Card not found"}]], error = { kind = "not_found", code = "failed" } },
  },
}
