--- Stripe Issuing: a virtual card; its number and CVC are in the answer because the request asks for them with `expand[]`.

---@type cards.Definition
return {
  name = "stripe",
  base_url = "https://api.stripe.com",
  auth = { type = "bearer", credential = "secret_key" },
  operations = {
    show = {
      page = "https://docs.stripe.com/api/issuing/cards/retrieve",
      method = "GET", path = "/v1/issuing/cards/{card_id}?expand[]=number&expand[]=cvc",
      params = { card_id = { required = true } },
      response = {
        fields = {
          id = "string", object = "string", brand = "string", cancellation_reason = "string", created = "timestamp", currency = "string",
          exp_month = "integer", exp_year = "integer", last4 = { type = "string", digits = 4 }, livemode = "boolean",
          number = "pan", cvc = "cvv", replaced_by = "string", replacement_for = "string", replacement_reason = "string",
          status = "string", type = "string",
          ["cardholder.id"] = "string", ["cardholder.object"] = "string", ["cardholder.name"] = "string", ["cardholder.email"] = "string",
          ["cardholder.phone_number"] = "string", ["cardholder.status"] = "string", ["cardholder.type"] = "string",
          ["cardholder.created"] = "timestamp", ["cardholder.livemode"] = "boolean",
          ["cardholder.billing.address.line1"] = "string", ["cardholder.billing.address.line2"] = "string",
          ["cardholder.billing.address.city"] = "string", ["cardholder.billing.address.state"] = "string",
          ["cardholder.billing.address.postal_code"] = { type = "string", digits = 5 }, ["cardholder.billing.address.country"] = "string",
        },
      },
      error = { code = { "error.code", "error.type" }, message = "error.message" },
      echo = { id = "card_id" },
      card = {
        id = "id", number = "number", cvv = "cvc", last4 = "last4", brand = "brand", type = "type", status = "status",
        exp_month = { "exp_month", month }, exp_year = { "exp_year", year }, holder_name = "cardholder.name", email = "cardholder.email",
        phone = { "cardholder.phone_number", phone }, created_at = { "created", date },
        billing = {
          line1 = "cardholder.billing.address.line1", line2 = "cardholder.billing.address.line2", city = "cardholder.billing.address.city",
          region = "cardholder.billing.address.state", postal_code = "cardholder.billing.address.postal_code",
          country = { "cardholder.billing.address.country", country },
        },
      },
    },
  },
  examples = {
    {
      operation = "show",
      answer = [[{"id":"ic_1MvSieLkdIwHu7ixn6uuO0Xu","object":"issuing.card","brand":"Visa","cardholder":{"name":"Jenny Rosen","email":null},
        "created":1681163868,"exp_month":8,"exp_year":2027,"last4":"0104","number":"4000009990000104","cvc":"123","status":"active"}]],
      card = { number = "4000009990000104", cvv = "123", exp_month = 8, exp_year = 2027, holder_name = "Jenny Rosen" },
    },
    { operation = "show", status = 401, answer = [[{"error":{"message":"Invalid API Key provided","type":"invalid_request_error"}}]],
      error = { kind = "auth", code = "invalid_request_error" } },
  },
}
