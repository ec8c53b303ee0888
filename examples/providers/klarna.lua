--- Klarna Merchant Card Service: the virtual card that settles an order. The card's data are under an AES key (CTR), and that key under a key
-- of ours (RSA, PKCS #1). KeyId is the id that Klarna gave to our public key. Only the first card of a settlement is read. Assumed: the names
-- inside pci_data (pan, cvv, expiry_month, expiry_year), which the pages show encrypted, and that the IV is in base64 like the rest.

---@type cards.Definition
return {
  name = "klarna",
  base_url = "https://api.klarna.com",
  auth = { type = "basic", credential = { "username", "password" } },
  credentials = { private_key = { type = "pem" } },
  settings = { key_id = { into = "header", wire = "KeyId", required = true } },
  operations = {
    show = {
      page = "https://docs.klarna.com/merchant-card-service/",
      path = "/merchantcard/v3/settlements/order/{order_id}",
      params = { order_id = { required = true } },
      response = {
        decrypt = {
          type = "aes-ctr", at = "cards[0].pci_data", iv = "cards[0].iv", encoding = "base64", json = true,
          key = { at = "cards[0].aes_key", type = "rsa-pkcs1", key = "private_key", encoding = "base64" },
        },
        fields = { pan = "pan", cvv = "cvv", expiry_month = "string", expiry_year = "string" },
        outer = {
          settlement_id = "string", order_id = "string", promise_id = "string", created_at = "timestamp", expires_at = "timestamp",
          ["cards[0].card_id"] = "string", ["cards[0].brand"] = "string", ["cards[0].holder"] = "string", ["cards[0].reference"] = "string",
          ["cards[0].amount"] = "integer", ["cards[0].currency"] = "string",
        },
        required = { "pan" },
      },
      error = { code = "error_code", message = { "error_messages[0]", "error_message" } },
      echo = { order_id = "order_id" },
      card = {
        id = "cards[0].card_id", brand = "cards[0].brand", holder_name = "cards[0].holder", number = "pan", cvv = "cvv",
        exp_month = { "expiry_month", month }, exp_year = { "expiry_year", year }, created_at = { "created_at", date },
      },
    },
  },
  examples = {
    {
      operation = "show", plain = true,
      answer = [[{"settlement_id":"b0ec0bbd-534c-4b1c-b28a-628bf33c3324","order_id":"f3392f8b-6116-4073-ab96-e330819e2c07","cards":[{"reference":"ref",
        "card_id":"b846430c-3656-43a1-812e-2ccff4531b7d","amount":10000,"currency":"USD","brand":"VISA","holder":"Jane Doe",
        "pci_data":{"pan":"4111111111111111","cvv":"123","expiry_month":"12","expiry_year":"2030"}}],"created_at":"2018-12-03T10:26:06.000Z"}]],
      card = { number = "4111111111111111", cvv = "123", exp_month = 12, exp_year = 2030, brand = "VISA", holder_name = "Jane Doe" },
    },
    { operation = "show", status = 403, answer = [[{"error_code":"ACCESS_DENIED","error_messages":["Access denied"],"correlation_id":"sandbox"}]],
      error = { kind = "auth", code = "ACCESS_DENIED" } },
  },
}
