--- PayEngine as a definition: the same as src/provider/builtin/payengine.c and lua/cards/payengine.lua.

return {
  name = "payengine_defined",
  page = "PayEngine, Retrieve Token",
  auth = { type = "header", name = "Authorization", prefix = "Basic ", credential = "secret" },
  operations = {
    retrieve_token = {
      path = "/api/cards/{id}",
      params = { card_id = { wire = "id" } },
      success = { path = "error", absent = true, shape = true },
      echo = { id = "card_id" },
      response = {
        fields = {
          id = "string", merchant_id = "string", name = "string", exp_month = "integer", exp_year = "integer", last_4 = { type = "string", digits = 4 },
          brand = "string", country = "string", type = "string", surcharge_allowed = "boolean", token = "token", created_at = "timestamp",
          expires_at = "timestamp", address_line1 = "string", address_line2 = "string", address_city = "string", address_state = "string",
          address_country = "string", address_zip = { type = "string", digits = 5 }, email = "string", ["phone_number.cc"] = "string",
          ["phone_number.subscriber"] = "string", ["card_updater.status"] = "string", ["card_updater.type"] = "string",
          ["card_updater.enrolled_at"] = "timestamp", ["card_updater.updated_at"] = "timestamp",
        },
      },
      error = { code = { "code", "error.code" }, message = { "message", "error.message", "error" } },
      card = {
        id = "id", last4 = "last_4", brand = "brand", type = "type", exp_month = { "exp_month", month }, exp_year = { "exp_year", year },
        holder_name = "name", token = "token",
        billing = {
          line1 = "address_line1", line2 = "address_line2", city = "address_city", region = "address_state", postal_code = "address_zip",
          country = { "address_country", country },
        },
        email = "email", phone = { "phone_number", phone }, created_at = { "created_at", date },
      },
    },
  },
}
