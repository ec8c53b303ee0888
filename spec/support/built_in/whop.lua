--- Whop as a definition: the same as src/provider/builtin/whop.c and lua/cards/whop.lua.

return {
  name = "whop_defined",
  base_url = "https://api.whop.com/api/v1",
  page = "Whop, Retrieve Card",
  auth = { type = "bearer", credential = "token" },
  settings = { api_version_date = { wire = "Api-Version-Date" } },
  operations = {
    retrieve = {
      path = "/cards/{card_id}",
      params = { card_id = {}, account_id = { excludes = "user_id" }, user_id = {} },
      success = { path = "error", absent = true, shape = true },
      echo = { id = "card_id" },
      response = {
        fields = {
          object = "string", id = "string", name = "string", type = "string", status = "string", last4 = { type = "string", digits = 4 },
          expiration_month = { type = "string", digits = 2 }, expiration_year = "string", user_id = "string", spent_last_month = "integer",
          ["limit.amount"] = "number", ["limit.frequency"] = "string", ["billing.line1"] = "string", ["billing.line2"] = "string",
          ["billing.city"] = "string", ["billing.region"] = "string", ["billing.postal_code"] = "string", ["billing.country_code"] = "string",
          created_at = "timestamp", canceled_at = "timestamp", ["secrets.card_number"] = "pan", ["secrets.cvc"] = "cvv",
          ["secrets.name_on_card"] = "string",
        },
      },
      error = { code = { "error.code", "error.type" }, message = "error.message" },
      card = {
        id = "id", number = "secrets.card_number", cvv = "secrets.cvc", last4 = "last4", type = "type", status = "status",
        exp_month = { "expiration_month", month }, exp_year = { "expiration_year", year }, holder_name = "secrets.name_on_card",
        billing = {
          line1 = "billing.line1", line2 = "billing.line2", city = "billing.city", region = "billing.region", postal_code = "billing.postal_code",
          country = { "billing.country_code", country },
        },
        created_at = { "created_at", date }, canceled_at = { "canceled_at", date },
      },
    },
  },
}
