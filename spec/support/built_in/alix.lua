--- Alix as a definition: the same as src/provider/builtin/alix.c and lua/cards/alix.lua.

return {
  name = "alix_defined",
  page = "Alix, Get card's private info",
  auth = { type = "header", name = "access-token", credential = "access_token" },
  operations = {
    private_info = {
      path = "/api/v2/cards/{cardId}/private-info",
      params = { card_id = { wire = "cardId" } },
      success = { path = "success", equals = true },
      response = {
        root = "data",
        fields = {
          cvv = "cvv", expYear = { type = "string", digits = 2 }, expMonth = { type = "string", digits = 2 }, cardNo = "pan",
        },
      },
      error = { code = "errorCode", message = "message" },
      card = { number = "cardNo", cvv = "cvv", exp_month = { "expMonth", month }, exp_year = { "expYear", year } },
    },
  },
}
